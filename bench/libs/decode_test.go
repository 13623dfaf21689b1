package libs

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/google/uuid"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format"
	formats "github.com/longshore/longshore/pkg/format/all"
	"github.com/longshore/longshore/pkg/schema"
)

// table is the ClickHouse columns that the rows go into.
var table = []struct{ name, typ string }{
	{"id", "Int64"}, {"customer_id", "Int32"}, {"order_uuid", "UUID"}, {"created_at", "DateTime64(6, 'UTC')"},
	{"ship_date", "Nullable(Date32)"}, {"status", "LowCardinality(String)"}, {"quantity", "Int16"}, {"amount", "Decimal(12, 2)"},
	{"discount", "Nullable(Float64)"}, {"paid", "Bool"}, {"email", "String"}, {"note", "Nullable(String)"},
}

// decoding is Longshore's decoder of a format, from a whole file into ClickHouse's
// columns.
func decoding(name string) func(*testing.B) func() {
	return func(b *testing.B) func() {
		b.Helper()
		r, err := formats.Reader(name)
		if err != nil {
			b.Fatal(err)
		}
		var columns []format.Column
		for _, c := range table {
			columns = append(columns, format.Column{Name: c.name, Type: schema.MustParseType(c.typ)})
		}
		body := object(b, name)
		var into block.Block
		return func() {
			in := format.Input{Name: name, Stream: bytes.NewReader(body), At: bytes.NewReader(body), Size: int64(len(body))}
			d, err := r.Decoder(b.Context(), in, columns, format.ReadOptions{})
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			wantRows(b, drain(b, d, &into))
		}
	}
}

// drain reads all rows, block after block.
func drain(b *testing.B, d format.Decoder, into *block.Block) (read int) {
	b.Helper()
	for {
		_, err := d.Next(into, rows)
		if errors.Is(err, io.EOF) {
			return read
		}
		if err != nil || len(d.Rejected()) > 0 {
			b.Fatal(err, d.Rejected())
		}
		read += into.Rows()
	}
}

func wantRows(b *testing.B, got int) {
	b.Helper()
	if got != rows {
		b.Fatalf("got %d rows, want %d", got, rows)
	}
}

func uuidText(rec arrow.Record, i int) string { return uuid.UUID(uuidOf(rec, i)).String() }
