package run

import (
	"context"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/queue"
	"github.com/longshore/longshore/internal/task"
	"github.com/longshore/longshore/pkg/fault"
)

// watch sees to it that every part of a running run is done, and moves the run
// on: to committing when they are, to failed when one can't be, to canceled
// when somebody asks, to planning when it needs a snapshot that is gone.
func (c *Conductor) watch(ctx context.Context, r ledger.Run, verb Verb, wake <-chan struct{}) error {
	plan, err := c.ledger.Plan(ctx, r.ID, r.Epoch)
	if err != nil {
		return err
	}
	w := &watcher{c: c, run: r, plan: plan, base: r.Settled, limit: window}
	if pacer, ok := verb.(Pacer); ok {
		w.pacer, w.limit = pacer, 0
	}
	if err := w.takeOver(ctx); err != nil {
		return err
	}
	var reconciled time.Time
	begun := -1 // the wave whose parts were enqueued last
	for ctx.Err() == nil {
		moved, err := w.look(ctx)
		if moved || err != nil {
			return err
		}
		turned := w.pace(ctx)
		if turned || begun != w.wave() || time.Since(reconciled) >= c.cfg.Reconcile {
			if err := w.reconcile(ctx); err != nil {
				c.log.Warn("parts not compared with the queue", zap.String("run", string(r.ID)), zap.Error(err))
			}
			reconciled, begun = time.Now(), w.wave()
		}
		if err := w.send(ctx); err != nil {
			c.log.Warn("parts not enqueued", zap.String("run", string(r.ID)), zap.Error(err))
		}
		c.pause(ctx, wake, c.cfg.Scan)
	}
	return ctx.Err()
}

// watcher is the leader's memory of one running run. All of it can be lost.
type watcher struct {
	c     *Conductor
	run   ledger.Run
	plan  ledger.Plan
	base  int         // all parts below are done
	parts []partWatch // of the parts from base on, window of them at most
	pacer Pacer       // nil: all parts of the window may be enqueued
	limit int         // how many open parts may be with the queue
}

type partWatch struct {
	done   bool
	totals ledger.Totals  // of a part that is done; only where the plan is folded
	sent   bool           // the queue was given the newest task, or had it already
	round  int            // of the newest task for the part
	last   queue.Progress // when it last changed
	since  time.Time      // by our clock
}

func (w *watcher) task(part int) task.Task {
	return task.Task{
		Kind: task.Kind(w.plan.TaskKind), Queue: w.plan.Queue, Run: string(w.run.ID),
		Epoch: w.plan.Epoch, Part: part, Round: w.at(part).round,
	}
}

// takeOver learns what a former leader's tasks are at.
func (w *watcher) takeOver(ctx context.Context) error {
	if err := w.refresh(ctx); err != nil {
		return err
	}
	if w.plan.Held && !w.c.holding(w.run.ID) && w.wave() == 0 {
		if err := w.c.replan(ctx, w.run.ID); err != nil {
			return err
		}
		return fault.New(fault.Conflict, "run %s needs a snapshot that is gone; it is planned anew", w.run.ID)
	}
	progress, err := w.c.queue.Progress(ctx, string(w.run.ID))
	if err != nil {
		return err
	}
	for part, p := range progress {
		if p.Epoch == w.plan.Epoch && w.watches(part) {
			w.at(part).round = p.Round
		}
	}
	return nil
}

// maxEpochs bounds how often a run is planned anew by itself.
const maxEpochs = 5

// replan sends the run back to be cut into parts under a new epoch.
func (c *Conductor) replan(ctx context.Context, id ledger.RunID) error {
	_, err := c.move(ctx, id, func(r *ledger.Run) error {
		r.State = ledger.Planning
		return nil
	})
	return err
}

// wave returns the first wave that has open parts, or -1 where no part is open.
// Only its parts are enqueued: those of later ones build on it.
func (w *watcher) wave() int {
	if w.base == w.plan.Parts {
		return -1
	}
	return w.plan.Wave(w.base)
}

// look finds out whether the run can move on, and moves it.
func (w *watcher) look(ctx context.Context) (moved bool, err error) {
	stop, err := w.c.ledger.CancelRequested(ctx, w.run.ID)
	if err != nil {
		return false, err
	}
	if stop {
		return true, w.stop(ctx, ledger.Canceled, nil)
	}
	dead, err := w.c.ledger.DeadParts(ctx, w.run.ID, w.plan.Epoch)
	if err != nil {
		return false, err
	}
	if err := w.refresh(ctx); err != nil {
		return false, err
	}
	// A part that is done counts, whatever became of a twin of its attempt.
	dead = slices.DeleteFunc(dead, func(part int) bool { return part < w.base || w.watches(part) && w.at(part).done })
	if len(dead) > 0 {
		why, err := w.c.ledger.DeadPart(ctx, w.run.ID, w.plan.Epoch, slices.Min(dead))
		if err != nil {
			return false, err
		}
		if why.Replan && w.plan.Epoch < maxEpochs {
			return true, w.c.replan(ctx, w.run.ID)
		}
		return true, w.stop(ctx, ledger.Failed, &why)
	}
	wave := w.wave()
	if wave != 0 {
		w.c.release(w.run.ID) // a snapshot that stays open hurts its database
	}
	if wave >= 0 {
		return false, nil
	}
	_, err = w.c.move(ctx, w.run.ID, func(r *ledger.Run) error {
		r.State = ledger.Committing
		return nil
	})
	return true, err
}

// stop ends the run and takes its open tasks out of the queue: the run first, so
// that a worker which gets one nevertheless sees that it is over.
func (w *watcher) stop(ctx context.Context, state ledger.State, why *ledger.Failure) error {
	if err := w.c.end(ctx, w.run, state, why); err != nil {
		return err
	}
	for part := range w.open() {
		if err := w.c.queue.Withdraw(w.task(part)); err != nil {
			w.c.log.Warn("task not withdrawn", zap.String("task", w.task(part).ID()), zap.Error(err))
		}
	}
	return nil
}
