package clickhouse

import (
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/source/sourcetest"
)

// values is a case whose values are expressions that are cast to the type.
func values(sqlType string, t arrow.DataType, l batch.Logical, want string, expressions ...string) sourcetest.Type {
	casts := make([]string, len(expressions))
	for i, e := range expressions {
		casts[i] = "SELECT " + string(rune('0'+i)) + " AS i, CAST(" + e + " AS " + sqlType + ") AS v"
	}
	nullable := strings.HasPrefix(sqlType, "Nullable(") || strings.HasPrefix(sqlType, "LowCardinality(Nullable(")
	return sourcetest.Type{
		Name:  sqlType,
		Query: "SELECT v AS c FROM (" + strings.Join(casts, " UNION ALL ") + ") ORDER BY i",
		Field: batch.WithLogical(arrow.Field{Name: "c", Type: t, Nullable: nullable}, l),
		Want:  want,
	}
}

func spelled(c sourcetest.Type, want ...string) sourcetest.Type {
	c.Strings = want
	return c
}

func decimal(precision, scale int32) arrow.DataType {
	if precision > 38 {
		return &arrow.Decimal256Type{Precision: precision, Scale: scale}
	}
	return &arrow.Decimal128Type{Precision: precision, Scale: scale}
}

func listOf(t arrow.DataType, l batch.Logical, nullable bool) arrow.DataType {
	return arrow.ListOfField(batch.WithLogical(arrow.Field{Name: "item", Type: t, Nullable: nullable}, l))
}

func mapOf(t arrow.DataType, nullable bool) arrow.DataType {
	m := arrow.MapOf(utf8Type, t)
	m.SetItemNullable(nullable)
	return m
}

const (
	nines38 = "99999999999999999999999999999999999999"
	nines76 = nines38 + nines38
)

