package run

import (
	"context"
	"iter"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// window is how many parts the leader looks at: the first that is open, and those
// behind it. What it keeps in memory, lists of the ledger and gives to the queue
// doesn't grow with the run (TestALongRunIsWatchedThroughAWindow).
const window = 512

// watches reports whether a part is in the window.
func (w *watcher) watches(part int) bool { return part >= w.base && part < w.base+len(w.parts) }

// at returns what is known of a part that is in the window.
func (w *watcher) at(part int) *partWatch { return &w.parts[part-w.base] }

// open yields the parts of the window that aren't done, in order.
func (w *watcher) open() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range w.parts {
			if !w.parts[i].done && !yield(w.base+i) {
				return
			}
		}
	}
}

// refresh learns which parts are done, and moves the window on.
func (w *watcher) refresh(ctx context.Context) error {
	w.widen()
	finished, err := w.c.ledger.FinishedParts(ctx, w.run.ID, w.plan.Epoch, w.base)
	if err != nil {
		return err
	}
	for _, part := range finished {
		for !w.watches(part) && w.forward() { // a former leader's window was further on
			w.widen()
		}
		if !w.watches(part) || w.at(part).done {
			continue
		}
		if err := w.finished(ctx, part); err != nil {
			return err
		}
	}
	return w.advance(ctx)
}

// finished marks a part as done.
func (w *watcher) finished(ctx context.Context, part int) error {
	if w.plan.Folded {
		m, err := w.c.ledger.PartManifest(ctx, w.run.ID, w.plan.Epoch, part)
		if err != nil {
			return err
		}
		w.at(part).totals = m.Totals
	}
	w.at(part).done = true
	return nil
}

// advance moves the window to the first open part. What is behind it is summed up
// in the run's record first, where the plan is folded.
func (w *watcher) advance(ctx context.Context) error {
	if !w.plan.Folded {
		for w.forward() {
			w.widen()
		}
		return nil
	}
	var sum ledger.Totals
	settled := 0
	for settled < len(w.parts) && w.parts[settled].done {
		sum.Add(w.parts[settled].totals)
		settled++
	}
	if settled == 0 {
		return nil
	}
	r, err := w.c.ledger.UpdateRun(ctx, w.run.ID, func(r *ledger.Run) error {
		if r.Settled != w.base || r.Epoch != w.plan.Epoch {
			return fault.New(fault.Conflict, "run %s: somebody else adds its parts up", r.ID)
		}
		r.Totals.Add(sum)
		r.Settled += settled
		return nil
	})
	if err != nil {
		return err
	}
	w.drop(ctx, settled)
	w.run, w.base, w.parts = r, w.base+settled, w.parts[settled:]
	w.widen()
	return nil
}

// drop has the queue forget how far the first parts of the window came: the ledger
// has it.
func (w *watcher) drop(ctx context.Context, parts int) {
	if err := w.c.queue.ForgetParts(ctx, string(w.run.ID), w.base, parts); err != nil {
		w.c.log.Warn("progress kept", zap.String("run", string(w.run.ID)), zap.Error(err)) // it expires
	}
}

// forward moves the window past its first part, if that is done.
func (w *watcher) forward() bool {
	if w.plan.Folded || len(w.parts) == 0 || !w.parts[0].done {
		return false
	}
	w.base, w.parts = w.base+1, w.parts[1:]
	return true
}

// widen fills the window up.
func (w *watcher) widen() {
	for len(w.parts) < window && w.base+len(w.parts) < w.plan.Parts {
		w.parts = append(w.parts, partWatch{})
	}
}

// far returns how far the run has come.
func (w *watcher) far() Far {
	so := Far{Parts: w.base, Totals: w.run.Totals}
	for i := range w.parts {
		if w.parts[i].done {
			so.Parts++
			so.Totals.Add(w.parts[i].totals)
		}
	}
	return so
}
