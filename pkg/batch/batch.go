// Package batch is streams of rows in Arrow columns.
//
// A batch is an arrow.Record. Memory is counted, so ownership is strict: the
// batch that Next returns belongs to the Reader and stays valid until the next
// call of Next or Close. Who needs it longer calls Retain on it, and Release.
package batch

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// DefaultRows is how many rows a source puts in a batch unless told otherwise:
// few enough to stay in a core's cache, many enough to hide the cost of a call.
const DefaultRows = 8192

// Reader is a stream of batches with one schema. It is used by one goroutine.
type Reader interface {
	// Schema returns the schema of every batch. It is known before the first Next.
	Schema() *arrow.Schema
	// Next returns the next batch, never an empty one, or io.EOF after the last.
	// After an error the Reader may only be closed.
	Next(ctx context.Context) (arrow.Record, error)
	// Close frees the last batch and whatever the stream holds open. It is safe
	// to call twice and before the stream's end.
	Close() error
}

// Each calls do with every batch of r until the stream ends or do fails. It
// doesn't close r.
func Each(ctx context.Context, r Reader, do func(arrow.Record) error) error {
	for {
		rec, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := do(rec); err != nil {
			return err
		}
	}
}

// Slice reads from records in memory. It retains them and releases each when
// the next is asked for.
type Slice struct {
	schema  *arrow.Schema
	records []arrow.Record // not yet returned; each retained once
	current arrow.Record   // returned last; nil before the first and after Close
}

// FromRecords returns a Reader over the given records, which stay the caller's.
// Empty records are left out.
func FromRecords(schema *arrow.Schema, records ...arrow.Record) *Slice {
	s := &Slice{schema: schema}
	for _, rec := range records {
		if rec.NumRows() > 0 {
			rec.Retain()
			s.records = append(s.records, rec)
		}
	}
	return s
}

// Schema implements Reader.
func (s *Slice) Schema() *arrow.Schema { return s.schema }

// Next implements Reader.
func (s *Slice) Next(ctx context.Context) (arrow.Record, error) {
	s.release()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(s.records) == 0 {
		return nil, io.EOF
	}
	s.current, s.records = s.records[0], s.records[1:]
	return s.current, nil
}

// Close implements Reader.
func (s *Slice) Close() error {
	s.release()
	for _, rec := range s.records {
		rec.Release()
	}
	s.records = nil
	return nil
}

func (s *Slice) release() {
	if s.current != nil {
		s.current.Release()
		s.current = nil
	}
}

// Bytes returns how much memory the columns of rec take, in bytes. Buffers that
// several columns share are counted once for each.
func Bytes(rec arrow.Record) int64 {
	var n int64
	for _, col := range rec.Columns() {
		n += dataBytes(col.Data())
	}
	return n
}

func dataBytes(d arrow.ArrayData) int64 {
	var n int64
	for _, b := range d.Buffers() {
		if b != nil {
			n += int64(b.Len())
		}
	}
	for _, child := range d.Children() {
		n += dataBytes(child)
	}
	if dict, ok := d.Dictionary().(*array.Data); ok && dict != nil {
		n += dataBytes(dict)
	}
	return n
}
