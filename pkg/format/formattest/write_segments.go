package formattest

import (
	"bytes"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/batch/batchtest"
)

const edgeRows = 120

// testEmpty wants an object without a segment to be a file without a row.
func (w writing) testEmpty(t *testing.T) {
	rec := w.edges(memory.DefaultAllocator, 1)
	defer rec.Release()
	w.read(t, w.object(t, rec.Schema()), rec.Schema(), 0)
}

// testEmptySegment wants a segment without a row to have no bytes.
func (w writing) testEmptySegment(t *testing.T) {
	rec := w.edges(memory.DefaultAllocator, 1)
	defer rec.Release()
	if s := w.segment(t, rec.NewSlice(0, 0)); len(s.bytes) != 0 {
		t.Errorf("got %d bytes, want none", len(s.bytes))
	}
}

// testOrder wants segments to make a file in whatever order they stand.
func (w writing) testOrder(t *testing.T) {
	rec := w.edges(memory.DefaultAllocator, edgeRows)
	defer rec.Release()
	cuts := []int64{0, 1, 50, 50, edgeRows}
	var segments []segment
	var want [][]string
	for i, from := range cuts[:len(cuts)-1] {
		s := w.segment(t, rec.NewSlice(from, cuts[i+1]))
		segments = append(segments, s)
		want = append(want, w.read(t, w.object(t, rec.Schema(), s), rec.Schema(), s.rows))
	}
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 1, 3, 0}, {2}, {0}, {1, 0}} {
		var picked []segment
		var rows []string
		for _, i := range order {
			picked = append(picked, segments[i])
			rows = append(rows, want[i]...)
		}
		got := w.read(t, w.object(t, rec.Schema(), picked...), rec.Schema(), int64(len(rows)))
		if !slices.Equal(got, rows) {
			t.Errorf("order %v: the rows aren't those of the segments in turn", order)
		}
	}
}

// whole returns the rows of rec, written at once.
func (w writing) whole(t *testing.T, rec arrow.Record) []string {
	t.Helper()
	return w.read(t, w.object(t, rec.Schema(), w.segment(t, rec)), rec.Schema(), rec.NumRows())
}

// testBatches wants the same rows however a segment is cut into batches.
func (w writing) testBatches(t *testing.T) {
	rec := w.edges(memory.DefaultAllocator, edgeRows)
	defer rec.Release()
	want := w.whole(t, rec)
	for _, size := range []int64{1, 7, 64, 119} {
		var batches []arrow.Record
		for from := int64(0); from < edgeRows; from += size {
			batches = append(batches, rec.NewSlice(from, min(from+size, edgeRows)))
		}
		got := w.read(t, w.object(t, rec.Schema(), w.segment(t, batches...)), rec.Schema(), edgeRows)
		if !slices.Equal(got, want) {
			t.Errorf("batches of %d rows: other rows than in one batch", size)
		}
	}
}

// testInterleaved wants encoders of one Writer to have nothing in common.
func (w writing) testInterleaved(t *testing.T) {
	rec := w.edges(memory.DefaultAllocator, edgeRows)
	defer rec.Release()
	half := [2]arrow.Record{rec.NewSlice(0, 60), rec.NewSlice(60, edgeRows)}
	want := w.object(t, rec.Schema(), w.segment(t, half[0], half[0]), w.segment(t, half[1], half[1]))

	var s [2]segment
	a, errA := w.Writer.Encoder(rec.Schema(), w.opts)
	b, errB := w.Writer.Encoder(rec.Schema(), w.opts)
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	for range 2 {
		s[0].bytes, errA = a.Encode(s[0].bytes, half[0])
		s[1].bytes, errB = b.Encode(s[1].bytes, half[1])
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
	}
	s[0].bytes, s[0].meta, errA = a.Flush(s[0].bytes)
	s[1].bytes, s[1].meta, errB = b.Flush(s[1].bytes)
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	s[0].rows, s[1].rows = 120, 120
	if got := w.object(t, rec.Schema(), s[0], s[1]); !bytes.Equal(got, want) {
		t.Errorf("got another object than from one encoder after the other")
	}
}

// testSlices wants a slice of a batch to be written as its own rows.
func (w writing) testSlices(t *testing.T) {
	rec := w.edges(memory.DefaultAllocator, edgeRows)
	defer rec.Release()
	want := w.whole(t, rec)
	for _, cut := range [][2]int64{{0, 1}, {1, 2}, {3, 90}, {9, 17}, {119, 120}} {
		if got := w.whole(t, rec.NewSlice(cut[0], cut[1])); !slices.Equal(got, want[cut[0]:cut[1]]) {
			t.Errorf("rows %d to %d: got others than those of the whole batch", cut[0], cut[1])
		}
	}
}

// testRelease wants an encoder to be done with a batch when Encode returns: its
// memory is overwritten when it is freed.
func (w writing) testRelease(t *testing.T) {
	rec := w.edges(memory.DefaultAllocator, edgeRows)
	defer rec.Release()
	want := w.object(t, rec.Schema(), w.segment(t, rec, rec))

	e, err := w.Writer.Encoder(rec.Schema(), w.opts)
	if err != nil {
		t.Fatal(err)
	}
	var s segment
	for range 2 {
		mine := w.edges(scribbler{memory.DefaultAllocator}, edgeRows)
		s.bytes, err = e.Encode(s.bytes, mine)
		mine.Release()
		if err != nil {
			t.Fatal(err)
		}
		s.rows += edgeRows
	}
	if s.bytes, s.meta, err = e.Flush(s.bytes); err != nil {
		t.Fatal(err)
	}
	if got := w.object(t, rec.Schema(), s); !bytes.Equal(got, want) {
		t.Error("the object holds bytes of freed memory")
	}
}

// scribbler overwrites memory that is freed.
type scribbler struct{ memory.Allocator }

func (s scribbler) Free(b []byte) {
	for i := range b {
		b[i] = 0xdd
	}
	s.Allocator.Free(b)
}

// testAppends wants Encode to leave what stands in dst alone.
func (w writing) testAppends(t *testing.T) {
	rec := w.edges(memory.DefaultAllocator, 2)
	defer rec.Release()
	e, err := w.Writer.Encoder(rec.Schema(), w.opts)
	if err != nil {
		t.Fatal(err)
	}
	before := []byte("before")
	out, err := e.Encode(before, rec)
	if err != nil {
		t.Fatal(err)
	}
	if out, _, err = e.Flush(out); err != nil {
		t.Fatal(err)
	}
	want := w.segment(t, rec)
	if !bytes.Equal(out, append(before, want.bytes...)) {
		t.Errorf("got %s, want the segment behind what was there", excerpt(out))
	}
}

// testAllocs wants Encode to allocate nothing per row.
func (w writing) testAllocs(t *testing.T) {
	rec := w.without(batchtest.Shop(memory.DefaultAllocator, 1, 1000))
	defer rec.Release()
	e, err := w.Writer.Encoder(rec.Schema(), w.opts)
	if err != nil {
		t.Fatal(err)
	}
	var buf []byte
	encode := func() {
		if buf, err = e.Encode(buf[:0], rec); err != nil {
			t.Fatal(err)
		}
	}
	encode()
	if got := testing.AllocsPerRun(10, encode); got > w.BatchAllocs {
		t.Errorf("got %v allocations per batch of 1000 rows, want %v at most", got, w.BatchAllocs)
	}
}
