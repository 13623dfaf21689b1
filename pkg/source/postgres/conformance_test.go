package postgres

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source/sourcetest"
)

func TestConformance(t *testing.T) {
	sourcetest.Run(t, sourcetest.Harness{
		Driver:   Driver{},
		Database: servertest.Postgres,
		Exec:     execute,
		Types:    types,
		Failures: failures,
		Numbers: func(table string, n int) []string {
			return []string{
				"CREATE TABLE " + table + " (id bigint, label text NOT NULL, part bigint)",
				fmt.Sprintf("INSERT INTO %s SELECT i, 'number ' || i, CASE WHEN i %% 7 > 0 THEN i %% 1000 END FROM generate_series(0, %d) AS i", table, n-1),
				"ANALYZE " + table,
			}
		},
		Endless:  "SELECT generate_series(1, 1000000000) AS i, repeat('x', 1000) AS filler, 'endless' AS marker",
		Marker:   "endless",
		Running:  running,
		Password: "postgres-test-secret",
	})
}

func execute(t testing.TB, address string, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, sql := range statements {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

func running(t testing.TB, address, marker string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	const sql = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%' || $1 || '%' AND pid <> pg_backend_pid()"
	if err := conn.QueryRow(t.Context(), sql, marker).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// role is the URL of a user without any grants.
func role(address string) string {
	return edit(address, func(u *url.URL) { u.User = url.UserPassword("reader", "postgres-test-secret") })
}

const createRole = `DO $$ BEGIN CREATE ROLE reader LOGIN PASSWORD 'postgres-test-secret'; ` +
	`EXCEPTION WHEN duplicate_object THEN END $$`

func edit(address string, change func(*url.URL)) string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err) // the address is the test's own
	}
	change(u)
	return u.String()
}

