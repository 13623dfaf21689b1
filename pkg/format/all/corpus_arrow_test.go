package all_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"
	"github.com/apache/arrow/go/v15/parquet/schema"
)

// leaf is a column of a file that arrow's low-level writer writes: its field, and
// its values with their levels, the same in every row group.
type leaf struct {
	values   any
	def, rep []int16
}

// arrowFile writes so many row groups of the same leaves.
func arrowFile(t *testing.T, fields []schema.Node, leaves []leaf, groups int, properties ...parquet.WriterProperty) []byte {
	t.Helper()
	var out bytes.Buffer
	root := schema.MustGroup(schema.NewGroupNode("schema", parquet.Repetitions.Required, fields, -1))
	w := file.NewParquetWriter(&out, root, file.WithWriterProps(parquet.NewWriterProperties(properties...)))
	for range groups {
		g := w.AppendRowGroup()
		for i, l := range leaves {
			column, err := g.NextColumn()
			if err == nil {
				err = writeLeaf(column, l)
			}
			if err == nil {
				err = column.Close()
			}
			if err != nil {
				t.Fatalf("column %d: %v", i, err)
			}
		}
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func writeLeaf(column file.ColumnChunkWriter, l leaf) (err error) {
	switch w := column.(type) {
	case *file.BooleanColumnChunkWriter:
		_, err = w.WriteBatch(l.values.([]bool), l.def, l.rep)
	case *file.Int32ColumnChunkWriter:
		_, err = w.WriteBatch(l.values.([]int32), l.def, l.rep)
	case *file.Int64ColumnChunkWriter:
		_, err = w.WriteBatch(l.values.([]int64), l.def, l.rep)
	case *file.Int96ColumnChunkWriter:
		_, err = w.WriteBatch(l.values.([]parquet.Int96), l.def, l.rep)
	case *file.Float32ColumnChunkWriter:
		_, err = w.WriteBatch(l.values.([]float32), l.def, l.rep)
	case *file.Float64ColumnChunkWriter:
		_, err = w.WriteBatch(l.values.([]float64), l.def, l.rep)
	case *file.ByteArrayColumnChunkWriter:
		_, err = w.WriteBatch(l.values.([]parquet.ByteArray), l.def, l.rep)
	case *file.FixedLenByteArrayColumnChunkWriter:
		_, err = w.WriteBatch(l.values.([]parquet.FixedLenByteArray), l.def, l.rep)
	}
	return err
}

var required, optional, repeated = parquet.Repetitions.Required, parquet.Repetitions.Optional, parquet.Repetitions.Repeated

// typed is a field of a physical and a logical type.
func typed(name string, repetition parquet.Repetition, physical parquet.Type, logical schema.LogicalType, length int) schema.Node {
	return schema.MustPrimitive(schema.NewPrimitiveNodeLogical(name, repetition, logical, physical, length, -1))
}

func group(name string, repetition parquet.Repetition, logical schema.LogicalType, fields ...schema.Node) schema.Node {
	if logical == nil {
		return schema.MustGroup(schema.NewGroupNode(name, repetition, fields, -1))
	}
	return schema.MustGroup(schema.NewGroupNodeLogical(name, repetition, fields, logical, -1))
}

// encodings has a column of each encoding that arrow writes.
func encodings(t *testing.T, codec compress.Compression, version parquet.DataPageVersion) []byte {
	const rows = 300
	i32, i64, f32, f64 := make([]int32, rows), make([]int64, rows), make([]float32, rows), make([]float64, rows)
	flags, texts, fixed, def, some := make([]bool, rows), make([]parquet.ByteArray, rows), make([]parquet.FixedLenByteArray, rows), make([]int16, rows), []int64(nil)
	for i := range rows {
		i32[i], i64[i], f32[i], f64[i] = int32(i*i-1000), int64(i)*1e15-7, float32(i)/3, -float64(i)/7
		flags[i], texts[i] = i%3 == 0, parquet.ByteArray(fmt.Sprintf("prefix-%d-%s", i/10, strings.Repeat("x", i%9)))
		fixed[i] = parquet.FixedLenByteArray(fmt.Sprintf("%05d", i))
		if i%4 > 0 {
			def[i], some = 1, append(some, int64(i))
		}
	}
	none := schema.NoLogicalType{}
	bytes := parquet.Types.ByteArray
	fields := []schema.Node{
		schema.NewInt32Node("plain32", required, -1), schema.NewInt64Node("plain64", required, -1), schema.NewFloat32Node("float", required, -1), schema.NewFloat64Node("double", required, -1),
		schema.NewBooleanNode("flag", required, -1), schema.NewBooleanNode("flag_runs", required, -1), typed("text", required, bytes, schema.StringLogicalType{}, -1),
		schema.NewFixedLenByteArrayNode("fixed", required, 5, -1), schema.NewInt32Node("delta32", required, -1), schema.NewInt64Node("delta64", required, -1),
		typed("delta_length", required, bytes, none, -1), typed("delta_bytes", required, bytes, none, -1), typed("dictionary", required, bytes, schema.StringLogicalType{}, -1),
		schema.NewInt64Node("dictionary64", required, -1), schema.NewInt64Node("maybe", optional, -1),
	}
	e := parquet.Encodings
	properties := []parquet.WriterProperty{parquet.WithCompression(codec), parquet.WithDataPageVersion(version), parquet.WithDictionaryDefault(false), parquet.WithDataPageSize(1000), parquet.WithBatchSize(50),
		parquet.WithEncodingFor("flag_runs", e.RLE), parquet.WithEncodingFor("delta32", e.DeltaBinaryPacked), parquet.WithEncodingFor("delta64", e.DeltaBinaryPacked), parquet.WithEncodingFor("delta_length", e.DeltaLengthByteArray),
		parquet.WithEncodingFor("delta_bytes", e.DeltaByteArray), parquet.WithDictionaryFor("dictionary", true), parquet.WithDictionaryFor("dictionary64", true)}
	leaves := []leaf{{values: i32}, {values: i64}, {values: f32}, {values: f64}, {values: flags}, {values: flags}, {values: texts}, {values: fixed}, {values: i32}, {values: i64},
		{values: texts}, {values: texts}, {values: texts}, {values: i64}, {values: some, def: def}}
	return arrowFile(t, fields, leaves, 1, properties...)
}

// decimals has decimals in each physical type, up to 76 digits.
func decimals(t *testing.T) []byte {
	big76, _ := new(big.Int).SetString(strings.Repeat("9", 76), 10)
	wide := func(n *big.Int, size int) parquet.FixedLenByteArray { // two's complement
		m := new(big.Int).And(n, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(8*size)), big.NewInt(1)))
		return m.FillBytes(make([]byte, size))
	}
	d := schema.NewDecimalLogicalType
	p := parquet.Types
	fields := []schema.Node{
		typed("d9", required, p.Int32, d(9, 2), -1), typed("d18", required, p.Int64, d(18, 4), -1), typed("d38", required, p.FixedLenByteArray, d(38, 10), 16),
		typed("d76", required, p.FixedLenByteArray, d(76, 20), 32), typed("d20bytes", required, p.ByteArray, d(20, 0), -1), typed("d5fixed", required, p.FixedLenByteArray, d(5, 5), 3),
	}
	leaves := []leaf{
		{values: []int32{999_999_999, -1, 0}}, {values: []int64{999_999_999_999_999_999, -1, 0}},
		{values: []parquet.FixedLenByteArray{wide(big.NewInt(123_456_789_012), 16), wide(big.NewInt(-1), 16), wide(new(big.Int), 16)}},
		{values: []parquet.FixedLenByteArray{wide(big76, 32), wide(new(big.Int).Neg(big76), 32), wide(new(big.Int), 32)}},
		{values: []parquet.ByteArray{{0x01, 0x00}, {0xFF}, {}}},
		{values: []parquet.FixedLenByteArray{wide(big.NewInt(99_999), 3), wide(big.NewInt(-99_999), 3), wide(new(big.Int), 3)}},
	}
	return arrowFile(t, fields, leaves, 1)
}

