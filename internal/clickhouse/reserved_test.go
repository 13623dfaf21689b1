package clickhouse_test

import (
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/clickhouse"
)

// The names that a table of the server has beside its columns are reserved, and
// so are ours.
func TestReservedNames(t *testing.T) {
	for name, want := range map[string]bool{
		"id": false, "_id": false, "part": false, "cc__x": false, strings.Repeat("n", 80): false,
		"_part": true, "_PART": true, "_row_exists": true, "c__error": true, "C__x": true, "insertion_date": true, clickhouse.FileColumn: true,
		strings.Repeat("n", 81): true,
	} {
		if got := clickhouse.ReservedName(name); got != want {
			t.Errorf("%s: got %v", name, got)
		}
	}
	c := open(t)
	exec(t, c, "CREATE TABLE plain (id UInt64) ENGINE = MergeTree ORDER BY id")
	for _, name := range []string{"_part", "_part_index", "_part_uuid", "_partition_id", "_partition_value", "_part_offset", "_sample_factor", "_row_exists"} {
		if err := c.Exec(t.Context(), "select", "SELECT "+name+" FROM plain"); err == nil && !clickhouse.ReservedName(name) {
			t.Errorf("the server has %s", name)
		}
	}
}
