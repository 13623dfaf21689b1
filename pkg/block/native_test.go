package block

import (
	"bytes"
	"fmt"
	"math/big"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2/lib/column"
	"github.com/longshore/longshore/pkg/schema"
)

// fills says, for each type, how three rows are appended and what they read as.
var fills = []struct {
	typ  string
	fill func(*Column)
	want string // as clickhouse-go's values print
	text string // as AppendText shows them
}{
	{"Bool", func(c *Column) { c.AppendBool(true); c.AppendBool(false); c.AppendDefault() }, "true false false", "true false false"},
	{"Int8", func(c *Column) { c.AppendInt(-128); c.AppendInt(127); c.AppendDefault() }, "-128 127 0", "-128 127 0"},
	{"Int16", func(c *Column) { c.AppendInt(-32768); c.AppendUint16(7); c.AppendDefault() }, "-32768 7 0", "-32768 7 0"},
	{"Int32", func(c *Column) { c.AppendInt(-1); c.AppendUint32(7); c.AppendDefault() }, "-1 7 0", "-1 7 0"},
	{"Int64", func(c *Column) { c.AppendInt(-1); c.AppendInt64(1 << 40); c.AppendDefault() }, "-1 1099511627776 0", "-1 1099511627776 0"},
	{"Int128", func(c *Column) { c.AppendUint128(1<<64-1, 1<<64-5); c.AppendUint128(1, 0); c.AppendDefault() }, "-5 18446744073709551616 0", "-5 18446744073709551616 0"},
	{"Int256", func(c *Column) {
		c.AppendUint256([4]uint64{1<<64 - 2, 1<<64 - 1, 1<<64 - 1, 1<<64 - 1})
		c.AppendUint256([4]uint64{0, 1})
		c.AppendDefault()
	}, "-2 18446744073709551616 0", "-2 18446744073709551616 0"},
	{"UInt8", func(c *Column) { c.AppendUint8(255); c.AppendInt(1); c.AppendDefault() }, "255 1 0", "255 1 0"},
	{"UInt16", func(c *Column) { c.AppendUint16(65535); c.AppendInt(1); c.AppendDefault() }, "65535 1 0", "65535 1 0"},
	{"UInt32", func(c *Column) { c.AppendUint32(1<<32 - 1); c.AppendInt(1); c.AppendDefault() }, "4294967295 1 0", "4294967295 1 0"},
	{"UInt64", func(c *Column) { c.AppendUint64(1<<64 - 1); c.AppendInt(1); c.AppendDefault() }, "18446744073709551615 1 0", "18446744073709551615 1 0"},
	{"UInt128", func(c *Column) { c.AppendUint128(0, 9); c.AppendUint128(1, 1); c.AppendDefault() }, "9 18446744073709551617 0", "9 18446744073709551617 0"},
	{"UInt256", func(c *Column) { c.AppendUint256([4]uint64{9}); c.AppendUint256([4]uint64{1, 1}); c.AppendDefault() }, "9 18446744073709551617 0", "9 18446744073709551617 0"},
	{"Float32", func(c *Column) { c.AppendFloat32(1.5); c.AppendFloat32(-0.25); c.AppendDefault() }, "1.5 -0.25 0", "1.5 -0.25 0"},
	{"Float64", func(c *Column) { c.AppendFloat64(1e300); c.AppendFloat64(-0.1); c.AppendDefault() }, "1e+300 -0.1 0", "1e300 -0.1 0"},
	{"Decimal(9, 2)", func(c *Column) { c.AppendInt(-12345); c.AppendInt(7); c.AppendDefault() }, "-123.45 0.07 0", "-123.45 0.07 0"},
	{"Decimal(18, 4)", func(c *Column) { c.AppendInt(-12345); c.AppendInt(10000); c.AppendDefault() }, "-1.2345 1 0", "-1.2345 1 0"},
	{"Decimal(38, 1)", func(c *Column) { c.AppendUint128(1<<64-1, 1<<64-15); c.AppendUint128(0, 15); c.AppendDefault() }, "-1.5 1.5 0", "-1.5 1.5 0"},
	{"Decimal(76, 1)", func(c *Column) {
		c.AppendUint256([4]uint64{1<<64 - 15, 1<<64 - 1, 1<<64 - 1, 1<<64 - 1})
		c.AppendUint256([4]uint64{15})
		c.AppendDefault()
	}, "-1.5 1.5 0", "-1.5 1.5 0"},
	{"String", func(c *Column) {
		c.AppendString("a")
		c.AppendBytes([]byte(strings.Repeat("é", 100)))
		c.AppendDefault()
	}, "a " + strings.Repeat("é", 100) + " ", "a " + strings.Repeat("é", 100) + " "},
	{"FixedString(3)", func(c *Column) { c.AppendString("abc"); c.AppendBytes([]byte("d")); c.AppendDefault() }, "abc d\x00\x00 \x00\x00\x00", "abc d\x00\x00 \x00\x00\x00"},
	{"Date", func(c *Column) { c.AppendUint16(19782); c.AppendUint16(65535); c.AppendDefault() }, "2024-02-29 2149-06-06 1970-01-01", "2024-02-29 2149-06-06 1970-01-01"},
	{"Date32", func(c *Column) { c.AppendInt(19782); c.AppendInt(-25567); c.AppendUint32(0) }, "2024-02-29 1900-01-01 1970-01-01", "2024-02-29 1900-01-01 1970-01-01"},
	{"DateTime('UTC')", func(c *Column) { c.AppendUint32(1709210096); c.AppendUint32(1); c.AppendDefault() }, "2024-02-29T12:34:56Z 1970-01-01T00:00:01Z 1970-01-01T00:00:00Z", "2024-02-29 12:34:56 1970-01-01 00:00:01 1970-01-01 00:00:00"},
	{"DateTime64(3, 'UTC')", func(c *Column) { c.AppendInt64(1709210096789); c.AppendInt64(-1); c.AppendDefault() }, "2024-02-29T12:34:56.789Z 1969-12-31T23:59:59.999Z 1970-01-01T00:00:00Z", "2024-02-29 12:34:56.789 1969-12-31 23:59:59.999 1970-01-01 00:00:00.000"},
	{"UUID", func(c *Column) {
		c.AppendUUID([16]byte{0x61, 0xf0, 0xc4, 0x04, 0x5c, 0xb3, 0x11, 0xe7, 0x90, 0x7b, 0xa6, 0x00, 0x6a, 0xd3, 0xdb, 0xa0})
		c.AppendDefault()
		c.AppendDefault()
	}, "61f0c404-5cb3-11e7-907b-a6006ad3dba0 00000000-0000-0000-0000-000000000000 00000000-0000-0000-0000-000000000000", "61f0c404-5cb3-11e7-907b-a6006ad3dba0 00000000-0000-0000-0000-000000000000 00000000-0000-0000-0000-000000000000"},
	{"IPv4", func(c *Column) { c.AppendUint32(0x7f000001); c.AppendUint32(0x01020304); c.AppendDefault() }, "127.0.0.1 1.2.3.4 0.0.0.0", "127.0.0.1 1.2.3.4 0.0.0.0"},
	{"IPv6", func(c *Column) {
		c.AppendIPv6(netip.MustParseAddr("2001:db8::1").As16())
		c.AppendIPv6([16]byte{15: 1})
		c.AppendDefault()
	}, "2001:db8::1 ::1 ::", "2001:db8::1 ::1 ::"},
	{"Enum8('a' = -1, 'b' = 2)", func(c *Column) {
		n, _ := c.EnumNumber([]byte("b"))
		c.AppendInt(int64(n))
		c.AppendInt(-1)
		c.AppendDefault()
	}, "b a a", "b a a"},
	{"Enum16('a' = -1000, 'b' = 2)", func(c *Column) { c.AppendInt(2); c.AppendInt(-1000); c.AppendDefault() }, "b a a", "b a a"},
	{"Nullable(Int32)", func(c *Column) { c.AppendNull(); c.AppendInt(-5); c.AppendDefault() }, "<nil> -5 <nil>", "NULL -5 NULL"},
	{"Nullable(String)", func(c *Column) { c.AppendString("x"); c.AppendNull(); c.AppendString("") }, "x <nil> ", "x NULL "},
	{"Array(String)", func(c *Column) {
		c.Elem(0).AppendString("a")
		c.Elem(0).AppendString("b")
		c.EndRow()
		c.AppendDefault()
		c.Elem(0).AppendString("c'")
		c.EndRow()
	}, "[a b] [] [c']", `['a','b'] [] ['c\'']`},
	{"Array(Array(Nullable(UInt8)))", func(c *Column) {
		c.Elem(0).Elem(0).AppendUint8(1)
		c.Elem(0).Elem(0).AppendNull()
		c.Elem(0).EndRow()
		c.Elem(0).EndRow()
		c.EndRow()
		c.AppendDefault()
		c.EndRow()
	}, "", "[[1,NULL],[]] [] []"},
	{"Map(String, UInt64)", func(c *Column) {
		c.Elem(0).AppendString("k")
		c.Elem(1).AppendUint64(9)
		c.EndRow()
		c.EndRow()
		c.AppendDefault()
	}, "map[k:9] map[] map[]", "{'k':9} {} {}"},
	{"Tuple(a String, b Nullable(Int8))", func(c *Column) {
		c.Elem(0).AppendString("k")
		c.Elem(1).AppendInt(9)
		c.EndRow()
		c.Elem(0).AppendString("l")
		c.Elem(1).AppendNull()
		c.EndRow()
		c.AppendDefault()
	}, "", "('k',9) ('l',NULL) ('',NULL)"},
	{"LowCardinality(String)", func(c *Column) { c.AppendString("x"); c.AppendString("y"); c.AppendString("x") }, "x y x", "x y x"},
	{"LowCardinality(Nullable(String))", func(c *Column) { c.AppendString(""); c.AppendNull(); c.AppendString("x") }, " <nil> x", " NULL x"},
	{"LowCardinality(FixedString(2))", func(c *Column) { c.AppendString("x"); c.AppendDefault(); c.AppendString("xy") }, "x\x00 \x00\x00 xy", "x\x00 \x00\x00 xy"},
	{"LowCardinality(UInt64)", func(c *Column) { c.AppendUint64(7); c.AppendDefault(); c.AppendInt(7) }, "7 0 7", "7 0 7"},
	{"LowCardinality(Date)", func(c *Column) { c.AppendUint16(1); c.AppendUint16(0); c.AppendInt(1) }, "1970-01-02 1970-01-01 1970-01-02", "1970-01-02 1970-01-01 1970-01-02"},
	{"Array(LowCardinality(String))", func(c *Column) { c.EndRow(); c.Elem(0).AppendString("v"); c.EndRow(); c.EndRow() }, "[] [v] []", "[] ['v'] []"},
	{"Map(LowCardinality(String), Array(LowCardinality(Nullable(String))))", func(c *Column) {
		c.Elem(0).AppendString("k")
		c.Elem(1).Elem(0).AppendNull()
		c.Elem(1).EndRow()
		c.EndRow()
		c.EndRow()
		c.EndRow()
	}, "", "{'k':[NULL]} {} {}"},
	{"SimpleAggregateFunction(max, UInt64)", func(c *Column) { c.AppendUint64(1); c.AppendUint64(2); c.AppendDefault() }, "1 2 0", "1 2 0"},
}

