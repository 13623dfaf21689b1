package textvalue

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/schema"
)

// values says what a text becomes in a type: the value as ClickHouse shows it,
// or after "!" the problem.
var values = []struct{ typ, text, want string }{
	{"Int8", "-128", "-128"},
	{"Int8", "128", "!out of range"},
	{"Int8", "+5", "5"},
	{"Int8", " 7 ", "7"},
	{"Int8", "007", "7"},
	{"Int8", "1e2", "100"},
	{"Int8", "12.50e1", "125"},
	{"Int8", "1.0", "1"},
	{"Int8", "1.5", "!not an integer"},
	{"Int8", "1e-1", "!not an integer"},
	{"Int8", "", "!not a number"},
	{"Int8", "-", "!not a number"},
	{"Int8", "1_0", "!not a number"},
	{"Int8", "0x10", "!not a number"},
	{"Int16", "32768", "!out of range"},
	{"Int32", "-2147483648", "-2147483648"},
	{"Int64", "9223372036854775807", "9223372036854775807"},
	{"Int64", "-9223372036854775808", "-9223372036854775808"},
	{"Int64", "9223372036854775808", "!out of range"},
	{"Int64", "1e400000000000", "!out of range"},
	{"Int64", "0e400000000000", "0"},
	{"UInt8", "-1", "!out of range"},
	{"UInt8", "-0", "0"},
	{"UInt64", "18446744073709551615", "18446744073709551615"},
	{"UInt64", "18446744073709551616", "!out of range"},
	{"Int128", "-170141183460469231731687303715884105728", "-170141183460469231731687303715884105728"},
	{"Int128", "170141183460469231731687303715884105728", "!out of range"},
	{"UInt128", "340282366920938463463374607431768211455", "340282366920938463463374607431768211455"},
	{"Int256", "-57896044618658097711785492504343953926634992332820282019728792003956564819968", "-57896044618658097711785492504343953926634992332820282019728792003956564819968"},
	{"UInt256", "115792089237316195423570985008687907853269984665640564039457584007913129639935", "115792089237316195423570985008687907853269984665640564039457584007913129639935"},
	{"UInt256", "115792089237316195423570985008687907853269984665640564039457584007913129639936", "!out of range"},
	{"Float64", "0.1", "0.1"},
	{"Float64", "-1.7976931348623157e308", "-1.7976931348623157e308"},
	{"Float64", "1e309", "!out of range"},
	{"Float64", "5e-324", "5e-324"},
	{"Float64", "nan", "nan"},
	{"Float64", "-Inf", "-inf"},
	{"Float64", "0x1p4", "!not a number"},
	{"Float64", "1_000", "!not a number"},
	{"Float64", "9007199254740993", "9007199254740992"},
	{"Float64", ".5", "0.5"},
	{"Float64", ".", "!not a number"},
	{"Float32", "16777217", "16777216"},
	{"Float32", "3.5e38", "!out of range"},
	{"Decimal(9, 2)", "-123.45", "-123.45"},
	{"Decimal(9, 2)", "1.500", "1.5"},
	{"Decimal(9, 2)", "1.005", "!digits would be lost"},
	{"Decimal(9, 2)", "9999999.99", "9999999.99"},
	{"Decimal(9, 2)", "10000000", "!out of range"},
	{"Decimal(9, 2)", "1.5e3", "1500"},
	{"Decimal(18, 0)", "999999999999999999", "999999999999999999"},
	{"Decimal(18, 0)", "-1000000000000000000", "!out of range"},
	{"Decimal(38, 10)", "1234567890123456789012345678.0123456789", "1234567890123456789012345678.0123456789"},
	{"Decimal(38, 10)", "12345678901234567890123456789", "!out of range"},
	{"Decimal(76, 76)", "0." + strings.Repeat("9", 76), "0." + strings.Repeat("9", 76)},
	{"Decimal(76, 0)", strings.Repeat("9", 77), "!out of range"},
	{"Decimal(76, 0)", "-" + strings.Repeat("9", 76), "-" + strings.Repeat("9", 76)},
	{"Decimal(19, 0)", "-42", "-42"},
	{"String", "", ""},
	{"String", " a ", " a "},
	{"FixedString(3)", "abcd", "!too long"},
	{"FixedString(3)", "ab", "ab\x00"},
	{"Bool", "TRUE", "true"},
	{"Bool", "f", "false"},
	{"Bool", "Yes", "true"},
	{"Bool", "0", "false"},
	{"Bool", "2", "!not a boolean"},
	{"Date", "2024-02-29", "2024-02-29"},
	{"Date", "2023-02-29", "!not a date"},
	{"Date", "1900-02-29", "!not a date"},
	{"Date", "2000-02-29", "2000-02-29"},
	{"Date", "20240229", "2024-02-29"},
	{"Date", "2024/02/29", "2024-02-29"},
	{"Date", "2024-02-29T00:00:00Z", "2024-02-29"},
	{"Date", "2024-02-29 00:00:01", "!time of day would be lost"},
	{"Date", "1969-12-31", "!out of range"},
	{"Date", "2149-06-06", "2149-06-06"},
	{"Date", "2149-06-07", "!out of range"},
	{"Date", "19782", "!not a date"},
	{"Date", "2024-2-9", "!not a date"},
	{"Date32", "1900-01-01", "1900-01-01"},
	{"Date32", "1899-12-31", "!out of range"},
	{"Date32", "2299-12-31", "2299-12-31"},
	{"Date32", "2300-01-01", "!out of range"},
	{"DateTime", "2024-02-29 12:34:56", "2024-02-29 12:34:56"},
	{"DateTime", "2024-02-29T12:34:56Z", "2024-02-29 12:34:56"},
	{"DateTime", "20240229", "2024-02-29 00:00:00"},
	{"DateTime", "20240230", "1970-08-23 06:17:10"},
	{"DateTime('Europe/Madrid')", "20240229", "2024-02-29 00:00:00"},
	{"DateTime64(3)", "19000101", "1900-01-01 00:00:00.000"},
	{"DateTime64(3)", "18991231", "1970-08-08 19:20:31.000"},
	{"Float32", "1e-6", "0.000001"},
	{"DateTime", "2024-02-29T12:34:56+01:30", "2024-02-29 11:04:56"},
	{"DateTime", "2024-02-29T12:34:56-0130", "2024-02-29 14:04:56"},
	{"DateTime", "2024-02-29 12:34:56 UTC", "2024-02-29 12:34:56"},
	{"DateTime", "2024-02-29 12:34:56+00", "2024-02-29 12:34:56"},
	{"DateTime", "2024-02-29 12:34", "2024-02-29 12:34:00"},
	{"DateTime", "2024-02-29", "2024-02-29 00:00:00"},
	{"DateTime", "1709210096", "2024-02-29 12:34:56"},
	{"DateTime", "2024-02-29 12:34:56.000", "2024-02-29 12:34:56"},
	{"DateTime", "2024-02-29 12:34:56.001", "!fraction of a second would be lost"},
	{"DateTime", "2024-02-29 24:00:00", "!not a date and time"},
	{"DateTime", "2024-02-29 12:60:00", "!not a date and time"},
	{"DateTime", "2024-02-29 12:34:60", "!not a date and time"},
	{"DateTime", "2024-02-29 12:34:56x", "!not a date and time"},
	{"DateTime", "1969-12-31 23:59:59", "!out of range"},
	{"DateTime", "2106-02-07 06:28:15", "2106-02-07 06:28:15"},
	{"DateTime", "2106-02-07 06:28:16", "!out of range"},
	{"DateTime", "1709210096789", "!out of range"},
	{"DateTime('Europe/Madrid')", "2024-07-01 12:00:00", "2024-07-01 12:00:00"},
	{"DateTime('Europe/Madrid')", "2024-07-01T10:00:00Z", "2024-07-01 12:00:00"},
	{"DateTime64(3)", "2024-02-29 12:34:56.789", "2024-02-29 12:34:56.789"},
	{"DateTime64(3)", "2024-02-29 12:34:56.7890000000000", "2024-02-29 12:34:56.789"},
	{"DateTime64(3)", "2024-02-29 12:34:56.7891", "!fraction of a second would be lost"},
	{"DateTime64(3)", "1709210096789", "2024-02-29 12:34:56.789"},
	{"DateTime64(3)", "1709210096.5", "2024-02-29 12:34:56.500"},
	{"DateTime64(3)", "-0.5", "1969-12-31 23:59:59.500"},
	{"DateTime64(9)", "2024-02-29T12:34:56.123456789Z", "2024-02-29 12:34:56.123456789"},
	{"DateTime64(9)", "2024-02-29T12:34:56.1234567891Z", "!fraction of a second would be lost"},
	{"DateTime64(9)", "2262-04-12 00:00:00", "!out of range"},
	{"DateTime64(3)", "1900-01-01 00:00:00", "1900-01-01 00:00:00.000"},
	{"DateTime64(3)", "1899-12-31 23:59:59", "!out of range"},
	{"DateTime64(3)", "2299-12-31 23:59:59.999", "2299-12-31 23:59:59.999"},
	{"DateTime64(0)", "2024-02-29 12:34:56", "2024-02-29 12:34:56"},
	{"UUID", "61F0C404-5cb3-11e7-907b-a6006ad3dba0", "61f0c404-5cb3-11e7-907b-a6006ad3dba0"},
	{"UUID", "61f0c4045cb311e7907ba6006ad3dba0", "61f0c404-5cb3-11e7-907b-a6006ad3dba0"},
	{"UUID", "61f0c404-5cb3-11e7-907b-a6006ad3dbag", "!not a UUID"},
	{"UUID", "61f0c404", "!not a UUID"},
	{"IPv4", "127.0.0.1", "127.0.0.1"},
	{"IPv4", "256.0.0.1", "!not an IPv4 address"},
	{"IPv4", "1.2.3", "!not an IPv4 address"},
	{"IPv4", "01.2.3.4", "!not an IPv4 address"},
	{"IPv4", "0.0.0.0", "0.0.0.0"},
	{"IPv6", "2001:db8::1", "2001:db8::1"},
	{"IPv6", "1.2.3.4", "::ffff:1.2.3.4"},
	{"IPv6", "fe80::1%eth0", "!not an IPv6 address"},
	{"Enum8('a' = 1, 'b' = 2)", "b", "b"},
	{"Enum8('a' = 1, 'b' = 2)", "2", "b"},
	{"Enum8('a' = 1, 'b' = 2)", "+2", "b"},
	{"Enum8('a' = 1, 'b' = 2)", "+-2", "!not a name of the enum"},
	{"Enum8('a' = 1, 'b' = 2)", "c", "!not a name of the enum"},
	{"Enum8('a' = 1, 'b' = 2)", "3", "!not a name of the enum"},
	{"LowCardinality(String)", "x", "x"},
	{"LowCardinality(Nullable(UInt16))", "65536", "!out of range"},
	{"Array(Int32)", "[1, 2 ,3]", "[1,2,3]"},
	{"Array(Int32)", "[]", "[]"},
	{"Array(Int32)", "1", "!not an array"},
	{"Array(Int32)", "[1,2", "!malformed JSON"},
	{"Array(Int32)", "[1,2]x", "!malformed JSON"},
	{"Array(Int32)", "[null]", "!null in a column that is not nullable"},
	{"Array(Nullable(Int32))", "[1,NULL,null]", "[1,NULL,NULL]"},
	{"Array(String)", `['a\'b',"c\u00e9"]`, `['a\'b','cé']`},
	{"Array(String)", `[{"x":[1]},2,true]`, `['{"x":[1]}','2','true']`},
	{"Array(Array(UInt8))", "[[1],[],null]", "[[1],[],[]]"},
	{"Map(String, Int64)", `{"a":1,"b":2}`, "{'a':1,'b':2}"},
	{"Map(String, Int64)", `{'a':1}`, "{'a':1}"},
	{"Map(Int64, Bool)", `{"7":true}`, "{7:true}"},
	{"Map(Int64, Bool)", `{7:true, -8 : false}`, "{7:true,-8:false}"},
	{"Map(UUID, Int8)", `{'0a0b0c0d-0000-4000-8000-0123456789ab':1}`, "{'0a0b0c0d-0000-4000-8000-0123456789ab':1}"},
	{"Map(String, Int8)", `{a:1}`, "!malformed JSON"},
	{"Map(Int64, Int8)", `{:1}`, "!malformed JSON"},
	{"Map(Int64, Int8)", `{7}`, "!malformed JSON"},
	{"Array(Float64)", `[nan,-inf,+Infinity,-1.5,NaN]`, "[nan,-inf,inf,-1.5,nan]"},
	{"Array(Nullable(Float32))", `[nan,NULL,null]`, "[nan,NULL,NULL]"},
	{"Array(Float64)", `[nano]`, "!malformed JSON"},
	{"Array(Float64)", `[-]`, "!malformed JSON"},
	{"Array(Int64)", `[nan]`, "!malformed JSON"},
	{"Array(String)", `['a\\x41']`, `['a\\x41']`},
	{"Array(String)", `['\x41\d\%\N\e\0']`, "['A\\\\d\\\\%\x1b\\0']"},
	{"Array(String)", `['\xff']`, "!invalid UTF-8"},
	{"Array(String)", `['\xc3\xa9']`, "['é']"},
	{"Array(String)", `['\x4']`, "!malformed JSON"},
	{"Array(String)", `['\`, "!malformed JSON"},
	{"Tuple(Int8, String)", `(1,'x')`, "(1,'x')"},
	{"Tuple(Int8, String)", `[1,"x"]`, "(1,'x')"},
	{"Tuple(Int8, String)", `[1]`, "!not a tuple"},
	{"Tuple(Int8, String)", `[1,"x",2]`, "!not a tuple"},
	{"Tuple(a Int8, b Nullable(String))", `{"a":1,"z":[{}]}`, "(1,NULL)"},
	{"Tuple(a Int8, b Nullable(String))", `{"b":"x","a":2}`, "(2,'x')"},
	{"Tuple(a Int8, b String)", `{"a":1}`, "!missing"},
	{"Tuple(a Int8, b String)", `{"a":1,"a":2,"b":"x"}`, "!duplicate key"},
	{"SimpleAggregateFunction(sum, UInt64)", "5", "5"},
}

func TestValues(t *testing.T) {
	for _, tt := range values {
		t.Run(tt.typ+" "+tt.text, func(t *testing.T) {
			typ := schema.MustParseType(tt.typ)
			c := block.NewColumn("c", typ)
			p := For(typ)(c, []byte(tt.text))
			got := "!" + p.String()
			if p == OK {
				got = string(c.AppendText(nil, 0))
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if p != OK {
				c.Truncate(0)
				if c.Rows() != 0 {
					t.Errorf("got %d rows after a problem", c.Rows())
				}
			}
		})
	}
}

func FuzzNumbers(f *testing.F) {
	for _, v := range values {
		f.Add(v.text)
	}
	f64, i64, d76 := block.NewColumn("", schema.Of(schema.Float64)), block.NewColumn("", schema.Of(schema.Int64)), block.NewColumn("", schema.DecimalOf(76, 20))
	decimal := For(d76.Type)
	f.Fuzz(func(t *testing.T, text string) {
		for _, c := range []*block.Column{f64, i64, d76} {
			c.Reset()
		}
		trimmed := strings.Trim(text, " \t\r\n")
		want, err := strconv.ParseFloat(trimmed, 64)
		if p := parseFloat64(f64, []byte(text)); p == OK {
			got := string(f64.AppendText(nil, 0))
			if err != nil || !sameFloat(got, want) {
				t.Errorf("float %q: got %s, want %v %v", text, got, want, err)
			}
		} else if err == nil && !strings.ContainsAny(text, "xX_pP") {
			t.Errorf("float %q: got %v, want %v", text, p, want)
		}
		n, err := strconv.ParseInt(trimmed, 10, 64)
		p := parseInt64(i64, []byte(text))
		if (err == nil) && (p != OK || string(i64.AppendText(nil, 0)) != strconv.FormatInt(n, 10)) {
			t.Errorf("int %q: got %v, want %d", text, p, n)
		}
		if p := decimal(d76, []byte(text)); p == OK && len(text) < 200 {
			r, ok := new(big.Rat).SetString(strings.TrimPrefix(trimmed, "+"))
			back, _ := new(big.Rat).SetString(string(d76.AppendText(nil, 0)))
			if ok && r.Cmp(back) != 0 {
				t.Errorf("decimal %q: got %s", text, back.FloatString(20))
			}
		}
	})
}

func sameFloat(text string, want float64) bool {
	got, err := strconv.ParseFloat(text, 64)
	return err == nil && (math.Float64bits(got) == math.Float64bits(want) || math.IsNaN(got) && math.IsNaN(want))
}

func FuzzValues(f *testing.F) {
	for _, v := range values {
		f.Add(v.typ, v.text)
	}
	f.Fuzz(func(t *testing.T, typ, text string) {
		parsed, err := schema.ParseType(typ)
		if err != nil {
			return
		}
		c := block.NewColumn("c", parsed)
		parse := For(parsed)
		if p := parse(c, []byte(text)); p == OK {
			if c.Rows() != 1 {
				t.Fatalf("%s %q: %d rows", typ, text, c.Rows())
			}
			c.AppendText(nil, 0)
		}
		c.Truncate(0)
		if n := len(c.AppendNative(nil)); n != 0 {
			t.Fatalf("%s %q: %d bytes left", typ, text, n)
		}
	})
}

// TestZonesAgreeWithTime walks through the changes of a clock, in both
// directions, because the offset is remembered.
func TestZonesAgreeWithTime(t *testing.T) {
	for _, name := range []string{"Europe/Madrid", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		k := newClock(schema.DateTime64Of(0, name))
		for i := range int64(3000) {
			wall := 1700000000 + i*7*3600*(1-2*(i&1))
			w := time.Unix(wall, 0).UTC()
			want := time.Date(w.Year(), w.Month(), w.Day(), w.Hour(), w.Minute(), w.Second(), 0, zone).Unix()
			if got := k.toUTC(wall); got != want {
				t.Fatalf("%s %s: got %d, want %d", name, w, got, want)
			}
		}
	}
}

func TestCivilAgreesWithTime(t *testing.T) {
	for at := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 2400; at = at.AddDate(0, 0, 1) {
		days, ok := civil(at.Year(), int(at.Month()), at.Day())
		if want := at.Unix() / 86400; !ok || days != want {
			t.Fatalf("%v: got %d %v, want %d", at, days, ok, want)
		}
	}
}

func TestParsersAllocateNothing(t *testing.T) {
	for _, tt := range values {
		if strings.HasPrefix(tt.want, "!") {
			continue
		}
		typ := schema.MustParseType(tt.typ)
		c, parse, text := block.NewColumn("c", typ), For(typ), []byte(tt.text)
		run := func() { c.Reset(); parse(c, text) }
		run()
		if got := testing.AllocsPerRun(10, run); got != 0 {
			t.Errorf("%s %s: got %v allocations", tt.typ, tt.text, got)
		}
	}
}
