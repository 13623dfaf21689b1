package clickhouse_test

import (
	"testing"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/schema"
)

// BenchmarkAppend sends blocks of 262,144 rows to a table that keeps nothing, so that what is measured is the way there.
func BenchmarkAppend(b *testing.B) {
	for _, compress := range []string{"none", "lz4"} {
		b.Run(compress, func(b *testing.B) {
			c := open(b, "compress="+compress)
			exec(b, c, "CREATE TABLE n (id UInt64, at DateTime, price Decimal(18, 4), country LowCardinality(String), note Nullable(String)) ENGINE = Null")
			rows := sales(1 << 18)
			b.SetBytes(rows.Bytes())
			for b.Loop() {
				if err := c.Append(b.Context(), clickhouse.Insert{Table: "n", Block: rows}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(rows.Rows()*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func sales(n int) *block.Block {
	b := new(block.Block)
	b.Shape([]block.Spec{
		{Name: "id", Type: schema.MustParseType("UInt64")}, {Name: "at", Type: schema.MustParseType("DateTime")},
		{Name: "price", Type: schema.MustParseType("Decimal(18, 4)")}, {Name: "country", Type: schema.MustParseType("LowCardinality(String)")},
		{Name: "note", Type: schema.MustParseType("Nullable(String)")},
	})
	countries := []string{"NZ", "DE", "FR", "JP"}
	for i := range n {
		b.Columns[0].AppendUint64(uint64(i))
		b.Columns[1].AppendInt(int64(1_700_000_000 + i))
		b.Columns[2].AppendInt(int64(i) * 7919)
		b.Columns[3].AppendString(countries[i%len(countries)])
		if i%3 == 0 {
			b.Columns[4].AppendNull()
			continue
		}
		b.Columns[4].AppendString("a note of some length, as people write them")
	}
	return b
}
