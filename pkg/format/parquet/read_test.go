package parquet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	apq "github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"

	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/formattest"
	"github.com/longshore/longshore/pkg/schema"
)

// naturalType is the table's type that holds all values of a field, or "" where
// none does.
func naturalType(f arrow.Field) string {
	name := ""
	switch t := f.Type.(type) {
	case *arrow.BooleanType:
		name = "Bool"
	case *arrow.Int8Type, *arrow.Int16Type, *arrow.Int32Type, *arrow.Int64Type:
		name = "I" + t.Name()[1:]
	case *arrow.Uint8Type, *arrow.Uint16Type, *arrow.Uint32Type, *arrow.Uint64Type:
		name = "UI" + t.Name()[2:]
	case *arrow.Float16Type, *arrow.Float32Type:
		name = "Float32"
	case *arrow.Float64Type:
		name = "Float64"
	case arrow.DecimalType:
		name = fmt.Sprintf("Decimal(%d, %d)", t.GetPrecision(), t.GetScale())
	case *arrow.StringType, *arrow.LargeStringType, *arrow.BinaryType, *arrow.LargeBinaryType, *arrow.DictionaryType:
		name = "String"
	case *arrow.FixedSizeBinaryType:
		name = fmt.Sprintf("FixedString(%d)", t.ByteWidth)
		if batch.LogicalOf(f) == batch.UUID {
			name = "UUID"
		}
	case *arrow.Time32Type, *arrow.Time64Type:
		name = "Int64"
	case *arrow.ListType:
		return arrayName(naturalType(t.ElemField()))
	case *arrow.FixedSizeListType:
		return arrayName(naturalType(t.ElemField()))
	case *arrow.MapType:
		return fmt.Sprintf("Map(%s, %s)", strings.TrimSuffix(strings.TrimPrefix(naturalType(t.KeyField()), "Nullable("), ")"), naturalType(t.ItemField()))
	case *arrow.StructType:
		var parts []string
		for _, f := range t.Fields() {
			inner := naturalType(f)
			if inner == "" {
				return ""
			}
			parts = append(parts, "`"+f.Name+"` "+inner)
		}
		return "Tuple(" + strings.Join(parts, ", ") + ")"
	}
	if name != "" && f.Nullable {
		name = "Nullable(" + name + ")"
	}
	return name
}

func arrayName(elem string) string {
	if elem == "" {
		return ""
	}
	return "Array(" + elem + ")"
}

// appendWanted appends what reading must make of a value.
func appendWanted(t testing.TB, c *block.Column, arr arrow.Array, i int) {
	t.Helper()
	if arr.IsNull(i) {
		c.AppendNull()
		return
	}
	switch a := arr.(type) {
	case *array.Boolean:
		c.AppendBool(a.Value(i))
	case *array.Int8:
		c.AppendInt(int64(a.Value(i)))
	case *array.Int16:
		c.AppendInt(int64(a.Value(i)))
	case *array.Int32:
		c.AppendInt(int64(a.Value(i)))
	case *array.Int64:
		c.AppendInt(a.Value(i))
	case *array.Uint8:
		c.AppendInt(int64(a.Value(i)))
	case *array.Uint16:
		c.AppendInt(int64(a.Value(i)))
	case *array.Uint32:
		c.AppendInt(int64(a.Value(i)))
	case *array.Uint64:
		c.AppendUint64(a.Value(i))
	case *array.Float16:
		c.AppendFloat32(a.Value(i).Float32())
	case *array.Float32:
		c.AppendFloat32(a.Value(i))
	case *array.Float64:
		c.AppendFloat64(a.Value(i))
	case *array.Decimal128:
		v := a.Value(i)
		if size := c.Type.Base().FixedSize(); size <= 8 {
			c.AppendInt(int64(v.LowBits()))
		} else {
			c.AppendUint128(uint64(v.HighBits()), v.LowBits())
		}
	case *array.Decimal256:
		v := a.Value(i).Array()
		if size := c.Type.Base().FixedSize(); size <= 8 {
			c.AppendInt(int64(v[0]))
		} else if size == 16 {
			c.AppendUint128(v[1], v[0])
		} else {
			c.AppendUint256(v)
		}
	case *array.String:
		c.AppendString(a.Value(i))
	case *array.LargeString:
		c.AppendString(a.Value(i))
	case *array.Binary:
		c.AppendBytes(a.Value(i))
	case *array.LargeBinary:
		c.AppendBytes(a.Value(i))
	case *array.Dictionary:
		c.AppendString(a.Dictionary().(*array.String).Value(a.GetValueIndex(i)))
	case *array.FixedSizeBinary:
		if v := a.Value(i); c.Type.Base().Kind == schema.UUID {
			c.AppendUUID([16]byte(v))
		} else {
			c.AppendBytes(v)
		}
	case *array.Time32:
		v := int64(a.Value(i))
		if a.DataType().(*arrow.Time32Type).Unit == arrow.Second {
			v *= 1000
		}
		c.AppendInt(v)
	case *array.Time64:
		c.AppendInt(int64(a.Value(i)))
	default:
		appendWantedNested(t, c, arr, i)
	}
}

