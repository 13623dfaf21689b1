package all_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// halves is a CSV file in two pieces, each of which is compressed by itself.
func halves() (first, second []byte) {
	return []byte("a,b\n1,x\n"), []byte("2,y\n3,z\n")
}

// pack compresses pieces one after another.
func pack(t *testing.T, codec string, pieces ...[]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, piece := range pieces {
		var w io.WriteCloser
		var err error
		switch codec {
		case "gzip":
			w = gzip.NewWriter(&out)
		case "zstd":
			w, err = zstd.NewWriter(&out, zstd.WithEncoderCRC(true), zstd.WithEncoderLevel(zstd.SpeedBestCompression))
		case "xz":
			w, err = xz.NewWriter(&out)
		case "snappy":
			w = s2.NewWriter(&out, s2.WriterSnappyCompat())
		case "bzip2":
			cmd := exec.Command("bzip2", "-c")
			cmd.Stdin, cmd.Stdout = bytes.NewReader(piece), &out
			if err := cmd.Run(); err != nil {
				t.Fatalf("bzip2: %v: run `make setup`", err)
			}
			continue
		}
		if err == nil {
			_, err = w.Write(piece)
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

func compressedFiles() (files []written) {
	add := func(file, by, why string, content func(*testing.T) []byte) {
		files = append(files, written{entry{file: "csv/" + file, by: by, why: why, as: "a Int32; b String"}, content})
	}
	first, second := halves()
	for _, codec := range []struct{ name, by, ext string }{
		{"gzip", "Go's compress/gzip", "gz"}, {"zstd", "klauspost/compress", "zst"}, {"xz", "ulikunitz/xz", "xz"}, {"bzip2", "bzip2", "bz2"}, {"snappy", "klauspost/compress", "sz"},
	} {
		add("packed-members."+codec.ext, codec.by, "two members, one after another", func(t *testing.T) []byte {
			return pack(t, codec.name, first, second)
		})
		add("packed-cut."+codec.ext, codec.by, "cut in the second member", func(t *testing.T) []byte {
			whole, one := pack(t, codec.name, first, second), pack(t, codec.name, first)
			return whole[:len(one)+(len(whole)-len(one))*2/3]
		})
		add("packed-damaged."+codec.ext, codec.by, "a byte in the middle changed", func(t *testing.T) []byte {
			var rows bytes.Buffer
			rows.WriteString("a,b\n")
			for i := range 300 {
				fmt.Fprintf(&rows, "%d,%x\n", i, i*i*7919)
			}
			packed := pack(t, codec.name, rows.Bytes())
			packed[len(packed)/2] ^= 0x40
			return packed
		})
		add("packed-head."+codec.ext, codec.by, "cut within its first bytes", func(t *testing.T) []byte { return pack(t, codec.name, first)[:8] })
		add("packed-magic."+codec.ext, codec.by, "cut within its magic bytes", func(t *testing.T) []byte { return pack(t, codec.name, first)[:6] })
		add("packed-name-"+codec.name+".csv", codec.by, "compressed under a name that doesn't say so", func(t *testing.T) []byte { return pack(t, codec.name, first) })
	}
	for _, codec := range []struct{ name, ext string }{{"zstd", "zst"}, {"xz", "xz"}} {
		add("packed-bomb."+codec.ext, "Go", "zeros that grow more than 2000 times", func(t *testing.T) []byte {
			return pack(t, codec.name, append([]byte("a,b\n1,"), make([]byte, 70<<20)...))
		})
	}
	add("packed-plain.gz", "hand", "a name that says gzip, and plain text", func(*testing.T) []byte { return append(first, second...) })
	add("packed-twice.gz", "Go's compress/gzip", "compressed twice", func(t *testing.T) []byte { return pack(t, "gzip", pack(t, "gzip", first)) })
	add("packed-tail.gz", "hand", "something behind the last member", func(t *testing.T) []byte { return append(pack(t, "gzip", first), "tail"...) })
	add("packed-skippable.zst", "hand", "a zstd frame to skip, then one of rows", func(t *testing.T) []byte {
		return append([]byte("\x50\x2a\x4d\x18\x04\x00\x00\x00skip"), pack(t, "zstd", first)...)
	})
	add("packed-zip.csv", "hand", "the beginning of a zip archive", func(*testing.T) []byte { return []byte("PK\x03\x04\x14\x00\x00\x00\x08\x00") })
	add("packed-lz4.csv", "hand", "the beginning of an lz4 frame", func(*testing.T) []byte { return []byte("\x04\x22\x4d\x18\x64\x40\xa7\x0c") })
	add("packed-long-line.gz", "Go's compress/gzip", "a line of 70 MB that no row may have", func(t *testing.T) []byte {
		return pack(t, "gzip", []byte("a,b\n1,x\n2,"+strings.Repeat("long ", 14<<20)+"\n3,z\n"))
	})
	return files
}
