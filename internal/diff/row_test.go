package diff_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/internal/diff"
	"github.com/longshore/longshore/pkg/batch/batchtest"
	"github.com/longshore/longshore/pkg/fault"
)

func rowsOf(t testing.TB, rec arrow.Record) *diff.Rows {
	t.Helper()
	rows, err := diff.NewRows(rec.Schema())
	if err != nil {
		t.Fatal(err)
	}
	rows.Bind(rec)
	return rows
}

// rowsEncode returns the encoding of every row of rec.
func rowsEncode(t testing.TB, rec arrow.Record) [][]byte {
	t.Helper()
	rows := rowsOf(t, rec)
	out := make([][]byte, rec.NumRows())
	for i := range out {
		out[i] = rows.Append(nil, i)
	}
	return out
}

// rowsRecord reads a record from JSON as Arrow spells it, a line per row.
func rowsRecord(t testing.TB, schema *arrow.Schema, lines ...string) arrow.Record {
	t.Helper()
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader("["+strings.Join(lines, ",")+"]"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(rec.Release)
	return rec
}

func rowsSchema(fields ...arrow.Field) *arrow.Schema { return arrow.NewSchema(fields, nil) }

func rowsColumn(name string, t arrow.DataType) arrow.Field {
	return arrow.Field{Name: name, Type: t, Nullable: true}
}

func rowsDictionary(value arrow.DataType) *arrow.DictionaryType {
	return &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: value}
}

// rowsColumns is every column of batchtest, and types that no source yields
// today.
func rowsColumns(t testing.TB) []arrow.Record {
	t.Helper()
	var recs []arrow.Record
	for _, c := range batchtest.Columns() {
		recs = append(recs, c.Build(memory.DefaultAllocator))
	}
	recs = append(recs, batchtest.Edges(memory.DefaultAllocator, 60), batchtest.Shop(memory.DefaultAllocator, 1, 50))
	entries := arrow.MapOf(rowsDictionary(arrow.BinaryTypes.String), arrow.PrimitiveTypes.Int8)
	recs = append(recs,
		rowsRecord(t, rowsSchema(rowsColumn("none", arrow.Null)), `{"none": null}`, `{}`, `{}`),
		rowsRecord(t, rowsSchema(rowsColumn("took", arrow.FixedWidthTypes.Duration_ns)), `{"took": 5}`, `{}`, `{"took": -7}`),
		rowsRecord(t, rowsSchema(rowsColumn("nones", arrow.ListOf(arrow.Null))), `{"nones": [null, null]}`, `{}`, `{"nones": []}`),
		rowsRecord(t, rowsSchema(rowsColumn("n", rowsDictionary(arrow.PrimitiveTypes.Int64))), `{"n": 5}`, `{}`, `{"n": 300}`, `{"n": 5}`),
		rowsRecord(t, rowsSchema(rowsColumn("labels", arrow.ListOf(rowsDictionary(arrow.BinaryTypes.String))), rowsColumn("label", rowsDictionary(arrow.BinaryTypes.String))),
			`{"labels": ["a", null, "b", "a"], "label": "x"}`, `{}`, `{"labels": [], "label": "y"}`, `{"labels": ["c"], "label": "x"}`),
		rowsRecord(t, rowsSchema(rowsColumn("counts", entries)), `{"counts": [{"key": "a", "value": 1}]}`, `{}`,
			`{"counts": [{"key": "b", "value": null}, {"key": "a", "value": 2}]}`),
	)
	return recs
}

// rowsEqual compares schemas and values; dictionaries by what they stand for.
func rowsEqual(a, b arrow.Record) bool {
	if !a.Schema().Equal(b.Schema()) || a.NumRows() != b.NumRows() {
		return false
	}
	for i, col := range a.Columns() {
		if strings.Contains(col.DataType().String(), "dictionary<") {
			for row := range col.Len() {
				if col.IsNull(row) != b.Column(i).IsNull(row) || col.ValueStr(row) != b.Column(i).ValueStr(row) {
					return false
				}
			}
		} else if !array.ApproxEqual(col, b.Column(i), array.WithNaNsEqual(true), array.WithAbsTolerance(0)) {
			return false
		}
	}
	return true
}

