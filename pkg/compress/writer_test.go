package compress_test

import (
	"bytes"
	stdgzip "compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/fault"
)

// text returns n bytes of lines that compress as rows do.
func text(n int) []byte {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	var b []byte
	for i := 0; len(b) < n; i++ {
		b = fmt.Appendf(b, "%d,%d,customer%06d@example.com,%.2f,2024-01-%02d\n", i, r.IntN(1e9), r.IntN(1e6), r.Float64()*100, 1+r.IntN(28))
	}
	return b[:n]
}

// plain decompresses by means that aren't ours: Go's own gzip, and zstd as it
// reads a whole file.
func plain(t testing.TB, codec compress.Codec, data []byte) []byte {
	t.Helper()
	var r io.Reader = bytes.NewReader(data)
	var err error
	switch codec {
	case compress.Gzip:
		r, err = stdgzip.NewReader(r)
	case compress.Zstd:
		r, err = zstd.NewReader(r)
	}
	if err != nil {
		t.Fatalf("%s: %v", codec, err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %v", codec, err)
	}
	return out
}

var written = []compress.Codec{compress.None, compress.Gzip, compress.Zstd}

// TestMembersConcatenate wants pieces that were compressed apart, an empty one
// among them, to be one file in whatever order they stand.
func TestMembersConcatenate(t *testing.T) {
	pieces := [][]byte{text(10), nil, text(3_500_000), text(1 << 20), []byte("end")}
	for _, codec := range written {
		for _, order := range [][]int{{0, 1, 2, 3, 4}, {4, 2, 1, 0, 3}} {
			a, err := compress.NewAppender(codec, 0, 2)
			if err != nil {
				t.Fatal(err)
			}
			var file, want []byte
			for _, i := range order {
				if file, err = a.Append(file, pieces[i]); err != nil {
					t.Fatal(err)
				}
				want = append(want, pieces[i]...)
			}
			if got := plain(t, codec, file); !bytes.Equal(got, want) {
				t.Errorf("%s, order %v: got %d bytes, want %d", codec, order, len(got), len(want))
			}
		}
	}
}

// TestSameBytes wants the bytes to depend on source, codec and level alone.
func TestSameBytes(t *testing.T) {
	src := text(5_000_000)
	for _, codec := range written {
		want, err := compress.Member(nil, src, codec, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, cores := range []int{0, 1, 2, 7} {
			a, err := compress.NewAppender(codec, 0, cores)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				got, err := a.Append([]byte("before"), src)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, append([]byte("before"), want...)) {
					t.Errorf("%s on %d cores: got other bytes than on one", codec, cores)
				}
			}
		}
	}
}

func TestEmptyObject(t *testing.T) {
	for _, codec := range []compress.Codec{compress.Gzip, compress.Zstd} {
		file, err := compress.Member(nil, nil, codec, 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(file) == 0 {
			t.Errorf("%s: got no bytes, want an empty member", codec)
		}
		if got := plain(t, codec, file); len(got) != 0 {
			t.Errorf("%s: got %d bytes, want none", codec, len(got))
		}
	}
}

func TestLevels(t *testing.T) {
	src := text(400_000)
	for _, codec := range []compress.Codec{compress.Gzip, compress.Zstd} {
		lowest, _, highest := codec.Levels()
		var sizes []int
		for _, level := range []int{lowest, highest} {
			out, err := compress.Member(nil, src, codec, level)
			if err != nil {
				t.Fatalf("%s level %d: %v", codec, level, err)
			}
			if !bytes.Equal(plain(t, codec, out), src) {
				t.Errorf("%s level %d doesn't read back", codec, level)
			}
			sizes = append(sizes, len(out))
		}
		if codec == compress.Gzip && sizes[1] >= sizes[0] { // zstd's order of sizes depends on the data
			t.Errorf("%s: got %d bytes at the highest level, %d at the lowest; want fewer", codec, sizes[1], sizes[0])
		}
		for _, level := range []int{-1, highest + 1} {
			if _, err := compress.NewAppender(codec, level, 1); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s level %d: got error %v, want one of kind invalid", codec, level, err)
			}
		}
	}
}

func TestOnlyRead(t *testing.T) {
	for _, codec := range []compress.Codec{compress.Bzip2, compress.XZ, compress.Snappy} {
		if _, err := compress.NewAppender(codec, 0, 1); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got error %v, want one of kind invalid", codec, err)
		}
		if _, err := compress.ParseWriter(codec.String()); !fault.Is(err, fault.Invalid) {
			t.Errorf("parse %s: got error %v, want one of kind invalid", codec, err)
		}
	}
	for name, want := range map[string]compress.Codec{"": compress.None, "none": compress.None, "gzip": compress.Gzip, "zstd": compress.Zstd} {
		if got, err := compress.ParseWriter(name); got != want || err != nil {
			t.Errorf("parse %q: got %v, %v; want %v", name, got, err, want)
		}
	}
}

// TestGunzip has the system's own tool read members one after another.
func TestGunzip(t *testing.T) {
	path, err := exec.LookPath("gzip")
	if err != nil {
		t.Skip("there is no gzip on this machine")
	}
	src := text(2_500_000)
	file, err := compress.Member(nil, src, compress.Gzip, 0)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-dc")
	cmd.Stdin = bytes.NewReader(file)
	got, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, src) {
		t.Errorf("got %d bytes, want the %d that were compressed", len(got), len(src))
	}
}

func TestSteadyAllocations(t *testing.T) {
	src := text(300_000)
	for _, codec := range written {
		a, err := compress.NewAppender(codec, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		var buf []byte
		run := func() {
			if buf, err = a.Append(buf[:0], src); err != nil {
				t.Fatal(err)
			}
		}
		run()
		if got := testing.AllocsPerRun(5, run); got > 2 {
			t.Errorf("%s: got %v allocations per piece, want 2 at most", codec, got)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	src := text(8 << 20)
	for _, bb := range []struct {
		codec compress.Codec
		level int
	}{{compress.Gzip, 1}, {compress.Gzip, 2}, {compress.Gzip, 3}, {compress.Gzip, 5}, {compress.Gzip, 6}, {compress.Zstd, 1}, {compress.Zstd, 3}} {
		b.Run(fmt.Sprintf("%s-%d", bb.codec, bb.level), func(b *testing.B) {
			a, err := compress.NewAppender(bb.codec, bb.level, 1)
			if err != nil {
				b.Fatal(err)
			}
			var buf []byte
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				if buf, err = a.Append(buf[:0], src); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(src))/float64(len(buf)), "ratio")
		})
	}
}
