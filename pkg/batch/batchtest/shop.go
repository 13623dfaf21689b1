package batchtest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/batch"
)

// ShopSchema is the schema of Shop: twelve columns as an order table has them.
var ShopSchema = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Int64},
	{Name: "customer_id", Type: arrow.PrimitiveTypes.Int32},
	batch.WithLogical(arrow.Field{Name: "order_uuid", Type: batch.UUIDType}, batch.UUID),
	{Name: "created_at", Type: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}},
	{Name: "ship_date", Type: arrow.FixedWidthTypes.Date32, Nullable: true},
	batch.WithLogical(arrow.Field{Name: "status", Type: arrow.BinaryTypes.String}, batch.Enum),
	{Name: "quantity", Type: arrow.PrimitiveTypes.Int16},
	{Name: "amount", Type: &arrow.Decimal128Type{Precision: 12, Scale: 2}},
	{Name: "discount", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
	{Name: "paid", Type: arrow.FixedWidthTypes.Boolean},
	{Name: "email", Type: arrow.BinaryTypes.String},
	{Name: "note", Type: arrow.BinaryTypes.String, Nullable: true},
}, nil)

var (
	statuses = []string{"new", "paid", "shipped", "returned"}
	words    = []string{"leave", "at", "the", "door", "please, thanks", "call", "before", "delivery", "gift", `say "hi"`, "fragile", "ring"}
)

// Shop returns a batch of orders whose ids begin at first. One value in eight is
// null where the column allows it, and many notes need quotes in CSV.
func Shop(mem memory.Allocator, first int64, rows int) arrow.Record {
	b := array.NewRecordBuilder(mem, ShopSchema)
	defer b.Release()
	r := rand.New(rand.NewPCG(uint64(first), 12))
	for i := range rows {
		appendOrder(b, r, first+int64(i))
	}
	return b.NewRecord()
}

func appendOrder(b *array.RecordBuilder, r *rand.Rand, id int64) {
	var uuid [16]byte
	for i := range uuid {
		uuid[i] = byte(r.Uint32())
	}
	customer := r.Int32N(1_000_000)
	b.Field(0).(*array.Int64Builder).Append(id)
	b.Field(1).(*array.Int32Builder).Append(customer)
	b.Field(2).(*array.FixedSizeBinaryBuilder).Append(uuid[:])
	b.Field(3).(*array.TimestampBuilder).Append(arrow.Timestamp(1_700_000_000_000_000 + r.Int64N(1e14)))
	orNull(r, b.Field(4), func(b *array.Date32Builder) { b.Append(arrow.Date32(19675 + r.Int32N(1000))) })
	b.Field(5).(*array.StringBuilder).Append(statuses[r.IntN(len(statuses))])
	b.Field(6).(*array.Int16Builder).Append(int16(1 + r.IntN(20)))
	b.Field(7).(*array.Decimal128Builder).Append(decimal128.FromI64(r.Int64N(10_000_000)))
	orNull(r, b.Field(8), func(b *array.Float64Builder) { b.Append(float64(r.IntN(10000)) / 10000) })
	b.Field(9).(*array.BooleanBuilder).Append(r.IntN(4) > 0)
	b.Field(10).(*array.StringBuilder).Append(email(customer))
	orNull(r, b.Field(11), func(b *array.StringBuilder) { b.Append(note(r)) })
}

// orNull calls put, but appends a null one time in eight.
func orNull[B array.Builder](r *rand.Rand, b array.Builder, put func(B)) {
	if r.IntN(8) == 0 {
		b.AppendNull()
		return
	}
	put(b.(B))
}

func email(customer int32) string { return fmt.Sprintf("customer%06d@example.com", customer) }

// note is three to six words, of which some hold commas and quotes.
func note(r *rand.Rand) string {
	var picked []string
	for range 3 + r.IntN(4) {
		picked = append(picked, words[r.IntN(len(words))])
	}
	return strings.Join(picked, " ")
}
