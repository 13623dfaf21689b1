package devstack_test

import (
	"fmt"
	"strings"
	"testing"
)

// typed is a column with three values as SQL. The engine's own text of what a client wrote back must equal the
// engine's text of the value.
var typed = []struct{ name, kind, values string }{
	{"u8", "UInt8", "0,1,255"},
	{"u64", "UInt64", "0,1,18446744073709551615"},
	{"i128", "Int128", "0,-1,170141183460469231731687303715884105727"},
	{"u256", "UInt256", "0,1,12345678901234567890123456789012345678901234567890"},
	{"f32", "Float32", "0,1.5,-2.25"},
	{"f64", "Float64", "0,1e300,-2.25"},
	{"b", "Bool", "true,false,true"},
	{"s", "String", "'','a\\nb',repeat('x',300)"},
	{"fs", "FixedString(4)", "'abcd','ab','zzzz'"},
	{"d", "Date", "'1970-01-01','2024-02-29','2149-06-06'"},
	{"d32", "Date32", "'1900-01-01','2024-02-29','2299-12-31'"},
	{"dt", "DateTime('UTC')", "'1970-01-01 00:00:00','2024-02-29 12:34:56','2100-01-01 00:00:00'"},
	{"dt64", "DateTime64(3, 'Europe/Berlin')", "'1960-01-01 00:00:00.001','2024-02-29 12:34:56.789','2200-01-01 00:00:00.000'"},
	{"uuid", "UUID", "'00000000-0000-0000-0000-000000000000','61f0c404-5cb3-11e7-907b-a6006ad3dba0','ffffffff-ffff-ffff-ffff-ffffffffffff'"},
	{"ip4", "IPv4", "'0.0.0.0','127.0.0.1','255.255.255.255'"},
	{"ip6", "IPv6", "'::','2001:db8::1','::ffff:1.2.3.4'"},
	{"e8", "Enum8('a (b' = 1, 'it\\'s, c' = 2)", "'a (b','it\\'s, c','a (b'"},
	{"e16", "Enum16('x' = -300, 'y' = 300)", "'x','y','x'"},
	{"dec32", "Decimal(9, 2)", "0,1.25,-99999.99"},
	{"dec64", "Decimal(18, 4)", "0,1.25,-99999.9999"},
	{"dec128", "Decimal(38, 10)", "0,1.25,-99999.9999999999"},
	{"dec256", "Decimal(76, 20)", "0,1.25,-99999.9999999999"},
	{"ns", "Nullable(String)", "NULL,'','x'"},
	{"ni", "Nullable(Int32)", "NULL,0,-5"},
	{"lc", "LowCardinality(String)", "'a','b','a'"},
	{"lcn", "LowCardinality(Nullable(String))", "NULL,'','b'"},
	{"arr", "Array(UInt32)", "[],[1],[1,2,3]"},
	{"arrs", "Array(Nullable(String))", "[],[NULL],['a',NULL,'']"},
	{"arr2", "Array(Array(String))", "[],[[]],[['a'],['b','c']]"},
	{"alc", "Array(LowCardinality(String))", "[],['a'],['a','b','a']"},
	{"m", "Map(String, UInt64)", "map(),map('a',1),map('b',2)"},
	{"mlc", "Map(LowCardinality(String), Array(String))", "map(),map('a',['x']),map('b',['y','z'])"},
	{"t", "Tuple(a UInt8, b String)", "(1,'x'),(2,''),(3,'z')"},
	{"tn", "Tuple(k String, l Array(Tuple(i UInt8, f Nullable(Float64))))", "('',[]),('a',[(1,NULL)]),('b',[(1,1.5),(2,NULL)])"},
	{"v", "Variant(String, UInt64)", "'x',7::UInt64,NULL"},
	{"j", "JSON", "'{}','{\"a\":1,\"b\":{\"c\":[1,2]}}','{\"a\":\"x\"}'"},
	{"saf", "SimpleAggregateFunction(sum, UInt64)", "0,1,2"},
}

// TestTypes reads a table with every type through a client, writes what it got into another, and compares.
func TestTypes(t *testing.T) {
	for _, protocol := range []string{"native", "http"} {
		t.Run(protocol, func(t *testing.T) {
			c := open(t, protocol)
			var definitions, rows []string
			for _, k := range typed {
				definitions = append(definitions, k.name+" "+k.kind)
				rows = append(rows, k.values)
			}
			table := "types_" + protocol
			for _, name := range []string{table, table + "_back"} {
				execute(t, c, "CREATE TABLE "+name+" (n UInt8, "+strings.Join(definitions, ", ")+") ENGINE = MergeTree ORDER BY n")
			}
			execute(t, c, "INSERT INTO "+table+" SELECT * FROM ("+valuesOf(3, rows)+")")
			copyThrough(t, protocol, table, table+"_back")
			for _, k := range typed {
				query := "SELECT groupArray(toString(" + k.name + ")) FROM (SELECT * FROM %s ORDER BY n)"
				got, want := scalar(t, c, fmt.Sprintf(query, table+"_back")), scalar(t, c, fmt.Sprintf(query, table))
				if got != want {
					t.Errorf("%s: got %s, want %s", k.kind, got, want)
				}
			}
		})
	}
}

// valuesOf makes a SELECT of rows rows from lists of values per column.
func valuesOf(rows int, columns []string) string {
	var selects []string
	for row := range rows {
		parts := []string{fmt.Sprint(row)}
		for i, list := range columns {
			parts = append(parts, fmt.Sprintf("CAST(%s AS %s)", splitValues(list)[row], typed[i].kind))
		}
		selects = append(selects, "SELECT "+strings.Join(parts, ", "))
	}
	return strings.Join(selects, " UNION ALL ")
}

// splitValues cuts a list at the commas outside of brackets and quotes.
func splitValues(list string) []string {
	var out []string
	depth, start, quoted := 0, 0, false
	for i := 0; i < len(list); i++ {
		switch c := list[i]; {
		case c == '\\':
			i++
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case c == ',' && depth == 0:
			out = append(out, list[start:i])
			start = i + 1
		}
	}
	return append(out, list[start:])
}

// copyThrough reads all rows of a table with clickhouse-go and appends them to another.
func copyThrough(t *testing.T, protocol, from, to string) {
	t.Helper()
	c := open(t, protocol)
	rows, err := c.Query(t.Context(), "SELECT * FROM "+from)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	batch, err := c.PrepareBatch(t.Context(), "INSERT INTO "+to)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values := make([]any, len(rows.Columns()))
		for i, kind := range rows.ColumnTypes() {
			values[i] = newValue(kind.ScanType())
		}
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		for i := range values {
			values[i] = valueOf(values[i])
		}
		if err := batch.Append(values...); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if err := batch.Send(); err != nil {
		t.Fatal(err)
	}
}
