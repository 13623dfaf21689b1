package diff_test

import (
	"bytes"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/internal/diff"
	"github.com/longshore/longshore/pkg/batch/batchtest"
	"github.com/longshore/longshore/pkg/fault"
)

func TestRecode(t *testing.T) {
	text, i32, i64 := arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64
	before := rowsSchema(rowsColumn("kept", text), rowsColumn("gone", text), rowsColumn("wider", i32), rowsColumn("narrower", i64),
		rowsColumn("retyped", i64), rowsColumn("list", arrow.ListOf(i64)))
	now := rowsSchema(rowsColumn("a new one", text), rowsColumn("list", arrow.ListOf(i32)), rowsColumn("narrower", i32), rowsColumn("wider", i64),
		rowsColumn("retyped", text), rowsColumn("kept", rowsDictionary(text)), rowsColumn("z", i64))
	old := rowsEncode(t, rowsRecord(t, before,
		`{"kept": "x", "gone": "y", "wider": 1, "narrower": 2, "retyped": 3, "list": [1, null]}`,
		`{"kept": "x", "gone": null, "wider": null, "narrower": 3000000000, "retyped": null, "list": [3000000000, 1]}`,
		`{}`))
	want := rowsEncode(t, rowsRecord(t, now, `{"kept": "x", "wider": 1, "narrower": 2, "list": [1, null]}`, `{"kept": "x"}`, `{}`))
	r, err := diff.NewRecoder(before, now)
	if err != nil {
		t.Fatal(err)
	}
	for i := range old {
		got, err := r.Append([]byte("before"), old[i])
		if err != nil {
			t.Fatal(err)
		}
		if want := append([]byte("before"), want[i]...); !bytes.Equal(got, want) {
			t.Errorf("row %d: got %x, want %x", i, got, want)
		}
	}
	for cut := range old[0] {
		if got, err := r.Append([]byte("x"), old[0][:cut]); !fault.Is(err, fault.Invalid) || string(got) != "x" {
			t.Errorf("cut at %d: got %q, %v, want x, Invalid", cut, got, err)
		}
	}
	if _, err := r.Append(nil, append(bytes.Clone(old[0]), 0)); !fault.Is(err, fault.Invalid) {
		t.Errorf("a byte too many: got %v, want Invalid", err)
	}
}

func TestRecodeSame(t *testing.T) {
	rec := batchtest.Edges(memory.DefaultAllocator, 60)
	defer rec.Release()
	r, err := diff.NewRecoder(rec.Schema(), rec.Schema())
	if err != nil {
		t.Fatal(err)
	}
	for i, enc := range rowsEncode(t, rec) {
		if got, err := r.Append(nil, enc); err != nil || !bytes.Equal(got, enc) {
			t.Errorf("row %d: got %x, %v, want %x", i, got, err, enc)
		}
	}
}
