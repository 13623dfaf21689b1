package mysql

import (
	"testing"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/source"
)

// BenchmarkRead reads a row of five columns, about 70 bytes, per operation.
func BenchmarkRead(b *testing.B) {
	address := servertest.MariaDB(b)
	execute(b, address, "CREATE TABLE orders (id bigint, customer varchar(40), total decimal(12,2), at datetime(6), note char(32))",
		"INSERT INTO orders SELECT seq, CONCAT('customer ', seq), seq / 100, '2024-01-01' + INTERVAL seq SECOND, MD5(seq) FROM seq_1_to_500000")
	db, err := Driver{}.Open(b.Context(), source.Config{Name: "shop", URL: address})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	b.ReportAllocs()
	b.ResetTimer()
	for left := b.N; left > 0; {
		r, err := db.Read(b.Context(), source.Query{Name: "orders", SQL: "SELECT * FROM orders"}, source.Split{})
		if err != nil {
			b.Fatal(err)
		}
		if err := batch.Each(b.Context(), r, func(rec arrow.Record) error { left -= int(rec.NumRows()); return nil }); err != nil {
			b.Fatal(err)
		}
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
