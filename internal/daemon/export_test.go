package daemon_test

import (
	"fmt"
	"testing"

	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
)

const orders = `create table orders as
	select i as id, 'customer ' || i %% 1000 as customer, (i %% 100000)::numeric(12,2) / 100 as total,
		timestamptz '2024-01-01 00:00:00Z' + i * interval '1 second' as ordered_at, md5(i::text) as note
	from generate_series(1, %d) i`

func ordersProject(format, path string) map[string]string {
	return map[string]string{
		"models/orders.yaml": "connection: postgres\nsql: select * from orders\nprimary_key: id\n",
		"syncs/orders.yaml": fmt.Sprintf("model: orders\nmode: all\nparallelism: 4\ndestination:\n  connection: minio\n  path: %s\n  format: %s\n",
			path, format),
	}
}

// One object by four workers: large enough for pieces, and each format's frame.
func TestOneObjectByManyWorkers(t *testing.T) {
	s := newStage(t)
	const rows = 600_000
	exec1(t, s.postgres(), fmt.Sprintf(orders, rows), "analyze orders")
	s.produce()
	s.work()
	s.work()
	want := one(t, s.postgres(), "select sum(id) || ' ' || sum((total * 100)::bigint) || ' ' || count(distinct note) from orders")
	tests := []struct{ name, format, extra, reader string }{
		{"csv", "csv", "", "CSVWithNames"},
		{"csv gzip", "csv", "  compression: gzip\n", "CSVWithNames"},
		{"ndjson zstd", "ndjson", "  compression: zstd\n", "JSONEachRow"},
		{"json", "json", "", "JSONEachRow"},
		{"parquet", "parquet", "", "Parquet"},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := ordersProject(tt.format, fmt.Sprintf("out-%d{ext}", i))
			files["syncs/orders.yaml"] += tt.extra
			s.push(files)
			r := s.done(ledger.Export, "orders")
			var m export.Manifest
			if err := s.ledger.Manifest(t.Context(), r.ID, &m); err != nil {
				t.Fatal(err)
			}
			if r.Parts < 2 || r.Totals.Rows != rows || len(m.Objects) != 1 {
				t.Fatalf("got %d parts, totals %+v, objects %+v", r.Parts, r.Totals, m.Objects)
			}
			from := s.s3(m.Objects[0].Key, tt.reader, "id Int64, customer String, total Decimal(12,2), ordered_at DateTime64(6, 'UTC'), note String")
			got := one(t, s.clickhouse(), "select concat(sum(id), ' ', sum(toInt64(total * 100)), ' ', uniqExact(note)) from "+from)
			if got != want {
				t.Errorf("read back %s, want %s", got, want)
			}
		})
	}
}
