package libs

import (
	"testing"
	"time"

	chproto "github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2/lib/column"
	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/schema"
)

// BenchmarkNativeBlock fills a block of ClickHouse's Native layout from Go values
// and makes its bytes, as an INSERT sends them.
func BenchmarkNativeBlock(b *testing.B) {
	compare(b,
		lib{"longshore", blockOfOurs},
		lib{"ch-go", blockOfCHGo},
		lib{"clickhouse-go-columns", blockOfColumns},
		lib{"clickhouse-go-rows", blockOfRows})
}

func blockOfOurs(*testing.B) func() {
	in := parquetOrders()
	var specs []block.Spec
	for _, c := range table {
		specs = append(specs, block.Spec{Name: c.name, Type: schema.MustParseType(c.typ)})
	}
	var into block.Block
	var out []byte
	return func() {
		into.Shape(specs)
		c := into.Columns
		for i := range in {
			o := &in[i]
			c[0].AppendUint64(uint64(o.ID))
			c[1].AppendUint32(uint32(o.CustomerID))
			c[2].AppendUUID(o.OrderUUID)
			c[3].AppendInt64(o.CreatedAt.UnixMicro())
			appendOr(c[4], o.ShipDate, func(v int32) { c[4].AppendUint32(uint32(v)) })
			c[5].AppendString(o.Status)
			c[6].AppendUint16(uint16(o.Quantity))
			c[7].AppendInt64(o.Amount)
			appendOr(c[8], o.Discount, c[8].AppendFloat64)
			c[9].AppendBool(o.Paid)
			c[10].AppendString(o.Email)
			appendOr(c[11], o.Note, c[11].AppendString)
		}
		out = block.AppendNative(out[:0], &into)
	}
}

func appendOr[T any](c *block.Column, v *T, put func(T)) {
	if v == nil {
		c.AppendNull()
		return
	}
	put(*v)
}

func blockOfCHGo(b *testing.B) func() {
	b.Helper()
	in := parquetOrders()
	var (
		id       chproto.ColInt64
		customer chproto.ColInt32
		uuids    chproto.ColUUID
		created  = new(chproto.ColDateTime64).WithPrecision(chproto.PrecisionMicro)
		ship     = chproto.NewColNullable[time.Time](new(chproto.ColDate32))
		status   = new(chproto.ColStr).LowCardinality()
		quantity chproto.ColInt16
		amount   chproto.ColDecimal64
		discount = chproto.NewColNullable[float64](new(chproto.ColFloat64))
		paid     chproto.ColBool
		email    chproto.ColStr
		note     = new(chproto.ColStr).Nullable()
	)
	input := chproto.Input{
		{Name: "id", Data: &id}, {Name: "customer_id", Data: &customer}, {Name: "order_uuid", Data: &uuids}, {Name: "created_at", Data: created},
		{Name: "ship_date", Data: ship}, {Name: "status", Data: status}, {Name: "quantity", Data: &quantity}, {Name: "amount", Data: chproto.Alias(&amount, "Decimal(12, 2)")},
		{Name: "discount", Data: discount}, {Name: "paid", Data: &paid}, {Name: "email", Data: &email}, {Name: "note", Data: note},
	}
	var out chproto.Buffer
	return func() {
		input.Reset()
		for i := range in {
			o := &in[i]
			id.Append(o.ID)
			customer.Append(o.CustomerID)
			uuids.Append(o.OrderUUID)
			created.Append(o.CreatedAt)
			ship.Append(nullable(timeOf(o.ShipDate)))
			status.Append(o.Status)
			quantity.Append(o.Quantity)
			amount.Append(chproto.Decimal64(o.Amount))
			discount.Append(nullable(o.Discount))
			paid.Append(o.Paid)
			email.Append(o.Email)
			note.Append(nullable(o.Note))
		}
		out.Reset()
		block := chproto.Block{Columns: len(input), Rows: len(in)}
		if err := block.EncodeRawBlock(&out, 54451, input); err != nil {
			b.Fatal(err)
		}
	}
}

func nullable[T any](v *T) chproto.Nullable[T] {
	if v == nil {
		return chproto.Null[T]()
	}
	return chproto.NewNullable(*v)
}

func timeOf(days *int32) *time.Time {
	if days == nil {
		return nil
	}
	return new(day(*days).time())
}

// values are the columns as clickhouse-go takes them.
type values struct {
	id       []int64
	customer []int32
	uuids    []uuid.UUID
	created  []time.Time
	ship     []*time.Time
	status   []string
	quantity []int16
	amount   []decimal.Decimal
	discount []*float64
	paid     []bool
	email    []string
	note     []*string
}

func valuesOf(in []parquetOrder) (v values) {
	for i := range in {
		o := &in[i]
		v.id, v.customer, v.uuids = append(v.id, o.ID), append(v.customer, o.CustomerID), append(v.uuids, o.OrderUUID)
		v.created, v.ship, v.status = append(v.created, o.CreatedAt), append(v.ship, timeOf(o.ShipDate)), append(v.status, o.Status)
		v.quantity, v.amount = append(v.quantity, o.Quantity), append(v.amount, decimal.New(o.Amount, -2))
		v.discount, v.paid = append(v.discount, o.Discount), append(v.paid, o.Paid)
		v.email, v.note = append(v.email, o.Email), append(v.note, o.Note)
	}
	return v
}

// clickhouseBlock is clickhouse-go's block of an INSERT.
func clickhouseBlock(b *testing.B) *proto.Block {
	b.Helper()
	out := proto.NewBlock()
	for _, c := range table {
		if err := out.AddColumn(c.name, column.Type(c.typ)); err != nil {
			b.Fatal(err)
		}
	}
	return out
}

func blockOfColumns(b *testing.B) func() {
	b.Helper()
	v := valuesOf(parquetOrders())
	columns := []any{v.id, v.customer, v.uuids, v.created, v.ship, v.status, v.quantity, v.amount, v.discount, v.paid, v.email, v.note}
	block := clickhouseBlock(b)
	var out chproto.Buffer
	return func() {
		block.Reset()
		for i, c := range block.Columns {
			if _, err := c.Append(columns[i]); err != nil {
				b.Fatal(err)
			}
		}
		out.Reset()
		if err := block.Encode(&out, 54451); err != nil {
			b.Fatal(err)
		}
	}
}

func blockOfRows(b *testing.B) func() {
	b.Helper()
	v := valuesOf(parquetOrders())
	block := clickhouseBlock(b)
	var out chproto.Buffer
	return func() {
		block.Reset()
		for i := range v.id {
			err := block.Append(v.id[i], v.customer[i], v.uuids[i], v.created[i], v.ship[i], v.status[i],
				v.quantity[i], v.amount[i], v.discount[i], v.paid[i], v.email[i], v.note[i])
			if err != nil {
				b.Fatal(err)
			}
		}
		out.Reset()
		if err := block.Encode(&out, 54451); err != nil {
			b.Fatal(err)
		}
	}
}
