package formattest

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/batch/batchtest"
	"github.com/longshore/longshore/pkg/fault"
)

var update = flag.Bool("update", false, "write the expected files anew")

func newRecord(fields []arrow.Field, columns []arrow.Array, rows int64) arrow.Record {
	return array.NewRecord(arrow.NewSchema(fields, nil), columns, rows)
}

func (w Writing) testTraits(t *testing.T) {
	traits := w.Writer.Traits()
	if traits.Name == "" || traits.MediaType == "" || len(traits.Extension) < 2 || traits.Extension[0] != '.' {
		t.Errorf("got %+v, want a name, a media type and an extension with a dot", traits)
	}
}

// testUnsupported wants a type that no format can hold to be refused by name,
// before a row is written.
func (w Writing) testUnsupported(t *testing.T) {
	union := arrow.SparseUnionOf([]arrow.Field{{Name: "a", Type: arrow.PrimitiveTypes.Int64}}, []arrow.UnionTypeCode{0})
	w.refuses(t, arrow.Field{Name: "odd one", Type: union})
	w.refuses(t, arrow.Field{Name: "odd one", Type: arrow.ListOf(union)})
	for _, c := range batchtest.Columns() {
		if slices.Contains(w.Refused, c.Field.Name) {
			w.refuses(t, c.Field)
		}
	}
	w.refuses(t)
}

func (w Writing) refuses(t *testing.T, fields ...arrow.Field) {
	t.Helper()
	schema := arrow.NewSchema(fields, nil)
	for _, o := range w.Options {
		_, frameErr := w.Writer.Frame(schema, o.WriteOptions)
		_, encoderErr := w.Writer.Encoder(schema, o.WriteOptions)
		for _, err := range []error{frameErr, encoderErr} {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("fields %v: got error %v, want one of kind invalid", fields, err)
			} else if len(fields) > 0 && !bytes.Contains([]byte(err.Error()), []byte(fields[0].Name)) {
				t.Errorf("got error %q, want one that names column %q", err, fields[0].Name)
			}
		}
	}
}

// testTypes wants values that differ, and nulls, to differ in the file.
func (w writing) testTypes(t *testing.T) {
	for _, c := range batchtest.Columns() {
		if slices.Contains(w.Refused, c.Field.Name) {
			continue
		}
		t.Run(c.Field.Name, func(t *testing.T) {
			rec := c.Distinct(memory.DefaultAllocator)
			defer rec.Release()
			rows := w.read(t, w.object(t, rec.Schema(), w.segment(t, rec)), rec.Schema(), rec.NumRows())
			first := map[string]int{}
			for i, row := range rows {
				if j, ok := first[row]; ok {
					t.Errorf("values %d (%s) and %d (%s) both read back as %q", j, rec.Column(0).ValueStr(j), i, rec.Column(0).ValueStr(i), row)
				}
				first[row] = i
			}
		})
	}
}

func (w writing) testGolden(t *testing.T, name string) {
	rec := w.edges(memory.DefaultAllocator, 40)
	defer rec.Release()
	got := w.object(t, rec.Schema(), w.segment(t, rec.NewSlice(0, 20)), w.segment(t, rec.NewSlice(20, 40)))
	path := filepath.Join(w.Golden, name+w.Writer.Traits().Extension)
	if *update {
		if err := os.MkdirAll(w.Golden, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		i := 0
		for i < min(len(got), len(want)) && got[i] == want[i] {
			i++
		}
		from := max(i-80, 0)
		t.Errorf("%s differs at byte %d (refresh with -update):\ngot  %q\nwant %q", path, i,
			got[from:min(i+80, len(got))], want[from:min(i+80, len(want))])
	}
}