// logicalTypes has a column of each logical type.
func logicalTypes(t *testing.T) []byte {
	p, ts, tm := parquet.Types, schema.NewTimestampLogicalTypeForce, schema.NewTimeLogicalType
	const noon = 1709208000 // 2024-02-29 12:00:00
	uuid := parquet.FixedLenByteArray("\x0a\x0b\x0c\x0d\x00\x00\x40\x00\x80\x00\x01\x23\x45\x67\x89\xab")
	half := binary.LittleEndian.AppendUint16(nil, 0x3E00) // 1.5
	all := []struct {
		name     string
		physical parquet.Type
		logical  schema.LogicalType
		length   int
		value    any
	}{
		{"date", p.Int32, schema.DateLogicalType{}, -1, []int32{19782}},
		{"time_ms", p.Int32, tm(true, schema.TimeUnitMillis), -1, []int32{43_200_001}}, {"time_us", p.Int64, tm(true, schema.TimeUnitMicros), -1, []int64{43_200_000_001}},
		{"time_ns", p.Int64, tm(false, schema.TimeUnitNanos), -1, []int64{43_200_000_000_001}},
		{"ms", p.Int64, ts(true, schema.TimeUnitMillis), -1, []int64{noon*1e3 + 1}}, {"us", p.Int64, ts(true, schema.TimeUnitMicros), -1, []int64{noon*1e6 + 1}},
		{"ns", p.Int64, ts(true, schema.TimeUnitNanos), -1, []int64{noon*1e9 + 1}}, {"local", p.Int64, ts(false, schema.TimeUnitMicros), -1, []int64{-1}},
		{"uuid", p.FixedLenByteArray, schema.UUIDLogicalType{}, 16, []parquet.FixedLenByteArray{uuid}},
		{"half", p.FixedLenByteArray, schema.Float16LogicalType{}, 2, []parquet.FixedLenByteArray{half}},
		{"span", p.FixedLenByteArray, schema.IntervalLogicalType{}, 12, []parquet.FixedLenByteArray{parquet.FixedLenByteArray("\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00")}},
		{"json", p.ByteArray, schema.JSONLogicalType{}, -1, []parquet.ByteArray{parquet.ByteArray(`{"a":1}`)}}, {"bson", p.ByteArray, schema.BSONLogicalType{}, -1, []parquet.ByteArray{{5, 0, 0, 0, 0}}},
		{"enum", p.ByteArray, schema.EnumLogicalType{}, -1, []parquet.ByteArray{parquet.ByteArray("new")}}, {"text", p.ByteArray, schema.StringLogicalType{}, -1, []parquet.ByteArray{parquet.ByteArray("é")}},
		{"i8", p.Int32, schema.NewIntLogicalType(8, true), -1, []int32{-128}}, {"i16", p.Int32, schema.NewIntLogicalType(16, true), -1, []int32{-32768}},
		{"i32", p.Int32, schema.NewIntLogicalType(32, true), -1, []int32{math.MinInt32}}, {"i64", p.Int64, schema.NewIntLogicalType(64, true), -1, []int64{math.MinInt64}},
		{"u8", p.Int32, schema.NewIntLogicalType(8, false), -1, []int32{255}}, {"u16", p.Int32, schema.NewIntLogicalType(16, false), -1, []int32{65535}},
		{"u32", p.Int32, schema.NewIntLogicalType(32, false), -1, []int32{-1}}, {"u64", p.Int64, schema.NewIntLogicalType(64, false), -1, []int64{-1}},
	}
	var fields []schema.Node
	var leaves []leaf
	for _, c := range all {
		fields, leaves = append(fields, typed(c.name, required, c.physical, c.logical, c.length)), append(leaves, leaf{values: c.value})
	}
	return arrowFile(t, fields, leaves, 1)
}

