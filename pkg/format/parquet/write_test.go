package parquet

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"
	pq "github.com/parquet-go/parquet-go"

	"github.com/longshore/longshore/pkg/batch/batchtest"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/formattest"
)

// segmentOf encodes records as one segment.
func segmentOf(t testing.TB, schema *arrow.Schema, opts format.WriteOptions, recs ...arrow.Record) ([]byte, format.Segment) {
	t.Helper()
	enc, err := Format{}.Encoder(schema, opts)
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	var rows int64
	for _, r := range recs {
		if out, err = enc.Encode(out, r); err != nil {
			t.Fatal(err)
		}
		rows += r.NumRows()
	}
	out, m, err := enc.Flush(out)
	if err != nil {
		t.Fatal(err)
	}
	return out, format.Segment{Size: int64(len(out)), Rows: rows, Meta: m}
}

// objectOf puts segments, one of each list of records, into one object.
func objectOf(t testing.TB, schema *arrow.Schema, opts format.WriteOptions, segments ...[]arrow.Record) []byte {
	t.Helper()
	frame, err := Format{}.Frame(schema, opts)
	if err != nil {
		t.Fatal(err)
	}
	out := append([]byte{}, frame.Opening()...)
	var list []format.Segment
	for _, recs := range segments {
		b, s := segmentOf(t, schema, opts, recs...)
		if s.Rows == 0 {
			continue
		}
		s.Offset = int64(len(out))
		out = append(out, b...)
		list = append(list, s)
	}
	end, err := frame.Closing(list)
	if err != nil {
		t.Fatal(err)
	}
	return append(out, end...)
}

// arrowTexts reads a file with arrow and returns its rows, a text per value.
func arrowTexts(t testing.TB, b []byte) [][]string {
	t.Helper()
	rows, err := arrowRows(b)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func arrowRows(b []byte) ([][]string, error) {
	r, err := file.NewParquetReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	fr, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		return nil, err
	}
	table, err := fr.ReadTable(context.Background())
	if err != nil {
		return nil, err
	}
	defer table.Release()
	out := make([][]string, table.NumRows())
	for i := range int(table.NumCols()) {
		row := 0
		for _, chunk := range table.Column(i).Data().Chunks() {
			for j := range chunk.Len() {
				out[row] = append(out[row], cellText(chunk, j))
				row++
			}
		}
	}
	return out, nil
}

func recordTexts(recs ...arrow.Record) [][]string {
	var out [][]string
	for _, r := range recs {
		for j := range int(r.NumRows()) {
			var row []string
			for _, col := range r.Columns() {
				row = append(row, cellText(col, j))
			}
			out = append(out, row)
		}
	}
	return out
}

// cellText returns a value so that equal values of types that Parquet merges have
// equal texts: floats of any width, seconds and milliseconds, both kinds of date.
func cellText(arr arrow.Array, i int) string {
	if arr.IsNull(i) {
		return "null"
	}
	switch a := arr.(type) {
	case *array.Float16:
		return fmt.Sprint(a.Value(i).Float32())
	case *array.Float32:
		return fmt.Sprint(math.Float32bits(a.Value(i))&(1<<31), a.Value(i))
	case *array.Float64:
		return fmt.Sprint(math.Float64bits(a.Value(i))&(1<<63), a.Value(i))
	case *array.Date64:
		return fmt.Sprint(int64(a.Value(i)) / 86400000)
	case *array.Date32:
		return fmt.Sprint(int32(a.Value(i)))
	case *array.Time32:
		return scaledText(int64(a.Value(i)), a.DataType().(*arrow.Time32Type).Unit)
	case *array.Time64:
		return fmt.Sprint(int64(a.Value(i)))
	case *array.Timestamp:
		return scaledText(int64(a.Value(i)), a.DataType().(*arrow.TimestampType).Unit)
	case *array.String:
		return fmt.Sprintf("%q", a.Value(i))
	case *array.LargeString:
		return fmt.Sprintf("%q", a.Value(i))
	case *array.Binary:
		return fmt.Sprintf("%q", a.Value(i))
	case *array.LargeBinary:
		return fmt.Sprintf("%q", a.Value(i))
	case *array.Dictionary:
		return fmt.Sprintf("%q", a.Dictionary().(*array.String).Value(a.GetValueIndex(i)))
	case array.ListLike:
		return listText(a, i)
	case *array.Struct:
		var parts []string
		for f := range a.NumField() {
			parts = append(parts, cellText(a.Field(f), i))
		}
		return "{" + strings.Join(parts, " ") + "}"
	}
	return arr.ValueStr(i)
}

