package export

import (
	"context"
	"encoding/json"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/internal/task"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
)

// Plan implements run.Verb: it has the source cut the query, and names the objects.
func (e *Export) Plan(ctx context.Context, r ledger.Run) (*run.Work, error) {
	j, err := e.open(ctx, r)
	if err != nil {
		return nil, err
	}
	if what, remedy := Unsupported(j.sync); what != "" {
		return nil, fault.WithRemedy(fault.New(fault.Invalid, "sync %s: %s", j.sync.Name, what), "%s", remedy)
	}
	projection, err := j.project(ctx, r)
	if err != nil {
		return nil, err
	}
	if _, err := j.format.Frame(projection.Schema(), j.opts); err != nil {
		return nil, err
	}
	key, err := j.names.check()
	if err != nil {
		return nil, err
	}
	if err := reach(ctx, j.bucket, key); err != nil {
		return nil, err
	}
	schema, err := encodeSchema(projection.Schema())
	if err != nil {
		return nil, err
	}
	splits, err := j.db.Split(ctx, j.query, j.splits())
	if err != nil {
		return nil, err
	}
	work, err := pack(splits, shared{Bucket: j.bucket.Name(), Schema: schema})
	if err != nil {
		splits.Close()
		return nil, err
	}
	work.Plan.PlannedAt = e.ledger.Now()
	return work, nil
}

// Unsupported says what a definition may ask for but this version doesn't do,
// and what to write instead. Both are empty when it does all.
func Unsupported(s *def.Sync) (what, remedy string) {
	switch {
	case s.Mode != def.All:
		return "mode " + string(s.Mode) + " is not available in this version", "write mode: all"
	}
	return "", ""
}

// splits returns into how many parts the run should be cut.
func (j *job) splits() int {
	if j.model.Partition != nil && j.model.Partition.Count > 0 {
		return min(j.model.Partition.Count, maxParts)
	}
	return min(max(j.sync.Parallelism, 1), maxParts)
}

func pack(splits *source.Splits, s shared) (*run.Work, error) {
	common, err := json.Marshal(s)
	if err != nil {
		return nil, fault.New(fault.Invalid, "encode plan: %w", err)
	}
	work := &run.Work{
		Plan: ledger.Plan{Held: splits.Held, Queue: task.QueueExport, TaskKind: string(task.ExportPart), Shared: common},
		Hold: splits,
	}
	for _, split := range splits.Splits {
		detail, err := json.Marshal(split)
		if err != nil {
			return nil, fault.New(fault.Invalid, "encode plan: %w", err)
		}
		work.Parts = append(work.Parts, detail)
	}
	return work, nil
}