// oldLists has lists as they were written before there was a standard: of two
// levels, without an annotation, and of structs.
func oldLists(t *testing.T) []byte {
	list, int32s, none := schema.NewListLogicalType(), parquet.Types.Int32, schema.NoLogicalType{}
	fields := []schema.Node{
		group("two", optional, list, typed("array", repeated, int32s, none, -1)),
		group("tuple", optional, list, group("tuple_tuple", repeated, nil, typed("x", required, int32s, none, -1))),
		group("pair", optional, list, group("element", repeated, nil, typed("x", required, int32s, none, -1), typed("y", optional, int32s, none, -1))),
		group("three", optional, list, group("list", repeated, nil, typed("element", optional, int32s, none, -1))),
		typed("bare", repeated, int32s, none, -1),
	}
	// rows: [1,2], [], null
	leaves := []leaf{
		{[]int32{1, 2}, []int16{2, 2, 1, 0}, []int16{0, 1, 0, 0}}, {[]int32{1, 2}, []int16{2, 2, 1, 0}, []int16{0, 1, 0, 0}},
		{[]int32{1, 2}, []int16{2, 2, 1, 0}, []int16{0, 1, 0, 0}}, {[]int32{7}, []int16{3, 2, 1, 0}, []int16{0, 1, 0, 0}},
		{[]int32{1}, []int16{3, 2, 1, 0}, []int16{0, 1, 0, 0}}, {[]int32{1, 2}, []int16{1, 1, 0, 0}, []int16{0, 1, 0, 0}},
	}
	return arrowFile(t, fields, leaves, 1)
}