func listText(a array.ListLike, i int) string {
	from, to := a.ValueOffsets(i)
	var parts []string
	for j := from; j < to; j++ {
		parts = append(parts, cellText(a.ListValues(), int(j)))
	}
	return "[" + strings.Join(parts, " ") + "]"
}

func scaledText(v int64, unit arrow.TimeUnit) string {
	if unit == arrow.Second {
		v *= 1000
	}
	return fmt.Sprint(v)
}

func compare(t *testing.T, schema *arrow.Schema, got, want [][]string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d rows, want %d", len(got), len(want))
	}
	for i := range want {
		for c := range want[i] {
			if strings.HasPrefix(schema.Field(c).Name, "f16") { // float16 is written as float32
				got[i][c] = strings.TrimPrefix(got[i][c], "0 ")
			}
			if got[i][c] != want[i][c] {
				t.Fatalf("row %d, column %s: got %q, want %q", i, schema.Field(c).Name, got[i][c], want[i][c])
			}
		}
	}
}

func TestWrittenIsReadByArrow(t *testing.T) {
	schema := everySchema()
	for _, c := range []struct {
		name string
		opts format.WriteOptions
		few  bool
		rows int
	}{
		{"zstd", format.WriteOptions{}, false, 700},
		{"snappy repeated", format.WriteOptions{Compression: "snappy"}, true, 3000},
		{"gzip", format.WriteOptions{Compression: "gzip"}, true, 50},
		{"none", format.WriteOptions{Compression: "none"}, false, 50},
		{"small groups", format.WriteOptions{RowGroupRows: 101}, true, 700},
		{"one row", format.WriteOptions{}, false, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			recs := []arrow.Record{everyBatch(schema, 1, c.rows, c.few), everyBatch(schema, 2, c.rows/2+1, c.few)}
			recs = append(recs, recs[0].NewSlice(int64(c.rows/3), int64(c.rows))) // arrays with an offset
			b := objectOf(t, schema, c.opts, recs)
			compare(t, schema, arrowTexts(t, b), recordTexts(recs...))
		})
	}
}

func TestEdgesAreReadByArrow(t *testing.T) {
	rec := batchtest.Edges(memory.DefaultAllocator, 500)
	b := objectOf(t, rec.Schema(), format.WriteOptions{RowGroupRows: 200}, []arrow.Record{rec})
	compare(t, rec.Schema(), arrowTexts(t, b), recordTexts(rec))
}

func TestSegmentsInAnyOrder(t *testing.T) {
	schema := everySchema()
	opts := format.WriteOptions{RowGroupRows: 64}
	a, b, c := everyBatch(schema, 1, 200, true), everyBatch(schema, 2, 1, true), everyBatch(schema, 3, 63, false)
	for _, order := range [][]arrow.Record{{a, b, c}, {c, a, b}, {b, c, a}} {
		segments := [][]arrow.Record{{order[0]}, {}, {order[1]}, {order[2]}}
		out := objectOf(t, schema, opts, segments...)
		compare(t, schema, arrowTexts(t, out), recordTexts(order...))
	}
}

func TestEmptyFile(t *testing.T) {
	b := objectOf(t, shopSchema, format.WriteOptions{})
	if got := arrowTexts(t, b); len(got) != 0 {
		t.Fatalf("got %d rows, want none", len(got))
	}
	f, err := pq.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(f.Schema().Fields()); got != 12 || f.NumRows() != 0 {
		t.Fatalf("got %d columns and %d rows, want 12 and 0", got, f.NumRows())
	}
}