func TestRowsRoundTrip(t *testing.T) {
	for _, rec := range rowsColumns(t) {
		defer rec.Release()
		name := rec.Schema().Field(0).Name
		half := rec.NewSlice(rec.NumRows()/2, rec.NumRows())
		defer half.Release()
		for _, part := range []arrow.Record{rec, half, rec} {
			rows := rowsOf(t, part)
			b := rows.NewBuilder()
			for i := range int(part.NumRows()) {
				if err := b.Append(rows.Append(nil, i)); err != nil {
					t.Fatalf("%s row %d: %v", name, i, err)
				}
			}
			if b.Len() != int(part.NumRows()) || b.Bytes() <= 0 {
				t.Errorf("%s: got %d rows, %d bytes, want %d rows", name, b.Len(), b.Bytes(), part.NumRows())
			}
			got := b.NewRecord()
			if !rowsEqual(got, part) {
				t.Errorf("%s: got %v, want %v", name, got, part)
			}
			if got, want := rowsEncode(t, got), rowsEncode(t, part); !slices.EqualFunc(got, want, bytes.Equal) {
				t.Errorf("%s: the encoding differs after decoding: got %x, want %x", name, got, want)
			}
			if b.Len() != 0 || b.Bytes() != 0 {
				t.Errorf("%s: after NewRecord: got %d rows, %d bytes, want none", name, b.Len(), b.Bytes())
			}
			got.Release()
			b.Release()
			b.Release()
		}
	}
}

// TestRowsSlices holds every row against its record of one row, so that an
// offset anywhere would show.
func TestRowsSlices(t *testing.T) {
	rec := batchtest.Edges(memory.DefaultAllocator, 60)
	defer rec.Release()
	whole := rowsEncode(t, rec)
	for i := range whole {
		one := rec.NewSlice(int64(i), int64(i+1))
		if got := rowsEncode(t, one)[0]; !bytes.Equal(got, whole[i]) {
			t.Errorf("row %d: got %x, want %x", i, got, whole[i])
		}
		one.Release()
	}
}

