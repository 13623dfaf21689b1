package parquet

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet/file"

	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
)

func le32(v int32) string { return string(binary.LittleEndian.AppendUint32(nil, uint32(v))) }

func leDouble(v float64) string {
	return string(binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)))
}

func TestStatistics(t *testing.T) {
	nan := math.NaN()
	wide := &arrow.Decimal128Type{Precision: 38, Scale: 0}
	for _, c := range []struct {
		name   string
		typ    arrow.DataType
		fill   func(b array.Builder)
		lo, hi string // PLAIN
		none   bool
		nulls  int64
	}{
		{name: "signed", typ: arrow.PrimitiveTypes.Int32, nulls: 1, lo: le32(-7), hi: le32(5), fill: func(b array.Builder) {
			b.(*array.Int32Builder).AppendValues([]int32{5, -7, 0}, nil)
			b.AppendNull()
		}},
		{name: "unsigned", typ: arrow.PrimitiveTypes.Uint32, lo: le32(1), hi: le32(-1), fill: func(b array.Builder) {
			b.(*array.Uint32Builder).AppendValues([]uint32{1, math.MaxUint32, 2}, nil)
		}},
		{name: "small negative", typ: arrow.PrimitiveTypes.Int8, lo: le32(-128), hi: le32(127), fill: func(b array.Builder) {
			b.(*array.Int8Builder).AppendValues([]int8{127, -128}, nil)
		}},
		{name: "floats", typ: arrow.PrimitiveTypes.Float64, lo: leDouble(-1), hi: leDouble(2), fill: func(b array.Builder) {
			b.(*array.Float64Builder).AppendValues([]float64{nan, 2, nan, -1}, nil)
		}},
		{name: "zeros", typ: arrow.PrimitiveTypes.Float64, lo: leDouble(math.Copysign(0, -1)), hi: leDouble(0), fill: func(b array.Builder) {
			b.(*array.Float64Builder).AppendValues([]float64{0}, nil)
		}},
		{name: "nan", typ: arrow.PrimitiveTypes.Float64, none: true, fill: func(b array.Builder) {
			b.(*array.Float64Builder).AppendValues([]float64{nan, nan}, nil)
		}},
		{name: "nulls", typ: arrow.BinaryTypes.String, none: true, nulls: 2, fill: func(b array.Builder) {
			b.AppendNull()
			b.AppendNull()
		}},
		{name: "texts", typ: arrow.BinaryTypes.String, lo: "", hi: "ż", fill: func(b array.Builder) {
			b.(*array.StringBuilder).AppendValues([]string{"a", "ż", "", "z"}, nil)
		}},
		{name: "long text", typ: arrow.BinaryTypes.String, none: true, fill: func(b array.Builder) {
			b.(*array.StringBuilder).AppendValues([]string{"a", strings.Repeat("z", 257)}, nil)
		}},
		{name: "decimal", typ: wide, lo: strings.Repeat("\xff", 15) + "\xfe", hi: strings.Repeat("\x00", 15) + "\x03", fill: func(b array.Builder) {
			b.(*array.Decimal128Builder).AppendValues([]decimal128.Num{decimal128.FromI64(3), decimal128.FromI64(-2)}, nil)
		}},
		{name: "bool", typ: arrow.FixedWidthTypes.Boolean, lo: "\x01", hi: "\x01", nulls: 1, fill: func(b array.Builder) {
			b.(*array.BooleanBuilder).Append(true)
			b.AppendNull()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			schema := arrow.NewSchema([]arrow.Field{{Name: "c", Type: c.typ, Nullable: true}}, nil)
			for _, times := range []int{1, 20} { // without a dictionary and with one
				b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
				for range times {
					c.fill(b.Field(0))
				}
				_, s := segmentOf(t, schema, format.WriteOptions{}, b.NewRecord())
				footer, err := meta.ReadFooter(s.Meta)
				if err != nil {
					t.Fatal(err)
				}
				got := footer.RowGroups[0].Chunks[0].Statistics
				if got.Nulls != c.nulls*int64(times) {
					t.Errorf("got %d nulls, want %d", got.Nulls, c.nulls*int64(times))
				}
				if c.none != (got.Min == nil) || string(got.Min) != c.lo || string(got.Max) != c.hi {
					t.Errorf("%d times: got %x to %x, want %x to %x", times, got.Min, got.Max, c.lo, c.hi)
				}
			}
		})
	}
}

// TestArrowTrustsStatistics looks at the footer as another reader does.
func TestArrowTrustsStatistics(t *testing.T) {
	rec := shopBatch(10, 20000)
	b := objectOf(t, shopSchema, format.WriteOptions{RowGroupRows: 15000}, []arrow.Record{rec})
	r, err := file.NewParquetReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got := r.MetaData().GetCreatedBy(); got != createdBy {
		t.Errorf("got created by %q, want %q", got, createdBy)
	}
	if r.NumRowGroups() != 2 || r.MetaData().RowGroup(1).NumRows() != 5000 {
		t.Fatalf("got %d row groups, want 2, the second of 5000 rows", r.NumRowGroups())
	}
	for i := range shopSchema.NumFields() {
		chunk, err := r.MetaData().RowGroup(1).ColumnChunk(i)
		if err != nil {
			t.Fatal(err)
		}
		stats, err := chunk.Statistics()
		if err != nil {
			t.Fatal(err)
		}
		if want := int64(rec.Column(i).NullN()); !stats.HasNullCount() || stats.NullCount() > want {
			t.Errorf("column %s: got %d nulls, want at most %d", shopSchema.Field(i).Name, stats.NullCount(), want)
		}
		if !stats.HasMinMax() {
			t.Errorf("column %s: got no bounds", shopSchema.Field(i).Name)
		}
	}
	chunk, _ := r.MetaData().RowGroup(1).ColumnChunk(0)
	stats, _ := chunk.Statistics()
	if got := stats.EncodeMin(); string(got) != string(binary.LittleEndian.AppendUint64(nil, 15010)) {
		t.Errorf("got least id %x, want 15010", got)
	}
}

// TestDictionaryWhereItPays looks at the encodings of the shop's columns.
func TestDictionaryWhereItPays(t *testing.T) {
	_, s := segmentOf(t, shopSchema, format.WriteOptions{}, shopBatch(1, 40000))
	footer, err := meta.ReadFooter(s.Meta)
	if err != nil {
		t.Fatal(err)
	}
	pays := map[string]bool{"status": true, "quantity": true, "ships_on": true, "note": true}
	for _, c := range footer.RowGroups[0].Chunks {
		if got := c.DictionaryOffset > 0; got != pays[c.Path[0]] {
			t.Errorf("column %s: got dictionary %t, want %t", c.Path[0], got, pays[c.Path[0]])
		}
	}
}

func TestEncodeAllocatesNothingPerRow(t *testing.T) {
	rec := shopBatch(1, 8192)
	enc, err := Format{}.Encoder(shopSchema, format.WriteOptions{RowGroupRows: 8192 * 4})
	if err != nil {
		t.Fatal(err)
	}
	var buf []byte
	encode := func() {
		for range 4 {
			if buf, err = enc.Encode(buf[:0], rec); err != nil {
				t.Fatal(err)
			}
		}
	}
	encode()
	encode()
	if got := testing.AllocsPerRun(5, encode) / (4 * 8192); got > 0.01 {
		t.Fatalf("got %.4f allocations per row, want less than 0.01: those of a row group's metadata", got)
	}
}
