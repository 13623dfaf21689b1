package csv_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/jackc/pgx/v5"

	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/csv"
	"github.com/longshore/longshore/pkg/format/formattest"
)

// file returns the batch as a CSV file with a header.
func file(t *testing.T, rec arrow.Record) []byte {
	t.Helper()
	f, err := csv.Format{}.Frame(rec.Schema(), format.WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return append(f.Opening(), encode(t, format.CSVWriteOptions{}, rec)...)
}

// withoutNUL keeps strings that PostgreSQL can hold.
func withoutNUL(v any) bool { return !strings.Contains(v.(string), "\x00") }

// TestPostgresReads wants COPY to read every value back.
func TestPostgresReads(t *testing.T) {
	conn, err := pgx.Connect(t.Context(), servertest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	const epoch = `(extract(epoch FROM %s AT TIME ZONE 'UTC') * 1000000)::numeric(40,0)`
	for _, p := range []formattest.Probe{
		{Column: "int64", Type: "bigint", Shown: "%s"},
		{Column: "uint64", Type: "numeric", Shown: "%s"},
		{Column: "float64", Type: "float8", Shown: "%s"},
		{Column: "decimal38_10", Type: "numeric(38,10)", Shown: "%s"},
		{Column: "decimal_text", Type: "numeric", Shown: "CASE WHEN %[1]s = '-1e400' THEN '-1e400' ELSE %[1]s::text END"},
		{Column: "date", Type: "date", Shown: "%s - '1970-01-01'", Keep: formattest.Finite},
		{Column: "timestamp_us", Type: "timestamp", Shown: epoch, Keep: formattest.Finite},
		{Column: "timestamptz_us", Type: "timestamptz", Shown: epoch, Keep: formattest.Finite},
		{Column: "utf8", Type: "text", Shown: "%s", Keep: withoutNUL},
		{Column: "uuid", Type: "uuid", Shown: "%s"},
		{Column: "binary", Type: "bytea", Shown: "encode(%s, 'hex')"},
	} {
		t.Run(p.Column, func(t *testing.T) {
			rec := p.Batch(t)
			table := "of_" + p.Column
			if _, err := conn.Exec(t.Context(), fmt.Sprintf("CREATE TEMP TABLE %s (n int, v %s)", table, p.Type)); err != nil {
				t.Fatal(err)
			}
			copyIn := fmt.Sprintf("COPY %s FROM STDIN (FORMAT csv, HEADER)", table)
			if _, err := conn.PgConn().CopyFrom(t.Context(), bytes.NewReader(file(t, rec)), copyIn); err != nil {
				t.Fatal(err)
			}
			rows, err := conn.Query(t.Context(), fmt.Sprintf("SELECT ("+p.Shown+")::text FROM %[2]s ORDER BY n", "v", table))
			if err != nil {
				t.Fatal(err)
			}
			shown, err := pgx.CollectRows(rows, pgx.RowTo[*string])
			if err != nil {
				t.Fatal(err)
			}
			p.Check(t, rec, shown)
		})
	}
	t.Run("infinity", func(t *testing.T) { postgresReadsInfinity(t, conn) })
}

func postgresReadsInfinity(t *testing.T, conn *pgx.Conn) {
	infinite := func(v any) bool { return !formattest.Finite(v) }
	for _, p := range []formattest.Probe{
		{Column: "date", Type: "date", Keep: infinite},
		{Column: "timestamp_us", Type: "timestamp", Keep: infinite},
		{Column: "timestamptz_us", Type: "timestamptz", Keep: infinite},
	} {
		for i, line := range strings.Split(strings.TrimSpace(string(encode(t, format.CSVWriteOptions{}, p.Batch(t)))), "\n") {
			_, value, _ := strings.Cut(line, ",")
			if value == "" {
				continue
			}
			want := []string{"infinity", "-infinity"}[i]
			var got string
			if err := conn.QueryRow(t.Context(), "SELECT ($1::text::"+p.Type+")::text", value).Scan(&got); err != nil || got != want {
				t.Errorf("%s: got %q (%v), want %q", p.Column, got, err, want)
			}
		}
	}
}

// TestDuckDBReads wants read_csv with our dialect to read values back.
func TestDuckDBReads(t *testing.T) {
	for _, p := range []formattest.Probe{
		{Column: "int64", Type: "BIGINT", Shown: "%s"},
		{Column: "uint64", Type: "UBIGINT", Shown: "%s"},
		{Column: "float64", Type: "DOUBLE", Shown: "%s"},
		{Column: "decimal38_10", Type: "DECIMAL(38,10)", Shown: "%s"},
		{Column: "date", Type: "DATE", Shown: "date_diff('day', DATE '1970-01-01', %s)", Keep: formattest.Days},
		{Column: "timestamp_us", Type: "TIMESTAMP", Shown: "epoch_us(%s)", Keep: formattest.Moments},
		{Column: "timestamptz_us", Type: "TIMESTAMPTZ", Shown: "epoch_us(%s)", Keep: formattest.Moments},
		{Column: "utf8", Type: "VARCHAR", Shown: "lower(hex(%s))"}, // node takes a BOM off
		{Column: "uuid", Type: "UUID", Shown: "%s"},
	} {
		t.Run(p.Column, func(t *testing.T) {
			rec := p.Batch(t)
			path := filepath.Join(t.TempDir(), "values.csv")
			if err := os.WriteFile(path, file(t, rec), 0o600); err != nil {
				t.Fatal(err)
			}
			rows := servertest.DuckDB(t, fmt.Sprintf("SELECT ("+p.Shown+")::VARCHAR AS v FROM read_csv('%s', header=true, delim=',', quote='\"', "+
				`escape='"', auto_detect=false, allow_quoted_nulls=false, columns={'n': 'INT', 'v': '%s'}) ORDER BY n`, "v", path, p.Type))
			p.Check(t, rec, formattest.Shown(rows))
		})
	}
}
