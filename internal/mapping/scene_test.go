package mapping_test

import (
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/mapping"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/ndjson"
)

// customers is what a model returns: a full row, a row of nulls but for the key,
// and a row of awkward values.
var customers = arrow.NewSchema([]arrow.Field{
	{Name: "customer_id", Type: arrow.PrimitiveTypes.Int64},
	{Name: "first_name", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "last_name", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "score", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
	{Name: "active", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
	{Name: "spent", Type: &arrow.Decimal128Type{Precision: 10, Scale: 2}, Nullable: true},
	{Name: "joined", Type: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, Nullable: true},
	{Name: "tags", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true},
	{Name: "address", Type: arrow.StructOf(arrow.Field{Name: "city", Type: arrow.BinaryTypes.String, Nullable: true}), Nullable: true},
	{Name: "odd name", Type: arrow.PrimitiveTypes.Uint64, Nullable: true},
}, nil)

func customerRows(t testing.TB) arrow.Record {
	t.Helper()
	b := array.NewRecordBuilder(memory.DefaultAllocator, customers)
	defer b.Release()
	b.Field(0).(*array.Int64Builder).AppendValues([]int64{1, 2, 3}, nil)
	b.Field(1).(*array.StringBuilder).AppendValues([]string{"Ada", "", "Zoë {{ x }}"}, []bool{true, false, true})
	b.Field(2).(*array.StringBuilder).AppendValues([]string{"Lovelace", "", "日本 \"q\""}, []bool{true, false, true})
	b.Field(3).(*array.Float64Builder).AppendValues([]float64{2.5, 0, 0.00001}, []bool{true, false, true})
	b.Field(4).(*array.BooleanBuilder).AppendValues([]bool{true, false, false}, []bool{true, false, true})
	b.Field(5).(*array.Decimal128Builder).AppendValues([]decimal128.Num{decimal128.FromI64(1250), {}, decimal128.FromI64(-5)}, []bool{true, false, true})
	b.Field(6).(*array.TimestampBuilder).AppendValues([]arrow.Timestamp{1_700_000_000_000_000, 0, -1}, []bool{true, false, true})
	tags := b.Field(7).(*array.ListBuilder)
	tags.Append(true)
	tags.ValueBuilder().(*array.StringBuilder).AppendValues([]string{"new", "vip"}, nil)
	tags.AppendNull()
	tags.Append(true)
	address := b.Field(8).(*array.StructBuilder)
	address.Append(true)
	address.FieldBuilder(0).(*array.StringBuilder).Append("Paris")
	address.AppendNull()
	address.Append(true)
	address.FieldBuilder(0).AppendNull()
	b.Field(9).(*array.Uint64Builder).AppendValues([]uint64{7, 0, 1<<64 - 1}, []bool{true, false, true})
	return b.NewRecord()
}

var variables = mapping.Variables{
	ModelID: "m1", ModelName: "customers", SyncID: "s1", RunID: "01RUN", Mode: "all", Op: "all",
	Time: time.Date(2024, 2, 29, 13, 4, 5, 6_000_000, time.FixedZone("", 3600)),
}

// parse reads the lines of a mapping as a project file has them.
func parse(t testing.TB, lines string) []def.Field {
	t.Helper()
	p, problems := def.Parse(project(lines))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return p.Syncs["s"].Mapping
}

func project(lines string) map[string][]byte {
	return map[string][]byte{
		"connections/pg.connection": []byte("TYPE postgres\nPOSTGRES_URL postgres://localhost/db\n"),
		"connections/s3.connection": []byte("TYPE s3\nS3_REGION eu-west-3\nS3_BUCKET bucket\nS3_ACCESS_KEY a\nS3_SECRET b\n"),
		"models/m.yaml":             []byte("connection: pg\nsql: select 1\n"),
		"syncs/s.yaml": []byte("model: m\nmode: all\ndestination: {connection: s3, path: x, format: csv}\nmapping:\n  " +
			strings.ReplaceAll(strings.TrimSpace(lines), "\n", "\n  ") + "\n"),
	}
}

func compile(t testing.TB, lines string) *mapping.Projection {
	t.Helper()
	p, err := mapping.CompileMapping(customers, parse(t, lines), variables, []string{"customer_id"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// lines returns a batch as NDJSON.
func lines(t testing.TB, rec arrow.Record) []string {
	t.Helper()
	e, err := ndjson.Format{}.Encoder(rec.Schema(), format.WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := e.Encode(nil, rec)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}