func TestRowsCanonical(t *testing.T) {
	text, i64 := arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64
	tests := []struct {
		name string
		a, b *arrow.Schema
		row  string
	}{
		{"dictionary", rowsSchema(rowsColumn("a", text)), rowsSchema(rowsColumn("a", rowsDictionary(text))), `{"a": "x"}`},
		{"null in a dictionary", rowsSchema(rowsColumn("a", text)), rowsSchema(rowsColumn("a", rowsDictionary(text))), `{"a": null}`},
		{"int width", rowsSchema(rowsColumn("a", i64)), rowsSchema(rowsColumn("a", arrow.PrimitiveTypes.Int8)), `{"a": -128}`},
		{"uint width", rowsSchema(rowsColumn("a", arrow.PrimitiveTypes.Uint64)), rowsSchema(rowsColumn("a", arrow.PrimitiveTypes.Uint16)), `{"a": 65535}`},
		{"offset width", rowsSchema(rowsColumn("a", text)), rowsSchema(rowsColumn("a", arrow.BinaryTypes.LargeString)), `{"a": "x"}`},
		{"list width", rowsSchema(rowsColumn("a", arrow.ListOf(text))), rowsSchema(rowsColumn("a", arrow.LargeListOf(text))), `{"a": ["x", null]}`},
		{"decimal width", rowsSchema(rowsColumn("a", &arrow.Decimal128Type{Precision: 10, Scale: 2})),
			rowsSchema(rowsColumn("a", &arrow.Decimal256Type{Precision: 60, Scale: 2})), `{"a": "-1234.56"}`},
		{"order", rowsSchema(rowsColumn("b", i64), rowsColumn("a", text)), rowsSchema(rowsColumn("a", text), rowsColumn("b", i64)), `{"a": "x", "b": 1}`},
		{"nullable", rowsSchema(rowsColumn("a", i64)), rowsSchema(arrow.Field{Name: "a", Type: i64}), `{"a": 1}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, want := rowsEncode(t, rowsRecord(t, tt.a, tt.row))[0], rowsEncode(t, rowsRecord(t, tt.b, tt.row))[0]
			if !bytes.Equal(got, want) {
				t.Errorf("got %x, want %x", got, want)
			}
			if c := diff.CompareSchemas(tt.a, tt.b); !c.None() {
				t.Errorf("got the change %q, want none", c)
			}
		})
	}
}

// TestRowsDictionaryNulls has a null among the values of a dictionary.
func TestRowsDictionaryNulls(t *testing.T) {
	values := array.NewStringBuilder(memory.DefaultAllocator)
	values.AppendValues([]string{"a", ""}, []bool{true, false})
	indices := array.NewInt8Builder(memory.DefaultAllocator)
	indices.AppendValues([]int8{0, 0, 1, 0}, []bool{true, true, true, false})
	dictionary := array.NewDictionaryArray(rowsDictionary(arrow.BinaryTypes.String), indices.NewArray(), values.NewArray())
	rec := array.NewRecord(rowsSchema(rowsColumn("a", dictionary.DataType())), []arrow.Array{dictionary}, 4).NewSlice(1, 4)
	plain := rowsRecord(t, rowsSchema(rowsColumn("a", arrow.BinaryTypes.String)), `{"a": "a"}`, `{}`, `{}`)
	if got, want := rowsEncode(t, rec), rowsEncode(t, plain); !slices.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("got %x, want %x", got, want)
	}
}

// TestRowsInjective encodes rows that a careless encoding would confuse.
func TestRowsInjective(t *testing.T) {
	text, i64 := arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64
	nested := arrow.ListOf(arrow.ListOf(i64))
	schema := rowsSchema(rowsColumn("a", text), rowsColumn("b", text), rowsColumn("f", arrow.PrimitiveTypes.Float64), rowsColumn("l", nested),
		rowsColumn("s", arrow.StructOf(rowsColumn("x", i64), rowsColumn("y", i64))))
	rec := rowsRecord(t, schema,
		`{}`, `{"a": ""}`, `{"b": ""}`, `{"a": "", "b": ""}`, `{"a": "a", "b": "bc"}`, `{"a": "ab", "b": "c"}`, `{"a": "abc"}`, `{"b": "abc"}`,
		`{"a": "\u0000"}`, `{"a": "\u0000", "b": "\u0000"}`, `{"f": 0}`, `{"f": -0.0}`, `{"f": 1}`,
		`{"l": []}`, `{"l": [null]}`, `{"l": [[]]}`, `{"l": [[null]]}`, `{"l": [[], []]}`, `{"l": [[1, 2]]}`, `{"l": [[1], [2]]}`, `{"l": [[2, 1]]}`,
		`{"l": [[], [1]]}`, `{"l": [[1], []]}`, `{"l": [[1], null]}`, `{"l": [null, [1]]}`, `{"l": [[0]]}`, `{"l": [[0, null]]}`,
		`{"s": {"x": null, "y": null}}`, `{"s": {"x": 1, "y": null}}`, `{"s": {"x": null, "y": 1}}`, `{"s": {"x": 0, "y": 1}}`, `{"s": {"x": 1, "y": 0}}`)
	seen := map[string]int{}
	for i, enc := range rowsEncode(t, rec) {
		if other, ok := seen[string(enc)]; ok {
			t.Errorf("rows %d and %d are both %x", other, i, enc)
		}
		seen[string(enc)] = i
	}
	for _, c := range batchtest.Columns() {
		rec := c.Distinct(memory.DefaultAllocator)
		seen := map[string]int{}
		for i, enc := range rowsEncode(t, rec) {
			if other, ok := seen[string(enc)]; ok {
				t.Errorf("%s: rows %d and %d are both %x", c.Field.Name, other, i, enc)
			}
			seen[string(enc)] = i
		}
		rec.Release()
	}
}

// TestRowsGolden keeps the bytes as they are. Baselines keep rows in this
// encoding for ever: when this test fails, mend the code, never the bytes.
func TestRowsGolden(t *testing.T) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, rowsSchema(
		rowsColumn("z", arrow.FixedWidthTypes.Boolean), rowsColumn("int", arrow.PrimitiveTypes.Int32), rowsColumn("uint", arrow.PrimitiveTypes.Uint64),
		rowsColumn("float", arrow.PrimitiveTypes.Float64), rowsColumn("dec", &arrow.Decimal128Type{Precision: 10, Scale: 2}),
		rowsColumn("none", arrow.Null), rowsColumn("ts", arrow.FixedWidthTypes.Timestamp_us), rowsColumn("text", arrow.BinaryTypes.String),
		rowsColumn("gone", arrow.BinaryTypes.String), rowsColumn("list", arrow.ListOf(arrow.PrimitiveTypes.Int8)),
		rowsColumn("map", arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int8)), rowsColumn("fixed", &arrow.FixedSizeBinaryType{ByteWidth: 2})))
	defer b.Release()
	b.Field(0).(*array.BooleanBuilder).Append(true)
	b.Field(1).(*array.Int32Builder).Append(-2)
	b.Field(2).(*array.Uint64Builder).Append(300)
	b.Field(3).(*array.Float64Builder).Append(1.5)
	b.Field(4).(*array.Decimal128Builder).Append(decimal128.FromI64(-129))
	b.Field(5).AppendNull()
	b.Field(6).(*array.TimestampBuilder).Append(64)
	b.Field(7).(*array.StringBuilder).Append("hé")
	b.Field(8).AppendNull()
	list := b.Field(9).(*array.ListBuilder)
	list.Append(true)
	list.ValueBuilder().(*array.Int8Builder).AppendValues([]int8{1, 0, -1}, []bool{true, false, true})
	pairs := b.Field(10).(*array.MapBuilder)
	pairs.Append(true)
	pairs.KeyBuilder().(*array.StringBuilder).Append("k")
	pairs.ItemBuilder().AppendNull()
	b.Field(11).(*array.FixedSizeBinaryBuilder).Append([]byte{0xde, 0xad})
	rec := b.NewRecord()
	defer rec.Release()

	want := strings.Join([]string{
		"8800",                      // nulls: gone and none, the fourth and the eighth
		"02ff7f",                    // dec
		"dead",                      // fixed
		"000000000000f83f",          // float
		"03",                        // int
		"03020201",                  // list: three, the second null
		"01" + "00" + "02" + "016b", // map: one entry; no entry null; its value null; "k"
		"0368c3a9",                  // text
		"8001",                      // ts
		"ac02",                      // uint
		"01",                        // z
	}, "")
	enc := rowsEncode(t, rec)[0]
	if got := hex.EncodeToString(enc); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := fmt.Sprintf("%x", diff.HashRow(enc)), rowsGoldenHash; got != want {
		t.Errorf("hash: got %s, want %s", got, want)
	}
}

// rowsGoldenHash is the XXH3-128 of the golden row, which baselines keep too.
const rowsGoldenHash = "2e63b7cfbf6a5984fd4965b99c3bd4d2"

func TestRowsRefuse(t *testing.T) {
	i64 := arrow.PrimitiveTypes.Int64
	tests := []struct {
		name   string
		schema *arrow.Schema
		want   string
	}{
		{"two of a name", rowsSchema(rowsColumn("a", i64), rowsColumn("b", i64), rowsColumn("a", i64)), `"a"`},
		{"interval", rowsSchema(rowsColumn("a", arrow.FixedWidthTypes.MonthInterval)), `column "a"`},
		{"nested interval", rowsSchema(rowsColumn("a", arrow.ListOf(arrow.FixedWidthTypes.MonthInterval))), `column "a"`},
		{"dictionary of lists", rowsSchema(rowsColumn("a", rowsDictionary(arrow.ListOf(i64)))), `column "a"`},
		{"view", rowsSchema(rowsColumn("a", arrow.BinaryTypes.StringView)), `column "a"`},
		{"half float", rowsSchema(rowsColumn("a", arrow.FixedWidthTypes.Float16)), `column "a"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := diff.NewRows(tt.schema)
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want Invalid with %s", err, tt.want)
			}
		})
	}
}