func appendWantedNested(t testing.TB, c *block.Column, arr arrow.Array, i int) {
	t.Helper()
	switch a := arr.(type) {
	case *array.Map:
		from, to := a.ValueOffsets(i)
		for j := from; j < to; j++ {
			appendWanted(t, c.Elem(0), a.Keys(), int(j))
			appendWanted(t, c.Elem(1), a.Items(), int(j))
		}
	case array.ListLike:
		from, to := a.ValueOffsets(i)
		for j := from; j < to; j++ {
			appendWanted(t, c.Elem(0), a.ListValues(), int(j))
		}
	case *array.Struct:
		for f := range a.NumField() {
			appendWanted(t, c.Elem(f), a.Field(f), i)
		}
	default:
		t.Fatalf("no values for %T", arr)
	}
	c.EndRow()
}

// readAll reads a file in blocks of so many rows. The columns of all blocks are
// appended to one list of native blocks.
func readAll(t testing.TB, b []byte, columns []format.Column, opts format.ReadOptions, maxRows int) (blocks [][]byte, rejects []format.Reject, facts format.Facts) {
	t.Helper()
	d, err := Format{}.Decoder(context.Background(), inputOf(b), columns, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var dst block.Block
	for {
		n, err := d.Next(&dst, maxRows)
		if errors.Is(err, io.EOF) {
			return blocks, rejects, d.Facts()
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := dst.Rows() + len(d.Rejected()); got != n && len(columns) > 0 {
			t.Fatalf("got %d rows and %d rejects, want %d in all", dst.Rows(), len(d.Rejected()), n)
		}
		blocks = append(blocks, block.AppendNative(nil, &dst))
		rejects = append(rejects, d.Rejected()...)
	}
}

// tableOf returns columns for the fields that have a natural type, and the
// block that must come of reading recs.
func tableOf(t testing.TB, recs ...arrow.Record) ([]format.Column, []byte) {
	t.Helper()
	var pairs []string
	var at []int
	for i, f := range recs[0].Schema().Fields() {
		if _, isStruct := f.Type.(*arrow.StructType); isStruct && f.Nullable {
			continue // a Tuple can't be null
		}
		if typ := naturalType(f); typ != "" {
			pairs, at = append(pairs, f.Name, typ), append(at, i)
		}
	}
	columns := columnsOf(t, pairs...)
	var want block.Block
	for i, c := range columns {
		col := block.NewColumn(c.Name, c.Type)
		for _, rec := range recs {
			for row := range int(rec.NumRows()) {
				appendWanted(t, col, rec.Column(at[i]), row)
			}
		}
		want.Columns = append(want.Columns, col)
	}
	return columns, block.AppendNative(nil, &want)
}

func TestReadWhatWasWritten(t *testing.T) {
	s := everySchema()
	recs := []arrow.Record{everyBatch(s, 1, 700, true), everyBatch(s, 2, 300, false)}
	columns, want := tableOf(t, recs...)
	for _, opts := range []format.WriteOptions{{}, {RowGroupRows: 77, Compression: "snappy"}, {Compression: "gzip"}, {Compression: "none"}} {
		object := objectOf(t, s, opts, recs)
		blocks, rejects, facts := readAll(t, object, columns, format.ReadOptions{}, 1<<20)
		if len(rejects) > 0 {
			t.Fatalf("got reject of row %d: %+v", rejects[0].Row, rejects[0].Errors[0])
		}
		if len(blocks) != 1 || !bytes.Equal(blocks[0], want) {
			t.Fatalf("got other values than were written: %d blocks", len(blocks))
		}
		if len(facts.Missing) > 0 || len(facts.Unknown) == 0 || facts.Bytes == 0 {
			t.Errorf("got facts %+v", facts)
		}
	}
}

// TestReaderConformance reads files that the writer makes of the suite's texts.
func TestReaderConformance(t *testing.T) {
	formattest.Read(t, formattest.Reading{Reader: Format{}, File: suiteFile, RowAllocs: 0.05})
}

// suiteFile writes texts with the Arrow types that suit the columns, a row group
// for every hundred rows.
func suiteFile(t testing.TB, columns []format.Column, rows [][]*string) []byte {
	t.Helper()
	var fields []arrow.Field
	for _, c := range columns {
		f := arrow.Field{Name: c.Name, Type: arrow.BinaryTypes.String, Nullable: c.Type.IsNullable()}
		switch base := c.Type.Base(); base.Kind {
		case schema.Int64:
			f.Type = arrow.PrimitiveTypes.Int64
		case schema.Float64:
			f.Type = arrow.PrimitiveTypes.Float64
		case schema.Bool:
			f.Type = arrow.FixedWidthTypes.Boolean
		case schema.Decimal:
			f.Type = &arrow.Decimal128Type{Precision: int32(base.Precision), Scale: int32(base.Scale)}
		case schema.DateTime64:
			f.Type = &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"}
		}
		fields = append(fields, f)
	}
	s := arrow.NewSchema(fields, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, s)
	defer b.Release()
	for _, row := range rows {
		for i, v := range row {
			if v == nil {
				b.Field(i).AppendNull()
			} else if err := b.Field(i).AppendValueFromString(*v); err != nil {
				t.Fatal(err)
			}
		}
	}
	return objectOf(t, s, format.WriteOptions{RowGroupRows: 100}, []arrow.Record{b.NewRecord()})
}

// TestReadWhatArrowWrote has the encodings, page versions and codecs of the
// other library.
func TestReadWhatArrowWrote(t *testing.T) {
	s := everySchema()
	all := everyBatch(s, 7, 900, true)
	var kept []arrow.Field
	var cols []arrow.Array
	for i, f := range s.Fields() {
		// Arrow v15 writes neither half floats nor fixed lists, dictionaries with a twist.
		if slices.Contains([]string{"f16", "three", "dict", "t32s"}, strings.TrimSuffix(f.Name, "_null")) {
			continue
		}
		kept, cols = append(kept, f), append(cols, all.Column(i))
	}
	s = arrow.NewSchema(kept, nil)
	rec := array.NewRecord(s, cols, all.NumRows())
	columns, want := tableOf(t, rec)
	for _, c := range []struct {
		name  string
		props []apq.WriterProperty
	}{
		{"plain", []apq.WriterProperty{apq.WithDictionaryDefault(false)}},
		{"dictionary", []apq.WriterProperty{apq.WithDictionaryDefault(true), apq.WithDataPageSize(200)}},
		{"version 2 pages", []apq.WriterProperty{apq.WithDataPageVersion(apq.DataPageV2), apq.WithDataPageSize(500), apq.WithCompression(compress.Codecs.Snappy)}},
		{"brotli", []apq.WriterProperty{apq.WithCompression(compress.Codecs.Brotli), apq.WithDictionaryDefault(false)}},
		{"zstd", []apq.WriterProperty{apq.WithCompression(compress.Codecs.Zstd), apq.WithMaxRowGroupLength(100)}},
		{"gzip", []apq.WriterProperty{apq.WithCompression(compress.Codecs.Gzip)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var buf bytes.Buffer
			w, err := pqarrow.NewFileWriter(s, &buf, apq.NewWriterProperties(c.props...), pqarrow.DefaultWriterProps())
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Write(rec); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			blocks, rejects, _ := readAll(t, buf.Bytes(), columns, format.ReadOptions{}, 1<<20)
			if len(rejects) > 0 {
				t.Fatalf("got reject of row %d: %+v", rejects[0].Row, rejects[0].Errors[0])
			}
			if !bytes.Equal(blocks[0], want) {
				t.Fatal("got other values than were written")
			}
		})
	}
}

// TestBlocksDontDependOnRowGroups: equal rows make equal blocks.
func TestBlocksDontDependOnRowGroups(t *testing.T) {
	rec := shopBatch(1, 1000)
	var want [][]byte
	for _, rows := range []int64{1000, 37, 1} {
		object := objectOf(t, shopSchema, format.WriteOptions{RowGroupRows: rows}, []arrow.Record{rec})
		got, _, _ := readAll(t, object, shopColumns(t), format.ReadOptions{}, 90)
		if len(got) != 12 {
			t.Fatalf("got %d blocks, want 12", len(got))
		}
		if want == nil {
			want = got
		}
		if !slices.EqualFunc(got, want, bytes.Equal) {
			t.Fatalf("row groups of %d: got other blocks", rows)
		}
	}
}

func TestBlockBytes(t *testing.T) {
	object := objectOf(t, shopSchema, format.WriteOptions{}, []arrow.Record{shopBatch(1, 5000)})
	blocks, _, _ := readAll(t, object, shopColumns(t), format.ReadOptions{BlockBytes: 100_000}, 1<<20)
	for i, b := range blocks {
		if len(b) > 110_000 || i < len(blocks)-1 && len(b) < 70_000 {
			t.Errorf("block %d of %d: got %d bytes, want about 100000", i, len(blocks), len(b))
		}
	}
}

func TestEmptyFiles(t *testing.T) {
	for name, b := range map[string][]byte{"no bytes": {}, "no rows": objectOf(t, shopSchema, format.WriteOptions{})} {
		blocks, rejects, facts := readAll(t, b, shopColumns(t), format.ReadOptions{}, 100)
		if len(blocks)+len(rejects)+len(facts.Missing) > 0 {
			t.Errorf("%s: got %d blocks, %d rejects, missing %v", name, len(blocks), len(rejects), facts.Missing)
		}
	}
}

// TestTruncated cuts a file at every byte: never a panic, and an error that is Invalid.
func TestTruncated(t *testing.T) {
	s := everySchema()
	whole := objectOf(t, s, format.WriteOptions{RowGroupRows: 3}, []arrow.Record{everyBatch(s, 1, 5, true)})
	columns, _ := tableOf(t, everyBatch(s, 1, 5, true))
	step := max(1, len(whole)/3000)
	for n := 1; n < len(whole); n += step {
		if _, err := (Format{}).Decoder(context.Background(), inputOf(whole[:n]), columns, format.ReadOptions{}); !fault.Is(err, fault.Invalid) {
			t.Fatalf("%d of %d bytes: got %v, want an Invalid error", n, len(whole), err)
		} else if !strings.Contains(err.Error(), "test.parquet") {
			t.Fatalf("got %v, which doesn't name the file", err)
		}
	}
}

// TestDamaged spoils every byte of a file in turn. It may go unnoticed, or be an
// error; it is never a panic, and never takes for ever.
func TestDamaged(t *testing.T) {
	s := everySchema()
	rec := everyBatch(s, 1, 5, true)
	whole := objectOf(t, s, format.WriteOptions{Compression: "none"}, []arrow.Record{rec})
	columns, _ := tableOf(t, rec)
	for n := 0; n < len(whole); n += 1 + len(whole)/4000 {
		spoilt := slices.Clone(whole)
		spoilt[n] ^= []byte{0x01, 0x80, 0xFF}[n%3]
		tryRead(t, spoilt, columns)
	}
}

// tryRead reads a file that may be anything, up to a few thousand rows.
func tryRead(t testing.TB, b []byte, columns []format.Column) {
	t.Helper()
	d, err := Format{}.Decoder(context.Background(), inputOf(b), columns, format.ReadOptions{})
	if err != nil {
		if !fault.Is(err, fault.Invalid) {
			t.Fatalf("got %v, want an Invalid error", err)
		}
		return
	}
	defer d.Close()
	var dst block.Block
	for range 20 {
		n, err := d.Next(&dst, 300)
		if err != nil {
			if !errors.Is(err, io.EOF) && !fault.Is(err, fault.Invalid) {
				t.Fatalf("got %v, want an Invalid error", err)
			}
			return
		}
		if dst.Rows()+len(d.Rejected()) != n {
			t.Fatalf("got %d rows and %d rejects, want %d", dst.Rows(), len(d.Rejected()), n)
		}
	}
}

type failing struct{}

func (f failing) ReadAt(b []byte, at int64) (int, error) {
	return 0, fault.New(fault.Throttled, "slow down")
}

func TestInputErrorKeepsItsKind(t *testing.T) {
	_, err := Format{}.Decoder(context.Background(), format.Input{Name: "x", At: failing{}, Size: 1000}, nil, format.ReadOptions{})
	if !fault.Is(err, fault.Throttled) {
		t.Fatalf("got %v, want the input's kind", err)
	}
}