// TestWrittenIsReadByParquetGo compares leaf by leaf, levels included, with what
// the other library reads from a file that arrow wrote of the same rows.
func TestWrittenIsReadByParquetGo(t *testing.T) {
	schema := everySchema()
	rec := everyBatch(schema, 5, 900, true)
	ours := parquetGoValues(t, objectOf(t, schema, format.WriteOptions{RowGroupRows: 100}, []arrow.Record{rec}))
	var buf bytes.Buffer
	fields := schema.Fields()
	var kept []arrow.Field
	var cols []arrow.Array
	for i, f := range fields { // what arrow v15 stores in other physical types
		if slices.Contains([]string{"f16", "dict", "three", "dec9", "dec18", "date64", "ts_s", "t32s", "structs"}, strings.TrimSuffix(f.Name, "_null")) {
			continue
		}
		kept, cols = append(kept, f), append(cols, rec.Column(i))
	}
	sub := arrow.NewSchema(kept, nil)
	w, err := pqarrow.NewFileWriter(sub, &buf, nil, pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(array.NewRecord(sub, cols, rec.NumRows())); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for path, want := range parquetGoValues(t, buf.Bytes()) {
		got := ours[path]
		if len(got) != len(want) {
			t.Fatalf("column %s: got %d values, want %d", path, len(got), len(want))
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("column %s, value %d: got %s, want %s", path, i, got[i], want[i])
			}
		}
	}
}

func parquetGoValues(t testing.TB, b []byte) map[string][]string {
	t.Helper()
	f, err := pq.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	paths := f.Schema().Columns()
	for _, g := range f.RowGroups() {
		for i, c := range g.ColumnChunks() {
			path := strings.Join(paths[i], ".")
			pages := c.Pages()
			for {
				p, err := pages.ReadPage()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatalf("column %s: %v", path, err)
				}
				values := make([]pq.Value, p.NumValues())
				if n, err := p.Values().ReadValues(values); n != len(values) {
					t.Fatalf("column %s: got %d values and %v, want %d", path, n, err, len(values))
				}
				for _, v := range values {
					s := fmt.Sprintf("%x", v.Bytes())
					if v.IsNull() {
						s = "null"
					}
					out[path] = append(out[path], fmt.Sprintf("%s r%d d%d", s, v.RepetitionLevel(), v.DefinitionLevel()))
				}
			}
			pages.Close()
		}
	}
	return out
}

// TestConformance has arrow read every object of the suite.
func TestConformance(t *testing.T) {
	w := formattest.Writing{
		Writer: Format{},
		Rows: func(file []byte, _ *arrow.Schema, _ format.WriteOptions) ([]string, error) {
			rows, err := arrowRows(file)
			var out []string
			for _, row := range rows {
				out = append(out, strings.Join(row, "\x1f"))
			}
			return out, err
		},
		BatchAllocs: 20, // pages are held until the row group is full: their buffers grow
	}
	formattest.Write(t, w)
	w.Options = []formattest.Options{
		{Name: "small groups", WriteOptions: format.WriteOptions{RowGroupRows: 7, Compression: "snappy"}},
		{Name: "small groups by size", WriteOptions: format.WriteOptions{RowGroupBytes: 2000, Compression: "none"}},
	}
	w.BatchAllocs = 10_000 // the metadata of 143 row groups of 12 columns
	formattest.Write(t, w)
}

func TestWriterRefuses(t *testing.T) {
	field := func(t arrow.DataType) *arrow.Schema {
		return arrow.NewSchema([]arrow.Field{{Name: "c", Type: t}}, nil)
	}
	for _, c := range []struct {
		name   string
		schema *arrow.Schema
		codec  string
	}{
		{"no columns", arrow.NewSchema(nil, nil), ""},
		{"twins", arrow.NewSchema([]arrow.Field{{Name: "a", Type: arrow.PrimitiveTypes.Int8}, {Name: "a", Type: arrow.PrimitiveTypes.Int8}}, nil), ""},
		{"empty struct", field(arrow.StructOf()), ""},
		{"interval", field(arrow.FixedWidthTypes.MonthInterval), ""},
		{"negative scale", field(&arrow.Decimal128Type{Precision: 3, Scale: -2}), ""},
		{"codec", shopSchema, "rar"},
	} {
		t.Run(c.name, func(t *testing.T) {
			opts := format.WriteOptions{Compression: c.codec}
			if _, err := (Format{}).Frame(c.schema, opts); !fault.Is(err, fault.Invalid) {
				t.Errorf("Frame: got %v, want an Invalid error", err)
			}
			if _, err := (Format{}).Encoder(c.schema, opts); !fault.Is(err, fault.Invalid) {
				t.Errorf("Encoder: got %v, want an Invalid error", err)
			}
		})
	}
}
