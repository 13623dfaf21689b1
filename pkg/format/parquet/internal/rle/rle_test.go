package rle

import (
	"math/rand/v2"
	"slices"
	"testing"

	pq "github.com/parquet-go/parquet-go/encoding/rle"
)

// mixture makes n values of width bits: runs and single values by turns.
func mixture(rnd *rand.Rand, n, width int) []uint32 {
	var out []uint32
	for len(out) < n {
		v := uint32(rnd.Uint64() & (1<<width - 1))
		for range 1 + rnd.IntN(2)*rnd.IntN(40) {
			out = append(out, v)
		}
	}
	return out[:n]
}

func TestRoundTrip(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for width := range 33 {
		for _, n := range []int{1, 7, 8, 9, 63, 64, 65, 500, 511, 513, 5000} {
			want := mixture(rnd, n, width)
			b := Append(nil, want, width)
			var d Decoder
			if err := d.Reset(b, width); err != nil {
				t.Fatal(err)
			}
			var got []uint32
			for len(got) < n { // in odd pieces, so that groups are cut
				piece := make([]uint32, min(1+rnd.IntN(13), n-len(got)))
				if err := Read(&d, piece); err != nil {
					t.Fatalf("width %d, %d values: got %v", width, n, err)
				}
				got = append(got, piece...)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("width %d, %d values: got %v, want %v", width, n, got, want)
			}
		}
	}
}

func TestAppendAgainstParquetGo(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for width := 1; width <= 32; width++ {
		want := mixture(rnd, 1003, width)
		e := pq.Encoding{BitWidth: width}
		got, err := e.DecodeInt32(nil, Append(nil, want, width))
		if err != nil {
			t.Fatalf("width %d: got %v", width, err)
		}
		for i, w := range want { // padding may follow
			if uint32(got[i]) != w {
				t.Fatalf("width %d, value %d: got %d, want %d", width, i, got[i], w)
			}
		}
	}
}

func TestLevels(t *testing.T) {
	want := []uint8{1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0}
	var d Decoder
	if err := d.Reset(Append(nil, want, 2), 2); err != nil {
		t.Fatal(err)
	}
	got := make([]uint8, len(want))
	if err := Read(&d, got); err != nil || !slices.Equal(got, want) {
		t.Fatalf("got %v, %v, want %v", got, err, want)
	}
	if err := Read(&d, make([]uint8, 64)); err == nil {
		t.Fatal("read past the end: got no error")
	}
}

// Only padding may be missing: what is read without an error is what was written.
func TestTruncated(t *testing.T) {
	want := mixture(rand.New(rand.NewPCG(5, 6)), 300, 11)
	b := Append(nil, want, 11)
	for n := range b {
		var d Decoder
		if err := d.Reset(b[:n:n], 11); err != nil {
			t.Fatal(err)
		}
		got := make([]uint32, len(want))
		err := Read(&d, got)
		if err == nil && !slices.Equal(got, want) {
			t.Fatalf("%d of %d bytes: got other values and no error", n, len(b))
		}
		if err == nil && n < len(b)-11 {
			t.Fatalf("%d of %d bytes: got no error", n, len(b))
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte{3, 0xFF}, byte(3))
	f.Add([]byte{8, 1, 5, 0, 0, 0}, byte(12))
	f.Fuzz(func(t *testing.T, b []byte, width byte) {
		var d Decoder
		if d.Reset(b, int(width)) != nil {
			return
		}
		buf := make([]uint32, 37)
		for range 50 {
			if Read(&d, buf) != nil {
				return
			}
			for _, v := range buf {
				if width < 32 && v>>width != 0 {
					t.Fatalf("got %d, wider than %d bits", v, width)
				}
			}
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	src := mixture(rand.New(rand.NewPCG(5, 6)), 100000, 9)
	b.SetBytes(int64(len(src)))
	var dst []byte
	for b.Loop() {
		dst = Append(dst[:0], src, 9)
	}
}

func BenchmarkRead(b *testing.B) {
	src := mixture(rand.New(rand.NewPCG(5, 6)), 100000, 9)
	enc := Append(nil, src, 9)
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		var d Decoder
		d.Reset(enc, 9)
		if err := Read(&d, src); err != nil {
			b.Fatal(err)
		}
	}
}
