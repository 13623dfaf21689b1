package parquet

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/decimal256"
	"github.com/apache/arrow/go/v15/arrow/float16"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/batch"
)

// scalarTypes is every type of a column that isn't nested.
var scalarTypes = []arrow.Field{
	{Name: "bool", Type: arrow.FixedWidthTypes.Boolean},
	{Name: "i8", Type: arrow.PrimitiveTypes.Int8},
	{Name: "i16", Type: arrow.PrimitiveTypes.Int16},
	{Name: "i32", Type: arrow.PrimitiveTypes.Int32},
	{Name: "i64", Type: arrow.PrimitiveTypes.Int64},
	{Name: "u8", Type: arrow.PrimitiveTypes.Uint8},
	{Name: "u16", Type: arrow.PrimitiveTypes.Uint16},
	{Name: "u32", Type: arrow.PrimitiveTypes.Uint32},
	{Name: "u64", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "f16", Type: arrow.FixedWidthTypes.Float16},
	{Name: "f32", Type: arrow.PrimitiveTypes.Float32},
	{Name: "f64", Type: arrow.PrimitiveTypes.Float64},
	{Name: "dec9", Type: &arrow.Decimal128Type{Precision: 9, Scale: 2}},
	{Name: "dec18", Type: &arrow.Decimal128Type{Precision: 18, Scale: 6}},
	{Name: "dec38", Type: &arrow.Decimal128Type{Precision: 38, Scale: 10}},
	{Name: "dec20", Type: &arrow.Decimal128Type{Precision: 20, Scale: 0}},
	{Name: "text", Type: arrow.BinaryTypes.String},
	{Name: "largetext", Type: arrow.BinaryTypes.LargeString},
	{Name: "bytes", Type: arrow.BinaryTypes.Binary},
	batch.WithLogical(arrow.Field{Name: "uuid", Type: batch.UUIDType}, batch.UUID),
	{Name: "fixed", Type: &arrow.FixedSizeBinaryType{ByteWidth: 5}},
	batch.WithLogical(arrow.Field{Name: "json", Type: arrow.BinaryTypes.String}, batch.JSON),
	batch.WithLogical(arrow.Field{Name: "dectext", Type: arrow.BinaryTypes.String}, batch.DecimalText),
	{Name: "date", Type: arrow.FixedWidthTypes.Date32},
	{Name: "date64", Type: arrow.FixedWidthTypes.Date64},
	{Name: "t32s", Type: arrow.FixedWidthTypes.Time32s},
	{Name: "t32ms", Type: arrow.FixedWidthTypes.Time32ms},
	{Name: "t64us", Type: arrow.FixedWidthTypes.Time64us},
	{Name: "t64ns", Type: arrow.FixedWidthTypes.Time64ns},
	{Name: "ts_s", Type: &arrow.TimestampType{Unit: arrow.Second}},
	{Name: "ts_ms", Type: &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"}},
	{Name: "ts_us", Type: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}},
	{Name: "ts_us_local", Type: &arrow.TimestampType{Unit: arrow.Microsecond}},
	{Name: "ts_ns", Type: &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "UTC"}},
	{Name: "dict", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}},
}

// nestedTypes is lists, maps and structs, also in one another.
var nestedTypes = []arrow.Field{
	{Name: "list", Type: arrow.ListOf(arrow.PrimitiveTypes.Int32)},
	{Name: "texts", Type: arrow.ListOf(arrow.BinaryTypes.String)},
	{Name: "lists", Type: arrow.ListOf(arrow.ListOf(arrow.PrimitiveTypes.Int64))},
	{Name: "map", Type: arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Float64)},
	{Name: "struct", Type: arrow.StructOf(
		arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
		arrow.Field{Name: "b", Type: arrow.BinaryTypes.String, Nullable: true},
		arrow.Field{Name: "c", Type: arrow.ListOf(arrow.FixedWidthTypes.Boolean), Nullable: true},
	)},
	{Name: "structs", Type: arrow.ListOfNonNullable(arrow.StructOf(
		arrow.Field{Name: "id", Type: arrow.PrimitiveTypes.Int64},
		arrow.Field{Name: "names", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true},
	))},
	{Name: "three", Type: arrow.FixedSizeListOf(3, arrow.PrimitiveTypes.Int16)},
}

// everySchema has each type twice: as it is, and nullable.
func everySchema() *arrow.Schema {
	var fields []arrow.Field
	for _, f := range append(append([]arrow.Field{}, scalarTypes...), nestedTypes...) {
		fields = append(fields, f)
		f.Name, f.Nullable = f.Name+"_null", true
		fields = append(fields, f)
	}
	return arrow.NewSchema(fields, nil)
}

// everyBatch makes rows of any schema. Values repeat often enough for
// dictionaries when few is set.
func everyBatch(schema *arrow.Schema, seed uint64, rows int, few bool) arrow.Record {
	rnd := rand.New(rand.NewPCG(seed, 11))
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i, f := range schema.Fields() {
		for range rows {
			if f.Nullable && rnd.IntN(4) == 0 {
				b.Field(i).AppendNull()
				continue
			}
			r := rnd
			if few {
				r = rand.New(rand.NewPCG(uint64(rnd.IntN(5)), 3))
			}
			appendAny(b.Field(i), f, r)
		}
	}
	return b.NewRecord()
}

var oddFloats = []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 0, 1.5, -2.25e10, math.MaxFloat32}

