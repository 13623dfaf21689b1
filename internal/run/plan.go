package run

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// plan cuts a run into parts under a new epoch, and sets it running. Errors
// that may pass are tried a few times; then the run fails with what we know.
func (c *Conductor) plan(ctx context.Context, r ledger.Run, verb Verb) error {
	r, err := c.move(ctx, r.ID, func(r *ledger.Run) error {
		r.Epoch++ // a plan that somebody began before us is left behind
		r.Settled, r.Totals = 0, ledger.Totals{}
		return nil
	})
	if err != nil {
		return err
	}
	work, parts, err := c.planned(ctx, r, verb)
	switch {
	case errors.Is(err, errStopped):
		return c.end(ctx, r, ledger.Canceled, nil)
	case err != nil:
		return err
	case work == nil:
		return nil // the run failed
	}
	work.Plan.Epoch, work.Plan.Parts = r.Epoch, parts
	if err := c.ledger.SavePlan(ctx, r.ID, work.Plan, work.Parts); err != nil {
		return err
	}
	_, err = c.move(ctx, r.ID, func(run *ledger.Run) error {
		if run.Epoch != r.Epoch {
			return fault.New(fault.Conflict, "run %s was planned by somebody else", r.ID)
		}
		run.State, run.Parts = ledger.Running, parts
		return nil
	})
	return err
}

// errStopped is why planning ends when somebody asks the run to stop.
var errStopped = errors.New("the run was asked to stop")

// planned has the verb plan, and records parts that come as a stream. The work is
// nil when the run can't be planned and has failed.
func (c *Conductor) planned(ctx context.Context, r ledger.Run, verb Verb) (work *Work, parts int, err error) {
	planning, stop := c.untilStopped(ctx, r.ID)
	defer stop()
	work, err = c.tryPlan(planning, r, verb)
	if err == nil {
		c.hold(r.ID, work.Hold)
		parts = len(work.Parts)
		if work.Stream != nil {
			parts, err = c.saveStream(planning, r, work)
		}
	}
	switch {
	case err == nil:
		return work, parts, nil
	case errors.Is(context.Cause(planning), errStopped):
		return nil, 0, errStopped
	case ctx.Err() != nil:
		return nil, 0, ctx.Err()
	case work != nil && fault.KindOf(err).Retryable():
		return nil, 0, err // a stream that broke off is begun again, under another epoch
	}
	return nil, 0, c.end(ctx, r, ledger.Failed, ledger.NewFailure(err, -1))
}

// untilStopped returns a context that ends when somebody asks the run to stop:
// to list a bucket takes minutes where it is large.
func (c *Conductor) untilStopped(ctx context.Context, id ledger.RunID) (planning context.Context, stop func()) {
	planning, cancel := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for planning.Err() == nil {
			if asked, err := c.ledger.CancelRequested(planning, id); err == nil && asked {
				cancel(errStopped)
				return
			}
			c.pause(planning, nil, c.cfg.Scan)
		}
	}()
	return planning, func() { cancel(nil); <-ended }
}

// savesAtOnce is how many parts of a stream are recorded at a time.
const savesAtOnce = 8

// saveStream records the parts that a plan yields, and returns how many they are.
func (c *Conductor) saveStream(ctx context.Context, r ledger.Run, work *Work) (parts int, err error) {
	group, saving := errgroup.WithContext(ctx)
	group.SetLimit(savesAtOnce)
	for detail, cause := range work.Stream(saving) {
		if cause != nil {
			err = cause
			break
		}
		part := parts
		parts++
		if part == 0 { // who has the first part has the epoch
			if err = c.ledger.SavePart(ctx, r.ID, r.Epoch, part, detail); err != nil {
				break
			}
			continue
		}
		group.Go(func() error { return c.ledger.SavePart(saving, r.ID, r.Epoch, part, detail) })
	}
	if saved := group.Wait(); saved != nil {
		return 0, saved // the cause of err, if there is one
	}
	return parts, err
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
