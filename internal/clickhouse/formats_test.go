package clickhouse_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/all"
	"github.com/longshore/longshore/pkg/schema"
)

// cell is a type of the table, a value of it and a DEFAULT, as SQL.
type cell struct{ typ, value, def string }

// cells is every type that a datasource may have.
var cells = []cell{
	{"Bool", "true", "true"},
	{"Int8", "-128", "5"}, {"Int16", "-32768", "5"}, {"Int32", "-2147483648", "5"}, {"Int64", "-9223372036854775808", "5"},
	{"Int128", "toInt128('-170141183460469231731687303715884105728')", "5"},
	{"Int256", "toInt256('-57896044618658097711785492504343953926634992332820282019728792003956564819968')", "5"},
	{"UInt8", "255", "5"}, {"UInt16", "65535", "5"}, {"UInt32", "4294967295", "5"}, {"UInt64", "18446744073709551615", "5"},
	{"UInt128", "toUInt128('340282366920938463463374607431768211455')", "5"},
	{"UInt256", "toUInt256('115792089237316195423570985008687907853269984665640564039457584007913129639935')", "5"},
	{"Float32", "-0.1", "0.5"}, {"Float64", "-1.7976931348623157e308", "0.5"},
	{"Decimal(9, 2)", "toDecimal32('-9999999.99', 2)", "0.5"}, {"Decimal(18, 4)", "toDecimal64('99999999999999.9999', 4)", "0.5"},
	{"Decimal(38, 10)", "toDecimal128('-1234567890123456789012345678.0000000001', 10)", "0.5"},
	{"Decimal(76, 20)", "toDecimal256('99999999999999999999999999999999999999999999999999999999.99999999999999999999', 20)", "0.5"},
	{"String", "'it''s \"é\",\\n\\\\'", "'default'"}, {"FixedString(4)", "'ab'", "'dflt'"},
	{"Date", "'2149-06-06'", "'2024-02-29'"}, {"Date32", "'1900-01-01'", "'2024-02-29'"},
	{"DateTime('UTC')", "'2106-02-07 06:28:15'", "'2024-02-29 12:00:00'"}, {"DateTime('Europe/Madrid')", "'2024-10-27 12:30:00'", "'2024-02-29 12:00:00'"},
	{"DateTime64(0, 'UTC')", "'2299-12-31 23:59:59'", "'2024-02-29 12:00:00'"}, {"DateTime64(3, 'UTC')", "'1900-01-01 00:00:00.001'", "'2024-02-29 12:00:00.5'"},
	{"DateTime64(6, 'Europe/Madrid')", "'1969-12-31 23:59:59.999999'", "'2024-02-29 12:00:00.5'"}, {"DateTime64(9, 'UTC')", "'2024-02-29 12:34:56.123456789'", "'2024-02-29 12:00:00.5'"},
	{"UUID", "'0a0b0c0d-0000-4000-8000-0123456789ab'", "'00000000-0000-4000-8000-000000000001'"}, {"IPv4", "'255.1.2.3'", "'127.0.0.1'"}, {"IPv6", "'2001:db8::1'", "'::1'"},
	{"Enum8('a' = -1, 'b' = 2)", "'b'", "'a'"}, {"Enum16('it''s' = 1000, 'b' = -2)", "'it''s'", "'b'"},
	{"LowCardinality(String)", "'low'", "'default'"}, {"LowCardinality(Nullable(String))", "'low'", "'default'"}, {"LowCardinality(FixedString(4))", "'low'", "'dflt'"},
	{"Nullable(Int32)", "7", "5"}, {"Nullable(String)", "''", "'default'"}, {"Nullable(Decimal(76, 20))", "-0.5", "0.25"}, {"Nullable(DateTime64(9, 'UTC'))", "'2024-02-29 12:34:56.123456789'", "'2024-02-29 12:00:00'"},
	{"Array(Int32)", "[1, -2]", "[5]"}, {"Array(Nullable(String))", "['it''s', NULL, '']", "['default']"}, {"Array(Array(UInt8))", "[[1], [], [255]]", "[[5]]"}, {"Array(Float64)", "[nan, inf, -1.5]", "[0.5]"},
	{"Array(Date)", "['2024-02-29']", "[]"}, {"Array(Tuple(x Int8, y String))", "[(1, 'a')]", "[(5, 'd')]"},
	{"Map(String, Int64)", "map('k', 1, 'l', -2)", "map('default', 5)"}, {"Map(UInt16, Nullable(String))", "map(65535, 'v', 1, NULL)", "map(5, 'default')"}, {"Map(LowCardinality(String), Array(UInt8))", "map('k', [1])", "map()"},
	{"Tuple(Int32, String)", "(1, 'a')", "(5, 'd')"}, {"Tuple(a Int32, b Nullable(String))", "(1, NULL)", "(5, 'd')"},
	{"SimpleAggregateFunction(sum, UInt64)", "18446744073709551615", "5"},
}

