package all_test

import (
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/batch/batchtest"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/all"
)

// TestWrittenRowsAllocateNothing writes batches of each type in each format: once
// the buffers have their size, a batch takes as many allocations as one of an
// eighth of its rows. In the text formats those are none, and in Parquet, where
// each batch is a row group here, the metadata of its column chunks.
func TestWrittenRowsAllocateNothing(t *testing.T) {
	const rows = 8192
	batch := batchtest.Edges(memory.DefaultAllocator, rows)
	for _, w := range all.Writers() {
		for i, f := range batch.Schema().Fields() {
			t.Run(w.Traits().Name+" "+f.Name, func(t *testing.T) {
				rec := array.NewRecord(arrow.NewSchema([]arrow.Field{f}, nil), []arrow.Array{batch.Column(i)}, rows)
				most := encodeAllocs(t, w, rec.NewSlice(0, rows/8))
				if w.Traits().Name != "parquet" {
					most = 0
				}
				if got := encodeAllocs(t, w, rec); got > most {
					t.Errorf("got %v allocations in %d rows, want %v at most", got, rows, most)
				}
			})
		}
	}
}

// encodeAllocs returns how often Encode allocates for a batch that is a row group.
func encodeAllocs(t *testing.T, w format.Writer, rec arrow.Record) float64 {
	t.Helper()
	e, err := w.Encoder(rec.Schema(), format.WriteOptions{RowGroupRows: rec.NumRows()})
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
	encode()
	return testing.AllocsPerRun(8, encode)
}
