package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/objstore"
)

// appendsAtOnce is how many chunks of a file are on their way to the server
// while the next is decoded.
const appendsAtOnce = 2

// partWriter ingests files.
type partWriter struct {
	ingest *Ingest
	job    *job
	run    ledger.Run
	meter  *run.Meter
	now    func() time.Time // in UTC
	log    *zap.Logger
}

// file ingests one file and returns its record. What is wrong with the file
// itself is in the record; an error is the world's, and the file is tried again.
func (w *partWriter) file(ctx context.Context, f plan.File, rec clickhouse.FileRecord) (clickhouse.FileRecord, error) {
	err := w.read(ctx, f, &rec)
	var bad *fileError
	switch {
	case err == nil:
		rec.State = clickhouse.FileDone
	case errors.As(err, &bad):
		if twin, err := w.doneBy(ctx, f); err != nil || twin.State == clickhouse.FileDone {
			return twin, err
		}
		rec.State, rec.Error = clickhouse.FileFailed, bad.Error()
	default:
		return rec, err
	}
	rec.RunID, rec.UpdatedAt = string(w.run.ID), w.now()
	w.note(f, rec)
	return rec, nil
}

// doneBy returns what is recorded of a file that couldn't be read: it may have
// been deleted after a twin of this attempt was done with it.
func (w *partWriter) doneBy(ctx context.Context, f plan.File) (clickhouse.FileRecord, error) {
	known, err := w.job.known(ctx, []plan.File{f})
	return known[version(f)], err
}

// fileError is an error that the file itself is to blame for.
type fileError struct{ err error }

func (e *fileError) Error() string { return e.err.Error() }
func (e *fileError) Unwrap() error { return e.err }

// blame decides whether an error on the way from the bucket to a block is the
// file's: it is damaged, or it was deleted or overwritten since it was listed.
// What the store answers otherwise is not: a name server that fails for a
// moment must not make files fail for ever.
func (j *job) blame(ctx context.Context, f plan.File, err error) error {
	bad := &fileError{fmt.Errorf("read %s: %w", f.Key, err)}
	var store *storeError
	switch {
	case !errors.As(err, &store):
		if fault.Is(err, fault.Invalid) {
			return bad
		}
	case errors.Is(err, objstore.ErrChanged):
		return bad
	case fault.Is(err, fault.NotFound):
		if gone, unlisted := j.gone(ctx, f); unlisted == nil && gone {
			return bad
		}
	}
	return err
}

// gone reports whether the bucket, which answers, lacks the file.
func (j *job) gone(ctx context.Context, f plan.File) (bool, error) {
	for obj, err := range j.bucket.List(ctx, f.Key, "") {
		return obj.Key != f.Key, err // a key stands before those that it begins
	}
	return true, nil
}

// read decodes a file and appends its chunks.
func (w *partWriter) read(ctx context.Context, f plan.File, rec *clickhouse.FileRecord) error {
	j, err := w.begunWith(ctx, *rec)
	if err != nil {
		return err
	}
	in, err := j.input(ctx, f)
	if err != nil {
		return j.blame(ctx, f, err)
	}
	defer in.Close()
	opts := j.opts
	opts.BlockBytes = int(rec.ChunkBytes)
	decoder, err := in.format.Decoder(ctx, in.Input, j.columns, opts)
	if err != nil {
		return j.blame(ctx, f, err)
	}
	defer decoder.Close()
	a := &appender{partWriter: w, job: j, file: f, rec: rec, format: in.format.Traits().Name, free: make(chan *block.Block, appendsAtOnce+1)}
	for range cap(a.free) {
		a.free <- new(block.Block)
	}
	return a.send(ctx, decoder)
}

// begunWith returns the job by which a file is read: that of the definitions
// under which its first chunk was made, so that all its chunks are of one kind.
// A file that an earlier run began is finished as it was begun.
func (w *partWriter) begunWith(ctx context.Context, rec clickhouse.FileRecord) (*job, error) {
	if rec.RunID == string(w.run.ID) {
		return w.job, nil
	}
	earlier, err := w.ingest.ledger.Run(ctx, ledger.RunID(rec.RunID))
	if fault.Is(err, fault.NotFound) || err == nil && earlier.Project == w.run.Project {
		return w.job, nil
	}
	if err != nil {
		return nil, err
	}
	then, err := w.ingest.open(ctx, earlier.Project, w.run.Subject.Name)
	if err != nil {
		return nil, err
	}
	j := *w.job // where to is today's
	j.ds, j.columns, j.opts = then.ds, then.columns, then.opts
	return &j, nil
}

// appender sends the chunks of one file.
type appender struct {
	*partWriter
	job  *job
	file plan.File
	rec  *clickhouse.FileRecord
	free chan *block.Block

	format            string // of the file, by name
	fields, delimiter string // of a CSV file that has rejects
}

func (a *appender) send(ctx context.Context, decoder format.Decoder) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(appendsAtOnce)
	a.rec.Rows, a.rec.Quarantined, a.rec.Chunks = 0, 0, 0
	err := a.decode(ctx, decoder, group)
	if sent := group.Wait(); sent != nil {
		return sent // the cause of err, if there is one
	}
	return err
}

func (a *appender) decode(ctx context.Context, decoder format.Decoder, group *errgroup.Group) error {
	var counted int64
	for chunk := int64(0); ; chunk++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		b := <-a.free // at most appendsAtOnce are away
		consumed, err := decoder.Next(b, int(a.rec.ChunkRows))
		if errors.Is(err, io.EOF) {
			a.warnOfUnknown(decoder.Facts().Unknown)
			return nil
		}
		if err != nil {
			return a.job.blame(ctx, a.file, err)
		}
		if rejected := decoder.Rejected(); len(rejected) > 0 {
			if err := a.quarantine(ctx, chunk, rejected, decoder.Facts()); err != nil {
				return err
			}
			a.rec.Quarantined += int64(len(rejected))
		}
		rows := int64(b.Rows())
		a.rec.Rows += rows
		a.rec.Chunks = chunk + 1
		read := decoder.Facts().Bytes
		bytes := read - counted
		counted = read
		a.rec.Bytes = read
		group.Go(func() error {
			err := a.append(ctx, chunk, b)
			a.meter.Add(int64(consumed), bytes)
			a.free <- b
			return err
		})
	}
}

// append sends one chunk.
func (a *appender) append(ctx context.Context, chunk int64, b *block.Block) error {
	if b.Rows() == 0 {
		return nil
	}
	return a.job.house.Append(ctx, clickhouse.Insert{
		Table: a.job.ds.Name, Block: b, Token: token(a.job.ds.Name, a.file, chunk, "rows"),
	})
}

// warnOfUnknown tells of fields that no column reads: their values are not in
// the table.
func (a *appender) warnOfUnknown(fields []string) {
	if len(fields) == 0 || a.job.ds.Import.OnNewColumn == def.IgnoreColumn {
		return
	}
	a.log.Warn("fields without a column were left out; add them to SCHEMA", zap.String("run", string(a.run.ID)),
		zap.String("datasource", a.job.ds.Name), zap.String("key", a.file.Key), zap.Strings("fields", fields[:min(len(fields), 20)]))
}
