// Package bench measures the stages that are Longshore's own, without servers:
// rows in memory to an object's bytes, and a file's bytes to ClickHouse's columns.
//
//	make bench
//	go test -run '^$' -bench . -count 6 ./bench | go tool -modfile tools/go.mod benchstat -
//
// Bytes are those of the rows as CSV, so that formats compare. Each format's
// folder has benchmarks against other libraries.
package bench

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/batch/batchtest"
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/format"
	formats "github.com/longshore/longshore/pkg/format/all"
	"github.com/longshore/longshore/pkg/schema"
)

const (
	batches   = 32
	batchRows = 8192
)

// shop is batches of the twelve columns that all figures are about.
func shop(b *testing.B) []arrow.Record {
	b.Helper()
	var all []arrow.Record
	for i := range batches {
		all = append(all, batchtest.Shop(memory.DefaultAllocator, int64(i)*batchRows, batchRows))
	}
	return all
}

// object writes a whole object into memory, as one worker does.
func object(b *testing.B, w format.Writer, codec compress.Codec, rows []arrow.Record, buf []byte) []byte {
	b.Helper()
	frame, err := w.Frame(rows[0].Schema(), format.WriteOptions{})
	if err != nil {
		b.Fatal(err)
	}
	enc, err := w.Encoder(rows[0].Schema(), format.WriteOptions{})
	if err != nil {
		b.Fatal(err)
	}
	c, err := compress.NewAppender(codec, 0, runtime.GOMAXPROCS(0))
	if err != nil {
		b.Fatal(err)
	}
	opening := frame.Opening()
	segment := buf[:0]
	for _, rec := range rows {
		if segment, err = enc.Encode(segment, rec); err != nil {
			b.Fatal(err)
		}
	}
	segment, meta, err := enc.Flush(segment)
	if err != nil {
		b.Fatal(err)
	}
	closing, err := frame.Closing([]format.Segment{{Offset: int64(len(opening)), Size: int64(len(segment)), Rows: batches * batchRows, Meta: meta}})
	if err != nil {
		b.Fatal(err)
	}
	var out []byte
	for _, part := range [][]byte{opening, segment, closing} {
		if out, err = c.Append(out, part); err != nil {
			b.Fatal(err)
		}
	}
	return out
}

func csvBytes(b *testing.B, rows []arrow.Record) int64 {
	b.Helper()
	w, err := formats.Writer("csv")
	if err != nil {
		b.Fatal(err)
	}
	return int64(len(object(b, w, compress.None, rows, nil)))
}

func report(b *testing.B, rows []arrow.Record) {
	b.Helper()
	b.SetBytes(csvBytes(b, rows))
	b.ReportMetric(0, "ns/op") // rows per second say it better
	b.ReportMetric(float64(batches*batchRows*b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}

func BenchmarkExport(b *testing.B) {
	rows := shop(b)
	for _, of := range []struct {
		format string
		codec  compress.Codec
	}{{"csv", compress.None}, {"csv", compress.Gzip}, {"ndjson", compress.None}, {"ndjson", compress.Zstd}, {"json", compress.None}, {"parquet", compress.None}} {
		b.Run(of.format+"/"+of.codec.String(), func(b *testing.B) {
			w, err := formats.Writer(of.format)
			if err != nil {
				b.Fatal(err)
			}
			var size int
			buf := make([]byte, 0, 128<<20)
			for b.Loop() {
				size = len(object(b, w, of.codec, rows, buf))
			}
			b.ReportMetric(float64(size)/(batches*batchRows), "bytes/row")
			report(b, rows)
		})
	}
}

func BenchmarkIngest(b *testing.B) {
	rows := shop(b)
	for _, of := range []struct {
		format string
		codec  compress.Codec
	}{{"csv", compress.None}, {"csv", compress.Gzip}, {"ndjson", compress.None}, {"ndjson", compress.Zstd}, {"parquet", compress.None}} {
		b.Run(of.format+"/"+of.codec.String(), func(b *testing.B) {
			w, err := formats.Writer(of.format)
			if err != nil {
				b.Fatal(err)
			}
			r, err := formats.Reader(of.format)
			if err != nil {
				b.Fatal(err)
			}
			file := object(b, w, of.codec, rows, nil)
			columns := columnsOf(b, r, file)
			for b.Loop() {
				if n := decode(b, r, file, columns); n != batches*batchRows {
					b.Fatalf("got %d rows, want %d", n, batches*batchRows)
				}
			}
			report(b, rows)
		})
	}
}

func input(b *testing.B, file []byte) format.Input {
	b.Helper()
	plain, _, err := compress.NewReader(bytes.NewReader(file))
	if err != nil {
		b.Fatal(err)
	}
	return format.Input{Name: "bench", Stream: plain, At: bytes.NewReader(file), Size: int64(len(file))}
}

// columnsOf infers the columns of a file that Longshore wrote.
func columnsOf(b *testing.B, r format.Reader, file []byte) []format.Column {
	b.Helper()
	found, err := r.Infer(context.Background(), input(b, file), format.ReadOptions{})
	if err != nil {
		b.Fatal(err)
	}
	var columns []format.Column
	for _, f := range found.Fields {
		columns = append(columns, format.Column{Name: f.Name, Type: loose(f.Type), Path: f.Path})
	}
	return columns
}

// loose makes room for values beyond the sample.
func loose(t schema.Type) schema.Type {
	if t.IsNullable() || !t.CanBeNullable() {
		return t
	}
	return schema.NullableOf(t)
}

func decode(b *testing.B, r format.Reader, file []byte, columns []format.Column) int {
	b.Helper()
	d, err := r.Decoder(context.Background(), input(b, file), columns, format.ReadOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	var rows int
	var into block.Block
	for {
		_, err := d.Next(&into, 1<<18)
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			b.Fatal(err)
		}
		if rejected := d.Rejected(); len(rejected) > 0 {
			b.Fatalf("row %d: %+v", rejected[0].Row, rejected[0].Errors)
		}
		rows += into.Rows()
	}
}
