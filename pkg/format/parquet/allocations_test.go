package parquet

import (
	"context"
	"fmt"
	"runtime"
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

// TestNoTypeAllocatesPerRow reads a file of each type in blocks: what is left per
// row is the opening of the file.
func TestNoTypeAllocatesPerRow(t *testing.T) {
	const batches, rows = 8, 4096
	for _, f := range everySchema().Fields() {
		if _, isStruct := f.Type.(*arrow.StructType); naturalType(f) == "" || isStruct && f.Nullable {
			continue // a Tuple can't be null: such rows are rejected
		}
		t.Run(f.Name, func(t *testing.T) {
			s := arrow.NewSchema([]arrow.Field{f}, nil)
			var recs []arrow.Record
			for i := range batches {
				recs = append(recs, everyBatch(s, uint64(i), rows, true))
			}
			object := objectOf(t, s, format.WriteOptions{}, recs)
			columns := columnsOf(t, f.Name, naturalType(f))
			var dst block.Block
			read := func() {
				d, err := Format{}.Decoder(context.Background(), inputOf(object), columns, format.ReadOptions{})
				if err != nil {
					t.Fatal(err)
				}
				for err == nil {
					_, err = d.Next(&dst, rows)
				}
				d.Close()
			}
			read()
			if got := testing.AllocsPerRun(3, read) / (batches * rows); got > 0.02 {
				t.Errorf("got %.4f allocations per row, want less than 0.02", got)
			}
		})
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
