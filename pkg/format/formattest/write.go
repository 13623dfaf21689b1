// Package formattest is what every driver of a format must do, as tests: Write
// for the writing half of package format, Read for the reading half.
package formattest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/batch/batchtest"
	"github.com/longshore/longshore/pkg/format"
)

// Writing is a driver's writing half, and what the suite must know of it.
type Writing struct {
	// Writer is the driver.
	Writer format.Writer
	// Options are the settings to test it with; none means the zero alone.
	Options []Options
	// Rows reads a file by means that aren't the driver's own and returns a text
	// per row. Rows of equal values have equal texts, other rows other texts: a
	// null differs from every value. The error is that the file is damaged.
	Rows func(file []byte, schema *arrow.Schema, opts format.WriteOptions) ([]string, error)
	// Refused is the batchtest columns that the format can't hold.
	Refused []string
	// BatchAllocs is how often Encode may allocate for a batch, whatever the
	// number of its rows, once its buffers have grown.
	BatchAllocs float64
	// Golden is the folder of expected files; empty if their bytes aren't fixed.
	Golden string
}

// Options is named settings.
type Options struct {
	Name string
	format.WriteOptions
}

// Write tests a driver's writing half.
func Write(t *testing.T, w Writing) {
	if len(w.Options) == 0 {
		w.Options = []Options{{Name: "default"}}
	}
	t.Run("traits", w.testTraits)
	t.Run("unsupported type", w.testUnsupported)
	for _, o := range w.Options {
		s := writing{w, o.WriteOptions}
		t.Run(o.Name, func(t *testing.T) {
			t.Run("types", s.testTypes)
			t.Run("empty object", s.testEmpty)
			t.Run("segment without a row", s.testEmptySegment)
			t.Run("segments in any order", s.testOrder)
			t.Run("batches of any size", s.testBatches)
			t.Run("interleaved encoders", s.testInterleaved)
			t.Run("slices of batches", s.testSlices)
			t.Run("batches are let go", s.testRelease)
			t.Run("bytes before", s.testAppends)
			t.Run("allocations", s.testAllocs)
			if w.Golden != "" {
				t.Run("golden", func(t *testing.T) { s.testGolden(t, o.Name) })
			}
		})
	}
}

// writing is a driver with the options of one round of tests.
type writing struct {
	Writing
	opts format.WriteOptions
}

// edges returns a batch of all columns that the format can hold.
func (w *Writing) edges(mem memory.Allocator, rows int) arrow.Record {
	return w.without(batchtest.Edges(mem, rows))
}

// without returns rec, which it takes over, but for the refused columns.
func (w *Writing) without(rec arrow.Record) arrow.Record {
	defer rec.Release()
	var fields []arrow.Field
	var columns []arrow.Array
	for i, field := range rec.Schema().Fields() {
		if !slices.Contains(w.Refused, field.Name) {
			fields = append(fields, field)
			columns = append(columns, rec.Column(i))
		}
	}
	return newRecord(fields, columns, rec.NumRows())
}

// segment encodes batches as one segment. The batches stay the caller's.
func (w *writing) segment(t testing.TB, batches ...arrow.Record) segment {
	t.Helper()
	e, err := w.Writer.Encoder(batches[0].Schema(), w.opts)
	if err != nil {
		t.Fatalf("encoder: %v", err)
	}
	var s segment
	for _, rows := range batches {
		if s.bytes, err = e.Encode(s.bytes, rows); err != nil {
			t.Fatalf("encode: %v", err)
		}
		s.rows += rows.NumRows()
	}
	if s.bytes, s.meta, err = e.Flush(s.bytes); err != nil {
		t.Fatalf("flush: %v", err)
	}
	return s
}

// segment is an encoded one.
type segment struct {
	bytes, meta []byte
	rows        int64
}

// object joins segments as an export does.
func (w *writing) object(t testing.TB, schema *arrow.Schema, segments ...segment) []byte {
	t.Helper()
	f, err := w.Writer.Frame(schema, w.opts)
	if err != nil {
		t.Fatalf("frame: %v", err)
	}
	out := slices.Clone(f.Opening())
	var placed []format.Segment
	for _, s := range segments {
		if s.rows == 0 {
			continue
		}
		if len(placed) > 0 {
			out = append(out, f.Separator()...)
		}
		placed = append(placed, format.Segment{Offset: int64(len(out)), Size: int64(len(s.bytes)), Rows: s.rows, Meta: s.meta})
		out = append(out, s.bytes...)
	}
	end, err := f.Closing(placed)
	if err != nil {
		t.Fatalf("closing: %v", err)
	}
	return append(out, end...)
}

// read returns the rows of a file, of which there must be as many as said.
func (w *writing) read(t testing.TB, file []byte, schema *arrow.Schema, want int64) []string {
	t.Helper()
	rows, err := w.Rows(file, schema, w.opts)
	if err != nil {
		t.Fatalf("read back: %v\n%s", err, excerpt(file))
	}
	if int64(len(rows)) != want {
		t.Fatalf("got %d rows, want %d\n%s", len(rows), want, excerpt(file))
	}
	return rows
}

func excerpt(file []byte) string {
	const limit = 2000
	if len(file) <= limit {
		return fmt.Sprintf("%q", file)
	}
	return fmt.Sprintf("%q… of %d bytes", file[:limit], len(file))
}
