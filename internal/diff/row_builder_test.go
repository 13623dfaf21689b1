package diff_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/internal/diff"
	"github.com/longshore/longshore/pkg/batch/batchtest"
	"github.com/longshore/longshore/pkg/fault"
)

func rowBuilderOf(t testing.TB, schema *arrow.Schema) (*diff.Rows, *diff.RowBuilder) {
	t.Helper()
	rows, err := diff.NewRows(schema)
	if err != nil {
		t.Fatal(err)
	}
	b := rows.NewBuilder()
	t.Cleanup(b.Release)
	return rows, b
}

func TestRowBuilderTruncated(t *testing.T) {
	rec := batchtest.Edges(memory.DefaultAllocator, 3)
	defer rec.Release()
	_, b := rowBuilderOf(t, rec.Schema())
	for _, enc := range rowsEncode(t, rec) {
		for cut := range enc {
			if err := b.Append(enc[:cut]); !fault.Is(err, fault.Invalid) {
				t.Fatalf("cut at %d of %d: got %v, want Invalid", cut, len(enc), err)
			}
		}
		if err := b.Append(append(bytes.Clone(enc), 0)); !fault.Is(err, fault.Invalid) {
			t.Errorf("a byte too many: got %v, want Invalid", err)
		}
		if err := b.Append(enc); err != nil {
			t.Error(err)
		}
	}
	got := b.NewRecord()
	defer got.Release()
	if !rowsEqual(got, rec) {
		t.Errorf("got %v, want %v: what was refused left traces", got, rec)
	}
}

// TestRowBuilderStrict has bytes that mean a value but aren't how it is written.
func TestRowBuilderStrict(t *testing.T) {
	tests := []struct {
		name string
		t    arrow.DataType
		enc  string
	}{
		{"bit of no column", arrow.PrimitiveTypes.Int64, "\x02\x00"},
		{"long varint", arrow.PrimitiveTypes.Int64, "\x00\x80\x00"},
		{"too many bits", arrow.PrimitiveTypes.Int64, "\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"},
		{"too large", arrow.PrimitiveTypes.Int8, "\x00\x80\x02"},
		{"too large, unsigned", arrow.PrimitiveTypes.Uint8, "\x00\x80\x02"},
		{"bool of two", arrow.FixedWidthTypes.Boolean, "\x00\x02"},
		{"other NaN", arrow.PrimitiveTypes.Float64, "\x00\x01\x00\x00\x00\x00\x00\xf8\x7f"},
		{"other NaN, single", arrow.PrimitiveTypes.Float32, "\x00\x01\x00\xc0\x7f"},
		{"padded decimal", &arrow.Decimal128Type{Precision: 5}, "\x00\x02\x00\x01"},
		{"padded negative decimal", &arrow.Decimal128Type{Precision: 5}, "\x00\x02\xff\x80"},
		{"decimal of no bytes", &arrow.Decimal128Type{Precision: 5}, "\x00\x00"},
		{"wide decimal", &arrow.Decimal128Type{Precision: 5}, "\x00\x11\x01aaaaaaaaaaaaaaaa"},
		{"value of the null type", arrow.Null, "\x00"},
		{"long string", arrow.BinaryTypes.String, "\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"},
		{"long list", arrow.ListOf(arrow.Null), "\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"},
		{"entry that is null", arrow.MapOf(arrow.BinaryTypes.String, arrow.BinaryTypes.String), "\x00\x01\x01"},
		{"key that is null", arrow.MapOf(arrow.BinaryTypes.String, arrow.BinaryTypes.String), "\x00\x01\x00\x03"},
		{"bit of no element", arrow.ListOf(arrow.Null), "\x00\x01\x03"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, b := rowBuilderOf(t, rowsSchema(rowsColumn("a", tt.t)))
			if err := b.Append([]byte(tt.enc)); !fault.Is(err, fault.Invalid) || b.Len() != 0 {
				t.Errorf("got %v and %d rows, want Invalid and none", err, b.Len())
			}
		})
	}
}

func TestRowBuilderFullDictionary(t *testing.T) {
	enc, _ := rowBuilderOf(t, rowsSchema(rowsColumn("a", arrow.BinaryTypes.String)))
	_, b := rowBuilderOf(t, rowsSchema(rowsColumn("a", rowsDictionary(arrow.BinaryTypes.String))))
	for i := range 129 {
		enc.Bind(rowsRecord(t, rowsSchema(rowsColumn("a", arrow.BinaryTypes.String)), fmt.Sprintf(`{"a": "%d"}`, i)))
		for range 2 {
			err := b.Append(enc.Append(nil, 0))
			if want := i == 128; fault.Is(err, fault.Invalid) != want {
				t.Fatalf("value %d: got %v, want an error: %t", i, err, want)
			}
		}
	}
}

// rowBuilderFuzzed is every type, in few columns so that the fuzzer gets deep.
func rowBuilderFuzzed() []*arrow.Schema {
	schemas := []*arrow.Schema{batchtest.ShopSchema, batchtest.Schema()}
	for _, c := range batchtest.Columns() {
		schemas = append(schemas, rowsSchema(c.Field, rowsColumn("~none", arrow.Null)))
	}
	return schemas
}

func FuzzRowBuilder(f *testing.F) {
	schemas := rowBuilderFuzzed()
	for i, schema := range schemas {
		rec := batchtest.Edges(memory.DefaultAllocator, 8)
		switch i {
		case 0:
			rec = batchtest.Shop(memory.DefaultAllocator, 1, 8)
		case 1:
		default:
			column := rec.Column(i - 2)
			none := rowsRecord(f, rowsSchema(schema.Field(1)), `{}`, `{}`, `{}`, `{}`, `{}`, `{}`, `{}`, `{}`).Column(0)
			rec = array.NewRecord(schema, []arrow.Array{column, none}, 8)
		}
		for _, enc := range rowsEncode(f, rec) {
			f.Add(uint8(i), enc)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, enc []byte) {
		schema := schemas[int(which)%len(schemas)]
		rows, b := rowBuilderOf(t, schema)
		recoder, err := diff.NewRecoder(schema, schema)
		if err != nil {
			t.Fatal(err)
		}
		recoded, recodeErr := recoder.Append(nil, enc)
		if err := b.Append(enc); err != nil {
			if !fault.Is(err, fault.Invalid) || b.Len() != 0 {
				t.Fatalf("got %v, want Invalid", err)
			}
			return
		}
		if recodeErr != nil || !bytes.Equal(recoded, enc) {
			t.Errorf("recoded: got %x, %v, want %x", recoded, recodeErr, enc)
		}
		rec := b.NewRecord()
		defer rec.Release()
		rows.Bind(rec)
		if got := rows.Append(nil, 0); !bytes.Equal(got, enc) {
			t.Errorf("got %x, want %x", got, enc)
		}
	})
}

func BenchmarkRowBuilderAppend(b *testing.B) {
	rec := batchtest.Shop(memory.DefaultAllocator, 1, 8192)
	encoded := rowsEncode(b, rec)
	_, to := rowBuilderOf(b, rec.Schema())
	row := 0
	for b.Loop() {
		if err := to.Append(encoded[row&8191]); err != nil {
			b.Fatal(err)
		}
		if row++; row&8191 == 0 {
			to.NewRecord().Release()
		}
	}
}
