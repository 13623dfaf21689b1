package servertest

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// DuckDB runs a query in a fresh in-memory DuckDB and returns its rows by column name: an independent reader of
// Parquet, CSV and JSON files. scripts/duckdb-query.mjs says how values look; BIGINT and DECIMAL are strings.
func DuckDB(t testing.TB, query string) []map[string]any {
	t.Helper()
	require(t, "DuckDB")
	root, err := checkout()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, ".cache", "duckdb", "version")); err != nil {
		t.Fatal("DuckDB is not installed: run `make setup`")
	}
	var out, complaint bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "node", filepath.Join(root, "scripts", "duckdb-query.mjs"), query)
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		t.Fatalf("duckdb: %v: %s\n%s", err, complaint.Bytes(), query)
	}
	var rows []map[string]any
	if err := json.Unmarshal(out.Bytes(), &rows); err != nil {
		t.Fatalf("duckdb: %v: %s", err, out.Bytes())
	}
	return rows
}
