package daemon_test

import (
	"strconv"
	"strings"
)

// edge is a column of values at the limits of a PostgreSQL type.
type edge struct {
	name, pg string
	values   []value
	// json is what ClickHouse reads from a JSON file as text; nil is the value's text.
	json func(text string) string
	// typed reads all formats as a type of ClickHouse's own. A zero reading
	// leaves it at text, where the type has no range for the values.
	typed reading
	// duck reads Parquet; its zero casts to VARCHAR and expects the value's text.
	duck reading
}

// value is a literal that PostgreSQL reads, and the text that docs/types.md
// promises for it in CSV.
type value struct{ in, text string }

// reading is how another reader's value becomes text.
type reading struct {
	as   string                   // the reader's type, where it is told one
	expr string                   // makes text; %s is the column
	want func(text string) string // what it makes of a value; nil is the value's text
}

// same is values whose literals are their texts.
func same(texts ...string) []value {
	all := make([]value, len(texts))
	for i, text := range texts {
		all[i] = value{text, text}
	}
	return all
}

// spelt is pairs of a literal and its text.
func spelt(pairs ...string) []value {
	var all []value
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, value{pairs[i], pairs[i+1]})
	}
	return all
}

func join(lists ...[]value) (all []value) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

var (
	everyByte = func() string {
		var b strings.Builder
		for i := range 256 {
			b.WriteString(strconv.FormatInt(int64(i)|0x100, 16)[1:])
		}
		return `\x` + b.String()
	}()
	nines = strings.Repeat("9", 200)
)

