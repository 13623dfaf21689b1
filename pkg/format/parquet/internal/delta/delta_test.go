package delta

import (
	"math"
	"math/rand/v2"
	"testing"

	pq "github.com/parquet-go/parquet-go/encoding/delta"
)

func numbers(rnd *rand.Rand, n int) []int64 {
	out := make([]int64, n)
	for i := range out {
		switch rnd.IntN(4) {
		case 0:
			out[i] = int64(rnd.Uint64())
		case 1:
			out[i] = []int64{math.MinInt64, math.MaxInt64, 0}[rnd.IntN(3)]
		default:
			out[i] = int64(i) * 3
		}
	}
	return out
}

func TestReadWhatParquetGoWrites(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 31, 32, 33, 128, 129, 130, 1000} {
		want := numbers(rnd, n)
		b, err := new(pq.BinaryPackedEncoding).EncodeInt64(nil, want)
		if err != nil {
			t.Fatal(err)
		}
		var d Decoder
		if err := d.Reset(append(b, "rest"...)); err != nil {
			t.Fatal(err)
		}
		got := make([]uint64, n)
		for at := 0; at < n; {
			piece := min(1+rnd.IntN(50), n-at)
			if err := Read(&d, got[at:at+piece]); err != nil {
				t.Fatal(err)
			}
			at += piece
		}
		for i := range want {
			if int64(got[i]) != want[i] {
				t.Fatalf("%d values, value %d: got %d, want %d", n, i, int64(got[i]), want[i])
			}
		}
		if string(d.Rest()) != "rest" || d.Left() != 0 {
			t.Fatalf("%d values: got rest %q and %d left", n, d.Rest(), d.Left())
		}
	}
}

func TestRead32(t *testing.T) {
	want := []int32{7, math.MinInt32, math.MaxInt32, -1, 0, 100, 101, 102}
	b, err := new(pq.BinaryPackedEncoding).EncodeInt32(nil, want)
	if err != nil {
		t.Fatal(err)
	}
	var d Decoder
	if err := d.Reset(b); err != nil {
		t.Fatal(err)
	}
	got := make([]uint32, len(want))
	if err := Read(&d, got); err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if int32(got[i]) != want[i] {
			t.Fatalf("value %d: got %d, want %d", i, int32(got[i]), want[i])
		}
	}
}

func FuzzRead(f *testing.F) {
	b, _ := new(pq.BinaryPackedEncoding).EncodeInt64(nil, numbers(rand.New(rand.NewPCG(1, 2)), 200))
	f.Add(b)
	f.Add(b[:20])
	f.Fuzz(func(t *testing.T, b []byte) {
		var d Decoder
		if d.Reset(b) != nil {
			return
		}
		buf := make([]uint64, 33)
		for range 100 {
			if Read(&d, buf[:min(33, d.Left())]) != nil || d.Left() == 0 {
				return
			}
		}
	})
}
