package parquet

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/format"
)

// A page may end before enough values were seen to decide about a dictionary:
// when values are long, or most are null. Whatever is decided then, no page
// refers to a dictionary that isn't written.
func TestPagesThatEndBeforeTheDictionaryIsDecided(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "text", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "number", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	}, nil)
	for _, c := range []struct {
		name           string
		rows, each     int // each so-many-th value isn't null
		size, distinct int // bytes of a text; how many different values there are
	}{
		{"long texts", 20_000, 1, 82, 1 << 30},
		{"long texts, a dictionary's worth at the end of a window", 12_288, 1, 82, 1 << 30},
		{"few values", 300_000, 100, 10, 1 << 30},
		{"few values that repeat", 300_000, 100, 10, 20},
		{"few long values", 300_000, 50, 200, 1 << 30},
		{"one value", 140_000, 139_999, 10, 1},
		{"a value behind a page of nulls", 140_000, 135_000, 10, 1},
		{"nulls", 140_000, 1 << 30, 10, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, uint64(c.rows)))
			b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
			defer b.Release()
			for i := range c.rows {
				if (i+1)%c.each != 0 {
					b.Field(0).AppendNull()
					b.Field(1).AppendNull()
					continue
				}
				v := r.IntN(c.distinct)
				b.Field(0).(*array.StringBuilder).Append(fmt.Sprintf("%0*d", c.size, v))
				b.Field(1).(*array.Int64Builder).Append(int64(v))
			}
			rec := b.NewRecord()
			defer rec.Release()
			for _, step := range []int64{1000, 4096, rec.NumRows()} {
				var slices []arrow.Record
				for from := int64(0); from < rec.NumRows(); from += step {
					slices = append(slices, rec.NewSlice(from, min(from+step, rec.NumRows())))
				}
				file := objectOf(t, schema, format.WriteOptions{Compression: "snappy"}, slices)
				got, err := arrowRows(file)
				if err != nil {
					t.Fatalf("in steps of %d: %v", step, err)
				}
				compare(t, schema, got, recordTexts(rec))
				if n := len(parquetGoValues(t, file)["text"]); n != c.rows {
					t.Errorf("in steps of %d: parquet-go reads %d texts, want %d", step, n, c.rows)
				}
				for _, s := range slices {
					s.Release()
				}
			}
		})
	}
}
