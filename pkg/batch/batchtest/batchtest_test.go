package batchtest_test

import (
	"testing"

	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/batch/batchtest"
)

func TestEdgesCoverEveryValue(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	for _, c := range batchtest.Columns() {
		rec := c.Build(mem)
		if got, want := rec.NumRows(), int64(2*len(c.Values)); got != want {
			t.Errorf("%s: got %d rows, want %d", c.Field.Name, got, want)
		}
		if got, want := rec.Column(0).NullN(), len(c.Values); got != want {
			t.Errorf("%s: got %d nulls, want %d", c.Field.Name, got, want)
		}
		rec.Release()
	}
}

func TestDeterministic(t *testing.T) {
	mem := memory.DefaultAllocator
	if !array.RecordEqual(batchtest.Shop(mem, 5, 100), batchtest.Shop(mem, 5, 100)) {
		t.Error("two calls of Shop differ")
	}
	edges := batchtest.Edges(mem, 50)
	for i, col := range edges.Columns() {
		if col.IsNull(0) || !col.IsNull(1) {
			t.Errorf("column %s: first row null %t, second %t; want false, true", edges.ColumnName(i), col.IsNull(0), col.IsNull(1))
		}
	}
}
