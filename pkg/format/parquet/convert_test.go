package parquet

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	apq "github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"

	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/textvalue"
)

// fromJSON makes a batch of one nullable column, c.
func fromJSON(t testing.TB, f arrow.Field, values string) arrow.Record {
	t.Helper()
	arr, _, err := array.FromJSON(memory.DefaultAllocator, f.Type, strings.NewReader(values), array.WithUseNumber())
	if err != nil {
		t.Fatal(err)
	}
	f.Name, f.Nullable = "c", true
	return array.NewRecord(arrow.NewSchema([]arrow.Field{f}, nil), []arrow.Array{arr}, int64(arr.Len()))
}

// wantColumn is the native block of a column c with the values that texts stand
// for; "null" is one. Those that begin with "!" are left out.
func wantColumn(t testing.TB, c format.Column, texts []string) []byte {
	t.Helper()
	col := block.NewColumn(c.Name, c.Type)
	parse := textvalue.For(c.Type)
	for _, text := range texts {
		switch {
		case strings.HasPrefix(text, "!"):
		case text == "null":
			col.AppendNull()
		default:
			if p := parse(col, []byte(text)); p != textvalue.OK {
				t.Fatalf("the wanted %q isn't a %s: %s", text, c.Type, p)
			}
		}
	}
	return block.AppendNative(nil, &block.Block{Columns: []*block.Column{col}})
}

