package libs

import (
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/batch/batchtest"
	"github.com/longshore/longshore/pkg/format"
	formats "github.com/longshore/longshore/pkg/format/all"
)

const (
	batchRows = 8192
	rows      = 8 * batchRows
)

// batches are the twelve columns that all figures are about, as Longshore has them.
var batches = sync.OnceValue(func() (all []arrow.Record) {
	for i := range int64(rows / batchRows) {
		all = append(all, batchtest.Shop(memory.DefaultAllocator, i*batchRows, batchRows))
	}
	return all
})

// order is a row as other libraries have it.
type order struct {
	ID         int64     `csv:"id" json:"id"`
	CustomerID int32     `csv:"customer_id" json:"customer_id"`
	OrderUUID  string    `csv:"order_uuid" json:"order_uuid"`
	CreatedAt  time.Time `csv:"created_at" json:"created_at"`
	ShipDate   *day      `csv:"ship_date" json:"ship_date"`
	Status     string    `csv:"status" json:"status"`
	Quantity   int16     `csv:"quantity" json:"quantity"`
	Amount     float64   `csv:"amount" json:"amount"`
	Discount   *float64  `csv:"discount" json:"discount"`
	Paid       bool      `csv:"paid" json:"paid"`
	Email      string    `csv:"email" json:"email"`
	Note       *string   `csv:"note" json:"note"`
}

// day is days since 1970, as text a date.
type day int32

// MarshalText implements encoding.TextMarshaler.
func (d day) MarshalText() ([]byte, error) { return d.time().AppendFormat(nil, time.DateOnly), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *day) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.DateOnly, string(text))
	*d = day(t.Unix() / 86400)
	return err
}

func (d day) time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// orders are the rows of batches.
var orders = sync.OnceValue(func() []order {
	all := make([]order, 0, rows)
	for _, b := range batches() {
		for i := range int(b.NumRows()) {
			all = append(all, orderOf(b, i))
		}
	}
	return all
})

func orderOf(b arrow.Record, i int) order {
	o := order{
		ID: b.Column(0).(*array.Int64).Value(i), CustomerID: b.Column(1).(*array.Int32).Value(i), OrderUUID: uuidText(b, i),
		CreatedAt: b.Column(3).(*array.Timestamp).Value(i).ToTime(arrow.Microsecond), Status: b.Column(5).(*array.String).Value(i),
		Quantity: b.Column(6).(*array.Int16).Value(i), Amount: float64(cents(b, i)) / 100,
		Paid: b.Column(9).(*array.Boolean).Value(i), Email: b.Column(10).(*array.String).Value(i),
	}
	if c := b.Column(4).(*array.Date32); c.IsValid(i) {
		o.ShipDate = new(day(c.Value(i)))
	}
	if c := b.Column(8).(*array.Float64); c.IsValid(i) {
		o.Discount = new(c.Value(i))
	}
	if c := b.Column(11).(*array.String); c.IsValid(i) {
		o.Note = new(c.Value(i))
	}
	return o
}

func cents(b arrow.Record, i int) int64 {
	return int64(b.Column(7).(*array.Decimal128).Value(i).LowBits())
}

func uuidOf(b arrow.Record, i int) [16]byte {
	return [16]byte(b.Column(2).(*array.FixedSizeBinary).Value(i))
}

// object is the rows as Longshore writes them, a whole object.
func object(b testing.TB, name string) []byte {
	b.Helper()
	w, err := formats.Writer(name)
	if err != nil {
		b.Fatal(err)
	}
	frame, err := w.Frame(batchtest.ShopSchema, format.WriteOptions{})
	if err != nil {
		b.Fatal(err)
	}
	opening := frame.Opening()
	segment, meta := encode(b, w, nil)
	closing, err := frame.Closing([]format.Segment{{Offset: int64(len(opening)), Size: int64(len(segment)), Rows: rows, Meta: meta}})
	if err != nil {
		b.Fatal(err)
	}
	return append(append(opening[:len(opening):len(opening)], segment...), closing...)
}

// encode writes the rows as one segment into buf.
func encode(b testing.TB, w format.Writer, buf []byte) (segment, meta []byte) {
	b.Helper()
	e, err := w.Encoder(batchtest.ShopSchema, format.WriteOptions{})
	if err != nil {
		b.Fatal(err)
	}
	out := buf[:0]
	for _, rec := range batches() {
		if out, err = e.Encode(out, rec); err != nil {
			b.Fatal(err)
		}
	}
	if out, meta, err = e.Flush(out); err != nil {
		b.Fatal(err)
	}
	return out, meta
}

// encoding is Longshore's encoder of a format.
func encoding(name string) func(*testing.B) func() {
	return func(b *testing.B) func() {
		b.Helper()
		w, err := formats.Writer(name)
		if err != nil {
			b.Fatal(err)
		}
		var buf []byte
		return func() { buf, _ = encode(b, w, buf) }
	}
}

// lib is one side of a comparison. Prepare returns what is measured: all rows, once.
type lib struct {
	name    string
	prepare func(b *testing.B) func()
}

// compare measures all sides.
func compare(b *testing.B, libs ...lib) {
	b.Helper()
	size := int64(len(object(b, "csv")))
	for _, l := range libs {
		b.Run("lib="+l.name, func(b *testing.B) {
			do := l.prepare(b)
			do() // buffers have their size, and pools are full
			b.SetBytes(size)
			b.ReportAllocs()
			b.ResetTimer()
			before := cpu()
			for b.Loop() {
				do()
			}
			b.ReportMetric(float64(cpu()-before)/float64(b.N*rows), "cpu-ns/row")
		})
	}
}

// cpu is the time that the process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
