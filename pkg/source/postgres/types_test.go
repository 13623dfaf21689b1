package postgres

import (
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/source/sourcetest"
)

// values is a case whose values are written as constants of the type, followed
// by a null.
func values(sqlType string, t arrow.DataType, l batch.Logical, want string, constants ...string) sourcetest.Type {
	rows := make([]string, len(constants))
	for i, c := range constants {
		rows[i] = "(" + strings.TrimSpace(quoteText(c)) + "::" + sqlType + ")"
	}
	return sourcetest.Type{
		Name:  sqlType,
		Query: "SELECT v::" + sqlType + " AS c FROM (VALUES " + strings.Join(rows, ", ") + ", (NULL)) AS q(v)",
		Field: batch.WithLogical(arrow.Field{Name: "c", Type: t, Nullable: true}, l),
		Want:  want,
	}
}

// setup adds statements to a case.
func setup(c sourcetest.Type, statements ...string) sourcetest.Type {
	c.Setup = statements
	return c
}

// spelled is a case whose values are those of ValueStr.
func spelled(c sourcetest.Type, want ...string) sourcetest.Type {
	c.Strings = append(want, "(null)")
	return c
}

func listOf(t arrow.DataType, l batch.Logical) arrow.DataType {
	return arrow.ListOfField(batch.WithLogical(arrow.Field{Name: "item", Type: t, Nullable: true}, l))
}

var (
	utf8Type = arrow.BinaryTypes.String
	micros   = &arrow.TimestampType{Unit: arrow.Microsecond}
	microsTZ = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
)

func decimal(precision, scale int32) arrow.DataType {
	if precision > 38 {
		return &arrow.Decimal256Type{Precision: precision, Scale: scale}
	}
	return &arrow.Decimal128Type{Precision: precision, Scale: scale}
}

const (
	nines38 = "99999999999999999999999999999999999999"
	nines76 = nines38 + nines38
)

