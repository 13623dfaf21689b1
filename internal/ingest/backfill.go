package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/internal/task"
	"github.com/longshore/longshore/pkg/fault"
)

// Backfill is the verb of backfills, on both sides of the queue: old files of a
// datasource come in on a queue of their own, as fast as ClickHouse has room.
//
//	list ─ claim, a page at a time ─► parts, as a stream ─► watched by the leader,
//	who lets as many begin as ClickHouse and a person allow ─► verify
//
// It implements run.Verb, run.Pacer and run.Worker. What must stay true, beside
// what package ingest says of every file:
//
//   - All that it needs to go on is in the ledger, the state bucket's and that of
//     the files.
//   - Its memory doesn't grow with the files that it finds.
//   - Runs of the datasource leave a file alone that an open backfill claimed, and
//     nothing else.
type Backfill struct {
	*Ingest
	limits plan.Limits // of a part
	brakes brakes
	// loadEvery is how often the leader asks ClickHouse how busy it is.
	loadEvery time.Duration

	mu    sync.Mutex
	looks map[ledger.RunID]look // what the leader saw last; guarded by mu
}

// NewBackfill returns the verb, which shares the doors of i.
func NewBackfill(i *Ingest) *Backfill {
	return &Backfill{
		Ingest: i, limits: backfillLimits, brakes: brakes{every: brakeEvery, patience: brakeFor}, loadEvery: loadEvery,
		looks: map[ledger.RunID]look{},
	}
}

// backfillLimits is how much a part of a backfill takes on: enough that a million
// files are some thousand parts, little enough that one which is under way is
// soon over.
var backfillLimits = plan.Limits{Bytes: 256 << 20, Files: 500}

// openBackfill builds the job of a backfill: that of its datasource, with the
// backfill's own files.
func (b *Backfill) openBackfill(ctx context.Context, id ledger.ProjectID, rec ledger.BackfillRecord) (*job, error) {
	j, err := b.open(ctx, id, rec.Datasource)
	if err != nil {
		return nil, err
	}
	pattern, err := plan.ParsePattern(rec.URI)
	if err != nil {
		return nil, fault.New(fault.Invalid, "backfill %s: %w", rec.Name, err)
	}
	if pattern.Bucket != j.pattern.Bucket {
		return nil, fault.WithRemedy(fault.New(fault.Invalid, "backfill of %s: its files are in bucket %s, those of the datasource in %s", rec.Datasource, pattern.Bucket, j.pattern.Bucket),
			"a file is known by its key: copy the files to the datasource's bucket, or make a datasource of their own")
	}
	ds, in := *j.ds, *j.ds.Import
	in.FromTimestamp, in.MaxFiles = rec.From, 0
	ds.Import = &in
	j.ds, j.pattern, j.until = &ds, pattern, rec.To
	return j, nil
}

// Plan implements run.Verb.
func (b *Backfill) Plan(ctx context.Context, r ledger.Run) (*run.Work, error) {
	rec, err := b.ledger.Backfill(ctx, r.Subject.Name)
	if err != nil {
		return nil, err
	}
	if rec.Run != r.ID {
		return nil, fault.New(fault.Invalid, "backfill %s has run %s, not %s", rec.Name, rec.Run, r.ID)
	}
	j, err := b.openBackfill(ctx, r.Project, rec)
	if err != nil {
		return nil, err
	}
	if err := b.prepare(ctx, j); err != nil {
		return nil, err
	}
	common, err := json.Marshal(shared{chunking: b.chunking(j)})
	if err != nil {
		return nil, fault.New(fault.Invalid, "encode plan: %w", err)
	}
	out := &run.Work{Plan: ledger.Plan{
		Queue: task.QueueBackfill, TaskKind: string(task.IngestPart), Shared: common, PlannedAt: b.ledger.Now(), Folded: true,
	}}
	out.Stream = (&claiming{backfill: b, job: j, run: r, plan: &out.Plan}).parts
	return out, nil
}

// Part implements run.Worker.
func (b *Backfill) Part(ctx context.Context, p run.Part) (ledger.Totals, json.RawMessage, error) {
	var do portion
	if err := b.ledger.PartPlan(ctx, p.Run.ID, p.Plan.Epoch, p.Index, &do); err != nil {
		return ledger.Totals{}, nil, err
	}
	var s shared
	if err := json.Unmarshal(p.Plan.Shared, &s); err != nil {
		return ledger.Totals{}, nil, fault.New(fault.Invalid, "decode plan: %w", err)
	}
	rec, err := b.ledger.Backfill(ctx, p.Run.Subject.Name)
	if err != nil {
		return ledger.Totals{}, nil, err
	}
	j, err := b.openBackfill(ctx, p.Run.Project, rec)
	if err != nil {
		return ledger.Totals{}, nil, err
	}
	w, err := b.writer(ctx, j, p)
	if err != nil {
		return ledger.Totals{}, nil, err
	}
	w.halt = (&brake{brakes: b.brakes, ledger: b.ledger, job: j, name: rec.Name}).halt
	total, out, err := w.portion(ctx, p, do, s)
	if errors.Is(err, run.ErrReplan) {
		return ledger.Totals{}, nil, nil // another run has the file in hand; whoever settles it counts that
	}
	return total, out, err
}

// Commit implements run.Verb: the parts are added up already, and what is left is
// to see whether the file ledger says the same.
func (b *Backfill) Commit(ctx context.Context, r ledger.Run, p ledger.Plan, _ []ledger.PartManifest) (ledger.Totals, error) {
	rec, err := b.ledger.Backfill(ctx, r.Subject.Name)
	if err != nil {
		return r.Totals, err
	}
	j, err := b.openBackfill(ctx, r.Project, rec)
	if err != nil {
		return r.Totals, err
	}
	verdict, err := b.verify(ctx, j, r, p)
	if err != nil {
		return r.Totals, err
	}
	_, err = b.ledger.UpdateBackfill(ctx, rec.Name, func(rec *ledger.BackfillRecord) error {
		rec.Verdict, rec.Done, rec.DoneParts, rec.Throttled = &verdict, r.Totals, r.Settled, ledger.BackfillThrottle{}
		rec.Pace.Stop(b.ledger.Now())
		return nil
	})
	return r.Totals, err
}

// Clean implements run.Verb. Claims end with the run; what a canceled part was at
// stays as far as its checkpoint, for whoever takes the file next.
func (b *Backfill) Clean(_ context.Context, r ledger.Run, _ int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.looks, r.ID)
	return nil
}

// wait waits for a moment, or until ctx ends.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