func TestConversions(t *testing.T) {
	ts := func(unit arrow.TimeUnit, zone string) arrow.Field {
		return arrow.Field{Type: &arrow.TimestampType{Unit: unit, TimeZone: zone}}
	}
	field := func(t arrow.DataType) arrow.Field { return arrow.Field{Type: t} }
	decimal := func(p, s int32) arrow.Field { return field(&arrow.Decimal128Type{Precision: p, Scale: s}) }
	i64, i32, u64, f64, str := field(arrow.PrimitiveTypes.Int64), field(arrow.PrimitiveTypes.Int32),
		field(arrow.PrimitiveTypes.Uint64), field(arrow.PrimitiveTypes.Float64), field(arrow.BinaryTypes.String)
	for _, c := range []struct {
		from   arrow.Field
		values string
		to     string
		want   []string
	}{
		{i64, `[1, -128, 127, 128, -129, null]`, "Nullable(Int8)", []string{"1", "-128", "127", "!out of range", "!out of range", "null"}},
		{i64, `[0, 255, 256, -1]`, "UInt8", []string{"0", "255", "!out of range", "!out of range"}},
		{i64, `[65535, 65536]`, "UInt16", []string{"65535", "!out of range"}},
		{i64, `[4294967295, 4294967296, -1]`, "UInt32", []string{"4294967295", "!out of range", "!out of range"}},
		{i64, `[5, -5]`, "UInt64", []string{"5", "!out of range"}},
		{i64, `[5, -5]`, "Int128", []string{"5", "-5"}},
		{i64, `[5, -5]`, "Int256", []string{"5", "-5"}},
		{i64, `[5, -5]`, "UInt128", []string{"5", "!out of range"}},
		{i32, `[5, -5, null]`, "Int64", []string{"5", "-5", "!null in a column that is not nullable"}},
		{u64, `[1, 18446744073709551615]`, "UInt64", []string{"1", "18446744073709551615"}},
		{u64, `[1, 18446744073709551615]`, "Int64", []string{"1", "!out of range"}},
		{u64, `[18446744073709551615]`, "Int128", []string{"18446744073709551615"}},
		{u64, `[18446744073709551615]`, "Decimal(38, 2)", []string{"18446744073709551615"}},
		{u64, `[18446744073709551615]`, "String", []string{"18446744073709551615"}},
		{i64, `[0, 1, 2]`, "Bool", []string{"false", "true", "!not a boolean"}},
		{i64, `[9007199254740992, 9007199254740993]`, "Float64", []string{"9007199254740992", "!digits would be lost"}},
		{i32, `[16777216, 16777217]`, "Float32", []string{"16777216", "!digits would be lost"}},
		{f64, `[1.5, -0.25, 1e300]`, "Float64", []string{"1.5", "-0.25", "1e300"}},
		{f64, `[1.5, 1e300]`, "Float32", []string{"1.5", "!out of range"}},
		{f64, `[2, 2.5, 1e30]`, "Int32", []string{"2", "!not an integer", "!out of range"}},
		{f64, `[12.34, 0.125]`, "Decimal(9, 2)", []string{"12.34", "!digits would be lost"}},
		{decimal(9, 2), `["1.25", "-9999999.99"]`, "Decimal(12, 4)", []string{"1.25", "-9999999.99"}},
		{decimal(9, 2), `["1.25", "1.20"]`, "Decimal(9, 1)", []string{"!digits would be lost", "1.2"}},
		{decimal(9, 2), `["100.00", "99.99"]`, "Decimal(4, 2)", []string{"!out of range", "99.99"}},
		{decimal(18, 4), `["99999999999999.9999"]`, "Decimal(38, 10)", []string{"99999999999999.9999"}},
		{decimal(38, 0), `["99999999999999999999999999999999999999", "-5"]`, "Decimal(76, 20)", []string{"99999999999999999999999999999999999999", "-5"}},
		{decimal(38, 2), `["12345678901234567890.00", "0.50", "-7.00"]`, "Int64", []string{"!out of range", "!not an integer", "-7"}},
		{decimal(38, 0), `["18446744073709551615"]`, "UInt64", []string{"18446744073709551615"}},
		{decimal(9, 2), `["1.25", "-0.05"]`, "String", []string{"1.25", "-0.05"}},
		{decimal(9, 2), `["1.25"]`, "Float64", []string{"1.25"}},
		{field(arrow.FixedWidthTypes.Boolean), `[true, false]`, "Bool", []string{"true", "false"}},
		{field(arrow.FixedWidthTypes.Boolean), `[true, false]`, "UInt8", []string{"1", "0"}},
		{field(arrow.FixedWidthTypes.Boolean), `[true]`, "String", []string{"true"}},
		{str, `["a", ""]`, "String", []string{"a", ""}},
		{str, `["a", "b", "a", null]`, "LowCardinality(Nullable(String))", []string{"a", "b", "a", "null"}},
		{str, `["ab", "abc"]`, "FixedString(2)", []string{"ab", "!too long"}},
		{str, `["1", null]`, "Nullable(Int64)", []string{"!type mismatch", "null"}},
		{str, `["2024-01-01"]`, "Date", []string{"!type mismatch"}},
		{str, `["1.50", "x", "1.555"]`, "Decimal(9, 2)", []string{"1.50", "!not a number", "!digits would be lost"}},
		{str, `["340282366920938463463374607431768211455", "x", "-1"]`, "UInt128", []string{"340282366920938463463374607431768211455", "!not a number", "!out of range"}},
		{str, `["-1"]`, "Int256", []string{"-1"}},
		{field(&arrow.FixedSizeBinaryType{ByteWidth: 16}), `["/////////////////////w=="]`, "Int128", []string{"-1"}},
		{field(&arrow.FixedSizeBinaryType{ByteWidth: 16}), `["AgAAAAAAAAABAAAAAAAAAA=="]`, "UInt128", []string{"18446744073709551618"}},
		{field(&arrow.FixedSizeBinaryType{ByteWidth: 16}), `["AgAAAAAAAAABAAAAAAAAAA=="]`, "UInt256", []string{"!type mismatch"}},
		{field(&arrow.FixedSizeBinaryType{ByteWidth: 8}), `["AgAAAAAAAAA="]`, "Int64", []string{"!type mismatch"}},
		{str, `["new", "old"]`, "Enum8('new' = 1)", []string{"new", "!not a name of the enum"}},
		{i64, `[1, 2]`, "Enum8('new' = 1)", []string{"new", "!not a name of the enum"}},
		{str, `["0a0b0c0d-0000-4000-8000-0123456789ab", "x"]`, "UUID", []string{"0a0b0c0d-0000-4000-8000-0123456789ab", "!not a UUID"}},
		{str, `["10.0.0.1"]`, "IPv4", []string{"10.0.0.1"}},
		{str, `["::1"]`, "IPv6", []string{"::1"}},
		{field(arrow.PrimitiveTypes.Uint32), `[167772161]`, "IPv4", []string{"10.0.0.1"}},
		{batch.WithLogical(field(batch.UUIDType), batch.UUID), `["AQIDBAUGBwgJCgsMDQ4PEA=="]`, "UUID", []string{"01020304-0506-0708-090a-0b0c0d0e0f10"}},
		{batch.WithLogical(field(batch.UUIDType), batch.UUID), `["AQIDBAUGBwgJCgsMDQ4PEA=="]`, "String", []string{"01020304-0506-0708-090a-0b0c0d0e0f10"}},
		{batch.WithLogical(str, batch.JSON), `["{\"a\":1}"]`, "String", []string{`{"a":1}`}},
		{field(arrow.FixedWidthTypes.Date32), `["1970-01-01", "2149-06-06", "2149-06-07", "1969-12-31"]`, "Date", []string{"1970-01-01", "2149-06-06", "!out of range", "!out of range"}},
		{field(arrow.FixedWidthTypes.Date32), `["1900-01-01", "2299-12-31", "1899-12-31"]`, "Date32", []string{"1900-01-01", "2299-12-31", "!out of range"}},
		{field(arrow.FixedWidthTypes.Date32), `["2024-02-29"]`, "DateTime('UTC')", []string{"2024-02-29 00:00:00"}},
		{field(arrow.FixedWidthTypes.Date32), `["2024-02-29"]`, "DateTime('Europe/Warsaw')", []string{"2024-02-29 00:00:00"}},
		{field(arrow.FixedWidthTypes.Date32), `["2024-02-29"]`, "String", []string{"2024-02-29"}},
		{ts(arrow.Millisecond, "UTC"), `["2024-02-29 01:02:03", "2024-02-29 01:02:03.5"]`, "DateTime", []string{"2024-02-29 01:02:03", "!fraction of a second would be lost"}},
		{ts(arrow.Microsecond, "UTC"), `["2024-02-29 01:02:03.123456", "1899-12-31 23:59:59.999999", "2299-12-31 23:59:59.999999", "2300-01-01 00:00:00"]`,
			"DateTime64(6)", []string{"2024-02-29 01:02:03.123456", "!out of range", "2299-12-31 23:59:59.999999", "!out of range"}},
		{ts(arrow.Microsecond, "UTC"), `["2024-02-29 01:02:03.120000", "2024-02-29 01:02:03.123456"]`, "DateTime64(3)", []string{"2024-02-29 01:02:03.12", "!fraction of a second would be lost"}},
		{ts(arrow.Microsecond, "UTC"), `["2024-02-29 01:02:03.120000", "2262-04-12 00:00:00"]`, "DateTime64(9)", []string{"2024-02-29 01:02:03.12", "!out of range"}},
		{ts(arrow.Nanosecond, "UTC"), `["2024-02-29 01:02:03.123456789"]`, "DateTime64(9)", []string{"2024-02-29 01:02:03.123456789"}},
		{ts(arrow.Microsecond, "UTC"), `["1969-12-31 23:59:59", "2106-02-07 06:28:15", "2106-02-07 06:28:16"]`, "DateTime", []string{"!out of range", "2106-02-07 06:28:15", "!out of range"}},
		{ts(arrow.Microsecond, ""), `["2024-07-01 12:00:00", "2024-01-01 12:00:00.5"]`, "DateTime64(6, 'Europe/Warsaw')", []string{"2024-07-01 12:00:00", "2024-01-01 12:00:00.5"}},
		{ts(arrow.Microsecond, "UTC"), `["2024-07-01 12:00:00"]`, "DateTime64(6, 'Europe/Warsaw')", []string{"2024-07-01 12:00:00Z"}},
		{ts(arrow.Microsecond, "UTC"), `["2024-07-01 00:00:00", "2024-07-01 00:00:01"]`, "Date", []string{"2024-07-01", "!time of day would be lost"}},
		{ts(arrow.Microsecond, "UTC"), `["2024-07-01 00:00:00"]`, "Int64", []string{"!type mismatch"}},
		{i64, `[1709210096]`, "DateTime", []string{"1709210096"}},
		{i64, `[19000]`, "Date", []string{"2022-01-08"}},
		{field(arrow.FixedWidthTypes.Time64us), `["01:02:03.000004"]`, "String", []string{"01:02:03.000004"}},
		{i64, `[1]`, "Array(Int64)", []string{"!type mismatch"}},
		{field(arrow.ListOf(arrow.PrimitiveTypes.Int64)), `[[1], null, []]`, "Nullable(Int64)", []string{"!type mismatch", "null", "!type mismatch"}},
		{field(arrow.ListOf(arrow.PrimitiveTypes.Int64)), `[[1, 300], [2], null, [], [null]]`, "Array(UInt8)", []string{"!out of range", "[2]", "[]", "[]", "!null in a column that is not nullable"}},
		{field(arrow.ListOf(arrow.PrimitiveTypes.Int64)), `[[1, null], [2]]`, "Array(Nullable(Int64))", []string{"[1,null]", "[2]"}},
		{field(arrow.Null), `[null, null]`, "Nullable(String)", []string{"null", "null"}},
	} {
		t.Run(c.from.Type.String()+" to "+c.to, func(t *testing.T) {
			rec := fromJSON(t, c.from, c.values)
			object := objectOf(t, rec.Schema(), format.WriteOptions{}, []arrow.Record{rec})
			columns := columnsOf(t, "c", c.to)
			blocks, rejects, _ := readAll(t, object, columns, format.ReadOptions{}, 100)
			if want := wantColumn(t, columns[0], c.want); !bytes.Equal(blocks[0], want) {
				t.Errorf("got %q, want %q", blocks[0], want)
			}
			var got, want []string
			for _, r := range rejects {
				got = append(got, c.want[r.Row-1]+" "+r.Errors[0].Code)
			}
			for _, w := range c.want {
				if code, ok := strings.CutPrefix(w, "!"); ok {
					want = append(want, w+" "+code)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("got rejects %q, want %q", got, want)
			}
		})
	}
}

// TestInfinityIsRejected: what PostgreSQL's infinity became is in no table's range.
func TestInfinityIsRejected(t *testing.T) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{
		{Name: "at", Type: arrow.FixedWidthTypes.Timestamp_us}, {Name: "day", Type: arrow.FixedWidthTypes.Date32}}, nil))
	b.Field(0).(*array.TimestampBuilder).AppendValues([]arrow.Timestamp{batch.TimestampInfinity, batch.TimestampNegativeInfinity}, nil)
	b.Field(1).(*array.Date32Builder).AppendValues([]arrow.Date32{batch.DateInfinity, batch.DateNegativeInfinity}, nil)
	rec := b.NewRecord()
	object := objectOf(t, rec.Schema(), format.WriteOptions{}, []arrow.Record{rec})
	_, rejects, _ := readAll(t, object, columnsOf(t, "at", "DateTime64(6)", "day", "Date32"), format.ReadOptions{}, 10)
	if len(rejects) != 2 || len(rejects[0].Errors) != 2 || *rejects[0].Values[0] != "infinity" || *rejects[1].Values[1] != "-infinity" {
		t.Fatalf("got %+v, want both rows rejected for both columns", rejects)
	}
}