// TestEveryTypeOfEveryFormat has ClickHouse write a value of each type in each
// format, reads that, and appends it: the value is the same, and where the field
// is null, or the file lacks it, the DEFAULT stands.
func TestEveryTypeOfEveryFormat(t *testing.T) {
	c, server := open(t), servertest.ClickHouse(t).HTTP
	for i, cell := range cells {
		for _, reader := range all.Readers() {
			name := reader.Traits().Name
			t.Run(name+" "+cell.typ, func(t *testing.T) {
				table := fmt.Sprintf("%s_%d", name, i)
				exec(t, c, fmt.Sprintf("CREATE TABLE %s (id UInt64, v %s DEFAULT %s, absent %[2]s DEFAULT %[3]s, plain %[2]s) ENGINE = MergeTree ORDER BY id", table, cell.typ, cell.def))
				typ := schema.MustParseType(cell.typ)
				columns := []format.Column{{Name: "id", Type: schema.Of(schema.UInt64)}, {Name: "v", Type: typ, Default: true}, {Name: "absent", Type: typ, Default: true}, {Name: "plain", Type: typ}}
				appendFile(t, c, table, reader, cell.file(t, server, name, typ), columns)
				null := cell.def
				if typ.IsNullable() {
					null = "NULL" // a Nullable column keeps it
				}
				for id, v := range []string{1: cell.value, 2: null} {
					if id == 0 || id == 2 && name == "parquet" && !cell.hasNulls(typ) {
						continue
					}
					got := line(t, c, fmt.Sprintf("SELECT toString(tuple(*)) FROM %s WHERE id = %d", table, id))
					if want := line(t, c, cell.row(id, v)); got != want {
						t.Errorf("got %s, want %s", got, want)
					}
				}
			})
		}
	}
}

// row is a query of what a row has whose v is given, as SQL.
func (c cell) row(id int, v string) string {
	return fmt.Sprintf("SELECT toString(tuple(%d, CAST(%s AS %s), CAST(%s AS %[3]s), CAST(%[5]s AS %[3]s)))", id, v, c.typ, c.def, c.value)
}

// hasNulls reports whether ClickHouse can write a null of the type to Parquet.
func (cell) hasNulls(t schema.Type) bool {
	k := t.Base().Kind
	return k != schema.Array && k != schema.Map && k != schema.Tuple
}

// file is a row with the value and one with a null, which has the value as plain.
func (c cell) file(t *testing.T, server, name string, typ schema.Type) []byte {
	t.Helper()
	value := fmt.Sprintf("CAST(%s AS %s)", c.value, c.typ)
	const settings = " SETTINGS output_format_csv_serialize_tuple_into_separate_columns = 0, output_format_json_quote_denormals = 1, output_format_json_quote_64bit_integers = 0"
	switch name {
	case "parquet":
		if !c.hasNulls(typ) {
			return ask(t, server, fmt.Sprintf("SELECT 1::UInt64 AS id, %s AS v, v AS plain FORMAT Parquet", value))
		}
		inner := fmt.Sprintf("CAST(%s AS Nullable(%s))", c.value, typ.Base())
		return ask(t, server, fmt.Sprintf("SELECT number + 1 AS id, number = 0 ? %s : NULL AS v, %s AS plain FROM numbers(2) ORDER BY id FORMAT Parquet", inner, value))
	case "csv":
		row := ask(t, server, "SELECT "+value+" FORMAT CSV"+settings)
		text := strings.TrimSuffix(string(row), "\n")
		return []byte("id,v,plain\n1," + text + "," + text + "\n2,\\N," + text + "\n")
	}
	row := ask(t, server, "SELECT "+value+" AS v FORMAT JSONEachRow"+settings)
	text := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(string(row)), `{"v":`), "}")
	return []byte(`{"id":1,"v":` + text + `,"plain":` + text + "}\n" + `{"id":2,"v":null,"plain":` + text + "}\n")
}

// TestNoTypeIsLeftOut: every kind of type is among the cells.
func TestNoTypeIsLeftOut(t *testing.T) {
	seen := map[schema.Kind]bool{}
	var see func(schema.Type)
	see = func(t schema.Type) {
		seen[t.Kind] = true
		for _, e := range t.Elems {
			see(e)
		}
	}
	for _, c := range cells {
		see(schema.MustParseType(c.typ))
	}
	for k := schema.Bool; k.String() != schema.Unset.String(); k++ {
		if !seen[k] {
			t.Errorf("%s is in no cell", k)
		}
	}
}

// appendFile reads a file row by row and appends each as a block of its own.
func appendFile(t *testing.T, c *clickhouse.Client, table string, reader format.Reader, file []byte, columns []format.Column) {
	t.Helper()
	in := format.Input{Name: table, Stream: bytes.NewReader(file), At: bytes.NewReader(file), Size: int64(len(file))}
	d, err := reader.Decoder(t.Context(), in, columns, format.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for b := new(block.Block); ; {
		_, err := d.Next(b, 1)
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range d.Rejected() {
			t.Fatalf("row %d: %s of %q", r.Row, r.Errors[0].Detail, r.Raw)
		}
		if err := c.Append(t.Context(), clickhouse.Insert{Table: table, Block: b}); err != nil {
			t.Fatal(err)
		}
	}
}

func ask(t *testing.T, server, query string) []byte {
	t.Helper()
	response, err := http.Post(server, "text/plain", strings.NewReader(query))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v %.300s", query, response.Status, err, body)
	}
	return body
}