var types = []sourcetest.Type{
	values("bool", arrow.FixedWidthTypes.Boolean, batch.None, `[true, false, true, null]`, "t", "f", "t"),
	values("int2", arrow.PrimitiveTypes.Int16, batch.None, `[-32768, 32767, 0, null]`, "-32768", "32767", "0"),
	values("int4", arrow.PrimitiveTypes.Int32, batch.None, `[-2147483648, 2147483647, null]`, "-2147483648", "2147483647"),
	spelled(values("int8", arrow.PrimitiveTypes.Int64, batch.None, "", "-9223372036854775808", "9223372036854775807"),
		"-9223372036854775808", "9223372036854775807"),
	values("oid", arrow.PrimitiveTypes.Uint32, batch.None, `[0, 4294967295, null]`, "0", "4294967295"),
	spelled(values("float4", arrow.PrimitiveTypes.Float32, batch.None, "", "1.5", "-3.4028235e38", "1e-45", "NaN", "Infinity", "-0"),
		"1.5", "-3.4028235e+38", "1e-45", "NaN", "+Inf", "-0"),
	spelled(values("float8", arrow.PrimitiveTypes.Float64, batch.None, "",
		"0.1", "-1.7976931348623157e308", "5e-324", "NaN", "-Infinity", "-0"),
		"0.1", "-1.7976931348623157e+308", "5e-324", "NaN", "-Inf", "-0"),

	values("numeric(9,2)", decimal(9, 2), batch.None, `["1234567.89", "-0.01", "0.00", "100.00", null]`,
		"1234567.89", "-0.01", "0", "100"),
	values("numeric(38,0)", decimal(38, 0), batch.None, `["`+nines38+`", "-`+nines38+`", "10000000000000000000000", null]`,
		nines38, "-"+nines38, "1e22"),
	values("numeric(38,37)", decimal(38, 37), batch.None, `["9.`+nines38[1:]+`", "-0.0000000000000000000000000000000000001", null]`,
		"9."+nines38[1:], "-1e-37"),
	values("numeric(76,0)", decimal(76, 0), batch.None, `["`+nines76+`", "-`+nines76+`", "1", null]`, nines76, "-"+nines76, "1"),
	values("numeric(40,5)", decimal(40, 5), batch.None, `["-12345678901234567890123456789012345.67891", "0.00001", null]`,
		"-12345678901234567890123456789012345.67891", "0.00001"),
	values("numeric(3,-2)", decimal(5, 0), batch.None, `["12300", "-99900", null]`, "12345", "-99900"),
	values("numeric(2,5)", decimal(5, 5), batch.None, `["0.00012", "-0.00099", null]`, "0.00012", "-0.00099"),
	values("numeric", utf8Type, batch.DecimalText,
		`["0", "-0.10", "12345678901234567890.000000001000", "10000", "0.00000000000000000001", "NaN", "Infinity", "-Infinity", null]`,
		"0", "-0.10", "12345678901234567890.000000001000", "1e4", "1e-20", "NaN", "Infinity", "-Infinity"),
	values("numeric(100,2)", utf8Type, batch.DecimalText, `["`+nines76+nines38[16:]+`.00", null]`, nines76+nines38[16:]),
	spelled(values("numeric(500)", utf8Type, batch.DecimalText, "", "1e400"), "1"+strings.Repeat("0", 400)),

	values("text", utf8Type, batch.None, `["", "žluťoučký 🐎", "a\"b\\c\n\t,;", null]`, "", "žluťoučký 🐎", "a\"b\\c\n\t,;"),
	values("varchar(5)", utf8Type, batch.None, `["12345", null]`, "12345"),
	values("char(5)", utf8Type, batch.None, `["ab   ", null]`, "ab"),
	values("name", utf8Type, batch.None, `["ab", null]`, "ab"),
	setup(values("citext", utf8Type, batch.None, `["Ab", null]`, "Ab"), "CREATE EXTENSION citext"),
	values("xml", utf8Type, batch.None, `["<a>1</a>", null]`, "<a>1</a>"),
	spelled(values("bytea", arrow.BinaryTypes.Binary, batch.None, "", `\x00ff10`, ""), "AP8Q", ""),
	spelled(values("uuid", batch.UUIDType, batch.UUID, "", "00112233-4455-6677-8899-aabbccddeeff"), "ABEiM0RVZneImaq7zN3u/w=="),
	values("json", utf8Type, batch.JSON, `["{\"a\" : 1}", "null", null]`, `{"a" : 1}`, "null"),
	values("jsonb", utf8Type, batch.JSON, `["{\"a\": [1, 2]}", "\"\"", null]`, `{"a":[1,2]}`, `""`),
	setup(values("mood", utf8Type, batch.Enum, `["sad", "happy", null]`, "sad", "happy"), "CREATE TYPE mood AS ENUM ('sad', 'happy')"),
	values("inet", utf8Type, batch.Inet, `["10.0.0.1", "10.1.2.3/8", "::1", "2001:db8::/32", null]`,
		"10.0.0.1", "10.1.2.3/8", "::1", "2001:db8::/32"),
	values("cidr", utf8Type, batch.Inet, `["10.0.0.0/8", "10.0.0.1/32", null]`, "10/8", "10.0.0.1"),

	values("date", arrow.FixedWidthTypes.Date32, batch.None, `["1969-12-31", "0001-01-01", "2000-01-01", "9999-12-31", null]`,
		"1969-12-31", "0001-01-01", "2000-01-01", "9999-12-31"),
	values("date", arrow.FixedWidthTypes.Date32, batch.None, `[2147483647, -2147483648, 2145042905, null]`,
		"infinity", "-infinity", "5874897-12-31"),
	values("time", arrow.FixedWidthTypes.Time64us, batch.None, `[0, 86399999999, 86400000000, null]`,
		"00:00", "23:59:59.999999", "24:00"),
	values("timestamp", micros, batch.None, `["1969-12-31 23:59:59.999999", "2024-02-29 12:00:00", null]`,
		"1969-12-31 23:59:59.999999", "2024-02-29 12:00:00"),
	values("timestamp", micros, batch.None, `[-210866803200000000, null]`, "4714-11-24 00:00:00 BC"),
	values("timestamptz", microsTZ, batch.None, `["2024-02-29 10:30:00.000001", "1969-12-31 23:00:00", null]`,
		"2024-02-29 12:30:00.000001+02", "1970-01-01 00:00:00+01"),
	values("timetz", utf8Type, batch.Text, `["12:30:00+02", null]`, "12:30+02"),
	values("interval", utf8Type, batch.Interval, `["1 year 2 mons 3 days 04:05:06.7", "-00:00:01", null]`,
		"1 year 2 mons 3 days 04:05:06.7", "-1s"),

	values("int4[]", listOf(arrow.PrimitiveTypes.Int32, batch.None), batch.None, `[[1, null, -3], [], [7], null]`,
		"{1,NULL,-3}", "{}", "[5:5]={7}"),
	values("text[]", listOf(utf8Type, batch.None), batch.None, `[["a,b", null, ""], null]`, `{"a,b",NULL,""}`),
	values("bool[]", listOf(arrow.FixedWidthTypes.Boolean, batch.None), batch.None, `[[true, false, null, true], [false], null]`,
		"{t,f,NULL,t}", "{f}"),
	values("numeric(9,2)[]", listOf(decimal(9, 2), batch.None), batch.None, `[["1.50", null], null]`, "{1.5,NULL}"),
	values("jsonb[]", listOf(utf8Type, batch.JSON), batch.None, `[["{\"a\": 1}", null], null]`, `{"{\"a\":1}",NULL}`),
	values("interval[]", listOf(utf8Type, batch.Interval), batch.None, `[["1 day", null], null]`, `{1d,NULL}`),
	values("timestamptz[]", listOf(microsTZ, batch.None), batch.None, `[["2024-01-01 00:00:00"], null]`, `{2024-01-01 00:00:00+00}`),
	setup(values("weather[]", listOf(utf8Type, batch.Enum), batch.None, `[["sun", null], null]`, `{sun,NULL}`),
		"CREATE TYPE weather AS ENUM ('rain', 'sun')"),
	values("int2vector", listOf(arrow.PrimitiveTypes.Int16, batch.None), batch.None, `[[1, 2], null]`, "1 2"),
	setup(values("cents", decimal(12, 2), batch.None, `["1.25", null]`, "1.25"), "CREATE DOMAIN cents AS numeric(12,2)"),
	setup(values("dimes[]", listOf(decimal(12, 1), batch.None), batch.None, `[["1.5"], null]`, "{1.5}"),
		"CREATE DOMAIN dimes AS numeric(12,1)"),

	values("macaddr", utf8Type, batch.Text, `["08:00:2b:01:02:03", null]`, "08002b010203"),
	values("int4range", utf8Type, batch.Text, `["[1,4)", "empty", null]`, "[1,3]", "empty"),
	values("int4multirange", utf8Type, batch.Text, `["{[1,3),[5,7)}", null]`, "{[1,3),[5,7)}"),
	values("point", utf8Type, batch.Text, `["(1,2)", null]`, "(1,2)"),
	values("bit(3)", utf8Type, batch.Text, `["101", null]`, "101"),
	values("money", utf8Type, batch.Text, `["$1,234.50", null]`, "1234.5"),
	values("tsvector", utf8Type, batch.Text, `["'a' 'cat'", null]`, "a cat"),
	setup(values("hstore", utf8Type, batch.Text, `["\"a\"=>\"1\"", null]`, "a=>1"), "CREATE EXTENSION hstore"),
	setup(values("pair", utf8Type, batch.Text, `["(1,\"a b\")", null]`, `(1,"a b")`), "CREATE TYPE pair AS (x int, y text)"),
	setup(values("pairs[]", listOf(utf8Type, batch.Text), batch.None, `[["(1,a)"], null]`, `{"(1,a)"}`),
		"CREATE TYPE pairs AS (x int, y text)"),
	values(`"char"`, utf8Type, batch.Text, `["x", null]`, "x"),
}