// TestInt96 reads the timestamps that Impala, Hive and old Spark write.
func TestInt96(t *testing.T) {
	rec := fromJSON(t, arrow.Field{Type: arrow.FixedWidthTypes.Timestamp_ns}, `["2024-02-29 01:02:03.123456789", null, "1969-12-31 23:59:59.5"]`)
	var buf bytes.Buffer
	w, err := pqarrow.NewFileWriter(rec.Schema(), &buf, apq.NewWriterProperties(), pqarrow.NewArrowWriterProperties(pqarrow.WithDeprecatedInt96Timestamps(true)))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(rec); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	columns := columnsOf(t, "c", "Nullable(DateTime64(9))")
	blocks, rejects, _ := readAll(t, buf.Bytes(), columns, format.ReadOptions{}, 10)
	if len(rejects) > 0 || !bytes.Equal(blocks[0], wantColumn(t, columns[0], []string{"2024-02-29 01:02:03.123456789", "null", "1969-12-31 23:59:59.5"})) {
		t.Fatalf("got %q and rejects %+v", blocks[0], rejects)
	}
}

func TestFloatsThatAreNone(t *testing.T) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: "c", Type: arrow.PrimitiveTypes.Float64}}, nil))
	b.Field(0).(*array.Float64Builder).AppendValues([]float64{math.NaN(), math.Inf(1)}, nil)
	rec := b.NewRecord()
	object := objectOf(t, rec.Schema(), format.WriteOptions{}, []arrow.Record{rec})
	for typ, want := range map[string]int{"Float64": 0, "Float32": 0, "Int64": 2, "Decimal(9, 2)": 2} {
		if _, rejects, _ := readAll(t, object, columnsOf(t, "c", typ), format.ReadOptions{}, 10); len(rejects) != want {
			t.Errorf("%s: got %d rejects, want %d", typ, len(rejects), want)
		}
	}
}