func TestRowsWithoutColumns(t *testing.T) {
	rec := array.NewRecord(rowsSchema(), nil, 2)
	rows := rowsOf(t, rec)
	b := rows.NewBuilder()
	defer b.Release()
	for i := range 2 {
		if err := b.Append(rows.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.NewRecord(); got.NumRows() != 2 {
		t.Errorf("got %d rows, want 2", got.NumRows())
	}
}

func TestRowsAllocateNothing(t *testing.T) {
	for _, rec := range []arrow.Record{batchtest.Shop(memory.DefaultAllocator, 1, 64), batchtest.Edges(memory.DefaultAllocator, 64)} {
		rows := rowsOf(t, rec)
		dst := make([]byte, 0, 1<<20)
		allocs := testing.AllocsPerRun(100, func() {
			dst = dst[:0]
			for i := range int(rec.NumRows()) {
				dst = rows.Append(dst, i)
			}
		})
		if allocs != 0 {
			t.Errorf("got %v allocations, want none", allocs)
		}
		rec.Release()
	}
}

func BenchmarkRowsAppend(b *testing.B) {
	rec := batchtest.Shop(memory.DefaultAllocator, 1, 8192)
	rows := rowsOf(b, rec)
	dst, row := make([]byte, 0, 4096), 0
	for b.Loop() {
		dst = rows.Append(dst[:0], row&8191)
		row++
	}
	b.SetBytes(int64(len(dst)))
}

func BenchmarkRowsHash(b *testing.B) {
	rec := batchtest.Shop(memory.DefaultAllocator, 1, 8192)
	rows := rowsOf(b, rec)
	dst, row := make([]byte, 0, 4096), 0
	for b.Loop() {
		dst = rows.Append(dst[:0], row&8191)
		diff.HashRow(dst)
		row++
	}
}
