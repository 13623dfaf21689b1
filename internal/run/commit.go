package run

import (
	"context"
	"encoding/json"
	"errors"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// commit makes a run's output visible and the run done.
func (c *Conductor) commit(ctx context.Context, r ledger.Run, verb Verb) error {
	plan, err := c.ledger.Plan(ctx, r.ID, r.Epoch)
	if err != nil {
		return err
	}
	parts, open, err := c.manifests(ctx, r, plan)
	if err != nil {
		return err
	}
	if open >= 0 {
		return c.reopen(ctx, r, []int{open}) // a crash between reopening a part and saying so
	}
	totals, err := verb.Commit(ctx, r, plan, parts)
	var spoiled *SpoiledError
	switch {
	case errors.As(err, &spoiled):
		c.log.Warn("parts are done again", zap.String("run", string(r.ID)), zap.Error(err))
		return c.reopen(ctx, r, spoiled.Parts)
	case errors.Is(err, ErrReplan) && r.Epoch < maxEpochs:
		c.log.Warn("run is planned anew", zap.String("run", string(r.ID)), zap.Error(err))
		return c.replan(ctx, r.ID)
	case err != nil && !fault.KindOf(err).Retryable() && ctx.Err() == nil:
		return c.end(ctx, r, ledger.Failed, ledger.NewFailure(err, -1))
	case err != nil:
		return c.heldUp(ctx, r, err)
	}
	_, err = c.move(ctx, r.ID, func(r *ledger.Run) error {
		r.State, r.Totals, r.FinishedAt = ledger.Done, totals, c.ledger.Now()
		return nil
	})
	return err
}

// manifests reads what the parts did, of a plan that isn't folded. A part that is
// open nevertheless is returned; -1 is none.
func (c *Conductor) manifests(ctx context.Context, r ledger.Run, plan ledger.Plan) (parts []ledger.PartManifest, open int, err error) {
	if plan.Folded {
		return nil, -1, nil
	}
	parts = make([]ledger.PartManifest, plan.Parts)
	for i := range parts {
		parts[i], err = c.ledger.PartManifest(ctx, r.ID, r.Epoch, i)
		if fault.Is(err, fault.NotFound) {
			return nil, i, nil
		}
		if err != nil {
			return nil, -1, err
		}
	}
	return parts, -1, nil
}

// heldUp is called when a commit can't go on for now. As long as nothing can be
// visible, a person who doesn't want to wait may cancel the run.
func (c *Conductor) heldUp(ctx context.Context, r ledger.Run, cause error) error {
	stop, err := c.ledger.CancelRequested(ctx, r.ID)
	if err != nil || !stop {
		return cause
	}
	var intent json.RawMessage
	if err := c.ledger.Intent(ctx, r.ID, &intent); !fault.Is(err, fault.NotFound) {
		return cause
	}
	return c.end(ctx, r, ledger.Canceled, nil)
}

// reopen sends a committing run back for parts that have to be done again.
func (c *Conductor) reopen(ctx context.Context, r ledger.Run, parts []int) error {
	for _, part := range parts {
		if err := c.ledger.ReopenPart(ctx, r.ID, r.Epoch, part); err != nil {
			return err
		}
	}
	_, err := c.move(ctx, r.ID, func(r *ledger.Run) error {
		r.State = ledger.Running
		return nil
	})
	return err
}
