package export

import (
	"context"
	"encoding/json"

	"github.com/longshore/longshore/internal/diff"
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
	if err := e.connect(ctx, j); err != nil {
		return nil, err
	}
	sh, err := j.shape(ctx, r)
	if err != nil {
		return nil, err
	}
	if _, err := j.format.Frame(sh.file, j.opts); err != nil {
		return nil, err
	}
	key, err := j.names.check()
	if err != nil {
		return nil, err
	}
	if err := reach(ctx, j.bucket, key); err != nil {
		return nil, err
	}
	s := shared{Bucket: j.bucket.Name()}
	if s.Schema, err = encodeSchema(sh.file); err != nil {
		return nil, err
	}
	if j.compares() {
		if s.Compare, err = e.compare(ctx, r, sh); err != nil {
			return nil, err
		}
	}
	splits, err := j.db.Split(ctx, j.query, j.splits())
	if err != nil {
		return nil, err
	}
	work, err := pack(splits, s)
	if err != nil {
		splits.Close()
		return nil, err
	}
	work.Plan.PlannedAt = e.ledger.Now()
	return work, nil
}

// splits returns into how many parts the run should be cut.
func (j *job) splits() int {
	if j.model.Partition != nil && j.model.Partition.Count > 0 {
		return min(j.model.Partition.Count, maxParts)
	}
	return min(max(j.sync.Parallelism, 1), maxParts)
}

// slice is what a part works on: a split of the query, or in a second wave a
// range of hashes of keys.
type slice struct {
	Split *source.Split `json:"split,omitempty"`
	Range *diff.Range   `json:"range,omitempty"`
}

// pack makes a part of each split. Where several splits are to be compared, they
// are sorted by their parts, and as many parts more compare a range each.
func pack(splits *source.Splits, s shared) (*run.Work, error) {
	var slices []slice
	for i := range splits.Splits {
		slices = append(slices, slice{Split: &splits.Splits[i]})
	}
	plan := ledger.Plan{Held: splits.Held, Queue: task.QueueExport, TaskKind: string(task.ExportPart)}
	if n := len(slices); s.Compare != nil && n > 1 {
		for _, r := range diff.Ranges(n) {
			slices = append(slices, slice{Range: &r})
		}
		s.Compare.Sorters, plan.Waves = n, []int{n, n}
	}
	if s.Compare != nil {
		s.Compare.Ordered = splits.Ordered
	}
	work := &run.Work{Plan: plan, Hold: splits}
	var err error
	if work.Plan.Shared, err = json.Marshal(s); err != nil {
		return nil, fault.New(fault.Invalid, "encode plan: %w", err)
	}
	for _, part := range slices {
		detail, err := json.Marshal(part)
		if err != nil {
			return nil, fault.New(fault.Invalid, "encode plan: %w", err)
		}
		work.Parts = append(work.Parts, detail)
	}
	return work, nil
}
