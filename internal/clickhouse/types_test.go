package clickhouse_test

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/schema"
)

// typeCase is a type, a value, and how the server writes the value and the type's default.
type typeCase struct {
	typ       string
	append    func(*block.Column)
	want, def string
}

func integer(typ string, v int64) typeCase {
	return typeCase{typ, func(c *block.Column) { c.AppendInt(v) }, fmt.Sprint(v), "0"}
}

func text(typ, v, def string) typeCase {
	return typeCase{typ, func(c *block.Column) { c.AppendString(v) }, v, def}
}

func typeCases() []typeCase {
	uuid := [16]byte{0x61, 0xf0, 0xc4, 0x04, 0x5c, 0xb3, 0x11, 0xe7, 0x90, 0x7b, 0xa6, 0x00, 0x6a, 0xd3, 0xdb, 0xa0}
	ip := netip.MustParseAddr("2001:db8::1").As16()
	long := strings.Repeat("long ü ", 100)
	return []typeCase{
		{"Bool", func(c *block.Column) { c.AppendBool(true) }, "true", "false"},
		integer("Int8", math.MinInt8), integer("Int16", math.MinInt16), integer("Int32", math.MinInt32), integer("Int64", math.MinInt64),
		integer("UInt8", math.MaxUint8), integer("UInt16", math.MaxUint16), integer("UInt32", math.MaxUint32), integer("UInt64", math.MaxInt64),
		{"Int128", func(c *block.Column) { c.AppendUint128(math.MaxUint64, math.MaxUint64-1) }, "-2", "0"},
		{"UInt128", func(c *block.Column) { c.AppendUint128(1, 0) }, "18446744073709551616", "0"},
		{"Int256", func(c *block.Column) {
			c.AppendUint256([4]uint64{math.MaxUint64 - 2, math.MaxUint64, math.MaxUint64, math.MaxUint64})
		}, "-3", "0"},
		{"UInt256", func(c *block.Column) { c.AppendUint256([4]uint64{0, 0, 1}) }, "340282366920938463463374607431768211456", "0"},
		{"Float32", func(c *block.Column) { c.AppendFloat32(-1.5) }, "-1.5", "0"},
		{"Float64", func(c *block.Column) { c.AppendFloat64(math.NaN()) }, "nan", "0"},
		{"Decimal(9, 2)", func(c *block.Column) { c.AppendInt(-12345) }, "-123.45", "0"},
		{"Decimal(18, 4)", func(c *block.Column) { c.AppendInt(12345) }, "1.2345", "0"},
		{"Decimal(38, 10)", func(c *block.Column) { c.AppendUint128(0, 15_000_000_000) }, "1.5", "0"},
		{"Decimal(76, 1)", func(c *block.Column) { c.AppendUint256([4]uint64{15}) }, "1.5", "0"},
		text("String", long, ""), text("FixedString(3)", "abc", ""),
		{"Date", func(c *block.Column) { c.AppendInt(20_000) }, "2024-10-04", "1970-01-01"},
		{"Date32", func(c *block.Column) { c.AppendInt(-1) }, "1969-12-31", "1900-01-01"},
		{"DateTime('UTC')", func(c *block.Column) { c.AppendInt(1_700_000_000) }, "2023-11-14 22:13:20", "1970-01-01 00:00:00"},
		{"DateTime64(3, 'UTC')", func(c *block.Column) { c.AppendInt(-1) }, "1969-12-31 23:59:59.999", "1970-01-01 00:00:00.000"},
		{"UUID", func(c *block.Column) { c.AppendUUID(uuid) }, "61f0c404-5cb3-11e7-907b-a6006ad3dba0", "00000000-0000-0000-0000-000000000000"},
		{"IPv4", func(c *block.Column) { c.AppendUint32(0x7f000001) }, "127.0.0.1", "0.0.0.0"},
		{"IPv6", func(c *block.Column) { c.AppendIPv6(ip) }, "2001:db8::1", "::"},
		{"Enum8('a' = -1, 'b' = 2)", func(c *block.Column) { c.AppendInt(2) }, "b", "a"},
		{"Enum16('it''s' = 1000, 'b' = -2)", func(c *block.Column) { c.AppendInt(-2) }, "b", "b"},
		{"Array(Array(Nullable(Int32)))", func(c *block.Column) {
			inner := c.Elem(0)
			inner.Elem(0).AppendInt(1)
			inner.Elem(0).AppendNull()
			inner.EndRow()
			inner.EndRow()
			c.EndRow()
		}, "[[1,NULL],[]]", "[]"},
		{"Array(LowCardinality(String))", func(c *block.Column) {
			c.Elem(0).AppendString("x")
			c.Elem(0).AppendString("x")
			c.EndRow()
		}, "['x','x']", "[]"},
		{"Map(LowCardinality(String), UInt8)", func(c *block.Column) {
			c.Elem(0).AppendString("k")
			c.Elem(1).AppendInt(1)
			c.EndRow()
		}, "{'k':1}", "{}"},
		{"Tuple(a Int8, b Nullable(String))", func(c *block.Column) {
			c.Elem(0).AppendInt(1)
			c.Elem(1).AppendString("x")
			c.EndRow()
		}, "(1,'x')", "(0,NULL)"},
		text("Nullable(String)", "", "NULL"), text("Nullable(FixedString(2))", "ab", "NULL"),
		{"Nullable(DateTime64(6, 'UTC'))", func(c *block.Column) { c.AppendInt(1) }, "1970-01-01 00:00:00.000001", "NULL"},
		text("LowCardinality(String)", long, ""), text("LowCardinality(Nullable(String))", "", "NULL"),
		text("LowCardinality(FixedString(2))", "ab", ""),
		{"SimpleAggregateFunction(sum, UInt64)", func(c *block.Column) { c.AppendInt(7) }, "7", "0"},
	}
}

