package mysql

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
)

// batchBytes ends a batch whose rows are large, in bytes of text and binary.
const batchBytes = 4 << 20

// Read implements source.Database.
func (d *database) Read(ctx context.Context, q source.Query, split source.Split) (batch.Reader, error) {
	action := "read model " + q.Name
	var slice detail
	if len(split.Detail) > 0 {
		if err := json.Unmarshal(split.Detail, &slice); err != nil {
			return nil, fault.New(fault.Invalid, "connection %s: %s: its split: %w", d.name, action, err)
		}
	}
	s, m, err := d.open(ctx, q, action)
	if err != nil {
		return nil, err
	}
	r := &reader{session: s, model: m, action: action}
	if err := r.start(ctx, slice); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// reader streams one query. The server sends as we read.
type reader struct {
	session *session
	model   *model
	action  string

	query   context.Context // of the query: its end closes the connection
	cancel  context.CancelFunc
	rows    driver.Rows
	builder *array.RecordBuilder
	columns []appender
	row     []driver.Value

	read    int64 // rows of the batches before
	current arrow.Record
	err     error // what Next said last, to be said again
	closed  bool
}

var _ batch.Reader = (*reader)(nil)

// start sends the query; it lives longer than the ctx that starts it.
func (r *reader) start(ctx context.Context, slice detail) error {
	r.query, r.cancel = context.WithCancel(context.WithoutCancel(ctx))
	sql, before := r.model.sql, 0
	if slice.Keys != nil {
		sql, before = r.model.wrapped("*", " WHERE "+slice.Keys.condition()), 1
	}
	defer context.AfterFunc(ctx, r.cancel)()
	rows, err := r.session.query(r.query, sql)
	if err != nil {
		return r.session.db.failureIn(ctx, r.action, err, r.model.sql, before)
	}
	r.rows = rows
	if err := r.checkScales(); err != nil {
		return r.session.db.failure(ctx, r.action, err)
	}
	r.builder = array.NewRecordBuilder(memory.DefaultAllocator, r.model.schema)
	r.row = make([]driver.Value, len(r.model.shapes))
	for i, s := range r.model.shapes {
		r.columns = append(r.columns, s.decode(r.builder.Field(i)))
	}
	return nil
}

// checkScales sees to it that no digits of a second are left away: the client
// library shows as many as this result declares.
func (r *reader) checkScales() error {
	if len(r.rows.Columns()) != len(r.model.shapes) {
		return fault.New(fault.Temporary, "the table was changed while it was read")
	}
	for i, s := range r.model.shapes {
		switch typeName, _, scale := describeType(r.rows, i); typeName {
		case "DATETIME", "TIMESTAMP", "TIME":
			if scale != s.scale {
				return fault.WithRemedy(fault.New(fault.Invalid, "the column %q has an unclear number of digits of a second", r.model.names[i]),
					"select CAST(%s AS DATETIME(6)), or TIME(6)", quoteName(r.model.names[i]))
			}
		}
	}
	return nil
}

// Schema implements batch.Reader.
func (r *reader) Schema() *arrow.Schema { return r.model.schema }

// Next implements batch.Reader.
func (r *reader) Next(ctx context.Context) (arrow.Record, error) {
	r.drop()
	if r.err != nil {
		return nil, r.err
	}
	defer context.AfterFunc(ctx, r.cancel)()
	rows, err := r.fill()
	switch {
	case ctx.Err() != nil:
		r.cancel()
		r.err = r.session.db.failure(ctx, r.action, ctx.Err())
	case err != nil && !errors.Is(err, io.EOF):
		r.err = r.session.db.failure(ctx, r.action, err)
	case rows == 0:
		r.err = io.EOF
	}
	if r.err != nil {
		return nil, r.err
	}
	r.read += int64(rows)
	r.current = r.builder.NewRecord()
	return r.current, nil
}

// fill puts the rows of one batch into the builder.
func (r *reader) fill() (rows int, err error) {
	for size := 0; rows < r.session.db.batchRows && size < batchBytes; rows++ {
		if err := r.rows.Next(r.row); err != nil {
			return rows, err
		}
		for i, v := range r.row {
			if v == nil {
				r.builder.Field(i).AppendNull()
				continue
			}
			if err := r.columns[i](v); err != nil {
				return rows, r.place(err, i, rows)
			}
			if b, ok := v.([]byte); ok {
				size += len(b)
			}
		}
	}
	return rows, nil
}

// place says where the value is.
func (r *reader) place(err error, column, row int) error {
	name := r.model.names[column]
	placed := fault.New(fault.Invalid, "column %q, row %d: %w", name, r.read+int64(row)+1, err)
	var value *valueError
	if errors.As(err, &value) {
		return fault.WithRemedy(placed, value.remedy, quoteName(name))
	}
	return placed
}

func (r *reader) drop() {
	if r.current != nil {
		r.current.Release()
		r.current = nil
	}
}

// Close implements batch.Reader. It returns when the query has been killed.
func (r *reader) Close() error {
	r.drop()
	ended := errors.Is(r.err, io.EOF)
	if r.err == nil || ended {
		r.err = fmt.Errorf("connection %s: %s: %w", r.session.db.name, r.action, fault.New(fault.Canceled, "the reader is closed"))
	}
	if r.closed {
		return nil
	}
	if ended {
		r.closed = true
		_ = r.rows.Close() // all rows were read
		r.cancel()
		r.session.close()
		r.builder.Release()
		return nil
	}
	r.close()
	return nil
}

// close ends a query that may still run.
func (r *reader) close() {
	r.closed = true
	r.cancel()
	r.session.kill()
	if r.rows != nil {
		_ = r.rows.Close() // its connection is closed
	}
	if r.builder != nil {
		r.builder.Release()
	}
}