func TestNativeReadsBack(t *testing.T) {
	for _, tt := range fills {
		t.Run(tt.typ, func(t *testing.T) {
			c := NewColumn("c", schema.MustParseType(tt.typ))
			tt.fill(c)
			if c.Rows() != 3 {
				t.Fatalf("got %d rows, want 3", c.Rows())
			}
			got := readBack(t, tt.typ, c)
			if tt.want != "" && got != tt.want {
				t.Errorf("clickhouse-go reads %q, want %q", got, tt.want)
			}
			var text []string
			for i := range 3 {
				text = append(text, string(c.AppendText(nil, i)))
			}
			if got := strings.Join(text, " "); got != tt.text {
				t.Errorf("got text %q, want %q", got, tt.text)
			}
		})
	}
}

// readBack decodes a column's bytes by the client library of ClickHouse.
func readBack(t *testing.T, typ string, c *Column) string {
	t.Helper()
	dst, err := column.Type(typ).Column("c", &column.ServerContext{Timezone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	raw := c.AppendNative(c.AppendPrefix(nil))
	in := bytes.NewReader(raw)
	r := proto.NewReader(in)
	if s, ok := dst.(column.CustomSerialization); ok {
		if err := s.ReadStatePrefix(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := dst.Decode(r, c.Rows()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.ReadByte(); err == nil {
		t.Errorf("bytes are left over")
	}
	var values []string
	for i := range c.Rows() {
		values = append(values, show(typ, dst.Row(i, false)))
	}
	return strings.Join(values, " ")
}

func show(typ string, v any) string {
	switch v := v.(type) {
	case time.Time:
		if !strings.Contains(typ, "DateTime") {
			return v.Format(time.DateOnly)
		}
		return v.UTC().Format(time.RFC3339Nano)
	case big.Int:
		return v.String()
	case *int32:
		if v == nil {
			return "<nil>"
		}
		return fmt.Sprint(*v)
	case *string:
		if v == nil {
			return "<nil>"
		}
		return *v
	}
	return fmt.Sprint(v)
}