func TestEveryTypeArrives(t *testing.T) {
	for _, compress := range []string{"none", "lz4"} {
		t.Run(compress, func(t *testing.T) { arrive(t, open(t, "compress="+compress), typeCases()) })
	}
}

// TestTypesArriveAtOldServer is over a real server's native protocol, with the types that it knows.
func TestTypesArriveAtOldServer(t *testing.T) {
	known := slices.DeleteFunc(typeCases(), func(tc typeCase) bool {
		for _, young := range []string{"Bool", "128", "256", "Date32", "DateTime64", "IPv", "Map", "LowCardinality", "SimpleAggregate", "Tuple", "Decimal"} {
			if strings.Contains(tc.typ, young) {
				return true
			}
		}
		return false
	})
	for i := range known { // it writes the beginning of time in its own way
		known[i].def = strings.Replace(known[i].def, "1970-01-01", "0000-00-00", 1)
	}
	for _, compress := range []string{"none", "lz4"} {
		t.Run(compress, func(t *testing.T) {
			c := openAt(t, servertest.ClickHouse18(t), "compress="+compress)
			c.SpeakOld()
			arrive(t, c, known)
		})
	}
}

// arrive appends a value and the default of each type in turn, and asks the server for them as text.
func arrive(t *testing.T, c *clickhouse.Client, cases []typeCase) {
	t.Helper()
	const rows = 300 // more than a LowCardinality key of 8 bits counts
	specs := []block.Spec{{Name: "id", Type: schema.MustParseType("UInt64")}}
	columns := []string{"id UInt64"}
	for i, tc := range cases {
		name := fmt.Sprint("c", i)
		specs = append(specs, block.Spec{Name: name, Type: schema.MustParseType(tc.typ)})
		columns = append(columns, name+" "+strings.ReplaceAll(tc.typ, "''", `\'`))
	}
	exec(t, c, "CREATE TABLE types ("+strings.Join(columns, ", ")+") ENGINE = MergeTree ORDER BY id")
	b := new(block.Block)
	b.Shape(specs)
	for row := range rows {
		b.Columns[0].AppendUint64(uint64(row))
		for i, tc := range cases {
			if row%2 == 1 {
				b.Columns[i+1].AppendDefault()
				continue
			}
			tc.append(b.Columns[i+1])
		}
	}
	if err := c.Append(t.Context(), clickhouse.Insert{Table: "types", Block: b}); err != nil {
		t.Fatal(err)
	}
	for i, tc := range cases {
		got := lines(t, c, fmt.Sprintf("SELECT concat(toString(id %% 2), ' ', ifNull(toString(c%d), 'NULL')) AS line FROM types GROUP BY line ORDER BY line", i))
		if want := []string{"0 " + tc.want, "1 " + tc.def}; !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", tc.typ, got, want)
		}
	}
}

func TestManyDistinctValues(t *testing.T) {
	c := open(t)
	typ := schema.MustParseType("LowCardinality(Nullable(String))")
	for _, distinct := range []int{200, 255, 256, 257, 65_535, 65_536, 70_000} {
		name := fmt.Sprint("low", distinct)
		exec(t, c, "CREATE TABLE "+name+" (v LowCardinality(Nullable(String))) ENGINE = MergeTree ORDER BY tuple()")
		b := new(block.Block)
		b.Shape([]block.Spec{{Name: "v", Type: typ}})
		for i := range distinct {
			b.Columns[0].AppendString(fmt.Sprint(i))
		}
		b.Columns[0].AppendNull()
		if err := c.Append(t.Context(), clickhouse.Insert{Table: name, Block: b}); err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("(%d,%d,1)", distinct+1, distinct)
		if got := line(t, c, "SELECT toString((count(), uniqExact(v), countIf(v IS NULL))) FROM "+name); got != want {
			t.Errorf("%d values: got %s, want %s", distinct, got, want)
		}
	}
}
