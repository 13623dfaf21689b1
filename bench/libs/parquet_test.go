package libs

import (
	"bytes"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow/memory"
	apq "github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"
	"github.com/google/uuid"
	"github.com/parquet-go/parquet-go"

	"github.com/longshore/longshore/pkg/batch/batchtest"
)

// All write and read pages of zstd's fastest level, and choose dictionaries as they
// do unless told otherwise.
func BenchmarkParquetEncode(b *testing.B) {
	compare(b,
		lib{"longshore", encoding("parquet")},
		lib{"arrow", encodeArrow},
		lib{"parquet-go", encodeParquetGo})
}

func BenchmarkParquetDecode(b *testing.B) {
	compare(b,
		lib{"longshore", decoding("parquet")},
		lib{"arrow", decodeArrow},
		lib{"parquet-go", decodeParquetGo})
}

// parquetOrder is a row with the types that its columns have in the file.
type parquetOrder struct {
	ID         int64     `parquet:"id"`
	CustomerID int32     `parquet:"customer_id"`
	OrderUUID  uuid.UUID `parquet:"order_uuid,uuid"`
	CreatedAt  time.Time `parquet:"created_at,timestamp(microsecond)"`
	ShipDate   *int32    `parquet:"ship_date,optional,date"`
	Status     string    `parquet:"status,dict"`
	Quantity   int16     `parquet:"quantity,dict"`
	Amount     int64     `parquet:"amount,decimal(2:12)"`
	Discount   *float64  `parquet:"discount,optional"`
	Paid       bool      `parquet:"paid"`
	Email      string    `parquet:"email"`
	Note       *string   `parquet:"note,optional,dict"`
}

func parquetOrders() (all []parquetOrder) {
	for n, rec := range batches() {
		for i := range int(rec.NumRows()) {
			o := orders()[n*batchRows+i]
			all = append(all, parquetOrder{
				ID: o.ID, CustomerID: o.CustomerID, OrderUUID: uuidOf(rec, i), CreatedAt: o.CreatedAt, ShipDate: (*int32)(o.ShipDate), Status: o.Status,
				Quantity: o.Quantity, Amount: cents(rec, i), Discount: o.Discount, Paid: o.Paid, Email: o.Email, Note: o.Note,
			})
		}
	}
	return all
}

func encodeArrow(b *testing.B) func() {
	b.Helper()
	in := batches()
	var out bytes.Buffer
	return func() {
		out.Reset()
		props := apq.NewWriterProperties(apq.WithCompression(compress.Codecs.Zstd), apq.WithCompressionLevel(1))
		w, err := pqarrow.NewFileWriter(batchtest.ShopSchema, &out, props, pqarrow.DefaultWriterProps())
		if err != nil {
			b.Fatal(err)
		}
		for _, rec := range in {
			if err := w.WriteBuffered(rec); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func encodeParquetGo(b *testing.B) func() {
	b.Helper()
	in := parquetOrders()
	var out bytes.Buffer
	return func() {
		out.Reset()
		w := parquet.NewGenericWriter[parquetOrder](&out, parquet.Compression(&parquet.Zstd))
		for from := 0; from < len(in); from += batchRows {
			if _, err := w.Write(in[from : from+batchRows]); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// decodeArrow makes Arrow batches.
func decodeArrow(b *testing.B) func() {
	b.Helper()
	body := object(b, "parquet")
	return func() {
		r, err := file.NewParquetReader(bytes.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		defer r.Close()
		fr, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{BatchSize: batchRows}, memory.DefaultAllocator)
		if err != nil {
			b.Fatal(err)
		}
		records, err := fr.GetRecordReader(b.Context(), nil, nil)
		if err != nil {
			b.Fatal(err)
		}
		defer records.Release()
		read := 0
		for records.Next() {
			read += int(records.Record().NumRows())
		}
		wantRows(b, read)
	}
}

func decodeParquetGo(b *testing.B) func() {
	b.Helper()
	body := object(b, "parquet")
	out := make([]parquetOrder, batchRows)
	return func() {
		r := parquet.NewGenericReader[parquetOrder](bytes.NewReader(body))
		defer r.Close()
		read := 0
		for read < rows {
			n, err := r.Read(out)
			if n == 0 {
				b.Fatal(err)
			}
			read += n
		}
		wantRows(b, read)
	}
}
