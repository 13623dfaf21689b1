package sourcetest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/longshore/longshore/pkg/source"
)

// many is enough rows for any driver to find cutting worthwhile.
const many = 500_000

// testSplits checks that the splits of a query hold each row once.
func (h Harness) testSplits(t *testing.T) {
	url := h.Database(t)
	h.Exec(t, url, h.Numbers("numbers", many)...)
	db := h.open(t, url, 0)
	for _, c := range []struct {
		name, sql, partition string
		count                int  // that the user wants
		cut                  bool // more than one split is wanted
	}{
		{"no partition", "SELECT id, label FROM numbers", "", 0, false},
		{"by key", "SELECT id, label FROM numbers", "id", 0, true},
		{"by a key with nulls", "SELECT id, part FROM numbers", "part", 0, true},
		{"by a key of the result", "SELECT id, id * 3 + 1 AS k FROM numbers WHERE id < 400000", "k", 0, true},
		{"by text", "SELECT id, label FROM numbers", "label", 0, true},
		{"ordered", "SELECT id, label FROM numbers ORDER BY id", "", 0, false},
		{"limited", "SELECT id FROM numbers ORDER BY id LIMIT 400000", "id", 0, false},
		{"few rows", "SELECT id FROM numbers WHERE id < 100", "id", 0, false},
		{"few rows in as many ranges as the user wants", "SELECT id FROM numbers WHERE id < 100", "id", 4, true},
		{"comment at the end", "SELECT id FROM numbers -- all of them; really", "id", 0, true},
		{"semicolon at the end", "SELECT id FROM numbers ; ", "id", 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := source.Query{Name: "orders", SQL: c.sql, PartitionColumn: c.partition, PartitionCount: c.count}
			splits := split(t, db, q, 4)
			if n := len(splits.Splits); n > 4 || n < 1 || c.cut && n < 2 {
				t.Errorf("got %d splits", n)
			}
			if ordered := c.name == "ordered" || c.name == "limited"; splits.Ordered != ordered {
				t.Errorf("got ordered %v, want %v", splits.Ordered, ordered)
			}
			h.checkRows(t, db, q, splits, want(c.sql), func() {})
		})
	}
}

// want is the ids that a query of testSplits selects.
func want(sql string) map[int64]bool {
	ids := map[int64]bool{}
	for id := range int64(many) {
		switch {
		case sql == "SELECT id, id * 3 + 1 AS k FROM numbers WHERE id < 400000" && id >= 400_000:
		case sql == "SELECT id FROM numbers ORDER BY id LIMIT 400000" && id >= 400_000:
		case strings.HasSuffix(sql, "WHERE id < 100") && id >= 100:
		default:
			ids[id] = true
		}
	}
	return ids
}

// checkRows reads all splits and calls during now and then.
func (h Harness) checkRows(
	t *testing.T, db source.Database, q source.Query, splits *source.Splits, want map[int64]bool, during func(),
) {
	seen, batches := make(map[int64]bool, len(want)), 0
	for _, s := range splits.Splits {
		rows := int64(0)
		read(t, db, q, travel(t, s), func(rec arrow.Record) {
			rows += rec.NumRows()
			if batches++; batches%8 == 0 {
				during()
			}
			for _, id := range rec.Column(0).(*array.Int64).Int64Values() {
				if seen[id] {
					t.Fatalf("the row %d is in two splits", id)
				}
				if !want[id] {
					t.Fatalf("the row %d isn't in the result", id)
				}
				seen[id] = true
			}
		})
		if rows == 0 && len(splits.Splits) > 1 {
			t.Errorf("the split %s is empty", s.Detail)
		}
	}
	if len(seen) != len(want) {
		t.Errorf("got %d rows, want %d", len(seen), len(want))
	}
}

// travel sends the split through JSON, as the queue does.
func travel(t *testing.T, s source.Split) (out source.Split) {
	t.Helper()
	content, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// testSnapshot checks that the splits of a driver with snapshots see one state
// while a writer moves amounts between rows and adds and removes rows.
func (h Harness) testSnapshot(t *testing.T) {
	url := h.Database(t)
	h.Exec(t, url, h.Numbers("numbers", many)...)
	db := h.open(t, url, 0)
	q := source.Query{Name: "orders", SQL: "SELECT id, part FROM numbers", PartitionColumn: "id"}
	splits := split(t, db, q, 3)
	if !splits.Consistent || len(splits.Splits) != 3 {
		t.Fatalf("got %d splits, consistent %v; want 3, consistent", len(splits.Splits), splits.Consistent)
	}
	writes := h.writes(t, url)
	wanted := map[int64]bool{}
	for id := range int64(many) {
		wanted[id] = true
	}
	writes()
	h.checkRows(t, db, q, splits, wanted, writes)
}

// writes returns what changes the table a little more with each call: rows go,
// change their ids, and come.
func (h Harness) writes(t *testing.T, url string) func() {
	turn := 0
	return func() {
		turn++
		h.Exec(t, url,
			fmt.Sprintf("DELETE FROM numbers WHERE id = %d", turn*1000),
			fmt.Sprintf("UPDATE numbers SET id = id + 1000000 WHERE id BETWEEN %d AND %d", turn*5000+1, turn*5000+9),
			fmt.Sprintf("INSERT INTO numbers VALUES (%d, 'new', 1)", 5_000_000+turn))
	}
}
