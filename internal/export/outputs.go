package export

import (
	"context"
	"errors"
	"iter"

	"github.com/apache/arrow/go/v15/arrow"
	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
)

// outputs is what a part writes: for each op its segment of the op's object, or
// in a batched run the objects of that op that are the part's own. Rows are
// pushed in; each op has a writer, which is made for the op's first row.
//
// It is used by one goroutine. Whoever makes it calls abort in the end, after
// finish too.
type outputs struct {
	ctx    context.Context
	job    *job
	schema *arrow.Schema
	frame  format.Frame
	limit  def.Batch
	ledger *ledger.Ledger
	part   run.Part
	log    *zap.Logger

	writers []*writer // by op; nil before its first row
}

// outputs returns the outputs of a part whose rows have this schema, which is
// that of the files.
func (e *Export) outputs(ctx context.Context, p run.Part, j *job, schema *arrow.Schema) (*outputs, error) {
	frame, err := j.format.Frame(schema, j.opts)
	if err != nil {
		return nil, err
	}
	return &outputs{
		ctx: ctx, job: j, schema: schema, frame: frame, limit: j.sync.Destination.Batch, ledger: e.ledger, part: p, log: e.log,
		writers: make([]*writer, len(j.names.ops)),
	}, nil
}

// write adds rows to an op. It keeps no reference to the record unless it
// retains it. An error may be that of rows that were written before.
func (o *outputs) write(op int, rows arrow.Record) error {
	if rows.NumRows() == 0 {
		return nil
	}
	if o.writers[op] == nil {
		w, err := newWriter(o, op)
		if err != nil {
			return err
		}
		o.writers[op] = w
	}
	return o.writers[op].write(rows)
}

// finish waits until all is uploaded or kept, and says where it is. The outputs
// take no rows afterwards.
func (o *outputs) finish() ([]segment, error) {
	for w := range o.opened() {
		if err := w.flush(); err != nil {
			return nil, err
		}
	}
	for w := range o.opened() {
		w.hangUp(true)
	}
	var all []segment
	var errs []error
	for w := range o.opened() {
		errs = append(errs, w.wait())
		all = append(all, w.sink.done...)
	}
	return all, errors.Join(errs...)
}

// abort waits for what is on its way, so that no piece of a failed attempt
// arrives after the next attempt began. After finish it does nothing.
func (o *outputs) abort() {
	for w := range o.opened() {
		w.hangUp(false)
	}
	for w := range o.opened() {
		_ = w.wait() // the caller knows of it, or of what came before
	}
}

func (o *outputs) opened() iter.Seq[*writer] {
	return func(yield func(*writer) bool) {
		for _, w := range o.writers {
			if w != nil && !yield(w) {
				return
			}
		}
	}
}

// wholePieces reports whether a chunk can be a piece of the object as it is.
func (o *outputs) wholePieces() bool { return o.job.codec == compress.None && o.limit.Bytes == 0 }

// contained does something during which a panic is an error: one value that
// can't be encoded doesn't stop a worker with all its other parts.
func contained(log *zap.Logger, do func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			log.Error("part panicked", zap.Any("panic", value), zap.Stack("stack"))
			err = fault.New(fault.Unknown, "panic: %v", value)
		}
	}()
	return do()
}
