package parquet

import (
	"fmt"
	"math/rand/v2"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/batch"
)

// shopSchema is the twelve columns of an order that the benchmarks write and read.
var shopSchema = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Int64},
	{Name: "created_at", Type: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}},
	{Name: "session_id", Type: arrow.BinaryTypes.String},
	{Name: "status", Type: arrow.BinaryTypes.String},
	{Name: "quantity", Type: arrow.PrimitiveTypes.Int16},
	{Name: "weight", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
	{Name: "gift", Type: arrow.FixedWidthTypes.Boolean},
	{Name: "total", Type: &arrow.Decimal128Type{Precision: 12, Scale: 2}},
	{Name: "ships_on", Type: arrow.FixedWidthTypes.Date32},
	{Name: "note", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "email", Type: arrow.BinaryTypes.String},
	batch.WithLogical(arrow.Field{Name: "payload", Type: arrow.BinaryTypes.String, Nullable: true}, batch.JSON),
}, nil)

var shopStatus = []string{"new", "paid", "packed", "shipped", "delivered", "returned"}

// shopBatch makes rows orders, the first with the given id. Equal arguments make
// equal batches.
func shopBatch(first int64, rows int) arrow.Record {
	rnd := rand.New(rand.NewPCG(uint64(first), 7))
	b := array.NewRecordBuilder(memory.DefaultAllocator, shopSchema)
	defer b.Release()
	b.Reserve(rows)
	for i := range rows {
		id := first + int64(i)
		b.Field(0).(*array.Int64Builder).Append(id)
		b.Field(1).(*array.TimestampBuilder).Append(arrow.Timestamp(1700000000000000 + id*1337000 + rnd.Int64N(1000000)))
		b.Field(2).(*array.StringBuilder).Append(fmt.Sprintf("%016x%016x", rnd.Uint64(), rnd.Uint64()))
		b.Field(3).(*array.StringBuilder).Append(shopStatus[rnd.IntN(len(shopStatus))])
		b.Field(4).(*array.Int16Builder).Append(int16(rnd.IntN(20) + 1))
		if rnd.IntN(10) == 0 {
			b.Field(5).AppendNull()
		} else {
			b.Field(5).(*array.Float64Builder).Append(rnd.Float64() * 100)
		}
		b.Field(6).(*array.BooleanBuilder).Append(rnd.IntN(8) == 0)
		b.Field(7).(*array.Decimal128Builder).Append(decimal128.FromI64(rnd.Int64N(1000000) - 1000))
		b.Field(8).(*array.Date32Builder).Append(arrow.Date32(19700 + rnd.IntN(400)))
		if rnd.IntN(3) > 0 {
			b.Field(9).AppendNull()
		} else {
			b.Field(9).(*array.StringBuilder).Append(fmt.Sprintf("please leave it with the neighbour at number %d", rnd.IntN(200)))
		}
		b.Field(10).(*array.StringBuilder).Append(fmt.Sprintf("customer.%d@mail%d.example", rnd.IntN(1000000), rnd.IntN(30)))
		b.Field(11).(*array.StringBuilder).Append(fmt.Sprintf(
			`{"sku":"A-%05d","qty":%d,"tags":["%s","gift"],"src":{"utm":"mail","click":%d}}`,
			rnd.IntN(100000), rnd.IntN(9), shopStatus[rnd.IntN(6)], rnd.IntN(1<<30)))
	}
	return b.NewRecord()
}