// appendAny appends a value, often one at the end of its range.
func appendAny(b array.Builder, f arrow.Field, r *rand.Rand) {
	edge := r.IntN(4) == 0
	n := int64(r.Uint64())
	if edge {
		n = []int64{math.MinInt64, math.MaxInt64, 0, -1, 1}[r.IntN(5)]
	}
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(n&1 == 1)
	case *array.Int8Builder:
		b.Append(int8(n))
	case *array.Int16Builder:
		b.Append(int16(n))
	case *array.Int32Builder:
		b.Append(int32(n))
	case *array.Int64Builder:
		b.Append(n)
	case *array.Uint8Builder:
		b.Append(uint8(n))
	case *array.Uint16Builder:
		b.Append(uint16(n))
	case *array.Uint32Builder:
		b.Append(uint32(n))
	case *array.Uint64Builder:
		b.Append(uint64(n))
	case *array.Float16Builder:
		b.Append(float16.New(float32(r.IntN(2000)) / 8))
	case *array.Float32Builder:
		b.Append(float32(oddFloats[r.IntN(len(oddFloats))]))
	case *array.Float64Builder:
		b.Append(oddFloats[r.IntN(len(oddFloats))])
	case *array.Decimal128Builder:
		b.Append(anyDecimal(f.Type.(*arrow.Decimal128Type).Precision, r))
	case *array.Decimal256Builder:
		b.Append(decimal256.FromDecimal128(anyDecimal(38, r)))
	case *array.StringBuilder:
		b.Append(anyText(f, r))
	case *array.LargeStringBuilder:
		b.Append(anyText(f, r))
	case *array.BinaryBuilder:
		b.Append([]byte{0, 0xFF, byte(n), '\n'}[:r.IntN(5)])
	case *array.FixedSizeBinaryBuilder:
		v := make([]byte, f.Type.(*arrow.FixedSizeBinaryType).ByteWidth)
		for i := range v {
			v[i] = byte(r.Uint32())
		}
		b.Append(v)
	case *array.BinaryDictionaryBuilder:
		if err := b.AppendString(fmt.Sprint("label ", n&7)); err != nil {
			panic(err)
		}
	default:
		appendTime(b, f, r, n, edge)
	}
}

func appendTime(b array.Builder, f arrow.Field, r *rand.Rand, n int64, edge bool) {
	switch b := b.(type) {
	case *array.Date32Builder:
		b.Append(arrow.Date32(int32(n)))
	case *array.Date64Builder:
		b.Append(arrow.Date64(r.Int64N(80000)-40000) * 86400000)
	case *array.Time32Builder:
		b.Append(arrow.Time32(r.Int32N(86400)))
	case *array.Time64Builder:
		b.Append(arrow.Time64(r.Int64N(86400000000)))
	case *array.TimestampBuilder:
		if !edge || f.Type.(*arrow.TimestampType).Unit == arrow.Second {
			n = r.Int64N(1e15) - 5e14
		}
		b.Append(arrow.Timestamp(n))
	default:
		appendNested(b, f, r)
	}
}

func appendNested(b array.Builder, f arrow.Field, r *rand.Rand) {
	switch b := b.(type) {
	case *array.MapBuilder:
		b.Append(true)
		t := f.Type.(*arrow.MapType)
		for i := range r.IntN(3) {
			b.KeyBuilder().(*array.StringBuilder).Append(fmt.Sprint("k", i))
			appendMaybe(b.ItemBuilder(), t.ItemField(), r)
		}
	case *array.ListBuilder:
		b.Append(true)
		for range r.IntN(4) {
			appendMaybe(b.ValueBuilder(), f.Type.(*arrow.ListType).ElemField(), r)
		}
	case *array.FixedSizeListBuilder:
		b.Append(true)
		t := f.Type.(*arrow.FixedSizeListType)
		for range t.Len() {
			appendMaybe(b.ValueBuilder(), t.ElemField(), r)
		}
	case *array.StructBuilder:
		b.Append(true)
		for i, field := range f.Type.(*arrow.StructType).Fields() {
			appendMaybe(b.FieldBuilder(i), field, r)
		}
	default:
		panic(fmt.Sprintf("no values for %T", b))
	}
}

func appendMaybe(b array.Builder, f arrow.Field, r *rand.Rand) {
	if f.Nullable && r.IntN(3) == 0 {
		b.AppendNull()
		return
	}
	appendAny(b, f, r)
}

func anyDecimal(precision int32, r *rand.Rand) decimal128.Num {
	digits := r.IntN(int(precision)) + 1
	text := make([]byte, 0, 40)
	if r.IntN(2) == 0 {
		text = append(text, '-')
	}
	for range digits {
		text = append(text, "0123456789"[r.IntN(10)])
	}
	if r.IntN(5) == 0 {
		text = bytes.Repeat([]byte("9"), int(precision))
	}
	n, err := decimal128.FromString(string(text), precision, 0)
	if err != nil {
		panic(err)
	}
	return n
}

func anyText(f arrow.Field, r *rand.Rand) string {
	switch batch.LogicalOf(f) {
	case batch.JSON:
		return fmt.Sprintf(`{"a":%d}`, r.IntN(100))
	case batch.DecimalText:
		return []string{"-12.50", "1e400", "NaN", "0.000000000000000000000000000000000000000001"}[r.IntN(4)]
	}
	return []string{"", "a", "żółw", "a longer text, of some more bytes than are kept inline", "line\nbreak\"quote\x00zero"}[r.IntN(5)] + fmt.Sprint(r.IntN(9))
}
