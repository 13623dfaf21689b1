package run

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/queue"
	"github.com/longshore/longshore/internal/task"
	"github.com/longshore/longshore/pkg/fault"
)

// heartbeat is how often an attempt reports. A worker that misses several is
// taken for dead.
const heartbeat = 2 * time.Second

// Reporter hears how far attempts have come. Package queue's Client is one.
type Reporter interface {
	Report(ctx context.Context, t task.Task, p queue.Progress) error
	Notify(ctx context.Context, run string) error
}

// Parts handles tasks: it finds in the ledger what a task is about, has the
// subject's Worker do it, and records what came of it.
type Parts struct {
	Ledger  *ledger.Ledger
	Report  Reporter
	Workers map[ledger.Kind]Worker
	Log     *zap.Logger
}

// Handle implements queue.Handler.
func (h *Parts) Handle(ctx context.Context, t task.Task, attempt string) error {
	part, err := h.load(ctx, t)
	if err != nil {
		return err
	}
	part.Attempt = attempt
	worker, ok := h.Workers[part.Run.Subject.Kind]
	if !ok {
		return fault.New(fault.Invalid, "run %s: no worker for a %s", part.Run.ID, part.Run.Subject.Kind)
	}
	stop := h.beat(ctx, t, attempt, part.Meter)
	defer stop()
	totals, output, err := worker.Part(ctx, part)
	if errors.Is(err, ErrHalted) {
		return fault.New(fault.Conflict, "part %d of run %s: %w", t.Part, part.Run.ID, err) // the leader asks for it again
	}
	if err != nil {
		return err
	}
	m := ledger.PartManifest{Part: t.Part, Attempt: attempt, Totals: totals, Output: output}
	if err := h.Ledger.FinishPart(ctx, part.Run.ID, t.Epoch, m); err != nil {
		return err
	}
	h.notify(ctx, t)
	return nil
}

// Dead implements queue.Handler.
func (h *Parts) Dead(ctx context.Context, t task.Task, cause error) error {
	if _, err := h.Ledger.PartManifest(ctx, ledger.RunID(t.Run), t.Epoch, t.Part); err == nil {
		return nil // a twin of the attempt did the part
	}
	why := ledger.NewFailure(cause, t.Part)
	why.Replan = errors.Is(cause, ErrReplan)
	if err := h.Ledger.KillPart(ctx, ledger.RunID(t.Run), t.Epoch, *why); err != nil {
		return err
	}
	h.notify(ctx, t)
	return nil
}

// load finds out what a task is about. The error is a Conflict when there is
// nothing left to do.
func (h *Parts) load(ctx context.Context, t task.Task) (Part, error) {
	id := ledger.RunID(t.Run)
	r, err := h.Ledger.Run(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return Part{}, fault.New(fault.Conflict, "run %s is gone", id)
	}
	if err != nil {
		return Part{}, err
	}
	if r.State.Final() || r.Epoch != t.Epoch {
		return Part{}, fault.New(fault.Conflict, "run %s is %s in epoch %d", id, r.State, r.Epoch)
	}
	_, err = h.Ledger.PartManifest(ctx, id, t.Epoch, t.Part)
	if err == nil {
		return Part{}, fault.New(fault.Conflict, "part %d of run %s is done", t.Part, id)
	}
	if !fault.Is(err, fault.NotFound) {
		return Part{}, err
	}
	plan, err := h.Ledger.Plan(ctx, id, t.Epoch)
	if err != nil {
		return Part{}, err
	}
	return Part{Run: r, Plan: plan, Index: t.Part, Meter: new(Meter)}, nil
}

// beat reports at once and then every heartbeat, until stop is called.
func (h *Parts) beat(ctx context.Context, t task.Task, attempt string, m *Meter) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(heartbeat)
		defer tick.Stop()
		for seen := int64(1); ; seen++ {
			h.report(ctx, t, attempt, m, seen)
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return func() {
		cancel()
		<-ended
		h.report(context.WithoutCancel(ctx), t, attempt, m, 0)
	}
}

func (h *Parts) report(ctx context.Context, t task.Task, attempt string, m *Meter, seen int64) {
	rows, bytes := m.Read()
	err := h.Report.Report(ctx, t, queue.Progress{Attempt: attempt, Rows: rows, Bytes: bytes, Seen: seen})
	if err != nil && ctx.Err() == nil {
		h.Log.Warn("progress not reported", zap.String("task", t.ID()), zap.Error(err))
	}
}

func (h *Parts) notify(ctx context.Context, t task.Task) {
	if err := h.Report.Notify(ctx, t.Run); err != nil && ctx.Err() == nil {
		h.Log.Warn("producer not notified", zap.String("task", t.ID()), zap.Error(err)) // it looks by itself every few seconds
	}
}
