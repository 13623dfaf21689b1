package run

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// plan cuts a run into parts under a new epoch, and sets it running. Errors
// that may pass are tried a few times; then the run fails with what we know.
func (c *Conductor) plan(ctx context.Context, r ledger.Run, verb Verb) error {
	r, err := c.move(ctx, r.ID, func(r *ledger.Run) error {
		r.Epoch++ // a plan that somebody began before us is left behind
		return nil
	})
	if err != nil {
		return err
	}
	work, err := c.tryPlan(ctx, r, verb)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return c.end(ctx, r, ledger.Failed, ledger.NewFailure(err, -1))
	}
	c.hold(r.ID, work.Hold)
	work.Plan.Epoch, work.Plan.Parts = r.Epoch, len(work.Parts)
	if err := c.ledger.SavePlan(ctx, r.ID, work.Plan, work.Parts); err != nil {
		return err
	}
	_, err = c.move(ctx, r.ID, func(run *ledger.Run) error {
		if run.Epoch != r.Epoch {
			return fault.New(fault.Conflict, "run %s was planned by somebody else", r.ID)
		}
		run.State, run.Parts = ledger.Running, len(work.Parts)
		return nil
	})
	return err
}

func (c *Conductor) tryPlan(ctx context.Context, r ledger.Run, verb Verb) (*Work, error) {
	began := time.Now()
	for delay := time.Second; ; delay *= 2 {
		work, err := verb.Plan(ctx, r)
		over := time.Since(began)+delay > c.cfg.PlanPatience
		if err == nil || over || !fault.KindOf(err).Retryable() || ctx.Err() != nil {
			return work, err
		}
		c.log.Warn("run not planned yet", zap.String("run", string(r.ID)), zap.Error(err))
		c.pause(ctx, nil, delay)
	}
}
