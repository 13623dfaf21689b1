package parquet

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format"
)

func TestReadAllocatesNothingPerRow(t *testing.T) {
	var recs []arrow.Record
	for i := range 8 {
		recs = append(recs, shopBatch(int64(i)*8192, 8192))
	}
	object := objectOf(t, shopSchema, format.WriteOptions{}, recs)
	columns := shopColumns(t)
	var dst block.Block
	read := func() {
		d, err := Format{}.Decoder(context.Background(), inputOf(object), columns, format.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for err == nil {
			_, err = d.Next(&dst, 16384)
		}
		d.Close()
	}
	read()
	if got := testing.AllocsPerRun(3, read) / (8 * 8192); got > 0.02 {
		t.Fatalf("got %.4f allocations per row, want less than 0.02: those of opening a file", got)
	}
}

// TestNoTypeAllocatesPerRow reads a file of each type in blocks: once the buffers
// have their size, 14,336 rows take the few allocations of a page or two.
func TestNoTypeAllocatesPerRow(t *testing.T) {
	const rows, warm, counted, most = 2048, 9, 7, 64
	for _, codec := range []string{"zstd", "snappy", "gzip", "none"} {
		for _, few := range []bool{true, false} { // with a dictionary and without
			if few && codec != "none" {
				continue // codecs know nothing of dictionaries
			}
			for _, f := range everySchema().Fields() {
				if _, isStruct := f.Type.(*arrow.StructType); naturalType(f) == "" || isStruct && f.Nullable {
					continue // a Tuple can't be null: such rows are rejected
				}
				t.Run(fmt.Sprintf("%s %s %t", codec, f.Name, few), func(t *testing.T) {
					s := arrow.NewSchema([]arrow.Field{f}, nil)
					recs := slices.Repeat([]arrow.Record{everyBatch(s, 1, rows, few)}, warm+2*counted)
					object := objectOf(t, s, format.WriteOptions{Compression: codec, RowGroupRows: 8 * rows}, recs)
					d, err := Format{}.Decoder(t.Context(), inputOf(object), columnsOf(t, f.Name, naturalType(f)), format.ReadOptions{})
					if err != nil {
						t.Fatal(err)
					}
					defer d.Close()
					var dst block.Block
					next := func(blocks int) {
						for range blocks {
							if n, err := d.Next(&dst, rows); n != rows || err != nil {
								t.Fatalf("got %d rows and %v, want %d", n, err, rows)
							}
						}
					}
					next(warm)
					if got := testing.AllocsPerRun(1, func() { next(counted) }); got > most {
						t.Errorf("got %v allocations in %d rows, want %d at most", got, counted*rows, most)
					}
				})
			}
		}
	}
}

// TestInferTakesATextOnce has a list of structs with many fields: each is inferred
// from the list's text, of which there is one.
func TestInferTakesATextOnce(t *testing.T) {
	infer := func(fields int) uint64 {
		var inner []arrow.Field
		for i := range fields {
			inner = append(inner, arrow.Field{Name: fmt.Sprintf("field_%03d", i), Type: arrow.PrimitiveTypes.Int8})
		}
		s := arrow.NewSchema([]arrow.Field{{Name: "items", Type: arrow.ListOf(arrow.StructOf(inner...))}}, nil)
		object := objectOf(t, s, format.WriteOptions{}, []arrow.Record{everyBatch(s, 1, 2000, false)})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := (Format{}).Infer(t.Context(), inputOf(object), format.ReadOptions{}); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	few, many := infer(10), infer(100)
	if many > 20*few {
		t.Errorf("ten times as many fields took %d times the memory, want about ten times", many/few)
	}
}
