package clickhouse

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source/sourcetest"
)

func TestConformance(t *testing.T) {
	sourcetest.Run(t, sourcetest.Harness{
		Driver: Driver{},
		Database: func(t testing.TB) string {
			t.Helper()
			server := servertest.ClickHouse(t)
			return "clickhouse://" + server.Native + "/" + servertest.ClickHouseDatabase(t, server.Native)
		},
		Exec:     execute,
		Types:    types,
		Failures: failures,
		Numbers: func(table string, n int) []string {
			return []string{
				"CREATE TABLE " + table + " (id Int64, label String, part Nullable(Int64)) ENGINE = MergeTree ORDER BY id",
				fmt.Sprintf("INSERT INTO %s SELECT number, concat('number ', toString(number)), if(number %% 7 > 0, number %% 1000, NULL) FROM numbers(%d)", table, n),
			}
		},
		Endless:  "SELECT number, repeat('x', 1000) AS filler, 'endless' AS marker FROM system.numbers",
		Marker:   "endless",
		Running:  running,
		Password: "very-secret",
	})
}

func connect(t testing.TB, address string) clickhouse.Conn {
	t.Helper()
	options, err := clickhouse.ParseDSN(address)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := clickhouse.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func execute(t testing.TB, address string, statements ...string) {
	t.Helper()
	conn := connect(t, address)
	defer conn.Close()
	for _, sql := range statements {
		if err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

func running(t testing.TB, address, marker string) int {
	t.Helper()
	conn := connect(t, address)
	defer conn.Close()
	var n uint64
	sql := "SELECT count() FROM system.processes WHERE query LIKE '%" + marker + "%' AND query NOT LIKE '%system.processes%'"
	if err := conn.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return int(n)
}

var failures = []sourcetest.Failure{
	{
		Name: "no database", SQL: "SELECT * FROM nowhere.t", Kind: fault.NotFound, Says: []string{"nowhere", "check the database name"},
	},
	{
		Name: "no host", SQL: "SELECT 1", Kind: fault.NotFound, Says: []string{"nowhere.invalid:9000"},
		URL: func(string) string { return "clickhouse://nowhere.invalid/default" },
	},
	{
		Name: "nothing listens", SQL: "SELECT 1", Kind: fault.Temporary, Says: []string{"127.0.0.1:1", "refused", "start ClickHouse"},
		URL: func(string) string { return "clickhouse://default:very-secret@127.0.0.1:1/default" },
	},
	{
		Name: "a URL that can't be parsed", SQL: "SELECT 1", Kind: fault.Invalid, Says: []string{"clickhouse://USER:PASSWORD@HOST"},
		URL: func(string) string { return "clickhouse://default:very-secret%zz@127.0.0.1:1/default" },
	},
	{
		Name: "another protocol", SQL: "SELECT 1", Kind: fault.Invalid, Says: []string{"clickhouse://USER:PASSWORD@HOST"},
		URL: func(a string) string { return strings.Replace(a, "clickhouse:", "http:", 1) },
	},
	{Name: "syntax", SQL: "SELECT 1 AS a,\n  2 FRM t u", Kind: fault.Invalid, Says: []string{"orders", "[62]", "at 2:"}},
	{Name: "no table", SQL: "SELECT * FROM nowhere", Kind: fault.NotFound, Says: []string{"nowhere", "database.table"}},
	{Name: "no column", SQL: "SELECT nowhere FROM system.one", Kind: fault.Invalid, Says: []string{"nowhere"}},
	{Name: "no function", SQL: "SELECT nowhere(1)", Kind: fault.Invalid, Says: []string{"nowhere"}},
	{Name: "empty", SQL: " -- nothing\n;", Kind: fault.Invalid, Says: []string{"empty"}},
	{Name: "writes", SQL: "DROP TABLE t", Kind: fault.Invalid, Says: []string{`"drop"`, "SELECT or WITH"}},
	{Name: "two statements", SQL: "SELECT 1; DROP TABLE t", Kind: fault.Invalid},
	{Name: "two columns of one name", SQL: "SELECT 1 AS a, 2 AS `b`, a AS b", Kind: fault.Invalid},
	{
		Name: "bytes that aren't text", SQL: "SELECT 'fine' AS a, unhex('ff00') AS b", Kind: fault.Invalid, Reading: true,
		Says: []string{`column "b"`, "UTF-8", "hex(`b`)"},
	},
	{
		Name: "the state of an aggregate", SQL: "SELECT sumState(number) AS s FROM numbers(3)", Kind: fault.Invalid,
		Says: []string{"finalizeAggregation(`s`)"},
	},
	{
		Name: "an error in the middle", SQL: "SELECT throwIf(number = 300000, 'too far') AS c FROM numbers(1000000)", Kind: fault.Invalid,
		Reading: true, Says: []string{"too far", "[395]"},
	},
}
