package run

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/queue"
	"github.com/longshore/longshore/pkg/fault"
)

// pace asks the verb how many parts may be with the queue. It reports whether
// parts may begin now and might not before, or the other way round.
func (w *watcher) pace(ctx context.Context) (turned bool) {
	if w.pacer == nil {
		return false
	}
	limit, err := w.pacer.Pace(ctx, w.run, w.far())
	if err != nil {
		w.c.log.Warn("pace kept", zap.String("run", string(w.run.ID)), zap.Error(err))
		return false
	}
	turned = (limit > 0) != (w.limit > 0)
	w.limit = limit
	return turned
}

// reconcile enqueues the open parts of the present wave that the queue doesn't
// hold, and gives those whose worker fell silent to another one. Those beyond the
// limit it takes back, if no worker has begun them.
func (w *watcher) reconcile(ctx context.Context) error {
	progress, err := w.c.queue.Progress(ctx, string(w.run.ID))
	if err != nil {
		return err
	}
	wave, allowed := w.wave(), w.limit
	for part := range w.open() {
		if w.plan.Wave(part) != wave {
			break
		}
		p := progress[part]
		if p.Epoch != w.plan.Epoch {
			p = queue.Progress{} // of a part that an older plan called so
		}
		if err := w.settle(ctx, part, p, allowed > 0); err != nil {
			return err
		}
		allowed--
	}
	return nil
}

// send enqueues the open parts of the present wave that the queue wasn't given yet.
func (w *watcher) send(ctx context.Context) error {
	wave, allowed := w.wave(), w.limit
	for part := range w.open() {
		if w.plan.Wave(part) != wave || allowed <= 0 {
			return nil
		}
		allowed--
		if w.at(part).sent {
			continue
		}
		if err := w.c.queue.Enqueue(ctx, w.task(part)); err != nil {
			return err
		}
		w.at(part).sent = true
	}
	return nil
}

// settle does what one open part needs, which may be with the queue or not.
func (w *watcher) settle(ctx context.Context, part int, p queue.Progress, allowed bool) error {
	t := w.task(part)
	state, why, err := w.c.queue.State(t)
	if err != nil {
		return err
	}
	switch state {
	case queue.Waiting:
		w.at(part).since = time.Time{}
		if w.at(part).sent = allowed; !allowed {
			return w.c.queue.Recall(t)
		}
		return nil
	case queue.Active:
		w.at(part).sent = true
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
	// Absent: done since we looked, lost by Redis, halted, or never enqueued.
	if w.at(part).sent = false; !allowed {
		return nil
	}
	if _, err := w.c.ledger.PartManifest(ctx, w.run.ID, w.plan.Epoch, part); !fault.Is(err, fault.NotFound) {
		return err
	}
	err = w.c.queue.Enqueue(ctx, t)
	w.at(part).sent = err == nil
	return err
}

// silent reports whether the attempt at an active part stopped reporting. Each
// round is given twice the time of the one before.
func (w *watcher) silent(part int, p queue.Progress) bool {
	pw := w.at(part)
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
	if w.at(part).round+1 >= maxRounds {
		f := ledger.Failure{Kind: fault.Temporary.String(), Message: why, Part: part}
		return w.c.ledger.KillPart(ctx, w.run.ID, w.plan.Epoch, f)
	}
	w.at(part).round++
	w.at(part).since = time.Time{}
	return w.c.queue.Enqueue(ctx, w.task(part))
}
