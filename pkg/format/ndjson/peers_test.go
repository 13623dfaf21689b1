package ndjson_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/formattest"
	"github.com/longshore/longshore/pkg/format/ndjson"
)

func encode(t testing.TB, rec arrow.Record) []byte {
	t.Helper()
	e, err := ndjson.Format{}.Encoder(rec.Schema(), format.WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := e.Encode(nil, rec)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestClickHouseReads wants ClickHouse's own JSON reader to read values back.
func TestClickHouseReads(t *testing.T) {
	server := servertest.ClickHouse(t)
	for _, p := range formattest.ClickHouseProbes {
		t.Run(p.Column, func(t *testing.T) {
			rec := p.Batch(t)
			p.Check(t, rec, formattest.AskClickHouse(t, server.HTTP, fmt.Sprintf(
				"SELECT toString("+p.Shown+") AS v FROM format(JSONEachRow, 'n Int32, %[2]s Nullable(%[3]s)', %[4]s) ORDER BY n "+
					"SETTINGS date_time_input_format = 'best_effort' FORMAT JSON",
				p.Column, p.Column, p.Type, formattest.Literal(encode(t, rec)))))
		})
	}
}

// TestDuckDBReads wants DuckDB's JSON reader to read values back.
func TestDuckDBReads(t *testing.T) {
	for _, p := range []formattest.Probe{
		{Column: "int64", Type: "BIGINT", Shown: "%s"},
		{Column: "uint64", Type: "UBIGINT", Shown: "%s"},
		{Column: "float64", Type: "DOUBLE", Shown: "%s"},
		{Column: "date", Type: "DATE", Shown: "date_diff('day', DATE '1970-01-01', %s)", Keep: formattest.Days},
		{Column: "timestamp_us", Type: "TIMESTAMP", Shown: "epoch_us(%s)", Keep: formattest.Moments},
		{Column: "timestamptz_us", Type: "TIMESTAMPTZ", Shown: "epoch_us(%s)", Keep: formattest.Moments},
		{Column: "utf8", Type: "VARCHAR", Shown: "lower(hex(%s))"}, // node takes a BOM off
		{Column: "uuid", Type: "UUID", Shown: "%s"},
	} {
		t.Run(p.Column, func(t *testing.T) {
			rec := p.Batch(t)
			path := filepath.Join(t.TempDir(), "values.ndjson")
			if err := os.WriteFile(path, encode(t, rec), 0o600); err != nil {
				t.Fatal(err)
			}
			p.Check(t, rec, formattest.Shown(servertest.DuckDB(t, fmt.Sprintf(
				"SELECT ("+p.Shown+")::VARCHAR AS v FROM read_json('%[2]s', format='newline_delimited', "+
					"columns={'n': 'INT', '%[3]s': '%[4]s'}) ORDER BY n", p.Column, path, p.Column, p.Type))))
		})
	}
}
