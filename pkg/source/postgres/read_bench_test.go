package postgres

import (
	"errors"
	"io"
	"testing"

	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/source"
)

// BenchmarkRead reads a table of half a million rows and twelve columns in one
// split. The server's COPY bounds it; compare with psql's.
func BenchmarkRead(b *testing.B) {
	const rows = 500_000
	address := servertest.Postgres(b)
	execute(b, address, `CREATE TABLE orders AS SELECT i AS id, i % 1000 AS customer, (i % 7)::int AS kind, (i % 100)::int AS amount,
		'customer ' || i AS name, 'a somewhat longer description of the order' AS description, 'paid' AS state,
		i::float8 / 3 AS weight, now() AS created, now() + i * interval '1s' AS paid, i % 2 = 0 AS shipped,
		(i % 10000 / 100.0)::numeric(12,2) AS price FROM generate_series(1, 500000::bigint) AS i`, "VACUUM ANALYZE orders")
	db, err := Driver{}.Open(b.Context(), source.Config{Name: "shop", URL: address})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	b.ReportAllocs()
	for b.Loop() {
		r, err := db.Read(b.Context(), source.Query{Name: "orders", SQL: "SELECT * FROM orders"}, source.Split{})
		if err != nil {
			b.Fatal(err)
		}
		n := int64(0)
		for {
			rec, err := r.Next(b.Context())
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
			n += rec.NumRows()
		}
		if n != rows {
			b.Fatalf("got %d rows, want %d", n, rows)
		}
		r.Close()
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}
