package clickhouse_test

import (
	"testing"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/fault"
)

// TestOldServer is over a real server's native protocol, one too old for tokens and most settings.
func TestOldServer(t *testing.T) {
	for _, compress := range []string{"none", "lz4"} {
		t.Run(compress, func(t *testing.T) {
			c := openAt(t, servertest.ClickHouse18(t), "compress="+compress)
			c.SpeakOld()
			exec(t, c, "CREATE TABLE numbers (id UInt64, text String) ENGINE = MergeTree ORDER BY id")
			for i := range 3 {
				if err := c.Append(t.Context(), clickhouse.Insert{Table: "numbers", Block: numbers(i*1000, 1000)}); err != nil {
					t.Fatal(err)
				}
			}
			if got := line(t, c, "SELECT toString((count(), uniqExact(id), max(text))) FROM numbers"); got != "(3000,3000,'row 999')" {
				t.Errorf("got %s, want (3000,3000,'row 999')", got)
			}
			err := c.Append(t.Context(), clickhouse.Insert{Table: "missing", Block: numbers(0, 10)})
			wantFault(t, err, fault.NotFound, "UNKNOWN_TABLE (60)")
		})
	}
}
