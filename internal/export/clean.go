package export

import (
	"context"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// Clean implements run.Verb: it aborts the uploads of an epoch that came to
// nothing, and drops tails and rows.
func (e *Export) Clean(ctx context.Context, r ledger.Run, epoch int) error {
	used, err := e.completed(ctx, r)
	if err != nil {
		return err
	}
	var a *aborter
	for up, err := range e.ledger.Uploads(ctx, r.ID, epoch) {
		if err != nil {
			return err
		}
		if used[up.Upload] {
			continue
		}
		if a == nil {
			if a, err = e.aborter(ctx, r); err != nil {
				return err
			}
		}
		if err := a.abort(ctx, up); err != nil {
			return err
		}
	}
	if err := e.dropRows(ctx, r, epoch); err != nil {
		return err
	}
	return e.ledger.DropTails(ctx, r.ID, epoch)
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

// aborter aborts uploads of a run.
type aborter struct {
	bucket Bucket
	names  naming
}

func (e *Export) aborter(ctx context.Context, r ledger.Run) (*aborter, error) {
	project, sync, err := e.sync(ctx, r)
	if err != nil {
		return nil, err
	}
	writer, err := e.doors.Format(string(sync.Destination.Format))
	if err != nil {
		return nil, err
	}
	codec, _, err := options(sync.Destination, writer.Traits())
	if err != nil {
		return nil, err
	}
	a := &aborter{}
	if a.names, err = newNaming(project, sync, r, writer.Traits(), codec); err != nil {
		return nil, err
	}
	a.bucket, err = e.destination(ctx, project, sync)
	return a, err
}

func (a *aborter) abort(ctx context.Context, up ledger.ObjectUpload) error {
	key, err := a.names.key(up.Object)
	if err != nil {
		return err
	}
	err = a.bucket.AbortUpload(ctx, key, up.Upload)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}