var failures = []sourcetest.Failure{
	{
		Name: "wrong password", SQL: "SELECT 1", Kind: fault.Denied, Says: []string{"28P01", "127.0.0.1:"},
		URL: func(a string) string {
			return edit(a, func(u *url.URL) { u.User = url.UserPassword("postgres", "postgres-test-secret2") })
		},
	},
	{
		Name: "no database", SQL: "SELECT 1", Kind: fault.NotFound, Says: []string{"nowhere", "check the database name"},
		URL: func(a string) string { return edit(a, func(u *url.URL) { u.Path = "/nowhere" }) },
	},
	{
		Name: "no host", SQL: "SELECT 1", Kind: fault.NotFound, Says: []string{"nowhere.invalid:5432"},
		URL: func(a string) string { return edit(a, func(u *url.URL) { u.Host = "nowhere.invalid:5432" }) },
	},
	{
		Name: "nothing listens", SQL: "SELECT 1", Kind: fault.Temporary, Says: []string{"127.0.0.1:1", "refused", "start PostgreSQL"},
		URL: func(a string) string { return edit(a, func(u *url.URL) { u.Host = "127.0.0.1:1" }) },
	},
	{
		Name: "a URL that can't be parsed", SQL: "SELECT 1", Kind: fault.Invalid, Says: []string{"postgres://USER:PASSWORD@HOST"},
		URL: func(a string) string { return strings.Replace(a, "postgres-test-secret", "postgres-test-secret%zz", 1) },
	},
	{
		Name: "a wrong setting in the URL", SQL: "SELECT 1", Kind: fault.Invalid, Says: []string{"sslmode"},
		URL: func(a string) string { return a + "&sslmode=sometimes" },
	},
	{Name: "syntax", SQL: "SELECT 1 AS a,\n  2 FRM t", Kind: fault.Invalid, Says: []string{"orders", "42601", "at 2:9"}},
	{Name: "position in characters", SQL: "SELECT 'žluťoučký', nowhere", Kind: fault.Invalid, Says: []string{"42703", "at 1:21"}},
	{Name: "no table", SQL: "SELECT *\nFROM nowhere", Kind: fault.NotFound, Says: []string{"nowhere", "at 2:6", "schema.name"}},
	{Name: "no column", SQL: "SELECT nowhere", Kind: fault.Invalid, Says: []string{"nowhere", "at 1:8"}},
	{Name: "no function", SQL: "SELECT nowhere(1)", Kind: fault.Invalid, Says: []string{"nowhere", "at 1:8"}},
	{
		Name: "no grant on a table", SQL: "SELECT * FROM secrets", Kind: fault.Denied,
		Setup: []string{createRole, "CREATE TABLE secrets (id int)"}, URL: role,
		Says: []string{`GRANT SELECT ON secrets TO "reader"`},
	},
	{
		Name: "no grant on a schema", SQL: "SELECT * FROM hidden.secrets", Kind: fault.Denied,
		Setup: []string{createRole, "CREATE SCHEMA hidden", "CREATE TABLE hidden.secrets (id int)"}, URL: role,
		Says: []string{`GRANT USAGE ON SCHEMA hidden TO "reader"`},
	},
	{
		Name: "too many connections", SQL: "SELECT 1", Kind: fault.Throttled, URL: role, Says: []string{"lower the number of parts"},
		Setup: []string{createRole, `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT 0', current_database()); END $$`},
	},
	{Name: "empty", SQL: " -- nothing\n;", Kind: fault.Invalid, Says: []string{"empty"}},
	{Name: "writes", SQL: "DELETE FROM pg_class", Kind: fault.Invalid, Says: []string{`"DELETE" at 1:1`, "SELECT, WITH"}},
	{
		Name: "writes in a CTE", Setup: []string{"CREATE TABLE t (id int)"}, Kind: fault.Invalid,
		SQL: "WITH gone AS (DELETE FROM t RETURNING id) SELECT * FROM gone",
	},
	{
		Name: "writes in a function", Kind: fault.Invalid, Reading: true, Says: []string{"a model may only read"},
		Setup: []string{"CREATE TABLE t (id int)",
			"CREATE FUNCTION spoil() RETURNS int LANGUAGE sql VOLATILE AS 'INSERT INTO t VALUES (1) RETURNING id'"},
		SQL: "SELECT spoil()",
	},
	{Name: "two statements", SQL: "SELECT 1; DROP TABLE pg_class", Kind: fault.Invalid, Says: []string{"multiple commands"}},
	{Name: "closes our parenthesis", SQL: "SELECT 1) TO STDOUT; SELECT (2", Kind: fault.Invalid, Says: []string{"at 1:9"}},
	{Name: "parameters", SQL: "SELECT $1::int", Kind: fault.Invalid, Says: []string{"parameters"}},
	{Name: "no columns", SQL: "SELECT", Kind: fault.Invalid, Says: []string{"no columns"}},
	{Name: "two columns of one name", SQL: "SELECT 1 AS a, 2 AS a", Kind: fault.Invalid, Says: []string{`"a"`, "AS"}},
	{
		Name: "division by zero", SQL: "SELECT 1 / (i - 3) AS c FROM generate_series(1, 5) AS i", Kind: fault.Invalid,
		Reading: true, Says: []string{"division by zero", "22012"},
	},
	{
		Name: "NaN in a decimal", SQL: "SELECT 1 AS a, v AS price FROM (VALUES (1::numeric(9,2)), ('NaN'::numeric(9,2))) AS q(v)",
		Kind: fault.Invalid, Reading: true, Says: []string{`column "price", row 2`, "NaN", `"price"::float8`},
	},
	{
		Name: "text that isn't UTF-8", Kind: fault.Invalid,
		Setup: []string{"DROP DATABASE IF EXISTS ascii", "CREATE DATABASE ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"},
		URL:   func(a string) string { return edit(a, func(u *url.URL) { u.Path = "/ascii" }) },
		SQL:   `SELECT 'fine' AS a, ARRAY['fine', E'caf\xe9'] AS b`, Says: []string{"22021", "convert_from("},
	},
	{
		Name: "two dimensions", SQL: "SELECT ARRAY[[1, 2], [3, 4]] AS grid", Kind: fault.Invalid, Reading: true,
		Says: []string{`column "grid", row 1`, `to_json("grid")`},
	},
	{
		Name: "a timestamp beyond Arrow's", SQL: "SELECT '294276-12-31 23:59:59'::timestamp AS t", Kind: fault.Invalid, Reading: true,
		Says: []string{`column "t", row 1`, `"t"::text`},
	},
}
