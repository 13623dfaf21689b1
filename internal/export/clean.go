package export

import (
	"context"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// Clean implements run.Verb: it aborts the upload of an epoch that came to
// nothing, and drops tails.
func (e *Export) Clean(ctx context.Context, r ledger.Run, epoch int) error {
	upload, err := e.ledger.Upload(ctx, r.ID, epoch, 0)
	if err != nil {
		return err
	}
	used, err := e.completed(ctx, r, upload)
	if err != nil {
		return err
	}
	if upload != "" && !used {
		if err := e.abort(ctx, r, epoch, upload); err != nil {
			return err
		}
	}
	return e.ledger.DropTails(ctx, r.ID, epoch)
}

// completed reports whether an upload became the object of a run that is done.
// It didn't where the object was small after all.
func (e *Export) completed(ctx context.Context, r ledger.Run, upload string) (bool, error) {
	if r.State != ledger.Done || upload == "" {
		return false, nil
	}
	var in intent
	err := e.ledger.Intent(ctx, r.ID, &in)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return in.Upload == upload, err
}

func (e *Export) abort(ctx context.Context, r ledger.Run, epoch int, upload string) error {
	plan, err := e.ledger.Plan(ctx, r.ID, epoch)
	if err != nil {
		return err
	}
	s, err := decode[shared](plan.Shared)
	if err != nil {
		return err
	}
	project, sync, err := e.sync(ctx, r)
	if err != nil {
		return err
	}
	bucket, err := e.destination(ctx, project, sync)
	if err != nil {
		return err
	}
	err = bucket.AbortUpload(ctx, s.Key, upload)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}
