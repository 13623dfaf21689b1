package mysql

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/source/sourcetest"
)

var tables int

// values is a case whose values are in a column of the type, a null after them.
func values(sqlType string, t arrow.DataType, l batch.Logical, want string, constants ...string) sourcetest.Type {
	tables++
	table := fmt.Sprintf("t%d", tables)
	return sourcetest.Type{
		Name: sqlType,
		Setup: []string{
			"SET SESSION sql_mode = '', time_zone = '+02:00'", // dates of zeros are allowed
			"CREATE TABLE " + table + " (i int AUTO_INCREMENT PRIMARY KEY, v " + sqlType + " NULL)",
			"INSERT INTO " + table + " (v) VALUES (" + strings.Join(append(constants, "NULL"), "), (") + ")",
		},
		Query: "SELECT v AS c FROM " + table + " ORDER BY i",
		Field: batch.WithLogical(arrow.Field{Name: "c", Type: t, Nullable: true}, l),
		Want:  want,
	}
}

// spelled is a case whose values are those of ValueStr.
func spelled(c sourcetest.Type, want ...string) sourcetest.Type {
	c.Strings = append(want, "(null)")
	return c
}

// expression is a case of one value that no column holds.
func expression(sql string, t arrow.DataType, l batch.Logical, want string) sourcetest.Type {
	return sourcetest.Type{
		Name: sql, Query: "SELECT " + sql + " AS c", Want: want,
		Field: batch.WithLogical(arrow.Field{Name: "c", Type: t, Nullable: true}, l),
	}
}

func decimal(precision, scale int32) arrow.DataType {
	if precision > 38 {
		return &arrow.Decimal256Type{Precision: precision, Scale: scale}
	}
	return &arrow.Decimal128Type{Precision: precision, Scale: scale}
}

const nines38 = "99999999999999999999999999999999999999"

const nines65 = nines38 + "999999999999999999999999999"