var types = []sourcetest.Type{
	values("Int8", arrow.PrimitiveTypes.Int8, batch.None, `[-128, 127]`, "-128", "127"),
	values("Int16", arrow.PrimitiveTypes.Int16, batch.None, `[-32768, 32767]`, "-32768", "32767"),
	values("Int32", arrow.PrimitiveTypes.Int32, batch.None, `[-2147483648, 2147483647]`, "-2147483648", "2147483647"),
	spelled(values("Int64", arrow.PrimitiveTypes.Int64, batch.None, "", "'-9223372036854775808'", "'9223372036854775807'"),
		"-9223372036854775808", "9223372036854775807"),
	values("UInt8", arrow.PrimitiveTypes.Uint8, batch.None, `[0, 255]`, "0", "255"),
	values("UInt16", arrow.PrimitiveTypes.Uint16, batch.None, `[65535]`, "65535"),
	values("UInt32", arrow.PrimitiveTypes.Uint32, batch.None, `[4294967295]`, "4294967295"),
	spelled(values("UInt64", arrow.PrimitiveTypes.Uint64, batch.None, "", "'18446744073709551615'"), "18446744073709551615"),
	values("Int128", decimal(39, 0), batch.None, `["-170141183460469231731687303715884105728", "170141183460469231731687303715884105727"]`,
		"'-170141183460469231731687303715884105728'", "'170141183460469231731687303715884105727'"),
	values("UInt128", decimal(39, 0), batch.None, `["340282366920938463463374607431768211455", "1"]`,
		"'340282366920938463463374607431768211455'", "1"),
	values("Int256", utf8Type, batch.DecimalText, `["-57896044618658097711785492504343953926634992332820282019728792003956564819968"]`,
		"'-57896044618658097711785492504343953926634992332820282019728792003956564819968'"),
	values("UInt256", utf8Type, batch.DecimalText, `["115792089237316195423570985008687907853269984665640564039457584007913129639935"]`,
		"'115792089237316195423570985008687907853269984665640564039457584007913129639935'"),
	spelled(values("Float32", arrow.PrimitiveTypes.Float32, batch.None, "", "1.5", "nan", "-inf"), "1.5", "NaN", "-Inf"),
	spelled(values("Float64", arrow.PrimitiveTypes.Float64, batch.None, "", "0.1", "nan", "inf"), "0.1", "NaN", "+Inf"),
	values("Bool", arrow.FixedWidthTypes.Boolean, batch.None, `[true, false]`, "true", "false"),
	values("Decimal(9, 2)", decimal(9, 2), batch.None, `["-1234567.89", "0.01"]`, "'-1234567.89'", "'0.01'"),
	values("Decimal(18, 4)", decimal(18, 4), batch.None, `["-12345678901234.5678"]`, "'-12345678901234.5678'"),
	values("Decimal(38, 0)", decimal(38, 0), batch.None, `["`+nines38+`", "-`+nines38+`"]`, "'"+nines38+"'", "'-"+nines38+"'"),
	values("Decimal(76, 3)", decimal(76, 3), batch.None, `["-`+nines76[3:]+`.999"]`, "'-"+nines76[3:]+".999'"),

	values("String", utf8Type, batch.None, `["", "žluťoučký 🐎", "a'b\\c\n"]`, "''", "'žluťoučký 🐎'", `'a\'b\\c\n'`),
	values("FixedString(4)", utf8Type, batch.None, `["USD", "žč"]`, "'USD'", "'žč'"),
	spelled(values("UUID", batch.UUIDType, batch.UUID, "", "'00112233-4455-6677-8899-aabbccddeeff'"), "ABEiM0RVZneImaq7zN3u/w=="),
	values("Date", arrow.FixedWidthTypes.Date32, batch.None, `["1970-01-01", "2149-06-06"]`, "'1970-01-01'", "'2149-06-06'"),
	values("Date32", arrow.FixedWidthTypes.Date32, batch.None, `["1900-01-01", "2299-12-31"]`, "'1900-01-01'", "'2299-12-31'"),
	values("DateTime('UTC')", micros, batch.None, `["1970-01-01 00:00:00", "2106-02-07 06:28:15"]`, "0", "4294967295"),
	values("DateTime('Europe/Berlin')", micros, batch.None, `["2024-07-01 10:00:00"]`, "'2024-07-01 12:00:00'"),
	values("DateTime64(3, 'UTC')", micros, batch.None, `["1900-01-01 00:00:00.123", "2299-12-31 23:59:59.999"]`,
		"'1900-01-01 00:00:00.123'", "'2299-12-31 23:59:59.999'"),
	values("DateTime64(6, 'UTC')", micros, batch.None, `["1969-12-31 23:59:59.999999"]`, "'1969-12-31 23:59:59.999999'"),
	values("DateTime64(9, 'UTC')", nanos, batch.None, `["2024-02-29 12:00:00.123456789"]`, "'2024-02-29 12:00:00.123456789'"),
	values("Enum8('it\\'s' = -1, 'b=, 2' = 5)", utf8Type, batch.Enum, `["it's", "b=, 2"]`, "-1", "5"),
	values("Enum16('a' = 1000, 'z' = -1000)", utf8Type, batch.Enum, `["a", "z"]`, "'a'", "'z'"),
	values("IPv4", utf8Type, batch.Inet, `["10.0.0.1", "255.255.255.0"]`, "'10.0.0.1'", "'255.255.255.0'"),
	values("IPv6", utf8Type, batch.Inet, `["2001:db8::1", "::ffff:10.0.0.1"]`, "'2001:db8::1'", "'10.0.0.1'"),

	values("Nullable(Int32)", arrow.PrimitiveTypes.Int32, batch.None, `[null, -5]`, "NULL", "-5"),
	values("Nullable(String)", utf8Type, batch.None, `["", null]`, "''", "NULL"),
	values("Nullable(Bool)", arrow.FixedWidthTypes.Boolean, batch.None, `[null, true]`, "NULL", "true"),
	values("Nullable(Decimal(12, 2))", decimal(12, 2), batch.None, `["-1.50", null]`, "'-1.5'", "NULL"),
	values("Nullable(Enum8('a' = 1))", utf8Type, batch.Enum, `["a", null]`, "'a'", "NULL"),
	values("Nullable(Int256)", utf8Type, batch.DecimalText, `["-1", null]`, "-1", "NULL"),
	values("LowCardinality(String)", utf8Type, batch.None, `["a", "", "a"]`, "'a'", "''", "'a'"),
	values("LowCardinality(Nullable(String))", utf8Type, batch.None, `["a", null, ""]`, "'a'", "NULL", "''"),
	values("LowCardinality(FixedString(2))", utf8Type, batch.None, `["ab", "c"]`, "'ab'", "'c'"),

	values("Array(Int32)", listOf(arrow.PrimitiveTypes.Int32, batch.None, false), batch.None, `[[1, 2], [], [3]]`, "[1, 2]", "[]", "[3]"),
	values("Array(Nullable(String))", listOf(utf8Type, batch.None, true), batch.None, `[["a", null]]`, "['a', NULL]"),
	values("Array(LowCardinality(String))", listOf(utf8Type, batch.None, false), batch.None, `[["a", "b", "a"], []]`, "['a', 'b', 'a']", "[]"),
	values("Array(Array(UInt8))", listOf(listOf(arrow.PrimitiveTypes.Uint8, batch.None, false), batch.None, false), batch.None,
		`[[[1], [], [2, 3]], []]`, "[[1], [], [2, 3]]", "[]"),
	values("Array(Enum8('a' = 1))", listOf(utf8Type, batch.Enum, false), batch.None, `[["a"]]`, "['a']"),
	values("Map(String, Nullable(Int64))", mapOf(arrow.PrimitiveTypes.Int64, true), batch.None,
		`[[{"key": "a", "value": 1}, {"key": "b", "value": null}], []]`, "map('a', 1, 'b', NULL)", "map()"),
	values("Map(LowCardinality(String), Array(UInt8))", mapOf(listOf(arrow.PrimitiveTypes.Uint8, batch.None, false), false), batch.None,
		`[[{"key": "a", "value": [1, 2]}]]`, "map('a', [1, 2])"),
	values("Tuple(Int32, String)", arrow.StructOf(
		arrow.Field{Name: "1", Type: arrow.PrimitiveTypes.Int32}, arrow.Field{Name: "2", Type: utf8Type}), batch.None,
		`[{"1": 5, "2": "x"}]`, "(5, 'x')"),
	values("Tuple(a Int32, `b c` Nullable(Date))", arrow.StructOf(
		arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int32},
		arrow.Field{Name: "b c", Type: arrow.FixedWidthTypes.Date32, Nullable: true}), batch.None,
		`[{"a": 5, "b c": "2024-01-01"}, {"a": 6, "b c": null}]`, "(5, '2024-01-01')", "(6, NULL)"),
	{
		Name: "SimpleAggregateFunction", Setup: []string{
			"CREATE TABLE sums (k Int8, v SimpleAggregateFunction(sum, Int64)) ENGINE = AggregatingMergeTree ORDER BY k",
			"INSERT INTO sums VALUES (1, 5)"},
		Query: "SELECT v AS c FROM sums",
		Field: arrow.Field{Name: "c", Type: arrow.PrimitiveTypes.Int64}, Want: `[5]`,
	},
	{
		Name: "sparse", Setup: []string{
			"CREATE TABLE sparse (k Int64, v Int64) ENGINE = MergeTree ORDER BY k SETTINGS ratio_of_defaults_for_sparse_serialization = 0.1",
			"INSERT INTO sparse SELECT number, if(number = 7, 1, 0) FROM numbers(10)"},
		Query: "SELECT v AS c FROM sparse ORDER BY k",
		Field: arrow.Field{Name: "c", Type: arrow.PrimitiveTypes.Int64}, Want: `[0, 0, 0, 0, 0, 0, 0, 1, 0, 0]`,
	},
	{Name: "NULL", Query: "SELECT NULL AS c", Field: arrow.Field{Name: "c", Type: utf8Type, Nullable: true}, Want: `[null]`},
	values("JSON", utf8Type, batch.JSON, `["{\"a\":{\"b\":1}}"]`, `'{"a" : {"b" : 1}}'`),
	values("Variant(Int64, String)", utf8Type, batch.JSON, `["\"x\""]`, `'x'`),
	values("Dynamic", utf8Type, batch.JSON, `["5"]`, `5`),
	values("Array(JSON)", utf8Type, batch.JSON, `["[{\"a\":1}]"]`, `['{"a":1}']`),
	values("Point", utf8Type, batch.Text, `["(1,2)"]`, "(1, 2)"),
	{
		Name: "interval", Query: "SELECT toIntervalDay(3) AS c",
		Field: batch.WithLogical(arrow.Field{Name: "c", Type: utf8Type}, batch.Interval), Want: `["3"]`,
	},
}
