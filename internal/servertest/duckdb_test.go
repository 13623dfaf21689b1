package servertest

import (
	"path/filepath"
	"reflect"
	"testing"
)

func TestDuckDBReadsParquet(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rows.parquet")
	DuckDB(t, "COPY (SELECT 9007199254740993 AS big, 1.50::DECIMAL(9, 2) AS price, NULL::INT AS missing) TO '"+file+"'")
	got := DuckDB(t, "SELECT * FROM '"+file+"'")
	want := []map[string]any{{"big": "9007199254740993", "price": "1.50", "missing": nil}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
