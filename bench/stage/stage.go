// Package stage has the stages that are Longshore's own, without servers: rows in memory to an object's bytes, and
// a file's bytes to ClickHouse's columns. Benchmarks and the comparison of one worker with two run them.
package stage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"

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

	// Rows is how many rows Shop has.
	Rows = batches * batchRows
)

// Shop returns batches of the orders of a shop: twelve columns, Rows rows.
func Shop() []arrow.Record {
	var all []arrow.Record
	for i := range batches {
		all = append(all, batchtest.Shop(memory.DefaultAllocator, int64(i)*batchRows, batchRows))
	}
	return all
}

// Export writes a whole object of rows into memory, as one part of a run does, reusing segment for what is encoded.
// It compresses on as many goroutines as there are cores.
func Export(of string, codec compress.Codec, rows []arrow.Record, segment []byte) (object []byte, err error) {
	w, err := formats.Writer(of)
	if err != nil {
		return nil, err
	}
	frame, err := w.Frame(rows[0].Schema(), format.WriteOptions{})
	if err != nil {
		return nil, err
	}
	enc, err := w.Encoder(rows[0].Schema(), format.WriteOptions{})
	if err != nil {
		return nil, err
	}
	c, err := compress.NewAppender(codec, 0, runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, err
	}
	segment = segment[:0]
	for _, rec := range rows {
		if segment, err = enc.Encode(segment, rec); err != nil {
			return nil, err
		}
	}
	segment, meta, err := enc.Flush(segment)
	if err != nil {
		return nil, err
	}
	opening := frame.Opening()
	closing, err := frame.Closing([]format.Segment{{Offset: int64(len(opening)), Size: int64(len(segment)), Rows: Rows, Meta: meta}})
	if err != nil {
		return nil, err
	}
	for _, part := range [][]byte{opening, segment, closing} {
		if object, err = c.Append(object, part); err != nil {
			return nil, err
		}
	}
	return object, nil
}

// Ingest decodes a file that Export wrote into blocks of columns, and drops them.
func Ingest(of string, file []byte, columns []format.Column) error {
	r, err := formats.Reader(of)
	if err != nil {
		return err
	}
	in, err := input(file)
	if err != nil {
		return err
	}
	d, err := r.Decoder(context.Background(), in, columns, format.ReadOptions{})
	if err != nil {
		return err
	}
	defer d.Close()
	var rows int
	var into block.Block
	for {
		_, err := d.Next(&into, 1<<18)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if rejected := d.Rejected(); len(rejected) > 0 {
			return fmt.Errorf("row %d is refused: %+v", rejected[0].Row, rejected[0].Errors)
		}
		rows += into.Rows()
	}
	if rows != Rows {
		return fmt.Errorf("the file has %d rows, want %d", rows, Rows)
	}
	return nil
}

// Columns infers the columns of a file that Export wrote, with room for nulls beyond the sample.
func Columns(of string, file []byte) ([]format.Column, error) {
	r, err := formats.Reader(of)
	if err != nil {
		return nil, err
	}
	in, err := input(file)
	if err != nil {
		return nil, err
	}
	found, err := r.Infer(context.Background(), in, format.ReadOptions{})
	if err != nil {
		return nil, err
	}
	var columns []format.Column
	for _, f := range found.Fields {
		columns = append(columns, format.Column{Name: f.Name, Type: loose(f.Type), Path: f.Path})
	}
	return columns, nil
}

func input(file []byte) (format.Input, error) {
	plain, _, err := compress.NewReader(bytes.NewReader(file))
	if err != nil {
		return format.Input{}, err
	}
	return format.Input{Name: "bench", Stream: plain, At: bytes.NewReader(file), Size: int64(len(file))}, nil
}

func loose(t schema.Type) schema.Type {
	if t.IsNullable() || !t.CanBeNullable() {
		return t
	}
	return schema.NullableOf(t)
}
