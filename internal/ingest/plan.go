package ingest

import (
	"context"
	"encoding/json"
	"path"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/internal/task"
	"github.com/longshore/longshore/pkg/fault"
)

// partShares is how much a part takes on: when there is little, so much that small
// files don't pay for a task each, and so little that several workers share a run; when
// there is much, what makes a pack of about a chunk's size.
var partShares = plan.Shares{Weight: weight, Most: chunkBytes * 7 / 8, Least: 32 << 20, Few: 4}

// fileWork is what a file costs beside its bytes, in bytes.
const fileWork = 512 << 10

// weight is how much work a file is, in bytes of text.
func weight(f plan.File) int64 {
	switch path.Ext(f.Key) {
	case ".parquet", ".gz", ".zst", ".bz2", ".xz", ".lz4":
		return f.Size*dense + fileWork
	}
	return f.Size + fileWork
}

// shared is what all parts of a run need to know beyond the definitions.
type shared struct {
	chunking
	// Splits is the files that more than one part ingests.
	Splits []split `json:"splits,omitempty"`
}

// Plan implements run.Verb: it lists the bucket, unless that was just done or
// events said where to look, and shares the new files out.
func (i *Ingest) Plan(ctx context.Context, r ledger.Run) (*run.Work, error) {
	if !r.Trigger.Regular() {
		return i.planOne(ctx, r)
	}
	j, err := i.open(ctx, r.Project, r.Subject.Name)
	if err != nil {
		return nil, err
	}
	found, err := i.selected(ctx, r, j)
	if err != nil {
		return nil, err
	}
	return i.parts(ctx, j, found.files)
}

// parts shares files out. Small ones and scans of large ones are the first wave,
// the ranges of large texts the second.
func (i *Ingest) parts(ctx context.Context, j *job, files []plan.File) (*run.Work, error) {
	files, splits, err := i.splits(ctx, j, files)
	if err != nil {
		return nil, err
	}
	var parts []work
	for _, group := range plan.Share(files, partShares) {
		parts = append(parts, work{Files: group})
	}
	wave0, wave1, err := j.partsOf(ctx, splits, len(parts))
	if err != nil {
		return nil, err
	}
	parts = append(parts, wave0...)
	out := &run.Work{Plan: ledger.Plan{Queue: task.QueueIngest, TaskKind: string(task.IngestPart), PlannedAt: i.ledger.Now()}}
	if len(wave1) > 0 {
		out.Plan.Waves = []int{len(parts), len(wave1)}
	}
	for _, part := range append(parts, wave1...) {
		detail, err := json.Marshal(part)
		if err != nil {
			return nil, fault.New(fault.Invalid, "encode plan: %w", err)
		}
		out.Parts = append(out.Parts, detail)
	}
	out.Plan.Shared, err = json.Marshal(shared{chunking: i.chunking(j), Splits: splits})
	return out, err
}

// Commit implements run.Verb. Rows are visible as they are appended, so there is
// nothing left to do but to add up, in the records of split files too, and to see
// to the files that were too many.
func (i *Ingest) Commit(ctx context.Context, r ledger.Run, p ledger.Plan, parts []ledger.PartManifest) (ledger.Totals, error) {
	var total ledger.Totals
	for _, part := range parts {
		total.Add(part.Totals)
	}
	if r.Trigger.Verify != nil && len(parts) == 1 {
		return total, i.ledger.SaveManifest(ctx, r.ID, parts[0].Output)
	}
	if !r.Trigger.Regular() {
		return total, nil
	}
	split, err := i.settle(ctx, r, p)
	if err != nil {
		return total, err
	}
	total.Add(split)
	paused, err := i.overBudget(ctx, r, total)
	if err != nil || paused {
		return total, err
	}
	return total, i.goOn(ctx, r)
}

// settle completes the records of the files that a plan splits.
func (i *Ingest) settle(ctx context.Context, r ledger.Run, p ledger.Plan) (total ledger.Totals, err error) {
	var s shared
	if err := json.Unmarshal(p.Shared, &s); err != nil || len(s.Splits) == 0 {
		return total, err
	}
	j, err := i.open(ctx, r.Project, r.Subject.Name)
	if err != nil {
		return total, err
	}
	w := &partWriter{ingest: i, job: j, run: r, now: i.ledger.Now, log: i.log}
	for _, file := range s.Splits {
		rec, err := w.settle(ctx, file)
		if err != nil {
			return total, err
		}
		total.Add(sum(rec))
	}
	return total, nil
}

// Clean implements run.Verb. An ingest leaves nothing behind.
func (i *Ingest) Clean(context.Context, ledger.Run, int) error { return nil }
