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
// when somebody asks, to planning when its snapshot died with a former leader.
func (c *Conductor) watch(ctx context.Context, r ledger.Run, wake <-chan struct{}) error {
	plan, err := c.ledger.Plan(ctx, r.ID, r.Epoch)
	if err != nil {
		return err
	}
	w := &watcher{c: c, run: r, plan: plan, parts: make([]partWatch, plan.Parts)}
	if err := w.takeOver(ctx); err != nil {
		return err
	}
	var reconciled time.Time
	for ctx.Err() == nil {
		moved, err := w.look(ctx)
		if moved || err != nil {
			return err
		}
		if time.Since(reconciled) >= c.cfg.Reconcile {
			if err := w.reconcile(ctx); err != nil {
				c.log.Warn("parts not compared with the queue", zap.String("run", string(r.ID)), zap.Error(err))
			}
			reconciled = time.Now()
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
	parts []partWatch
}

type partWatch struct {
	done  bool
	round int            // of the newest task for the part
	last  queue.Progress // when it last changed
	since time.Time      // by our clock
}

func (w *watcher) task(part int) task.Task {
	return task.Task{
		Kind: task.Kind(w.plan.TaskKind), Queue: w.plan.Queue, Run: string(w.run.ID),
		Epoch: w.plan.Epoch, Part: part, Round: w.parts[part].round,
	}
}

// takeOver learns what a former leader's tasks are at.
func (w *watcher) takeOver(ctx context.Context) error {
	if err := w.refresh(ctx); err != nil {
		return err
	}
	if w.plan.Held && !w.c.holding(w.run.ID) && w.open() > 0 {
		if err := w.c.replan(ctx, w.run.ID); err != nil {
			return err
		}
		return fault.New(fault.Conflict, "run %s lost its snapshot with its leader; it is planned anew", w.run.ID)
	}
	progress, err := w.c.queue.Progress(ctx, string(w.run.ID))
	if err != nil {
		return err
	}
	for part, p := range progress {
		if p.Epoch == w.plan.Epoch && part < len(w.parts) {
			w.parts[part].round = p.Round
		}
	}
	return nil
}

// maxEpochs bounds how often a run is planned anew by itself.
const maxEpochs = 5

// replan sends the run back to be cut into parts under a new epoch.
func (c *Conductor) replan(ctx context.Context, id ledger.RunID) error {
	_, err := c.ledger.UpdateRun(ctx, id, func(r *ledger.Run) error {
		r.State = ledger.Planning
		return nil
	})
	return err
}

func (w *watcher) refresh(ctx context.Context) error {
	finished, err := w.c.ledger.FinishedParts(ctx, w.run.ID, w.plan.Epoch)
	for _, part := range finished {
		w.parts[part].done = true
	}
	return err
}

func (w *watcher) open() int {
	n := 0
	for _, p := range w.parts {
		if !p.done {
			n++
		}
	}
	return n
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
	dead = slices.DeleteFunc(dead, func(part int) bool { return w.parts[part].done })
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
	if w.open() > 0 {
		return false, nil
	}
	_, err = w.c.ledger.UpdateRun(ctx, w.run.ID, func(r *ledger.Run) error {
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
	for part := range w.parts {
		if w.parts[part].done {
			continue
		}
		if err := w.c.queue.Withdraw(w.task(part)); err != nil {
			w.c.log.Warn("task not withdrawn", zap.String("task", w.task(part).ID()), zap.Error(err))
		}
	}
	return nil
}

// reconcile enqueues the open parts that the queue doesn't hold, and gives parts
// whose worker fell silent to another one.
func (w *watcher) reconcile(ctx context.Context) error {
	progress, err := w.c.queue.Progress(ctx, string(w.run.ID))
	if err != nil {
		return err
	}
	for part := range w.parts {
		if w.parts[part].done {
			continue
		}
		p := progress[part]
		if p.Epoch != w.plan.Epoch {
			p = queue.Progress{} // of a part that an older plan called so
		}
		if err := w.settle(ctx, part, p); err != nil {
			return err
		}
	}
	return nil
}

// settle does what one open part needs.
func (w *watcher) settle(ctx context.Context, part int, p queue.Progress) error {
	t := w.task(part)
	state, why, err := w.c.queue.State(t)
	if err != nil {
		return err
	}
	switch state {
	case queue.Waiting:
		w.parts[part].since = time.Time{}
		return nil
	case queue.Active:
		if !w.silent(part, p) {
			return nil
		}
		w.c.log.Warn("worker fell silent", zap.String("task", t.ID()), zap.String("attempt", p.Attempt))
		return w.again(ctx, part, "its workers fall silent: they may be killed for taking too much memory")
	case queue.Dead:
		// A handler that gives up records it. So the queue did by itself: the last
		// attempt's worker died, or was told to stop.
		return w.again(ctx, part, why)
	}
	// Absent: done since we looked, lost by Redis, or never enqueued.
	if _, err := w.c.ledger.PartManifest(ctx, w.run.ID, w.plan.Epoch, part); !fault.Is(err, fault.NotFound) {
		return err
	}
	return w.c.queue.Enqueue(ctx, t)
}

// silent reports whether the attempt at an active part stopped reporting. Each
// round is given twice the time of the one before.
func (w *watcher) silent(part int, p queue.Progress) bool {
	pw := &w.parts[part]
	if pw.since.IsZero() || p.Attempt != pw.last.Attempt || p.Seen != pw.last.Seen {
		pw.last, pw.since = p, time.Now()
		return false
	}
	return time.Since(pw.since) > w.c.cfg.Stale<<min(pw.round, 6)
}

// maxRounds bounds how often a part is asked for: one that kills its workers
// must not do so for ever.
const maxRounds = 8

// again asks for a part once more, under a new id, while the old task may still
// be in somebody's hands. A part that was asked for too often is dead, for the
// given reason.
func (w *watcher) again(ctx context.Context, part int, why string) error {
	if w.parts[part].round+1 >= maxRounds {
		f := ledger.Failure{Kind: fault.Temporary.String(), Message: why, Part: part}
		return w.c.ledger.KillPart(ctx, w.run.ID, w.plan.Epoch, f)
	}
	w.parts[part].round++
	w.parts[part].since = time.Time{}
	return w.c.queue.Enqueue(ctx, w.task(part))
}
