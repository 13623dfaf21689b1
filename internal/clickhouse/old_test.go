package clickhouse_test

import (
	"testing"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/schema"
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

// TestOldServerTakesTemporaryTables sends a block the way of those with nulls that stand for a DEFAULT. This server
// doesn't replace nulls yet, so the column is one that comes empty instead.
func TestOldServerTakesTemporaryTables(t *testing.T) {
	for _, compress := range []string{"none", "lz4"} {
		t.Run(compress, func(t *testing.T) {
			c := openAt(t, servertest.ClickHouse18(t), "compress="+compress)
			c.SpeakOld()
			exec(t, c, "CREATE TABLE lists (id UInt64, list Array(String), text String DEFAULT concat('text ', toString(id))) ENGINE = MergeTree ORDER BY id")
			b := new(block.Block)
			b.Shape([]block.Spec{
				{Name: "id", Type: schema.MustParseType("UInt64")},
				{Name: "list", Type: schema.MustParseType("Array(String)"), Optional: true},
				{Name: "text", Type: schema.MustParseType("String"), Optional: true},
			})
			for i := range 4 {
				b.Columns[0].AppendUint64(uint64(i))
				b.Columns[2].AppendNull()
				if i%2 == 1 {
					b.Columns[1].AppendNull()
					continue
				}
				b.Columns[1].Elem(0).AppendString("x")
				b.Columns[1].EndRow()
			}
			if err := c.Append(t.Context(), clickhouse.Insert{Table: "lists", Block: b}); err != nil {
				t.Fatal(err)
			}
			want := "0 ['x'] text 0\n1 [] text 1\n2 ['x'] text 2\n3 [] text 3"
			if got := line(t, c, "SELECT concat(toString(id), ' ', toString(list), ' ', text) FROM lists ORDER BY id"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}
