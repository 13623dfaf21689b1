package compress_test

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/ulikunitz/xz"

	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/fault"
)

// samples are the same text in every codec, in two members each.
func samples(t testing.TB, body []byte) map[compress.Codec][]byte {
	t.Helper()
	half := len(body) / 2
	all := map[compress.Codec][]byte{compress.None: body}
	for _, codec := range []compress.Codec{compress.Gzip, compress.Zstd} {
		for _, b := range [][]byte{body[:half], body[half:]} {
			out, err := compress.Member(all[codec], b, codec, 0)
			if err != nil {
				t.Fatal(err)
			}
			all[codec] = out
		}
	}
	var x, s bytes.Buffer
	for _, b := range [][]byte{body[:half], body[half:]} {
		xw, err := xz.NewWriter(&x)
		if err != nil {
			t.Fatal(err)
		}
		sw := s2.NewWriter(&s, s2.WriterSnappyCompat())
		for _, w := range []io.WriteCloser{xw, sw} {
			if _, err := w.Write(b); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	all[compress.XZ], all[compress.Snappy] = x.Bytes(), s.Bytes()
	return all
}

func TestNewReaderFindsTheCodec(t *testing.T) {
	body := []byte(strings.Repeat("id,name\n1,\"Müller, Jr.\"\n", 5000))
	for codec, data := range samples(t, body) {
		t.Run(codec.String(), func(t *testing.T) {
			r, got, err := compress.NewReader(bytes.NewReader(data))
			if err != nil || got != codec {
				t.Fatalf("got %v, %v", got, err)
			}
			defer r.Close()
			out, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(out, body) {
				t.Errorf("got %d bytes, %v; want %d", len(out), err, len(body))
			}
		})
	}
}

func TestNewReaderBzip2(t *testing.T) {
	tool, err := exec.LookPath("bzip2")
	if err != nil {
		t.Fatal("bzip2 is not installed: run `make setup`")
	}
	cmd := exec.Command(tool, "-c")
	cmd.Stdin = strings.NewReader("hello\n")
	data, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	r, codec, err := compress.NewReader(bytes.NewReader(append(data, data...)))
	if err != nil || codec != compress.Bzip2 {
		t.Fatalf("got %v, %v", codec, err)
	}
	if out, err := io.ReadAll(r); err != nil || string(out) != "hello\nhello\n" {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestTruncatedFilesAreInvalid(t *testing.T) {
	body := []byte(strings.Repeat("some text that repeats, ", 400))
	for codec, data := range samples(t, body) {
		if codec == compress.None {
			continue
		}
		for _, cut := range []int{len(data) - 1, len(data)*3/4 + 1, 12} {
			r, _, err := compress.NewReader(bytes.NewReader(data[:cut]))
			if err == nil {
				_, err = io.ReadAll(r)
			}
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%s cut at %d of %d: got %v", codec, cut, len(data), err)
			}
		}
	}
}

func TestASourcesErrorPassesAsItIs(t *testing.T) {
	data := samples(t, bytes.Repeat([]byte("x1y2"), 1<<16))[compress.Gzip]
	broken := fault.New(fault.Temporary, "connection reset")
	r, _, err := compress.NewReader(io.MultiReader(bytes.NewReader(data[:len(data)/2]), failing{broken}))
	if err == nil {
		_, err = io.ReadAll(r)
	}
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestABombIsRefused(t *testing.T) {
	var bomb bytes.Buffer
	enc, err := xz.NewWriter(&bomb)
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range 320 {
		if _, err := enc.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := enc.Close(); err != nil {
		t.Fatal(err)
	}
	r, _, err := compress.NewReader(&bomb)
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, r)
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "bomb") {
		t.Errorf("got %d bytes, %v", n, err)
	}
}

func FuzzReader(f *testing.F) {
	for _, data := range samples(f, []byte("some text, some text\n")) {
		f.Add(data)
	}
	f.Fuzz(func(_ *testing.T, data []byte) {
		r, _, err := compress.NewReader(bytes.NewReader(data))
		if err != nil {
			return
		}
		defer r.Close()
		_, _ = io.Copy(io.Discard, io.LimitReader(r, 1<<24))
	})
}