// texts is what files of text can get wrong.
var texts = same(
	"", "plain", " ", " around ", "\ttabs around\t", "a,b", "a;b", "a|b", "a~b", "a\tb", `"`, `say "hi"`, `""`, "it's", `C:\new\table`, `\`, `\N`, `\.`,
	"NULL", "null", "NaN", "007", "-0", "true", "two\nlines", "two\r\nlines", "bare\rreturn", "\n", "\r", "ends in LF\n",
	"naïve — 日本語 — 🚢", "e\u0301", "\ufeffmarked", "line\u2028separator", "\x01\x1f\x7f", `{"a":[1,"x"]}`, "<b>&amp;</b>", "=1+1", "# no comment", "//",
	strings.Repeat("long ", 3000)+".",
)

var edges = []edge{
	{name: "small", pg: "smallint", values: same("-32768", "32767", "0", "-1"), typed: reading{as: "Int16"}},
	{name: "whole", pg: "integer", values: same("-2147483648", "2147483647", "0", "-1"), typed: reading{as: "Int32"}},
	{name: "big", pg: "bigint", values: same("-9223372036854775808", "9223372036854775807", "0", "-1", "9007199254740993"), typed: reading{as: "Int64"}},
	{name: "dec", pg: "numeric(38,10)", values: same(
		"9999999999999999999999999999.9999999999", "-9999999999999999999999999999.9999999999", "0.0000000001", "-0.0000000001",
		"0.0000000000", "12.5000000000", "-0.5000000000", "1844674407370955.1616000000", "922337203.6854775808"),
		typed: reading{as: "Decimal(38, 10)", want: unpadded}},
	{name: "cents", pg: "numeric(9,2)", values: same("9999999.99", "-9999999.99", "0.00", "-0.01"), typed: reading{as: "Decimal(9, 2)", want: unpadded}},
	{name: "mid", pg: "numeric(18,4)", values: same("99999999999999.9999", "-99999999999999.9999", "0.0001"), typed: reading{as: "Decimal(18, 4)", want: unpadded}},
	{name: "wide", pg: "numeric(76,20)", values: same(
		strings.Repeat("9", 56)+"."+strings.Repeat("9", 20), "-"+strings.Repeat("9", 56)+"."+strings.Repeat("9", 20), "0.00000000000000000001", "-1.50000000000000000000"),
		typed: reading{as: "Decimal(76, 20)", want: unpadded}, duck: notRead},
	{name: "free", pg: "numeric", values: join(
		same("12.50", "-12.50", "0", "0.000", nines+"."+nines, "-0."+strings.Repeat("0", 300)+"1", "10000", "0.0001", "NaN", "Infinity", "-Infinity"),
		spelt("1e400", "1"+strings.Repeat("0", 400), "-0.00", "0.00", "1e-20", "0.00000000000000000001")),
		typed: reading{as: "String"}},
	{name: "single", pg: "real", values: same("3.4028235e+38", "-3.4028235e+38", "1.1754944e-38", "1e-45", "0.1", "-0", "0", "16777216", "NaN", "Infinity", "-Infinity"),
		typed: reading{as: "Float32", expr: bitsOf("%s", "32"), want: bits32},
		duck:  reading{expr: "cast(%s as double)::varchar", want: float32InDuck}},
	{name: "double", pg: "double precision", values: join(
		same("1.7976931348623157e+308", "-1.7976931348623157e+308", "5e-324", "2.2250738585072014e-308", "0.1", "0.30000000000000004", "-0", "0", "123456.789",
			"1e+21", "1e+22", "1e-07", "0.000001", "NaN", "Infinity", "-Infinity"),
		spelt("9007199254740993", "9007199254740992", "1e20", "100000000000000000000")),
		typed: reading{as: "Float64", expr: bitsOf("%s", "64"), want: bits64}, duck: reading{want: float64InDuck}},
	{name: "flag", pg: "boolean", values: same("true", "false"), typed: reading{as: "Bool"}},
	{name: "words", pg: "text", values: texts, typed: reading{as: "String"}, duck: hexOf},
	{name: "padded", pg: "char(4)", values: spelt("a", "a   ", "", "    ", `","`, `","`+" "), typed: reading{as: "String"}},
	{name: "mood", pg: "mood", values: same("fine", `so "so", really`, "日本"), typed: reading{as: "String"}},
	{name: "at", pg: "timestamp", values: same(
		"1900-01-01 00:00:00", "1969-12-31 23:59:59.999999", "1970-01-01 00:00:00", "1970-01-01 00:00:00.000001", "1969-07-20 20:17:40.500000",
		"2000-02-29 12:00:00", "2038-01-19 03:14:08", "2262-04-11 23:47:16.854776", "2299-12-31 23:59:59.999999"),
		json: withT, typed: reading{as: "DateTime64(6, 'UTC')", want: sixDigits}, duck: microsOf},
	{name: "far_at", pg: "timestamp", values: same(
		"0001-01-01 00:00:00", "0044-03-15 03:04:05 BC", "4713-01-01 00:00:00 BC", "1582-10-04 23:59:59.000001", "1582-10-15 00:00:00",
		"9999-12-31 23:59:59.999999", "10000-01-01 00:00:00", "294246-12-31 23:59:59.999999", "infinity", "-infinity"),
		json: withT, duck: microsOf},
	{name: "zoned", pg: "timestamptz", values: join(
		same("1900-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z", "2262-04-11T23:47:16.854776Z", "2299-12-31T23:59:59.999999Z"),
		spelt("1969-12-31 19:59:59.5-04", "1969-12-31T23:59:59.500000Z", "2024-03-31 02:30:00 Europe/Berlin", "2024-03-31T01:30:00Z",
			"2024-06-01 05:29:59.000001+05:30", "2024-05-31T23:59:59.000001Z")),
		typed: reading{as: "DateTime64(6, 'UTC')", want: zonedSixDigits}, duck: microsOf},
	{name: "far_zoned", pg: "timestamptz", values: join(
		spelt("0044-03-15 03:04:05+00 BC", "0044-03-15T03:04:05Z BC"),
		same("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "infinity", "-infinity")), duck: microsOf},
	{name: "day", pg: "date", values: same("1900-01-01", "1969-12-31", "1970-01-01", "2000-02-29", "2299-12-31"), typed: reading{as: "Date32"}},
	{name: "far_day", pg: "date", values: same(
		"0001-01-01", "0044-03-15 BC", "4713-01-01 BC", "1582-10-04", "9999-12-31", "10000-01-01", "5874897-12-31", "infinity", "-infinity"),
		duck: daysOf},
	{name: "clock", pg: "time", values: same("00:00:00", "23:59:59.999999", "12:00:00.000001", "24:00:00"), duck: reading{want: trimmedFraction}},
	{name: "ident", pg: "uuid", values: same(
		"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "018f2b6c-7000-7abc-8def-0123456789ab"), typed: reading{as: "UUID"}},
	{name: "raw", pg: "bytea", values: same(`\x`, `\x00`, `\xff`, `\x5c`, `\x2c220d0a`, everyByte),
		duck: reading{expr: `'\x' || lower(hex(%s))`}},
	{name: "doc", pg: "jsonb", values: same(
		`{"a": 1}`, `{}`, `[]`, `[1, 2.50, null, "x"]`, `{"a": {"b": [[], {}]}}`, `"text"`, `"say \"hi\",\n\\ 日本 🚢"`, "1", "-12.500", "true",
		"9007199254740993", `{"huge": 1`+strings.Repeat("0", 60)+`}`, `{"": ""}`, `["\u0001"]`, "null"), json: documentInJSON},
	{name: "note", pg: "json", values: same(`{ "b" : 1, "a":2, "b":3 }`, `[1e400, 1E-5]`, `"\u00e9"`), json: documentInJSON},
	{name: "wholes", pg: "integer[]", values: spelt("{1,NULL,-2147483648}", "[1,null,-2147483648]", "{}", "[]", "{NULL}", "[null]", "{2147483647}", "[2147483647]"),
		typed: listOf("Nullable(Int32)", "", nil), duck: jsonList("", nil)},
	{name: "bigs", pg: "bigint[]", values: spelt("{9223372036854775807,-9223372036854775808}", "[9223372036854775807,-9223372036854775808]"),
		typed: listOf("Nullable(Int64)", "", nil), duck: jsonList("", nil)},
	{name: "words_list", pg: "text[]", values: spelt(
		`{a,NULL,""}`, `["a",null,""]`, `{"NULL","null"}`, `["NULL","null"]`, `{"say \"hi\"","C:\\new","a,b"}`, `["say \"hi\"","C:\\new","a,b"]`,
		"{\"two\nlines\",\"tab\there\",\"日本 🚢\"}", `["two\nlines","tab\there","日本 🚢"]`, `{" "," x "}`, `[" "," x "]`),
		typed: listOf("Nullable(String)", "", nil), duck: jsonList("", nil)},
	{name: "decs", pg: "numeric(12,3)[]", values: spelt("{1.5,NULL,-999999999.999}", "[1.500,null,-999999999.999]"),
		typed: listOf("Nullable(Decimal(12, 3))", "toString(x)", unpadded), duck: jsonList("x::varchar", asIs)},
	{name: "frees", pg: "numeric[]", values: spelt("{1.50,NaN,1e30}", `[1.50,"NaN",1`+strings.Repeat("0", 30)+`]`),
		typed: listOf("Nullable(String)", "x", asIs), duck: jsonList("x", asIs)},
	{name: "doubles", pg: "double precision[]", values: spelt("{0.1,NULL,NaN,-Infinity,-0}", `[0.1,null,"NaN","-Infinity",-0]`),
		typed: listOf("Nullable(Float64)", bitsOf("x", "64"), bits64), duck: jsonList("x::varchar", float64InDuck)},
	{name: "zoneds", pg: "timestamptz[]", values: spelt(`{"1969-12-31 23:59:59.999999+00",NULL}`, `["1969-12-31T23:59:59.999999Z",null]`),
		typed: listOf("Nullable(DateTime64(6, 'UTC'))", "replaceOne(toString(x), ' ', 'T') || 'Z'", asIs),
		duck:  jsonList(`strftime(x::timestamptz at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')`, asIs)},
	{name: "days", pg: "date[]", values: spelt("{1969-12-31,NULL,2299-12-31}", `["1969-12-31",null,"2299-12-31"]`),
		typed: listOf("Nullable(Date32)", "toString(x)", asIs), duck: jsonList("x::varchar", asIs)},
	{name: "idents", pg: "uuid[]", values: spelt("{018f2b6c-7000-7abc-8def-0123456789ab,NULL}", `["018f2b6c-7000-7abc-8def-0123456789ab",null]`),
		typed: listOf("Nullable(UUID)", "toString(x)", asIs), duck: jsonList("x::varchar", asIs)},
	{name: "flags", pg: "boolean[]", values: spelt("{t,NULL,f}", "[true,null,false]"), typed: listOf("Nullable(Bool)", "", nil), duck: jsonList("", nil)},
	{name: "docs", pg: "jsonb[]", values: spelt(`{"{\"a\": [1, null]}",NULL,"\"x\""}`, `[{"a":[1,null]},null,"x"]`),
		duck: jsonList("x::varchar::json", nil)},
	{name: "raws", pg: "bytea[]", values: spelt(`{"\\x00ff",NULL,"\\x"}`, `["\\x00ff",null,"\\x"]`),
		duck: jsonList(`'\x' || lower(hex(x))`, asIs)},
	{name: "span", pg: "interval", values: same("1 year 2 mons 3 days 04:05:06.789", "-00:00:01", "00:00:00"), typed: reading{as: "String"}},
	{name: "host", pg: "inet", values: spelt("10.0.0.1", "10.0.0.1", "10.0.0.0/8", "10.0.0.0/8", "::ffff:1.2.3.4", "::ffff:1.2.3.4", "2001:DB8::1/64", "2001:db8::1/64")},
	{name: "net", pg: "cidr", values: same("10.0.0.0/8", "2001:db8::/32", "192.168.1.1/32")},
	{name: "spot", pg: "point", values: same("(1,2.5)"), typed: reading{as: "String"}},
	{name: "reach", pg: "int4range", values: same("[1,10)", "empty"), typed: reading{as: "String"}},
	{name: "pair", pg: "pair", values: same(`(1,"a ""b"", c")`), typed: reading{as: "String"}},
	{name: "rank", pg: "rank", values: same("-5", "2147483647"), typed: reading{as: "Int32"}},
	{name: `odd "name", 日本`, pg: "text", values: same("x"), typed: reading{as: "String"}},
}
