package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
)

// Read implements source.Database.
func (d *database) Read(ctx context.Context, q source.Query, split source.Split) (batch.Reader, error) {
	var slice detail
	if len(split.Detail) > 0 {
		if err := json.Unmarshal(split.Detail, &slice); err != nil {
			return nil, fault.New(fault.Invalid, "connection %s: read model %s: its split: %w", d.name, q.Name, err)
		}
	}
	s, err := d.acquire(ctx)
	if err != nil {
		return nil, err
	}
	r, err := d.startCopy(ctx, s, q, slice)
	if err != nil {
		d.release(s)
		return nil, err
	}
	return r, nil
}

func (d *database) startCopy(ctx context.Context, s *session, q source.Query, slice detail) (*reader, error) {
	action := "read model " + q.Name
	if err := d.beginAt(ctx, s, slice.Snapshot, action); err != nil {
		return nil, err
	}
	m, err := d.prepare(ctx, s, q, action)
	if err != nil {
		return nil, err
	}
	if err := s.conn.SyncConn(ctx); err != nil {
		return nil, d.failure(ctx, action, err)
	}
	sql, err := m.copyStatement(slice)
	if err != nil {
		return nil, d.failure(ctx, action, err)
	}
	message, err := (&pgproto3.Query{String: sql}).Encode(nil)
	if err != nil {
		return nil, d.failure(ctx, action, fault.New(fault.Invalid, "encode the query: %w", err))
	}
	s.dirty = true
	if _, err := s.conn.Conn().Write(message); err != nil {
		return nil, d.failure(ctx, action, err)
	}
	return newReader(d, s, m, action), nil
}

// reader streams the rows of one COPY.
type reader struct {
	db      *database
	session *session // nil once given back
	action  string
	model   *model
	wire    *wire
	columns []column
	fields  []field // of one chunk, row by row
	current arrow.Record
	total   int64 // rows handed out
	err     error // what Next said last, to be said again
}

var _ batch.Reader = (*reader)(nil)

// chunkRows is how many rows are decoded at a time, a column after the other:
// few enough that their bytes and fields stay in the processor's cache.
const chunkRows = 256

func newReader(d *database, s *session, m *model, action string) *reader {
	r := &reader{
		db: d, session: s, action: action, model: m,
		wire:    newWire(s.conn.Conn(), len(m.columns)),
		columns: make([]column, len(m.columns)),
		fields:  make([]field, chunkRows*len(m.columns)),
	}
	mem := &recycler{}
	for i, c := range m.columns {
		r.columns[i] = c.shape.column(mem)
	}
	return r
}

// Schema implements batch.Reader.
func (r *reader) Schema() *arrow.Schema { return r.model.schema }

// Next implements batch.Reader.
func (r *reader) Next(ctx context.Context) (arrow.Record, error) {
	r.drop()
	if r.err == nil {
		r.err = ctx.Err()
	}
	if r.err != nil {
		return nil, r.err
	}
	r.current, r.err = r.next(ctx)
	return r.current, r.err
}

func (r *reader) next(ctx context.Context) (arrow.Record, error) {
	if r.session == nil {
		return nil, fault.New(fault.Canceled, "connection %s: %s: the reader is closed", r.db.name, r.action)
	}
	stop := r.interruptOn(ctx)
	rows, err := r.fillBatch()
	if !stop() { // the deadline is set, or about to be
		r.session.dirty = true
		if err == nil && rows == 0 {
			err = context.Cause(ctx)
		}
	}
	switch {
	case err != nil:
		return nil, r.db.failure(ctx, r.action, err)
	case rows == 0:
		return nil, io.EOF
	}
	r.total += int64(rows)
	return r.record(rows), nil
}

// interruptOn has the end of ctx wake a read that waits for the server. The
// returned function undoes that and is false when it was too late.
func (r *reader) interruptOn(ctx context.Context) (stop func() bool) {
	conn := r.session.conn.Conn()
	return context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })
}

// fillBatch decodes rows until the batch is full or the result ends.
func (r *reader) fillBatch() (rows int, err error) {
	for rows < r.db.batchRows && r.size() < maxBatchBytes {
		n, err := r.wire.rows(r.fields, min(chunkRows, r.db.batchRows-rows))
		r.session.dirty = !r.wire.done
		if err != nil {
			return 0, err
		}
		if n == 0 {
			break
		}
		if err := r.decode(n, rows); err != nil {
			return 0, err
		}
		rows += n
	}
	return rows, nil
}

// decode appends the values of n rows to the columns.
func (r *reader) decode(n, before int) error {
	width := len(r.columns)
	fields := r.fields[:n*width]
	for i, c := range r.columns {
		if err := c.append(r.wire.buf, fields[i:], width); err != nil {
			return r.valueFailure(i, r.total+int64(before+err.row)+1, err)
		}
	}
	return nil
}

// valueFailure names column and row of a value that can't be decoded.
func (r *reader) valueFailure(column int, row int64, v *valueError) error {
	name := r.model.columns[column].name
	err := fault.New(v.kind, "column %q, row %d %s", name, row, v.text)
	if v.remedy == "" {
		return err
	}
	if !strings.Contains(v.remedy, "%") {
		return fault.WithRemedy(err, "%s", v.remedy)
	}
	return fault.WithRemedy(err, "%s", fmt.Sprintf(v.remedy, quoteName(name)))
}

func (r *reader) size() (n int) {
	for _, c := range r.columns {
		n += c.size()
	}
	return n
}

func (r *reader) record(rows int) arrow.Record {
	arrays := make([]arrow.Array, len(r.columns))
	for i, c := range r.columns {
		data := c.finish()
		arrays[i] = array.MakeFromData(data)
		data.Release()
	}
	rec := array.NewRecord(r.model.schema, arrays, int64(rows))
	for _, a := range arrays {
		a.Release()
	}
	return rec
}

func (r *reader) drop() {
	if r.current != nil {
		r.current.Release()
		r.current = nil
	}
}

// Close implements batch.Reader. Before the end of the result it has the server
// stop the query, and returns when the server has been told.
func (r *reader) Close() error {
	r.drop()
	if r.session == nil {
		return nil
	}
	r.db.release(r.session)
	r.session = nil
	for _, c := range r.columns {
		c.drop()
	}
	if r.err == nil || errors.Is(r.err, io.EOF) {
		r.err = fault.New(fault.Canceled, "connection %s: %s: the reader is closed", r.db.name, r.action)
	}
	return nil
}
