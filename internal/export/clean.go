package export

import (
	"context"
	"errors"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// Clean implements run.Verb: it drops the tails and rows of an epoch, and aborts
// its uploads that came to nothing. What is in our own bucket goes even where we
// may not abort.
func (e *Export) Clean(ctx context.Context, r ledger.Run, epoch int) error {
	return errors.Join(e.dropRows(ctx, r, epoch), e.ledger.DropTails(ctx, r.ID, epoch), e.abortUploads(ctx, r, epoch))
}

func (e *Export) abortUploads(ctx context.Context, r ledger.Run, epoch int) error {
	used, err := e.completed(ctx, r)
	if err != nil {
		return err
	}
	a := &aborter{e: e, run: r, used: used}
	for up, err := range e.ledger.Uploads(ctx, r.ID, epoch) {
		if err == nil {
			err = a.recorded(ctx, up)
		}
		if err != nil {
			return err
		}
	}
	return a.openings(ctx, epoch)
}

// completed returns the uploads that became objects of a run that is done. One
// isn't among them where its object was small after all, or isn't there.
func (e *Export) completed(ctx context.Context, r ledger.Run) (map[string]bool, error) {
	if r.State != ledger.Done {
		return nil, nil
	}
	var in intent
	err := e.ledger.Intent(ctx, r.ID, &in)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	used := map[string]bool{}
	for _, p := range in.Objects {
		used[p.Upload] = true
	}
	return used, nil
}

// aborter aborts uploads of a run that has ended.
type aborter struct {
	e      *Export
	run    ledger.Run
	used   map[string]bool // became objects
	bucket Bucket          // nil until connect
	names  naming
}

// connect opens the destination, which a run that left nothing behind doesn't need.
func (a *aborter) connect(ctx context.Context) error {
	if a.bucket != nil {
		return nil
	}
	project, sync, err := a.e.sync(ctx, a.run)
	if err != nil {
		return err
	}
	writer, err := a.e.doors.Format(string(sync.Destination.Format))
	if err != nil {
		return err
	}
	codec, _, err := options(sync.Destination, writer.Traits())
	if err != nil {
		return err
	}
	if a.names, err = newNaming(project, sync, a.run, writer.Traits(), codec); err != nil {
		return err
	}
	a.bucket, err = a.e.destination(ctx, project, sync)
	return err
}

// recorded aborts the upload that an object is bound to.
func (a *aborter) recorded(ctx context.Context, up ledger.ObjectUpload) error {
	if a.used[up.Upload] {
		return nil
	}
	if err := a.connect(ctx); err != nil {
		return err
	}
	key, err := a.names.key(up.Object)
	if err != nil {
		return err
	}
	return a.abort(ctx, key, up.Upload)
}

func (a *aborter) abort(ctx context.Context, key, upload string) error {
	err := a.bucket.AbortUpload(ctx, key, upload)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}
