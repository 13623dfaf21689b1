package daemon_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
)

const orderColumns = "id Int64, customer String, total Decimal(12,2), ordered_at DateTime64(6, 'UTC'), note String"

// Many objects by four workers: each format, limited by rows and by bytes. Every
// object is a file by itself, and together they are the table.
func TestManyObjectsByManyWorkers(t *testing.T) {
	s := newStage(t)
	const rows = 400_000
	exec1(t, s.postgres(), fmt.Sprintf(orders, rows), "analyze orders")
	s.produce()
	s.work()
	s.work()
	want := one(t, s.postgres(), "select sum(id) || ' ' || sum((total * 100)::bigint) || ' ' || count(distinct note) from orders")
	tests := []struct {
		name, format, extra, reader string
		maxRows, maxBytes           int64
	}{
		{"csv by rows", "csv", "  batch: {rows: 70000}\n", "CSVWithNames", 70_000, 0},
		{"csv", "csv", "  batch: {bytes: 7MiB}\n", "CSVWithNames", 0, 7 << 20},
		{"csv gzip", "csv", "  batch: {bytes: 2MiB}\n  compression: gzip\n", "CSVWithNames", 0, 2 << 20},
		{"ndjson zstd", "ndjson", "  batch: {bytes: 1500KiB}\n  compression: zstd\n", "JSONEachRow", 0, 1500 << 10},
		{"json", "json", "  batch: {bytes: 12MiB}\n", "JSONEachRow", 0, 12 << 20},
		{"parquet by rows", "parquet", "  batch: {rows: 50000}\n", "Parquet", 50_000, 0},
		{"parquet", "parquet", "  batch: {bytes: 1MiB}\n", "Parquet", 0, 1 << 20},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := s.in(t)
			files := ordersProject(tt.format, fmt.Sprintf("out-%d/{part}{ext}", i))
			files["syncs/orders.yaml"] += tt.extra
			s.push(files)
			r := s.done(ledger.Export, "orders")
			m := s.manifest(r.ID)
			if r.Parts < 2 || r.Totals.Rows != rows || m.Ops["all"] != rows || len(m.Objects) < 5 {
				t.Fatalf("got %d parts, totals %+v, ops %v, %d objects", r.Parts, r.Totals, m.Ops, len(m.Objects))
			}
			s.compareEach(m, tt.reader)
			for n, o := range m.Objects {
				if want := fmt.Sprintf("out-%d/%05d.", i, n+1); !strings.HasPrefix(o.Key, want) {
					t.Errorf("got key %s, want %s…", o.Key, want)
				}
				if tt.maxRows > 0 && o.Rows > tt.maxRows || tt.maxBytes > 0 && o.Bytes > tt.maxBytes {
					t.Errorf("%s: got %d rows in %d bytes, want no more than %d rows or %d bytes", o.Key, o.Rows, o.Bytes, tt.maxRows, tt.maxBytes)
				}
			}
			from := s.s3(fmt.Sprintf("out-%d/*", i), tt.reader, orderColumns)
			got := one(t, s.clickhouse(), "select concat(sum(id), ' ', sum(toInt64(total * 100)), ' ', uniqExact(note)) from "+from)
			if got != want {
				t.Errorf("read back %s, want %s", got, want)
			}
		})
	}
}

func (s *stage) manifest(id ledger.RunID) (m export.Manifest) {
	s.t.Helper()
	if err := s.ledger.Manifest(s.t.Context(), id, &m); err != nil {
		s.t.Fatal(err)
	}
	return m
}

// compareEach has ClickHouse count the rows of every object by itself.
func (s *stage) compareEach(m export.Manifest, reader string) {
	s.t.Helper()
	for _, o := range m.Objects {
		got := one(s.t, s.clickhouse(), "select toString(uniqExact(id)) from "+s.s3(o.Key, reader, orderColumns))
		if got != fmt.Sprint(o.Rows) {
			s.t.Errorf("%s has %s rows, want %d", o.Key, got, o.Rows)
		}
	}
}

// One reader, and no part's rest: as few objects as can be, in the model's order.
func TestBatchesOfAnOrderedModel(t *testing.T) {
	s := newStage(t)
	const rows, limit = 100_000, 30_000
	exec1(t, s.postgres(), fmt.Sprintf(orders, rows), "analyze orders")
	s.produce()
	s.work()
	files := ordersProject("csv", "out.csv")
	files["models/orders.yaml"] = "connection: postgres\nsql: select * from orders order by id desc\nprimary_key: id\n"
	files["syncs/orders.yaml"] += fmt.Sprintf("  batch: {rows: %d}\n", limit)
	s.push(files)
	m := s.manifest(s.done(ledger.Export, "orders").ID)
	if len(m.Objects) != 4 {
		t.Fatalf("got %d objects, want 4", len(m.Objects))
	}
	for i, o := range m.Objects {
		got := one(t, s.clickhouse(), "select concat(max(id), ' ', min(id)) from "+s.s3(o.Key, "CSVWithNames", orderColumns))
		if want := fmt.Sprintf("%d %d", rows-i*limit, max(rows-(i+1)*limit, 0)+1); got != want {
			t.Errorf("%s: got ids %s, want %s", o.Key, got, want)
		}
	}
}

// The worker that wrote half of the objects is killed: the others number the
// rest without a gap, and every row is there once.
func TestAKilledBatchedExportHasNoGap(t *testing.T) {
	s := newStage(t)
	const rows, limit = 1_500_000, 100_000
	exec1(t, s.postgres(), fmt.Sprintf(orders, rows), "analyze orders")
	files := ordersProject("csv", "orders.csv")
	files["syncs/orders.yaml"] += fmt.Sprintf("  batch: {rows: %d}\n", limit)
	s.push(files)
	s.produce()
	victim := s.start("worker", "LONGSHORE_QUEUES=export=2")
	id := s.trigger(ledger.Export, "orders")
	waitFor(t, "an object of the run is uploaded", func() bool {
		for _, err := range s.ledger.Uploads(t.Context(), id, 1) {
			return err == nil
		}
		return false
	})
	victim.kill()
	if keys := s.keys(); len(keys) != 0 {
		t.Fatalf("got objects %v before the commit", keys)
	}
	s.start("worker", "LONGSHORE_QUEUES=export=2")
	r := s.ended(id)
	if r.State != ledger.Done || r.Totals.Rows != rows {
		t.Fatalf("got %+v, failure %+v", r, r.Failure)
	}
	m := s.manifest(id)
	var want []string
	for i := range m.Objects {
		want = append(want, fmt.Sprintf("orders-%05d.csv", i+1))
	}
	if keys := s.keys(); len(want) < rows/limit || !slices.Equal(keys, want) {
		t.Errorf("got objects %v", keys)
	}
	for _, key := range want {
		s.noUploads(key)
	}
	got := one(t, s.clickhouse(), "SELECT concat(count(), ' ', uniqExact(id), ' ', sum(id), ' ', uniqExact(note)) FROM "+s.s3("orders-*.csv", "CSVWithNames", orderColumns))
	if want := fmt.Sprintf("%d %d %d %d", rows, rows, rows*(rows+1)/2, rows); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