var types = []sourcetest.Type{
	values("bool", arrow.PrimitiveTypes.Int8, batch.None, `[1, 0, 5, null]`, "TRUE", "FALSE", "5"),
	values("tinyint", arrow.PrimitiveTypes.Int8, batch.None, `[-128, 127, null]`, "-128", "127"),
	values("smallint", arrow.PrimitiveTypes.Int16, batch.None, `[-32768, 32767, null]`, "-32768", "32767"),
	values("mediumint", arrow.PrimitiveTypes.Int32, batch.None, `[-8388608, 8388607, null]`, "-8388608", "8388607"),
	values("int", arrow.PrimitiveTypes.Int32, batch.None, `[-2147483648, 2147483647, null]`, "-2147483648", "2147483647"),
	spelled(values("bigint", arrow.PrimitiveTypes.Int64, batch.None, "", "-9223372036854775808", "9223372036854775807"),
		"-9223372036854775808", "9223372036854775807"),
	values("tinyint unsigned", arrow.PrimitiveTypes.Uint8, batch.None, `[0, 255, null]`, "0", "255"),
	values("smallint unsigned", arrow.PrimitiveTypes.Uint16, batch.None, `[0, 65535, null]`, "0", "65535"),
	values("mediumint unsigned", arrow.PrimitiveTypes.Uint32, batch.None, `[16777215, null]`, "16777215"),
	values("int unsigned zerofill", arrow.PrimitiveTypes.Uint32, batch.None, `[7, 4294967295, null]`, "7", "4294967295"),
	spelled(values("bigint unsigned", arrow.PrimitiveTypes.Uint64, batch.None, "", "0", "9223372036854775808", "18446744073709551615"),
		"0", "9223372036854775808", "18446744073709551615"),
	values("year", arrow.PrimitiveTypes.Uint16, batch.None, `[1901, 2155, 0, null]`, "1901", "2155", "0"),
	spelled(values("bit(64)", arrow.PrimitiveTypes.Uint64, batch.None, "", "b'1'", "x'ffffffffffffffff'"), "1", "18446744073709551615"),
	values("bit(9)", arrow.PrimitiveTypes.Uint64, batch.None, `[257, 0, null]`, "b'100000001'", "0"),
	spelled(values("float", arrow.PrimitiveTypes.Float32, batch.None, "", "16777217", "0.1", "-3.4028234663852886e38", "1.401298464324817e-45"),
		"1.6777216e+07", "0.1", "-3.4028235e+38", "1e-45"),
	spelled(values("double", arrow.PrimitiveTypes.Float64, batch.None, "", "0.1", "-1.7976931348623157e308", "2.2250738585072014e-308"),
		"0.1", "-1.7976931348623157e+308", "2.2250738585072014e-308"),

	values("decimal(9,2)", decimal(9, 2), batch.None, `["1234567.89", "-0.01", "0.00", "100.00", null]`, "1234567.89", "-0.01", "0", "100"),
	values("decimal(38,0)", decimal(38, 0), batch.None, `["`+nines38+`", "-`+nines38+`", null]`, nines38, "-"+nines38),
	values("decimal(38,38)", decimal(38, 38), batch.None, `["0.`+nines38+`", null]`, "0."+nines38),
	values("decimal(65,0)", decimal(65, 0), batch.None, `["`+nines65+`", "-`+nines65+`", "1", null]`, nines65, "-"+nines65, "1"),
	values("decimal(65,30)", decimal(65, 30), batch.None, `["-`+nines65[30:]+`.`+nines65[35:]+`", null]`, "-"+nines65[30:]+"."+nines65[35:]),
	values("decimal(5,5) unsigned", decimal(5, 5), batch.None, `["0.99999", null]`, "0.99999"),

	values("char(5)", utf8Type, batch.None, `["ab", "", null]`, "'ab  '", "''"),
	values("varchar(20)", utf8Type, batch.None, `["žluťoučký 🐎", "a'b\\c\n ", null]`, "'žluťoučký 🐎'", `'a\'b\\c\n '`),
	values("varchar(5) CHARACTER SET latin1", utf8Type, batch.None, `["é€", null]`, "'é€'"),
	values("longtext", utf8Type, batch.None, `["", "x", null]`, "''", "'x'"),
	spelled(values("binary(3)", arrow.BinaryTypes.Binary, batch.None, "", "x'00ff'"), "AP8A"),
	spelled(values("varbinary(9)", arrow.BinaryTypes.Binary, batch.None, "", "x'00ff10'", "''"), "AP8Q", ""),
	spelled(values("blob", arrow.BinaryTypes.Binary, batch.None, "", "x'00ff10'", "'é'"), "AP8Q", "w6k="),
	values("varchar(4) COLLATE utf8mb4_bin", utf8Type, batch.None, `["é", null]`, "'é'"),
	values("enum('a','ž, b')", utf8Type, batch.Enum, `["a", "ž, b", null]`, "'a'", "'ž, b'"),
	values("set('a','b')", utf8Type, batch.Text, `["a,b", "", null]`, "'b,a'", "''"),
	values("json", utf8Type, batch.None, `["{\"a\" : 1}", null]`, `'{"a" : 1}'`), // MariaDB's is text
	values("uuid", utf8Type, batch.None, `["00112233-4455-6677-8899-aabbccddeeff", null]`, "'00112233-4455-6677-8899-AABBCCDDEEFF'"),
	values("inet6", utf8Type, batch.None, `["2001:db8::1", null]`, "'2001:db8::1'"),

	values("date", arrow.FixedWidthTypes.Date32, batch.None, `["1969-12-31", "0001-01-01", "9999-12-31", null, null]`,
		"'1969-12-31'", "'0001-01-01'", "'9999-12-31'", "'0000-00-00'"),
	values("datetime", micros, batch.None, `["1969-12-31 23:59:59", "2024-02-29 00:00:00", null, null]`,
		"'1969-12-31 23:59:59'", "'2024-02-29'", "0"),
	values("datetime(6)", micros, batch.None, `["1969-12-31 23:59:59.999999", "2024-03-31 02:30:00", "9999-12-31 23:59:59.000001", null]`,
		"'1969-12-31 23:59:59.999999'", "'2024-03-31 02:30:00'", "'9999-12-31 23:59:59.000001'"),
	values("timestamp(3)", microsTZ, batch.None, `["2024-07-01 10:00:00.123", "2038-01-19 03:14:07.999", null, null]`,
		"'2024-07-01 12:00:00.123'", "'2038-01-19 05:14:07.999'", "0"),
	values("time", utf8Type, batch.Text, `["-838:59:59", "00:00:00", "12:30:00", null]`, "'-838:59:59'", "0", "'12:30'"),
	values("time(6)", utf8Type, batch.Text, `["838:59:59.999999", "00:00:00.100000", null]`, "'838:59:59.999999'", "'0:0:0.1'"),

	expression("NULL", utf8Type, batch.None, `[null]`),
	expression("1 = 1", arrow.PrimitiveTypes.Int32, batch.None, `[1]`),
	expression("SUM(1)", decimal(23, 0), batch.None, `["1"]`),
	expression("AVG(1)", decimal(5, 4), batch.None, `["1.0000"]`),
	expression("MAX(TIMESTAMP'2024-01-01 00:00:00.000001')", micros, batch.None, `["2024-01-01 00:00:00.000001"]`),
	expression("STR_TO_DATE('2024-01-01 10:00:00.000001', '%Y-%m-%d %H:%i:%s.%f')", micros, batch.None, `["2024-01-01 10:00:00.000001"]`),
	expression("(SELECT 'x' LIMIT 1)", utf8Type, batch.None, `["x"]`),
}