// int96s has timestamps of old: in the range, at noon of day zero, and beyond.
func int96s(t *testing.T) []byte {
	value := func(days uint32, nanos uint64) (v parquet.Int96) {
		binary.LittleEndian.PutUint64(v[:], nanos)
		binary.LittleEndian.PutUint32(v[8:], days)
		return v
	}
	values := []parquet.Int96{value(2_460_370, 43_200_000_000_001), value(2_440_588, 0), value(2_440_587, 86_399_999_999_999), value(5_373_484, 0), value(0, 1)}
	return arrowFile(t, []schema.Node{schema.NewInt96Node("at", required, -1)}, []leaf{{values: values}}, 1)
}

// orders has lists of structs with maps inside.
func orders(t *testing.T) []byte {
	item := arrow.StructOf(arrow.Field{Name: "sku", Type: arrow.BinaryTypes.String, Nullable: true}, arrow.Field{Name: "tags", Type: arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64), Nullable: true})
	s := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64},
		{Name: "items", Type: arrow.ListOf(item), Nullable: true},
		{Name: "user", Type: arrow.StructOf(arrow.Field{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true}), Nullable: true},
		{Name: "grid", Type: arrow.ListOf(arrow.ListOf(arrow.PrimitiveTypes.Float64)), Nullable: true},
	}, nil)
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, s, strings.NewReader(`[
		{"id":1,"items":[{"sku":"a","tags":[{"key":"k","value":1},{"key":"l","value":null}]},{"sku":null,"tags":[]}],"user":{"name":"Ann"},"grid":[[1.5],[],[2,3]]},
		{"id":2,"items":[],"user":null,"grid":[]},
		{"id":3,"items":null,"user":{"name":null},"grid":null},
		{"id":4,"items":[null,{"sku":"b","tags":null}],"user":{"name":"Bob"},"grid":[null]}]`))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w, err := pqarrow.NewFileWriter(s, &out, parquet.NewWriterProperties(), pqarrow.DefaultWriterProps())
	if err == nil {
		err = w.Write(rec)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
