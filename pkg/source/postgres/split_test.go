package postgres

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
)

const orderRows = 400_000

// openOrders opens a database with a table of orderRows rows, whose first
// blocks have been emptied.
func openOrders(t *testing.T) (db source.Database, address string) {
	t.Helper()
	address = servertest.Postgres(t)
	execute(t, address,
		`CREATE TABLE "Orders" (id bigint PRIMARY KEY, label text)`,
		`INSERT INTO "Orders" SELECT i, 'order ' || i FROM generate_series(-9999, 399999) AS i`,
		`DELETE FROM "Orders" WHERE id < 0`,
		`CREATE VIEW recent AS SELECT * FROM "Orders"`,
		`CREATE TABLE child () INHERITS ("Orders")`,
		`CREATE TABLE plain AS SELECT * FROM "Orders"`,
		`ANALYZE`)
	db, err := Driver{}.Open(t.Context(), source.Config{Name: "shop", URL: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db, address
}

func TestBlocksHoldEachRowOnce(t *testing.T) {
	db, _ := openOrders(t)
	for _, c := range []struct {
		name, sql string
		cut       bool
		rows, ids int
	}{
		{"table", "SELECT id, label FROM plain", true, orderRows, orderRows},
		{"alias and condition", "SELECT o.id FROM public.plain AS o WHERE o.id >= 0 OR o.label = 'x' -- all", true, orderRows, orderRows},
		{"volatile", "SELECT id, random() FROM plain", true, orderRows, orderRows},
		{"window", "SELECT id, row_number() OVER () FROM plain", false, orderRows, orderRows},
		{"set in the select list", "SELECT id, generate_series(1, 2) FROM plain WHERE id < 200000", false, 400000, 200000},
		{"subquery", "SELECT id, (SELECT 1) FROM plain WHERE label <> (SELECT 'x')", false, orderRows, orderRows},
		{"distinct", "SELECT DISTINCT id FROM plain", false, orderRows, orderRows},
		{"view", "SELECT * FROM recent", false, orderRows, orderRows},
		{"inherited", `SELECT * FROM "Orders"`, false, orderRows, orderRows},
		{"ordered", "SELECT id FROM plain ORDER BY id", false, orderRows, orderRows},
		{"small", "SELECT id FROM plain WHERE id < 1000", false, 1000, 1000},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := source.Query{Name: "orders", SQL: c.sql}
			splits, err := db.Split(t.Context(), q, 3)
			if err != nil {
				t.Fatal(err)
			}
			defer splits.Close()
			if cut := len(splits.Splits) == 3; cut != c.cut {
				t.Errorf("got %d splits, want a cut: %v", len(splits.Splits), c.cut)
			}
			if !splits.Consistent || splits.Held != c.cut {
				t.Errorf("got consistent %v, held %v", splits.Consistent, splits.Held)
			}
			seen, rows := map[int64]bool{}, 0
			for _, s := range splits.Splits {
				each(t, db, q, s, func(rec arrow.Record) {
					rows += int(rec.NumRows())
					for _, id := range rec.Column(0).(*array.Int64).Int64Values() {
						seen[id] = true
					}
				})
			}
			if rows != c.rows || len(seen) != c.ids {
				t.Errorf("got %d rows with %d ids, want %d and %d", rows, len(seen), c.rows, c.ids)
			}
		})
	}
}

func each(t *testing.T, db source.Database, q source.Query, s source.Split, do func(arrow.Record)) {
	t.Helper()
	r, err := db.Read(t.Context(), q, s)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := batch.Each(t.Context(), r, func(rec arrow.Record) error { do(rec); return nil }); err != nil {
		t.Fatal(err)
	}
}

func TestOrderedPartitionsKeepTheirOrder(t *testing.T) {
	db, _ := openOrders(t)
	q := source.Query{Name: "orders", SQL: "SELECT id FROM plain ORDER BY id DESC", PartitionColumn: "id"}
	splits, err := db.Split(t.Context(), q, 4)
	if err != nil {
		t.Fatal(err)
	}
	defer splits.Close()
	if len(splits.Splits) < 2 {
		t.Fatalf("got %d splits", len(splits.Splits))
	}
	for _, s := range splits.Splits {
		last := int64(orderRows)
		each(t, db, q, s, func(rec arrow.Record) {
			for _, id := range rec.Column(0).(*array.Int64).Int64Values() {
				if id >= last {
					t.Fatalf("%d comes after %d", id, last)
				}
				last = id
			}
		})
	}
}

func TestVolatileKeyIsNotCut(t *testing.T) {
	db, _ := openOrders(t)
	q := source.Query{Name: "orders", SQL: "SELECT id, random() AS r FROM plain", PartitionColumn: "r"}
	splits, err := db.Split(t.Context(), q, 4)
	if err != nil {
		t.Fatal(err)
	}
	defer splits.Close()
	if len(splits.Splits) != 1 {
		t.Errorf("got %d splits of a random key, want 1", len(splits.Splits))
	}
}

func TestUnknownPartitionColumn(t *testing.T) {
	db, _ := openOrders(t)
	_, err := db.Split(t.Context(), source.Query{Name: "orders", SQL: "SELECT id FROM plain", PartitionColumn: "nowhere"}, 4)
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), `"nowhere"`) {
		t.Errorf("got %v, want an invalid partition", err)
	}
}

// TestSnapshotGone ends a snapshot in each way that it can end.
func TestSnapshotGone(t *testing.T) {
	db, address := openOrders(t)
	q := source.Query{Name: "orders", SQL: "SELECT id FROM plain"}
	for name, end := range map[string]func(*source.Splits){
		"released": func(s *source.Splits) { s.Close() },
		"connection lost": func(s *source.Splits) {
			execute(t, address, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'")
			t.Cleanup(func() { s.Close() })
		},
	} {
		splits, err := db.Split(t.Context(), q, 2)
		if err != nil {
			t.Fatal(err)
		}
		end(splits)
		r, err := db.Read(t.Context(), q, splits.Splits[0])
		if !errors.Is(err, source.ErrSnapshotGone) {
			t.Errorf("%s: got %v, %v, want ErrSnapshotGone", name, r, err)
		} else if !strings.Contains(err.Error(), "connection shop: read model orders") {
			t.Errorf("%s: got the text %q", name, err)
		}
	}
}

// TestSplitIsOfTheQuery reads a split of one query as one of another.
func TestSplitIsOfTheQuery(t *testing.T) {
	db, _ := openOrders(t)
	for _, content := range []string{`{"blocks":{"from":1}}`, `{"keys":{"column":"nowhere","type":"int","to":"1"}}`, `[]`} {
		r, err := db.Read(t.Context(), source.Query{Name: "m", SQL: "VALUES (1)"}, source.Split{Detail: json.RawMessage(content)})
		if err == nil {
			_, err = r.Next(t.Context())
			r.Close()
		}
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v, want an invalid split", content, err)
		}
	}
}
