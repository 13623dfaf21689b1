package ingest

import (
	"context"
	"encoding/json"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/internal/task"
	"github.com/longshore/longshore/pkg/fault"
)

// partLimits is how much a part takes on: enough that small files don't pay for
// a task each, little enough that several workers share a run.
var partLimits = plan.Limits{Bytes: 32 << 20, Files: 64}

// A chunk of a file is so many rows, or the rows that take so many bytes of the
// file, decompressed, where those are fewer. The values stand in the file ledger
// with every file that was begun, and hold for it ever after.
const (
	chunkRows  = 1 << 18
	chunkBytes = 64 << 20
)

// shared is what all parts of a run need to know beyond the definitions.
type shared struct {
	ChunkRows  int64 `json:"chunk_rows"`
	ChunkBytes int64 `json:"chunk_bytes"`
}

// Plan implements run.Verb: it lists the bucket, unless that was just done, and
// shares the new files out.
func (i *Ingest) Plan(ctx context.Context, r ledger.Run) (*run.Work, error) {
	found, ok := i.take(r.Project, r.Subject.Name)
	if !ok {
		j, err := i.open(ctx, r.Project, r.Subject.Name)
		if err != nil {
			return nil, err
		}
		if found, err = i.scan(ctx, r.Project, j, newClaims(i.ledger, r.ID)); err != nil {
			return nil, err
		}
	}
	common, err := json.Marshal(shared{ChunkRows: chunkRows, ChunkBytes: chunkBytes})
	if err != nil {
		return nil, fault.New(fault.Invalid, "encode plan: %w", err)
	}
	work := &run.Work{Plan: ledger.Plan{
		Queue: task.QueueIngest, TaskKind: string(task.IngestPart), Shared: common, PlannedAt: i.ledger.Now(),
	}}
	for _, files := range plan.Group(found.files, partLimits) {
		detail, err := json.Marshal(files)
		if err != nil {
			return nil, fault.New(fault.Invalid, "encode plan: %w", err)
		}
		work.Parts = append(work.Parts, detail)
	}
	return work, nil
}

// Commit implements run.Verb. Rows are visible as they are appended, so there is
// nothing left to do but to add up, and to see to the files that were too many.
func (i *Ingest) Commit(ctx context.Context, r ledger.Run, _ ledger.Plan, parts []ledger.PartManifest) (ledger.Totals, error) {
	var total ledger.Totals
	for _, p := range parts {
		total.Add(p.Totals)
	}
	return total, i.goOn(ctx, r)
}

// Clean implements run.Verb. An ingest leaves nothing behind.
func (i *Ingest) Clean(context.Context, ledger.Run, int) error { return nil }
