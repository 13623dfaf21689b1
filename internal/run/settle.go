package run

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/queue"
	"github.com/longshore/longshore/pkg/fault"
)

// reconcile enqueues the open parts of the present wave that the queue doesn't
// hold, and gives those whose worker fell silent to another one.
func (w *watcher) reconcile(ctx context.Context) error {
	progress, err := w.c.queue.Progress(ctx, string(w.run.ID))
	if err != nil {
		return err
	}
	wave := w.wave()
	for part := range w.parts {
		if w.parts[part].done || w.plan.Wave(part) != wave {
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
