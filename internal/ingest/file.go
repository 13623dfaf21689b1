package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
)

// partWriter ingests files.
type partWriter struct {
	ingest *Ingest
	job    *job
	run    ledger.Run
	meter  *run.Meter

	added    []ledger.AddedColumn // as they were last read; a file's version is a beginning of them
	provided uint32               // the version up to which the table has them
	now      func() time.Time     // in UTC
	log      *zap.Logger
	halt     func(ctx context.Context) error // see halted; nil: never

	mu   sync.Mutex
	over []string // packs of which all files are recorded, and that are open still; guarded by mu
}

// file ingests one file and returns its record. What is wrong with the file
// itself is in the record; an error is the world's, and the file is tried again.
func (w *partWriter) file(ctx context.Context, f plan.File, rec clickhouse.FileRecord) (clickhouse.FileRecord, error) {
	err := w.read(ctx, f, &rec)
	var bad *fileError
	switch {
	case err == nil:
		rec = ingested(rec)
	case errors.As(err, &bad):
		if twin, err := w.doneBy(ctx, f); err != nil || twin.State == clickhouse.FileDone {
			return twin, err
		}
		rec.State, rec.Error = clickhouse.FileFailed, bad.Error()
	default:
		return rec, err
	}
	rec.Pack, rec.RunID, rec.UpdatedAt = "", string(w.run.ID), w.now()
	w.note(f, rec)
	return rec, nil
}

// noneFits is why all rows of a file are in quarantine that wasn't refused whole.
const noneFits = "none of its rows fits the table"

// ingested returns the record of a file of which all rows are stored.
func ingested(rec clickhouse.FileRecord) clickhouse.FileRecord {
	rec.State = clickhouse.FileDone
	if rec.Rows == 0 && rec.Quarantined > 0 && rec.Error == "" {
		rec.Error = noneFits
	}
	return rec
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
	then, err := w.ingest.open(ctx, earlier.Project, w.job.ds.Name)
	if err != nil {
		return nil, err
	}
	j := *w.job // where to is today's
	j.ds, j.columns, j.opts = then.ds, then.columns, then.opts
	return &j, nil
}
