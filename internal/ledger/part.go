package ledger

import (
	"context"
	"encoding/json"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/pkg/fault"
)

// Plan is a run cut into parts. It is written once per epoch.
type Plan struct {
	Epoch int `json:"epoch"`
	Parts int `json:"parts"`
	// Waves is how many parts each wave has, in the order of the parts: those of a
	// wave begin when all before them are done. Empty means that all are one wave.
	Waves []int `json:"waves,omitempty"`
	// Held is set when the first wave's parts can be done only while the producer
	// that planned them holds a snapshot open. Where one of them is to be done and
	// the snapshot is gone, the run is planned anew.
	Held bool `json:"held,omitempty"`
	// Folded is set where the leader adds parts up in the run's record as they are
	// done, so that neither it nor the commit reads them all: there may be many.
	Folded bool `json:"folded,omitempty"`
	// Queue is where the parts' tasks go.
	Queue string `json:"queue"`
	// TaskKind is the kind of the parts' tasks.
	TaskKind string `json:"task_kind"`
	// Shared is what all parts need to know; its content is the verb's.
	Shared json.RawMessage `json:"shared"`
	// PlannedAt is when the plan was made, and the time in object names.
	PlannedAt time.Time `json:"planned_at"`
}

// Wave returns which wave a part belongs to, from 0. Parts that Waves doesn't
// count are of the last one.
func (p Plan) Wave(part int) int {
	for wave, parts := range p.Waves {
		if part -= parts; part < 0 {
			return wave
		}
	}
	return max(len(p.Waves)-1, 0)
}

// PartManifest is what a part did. The first attempt to write it wins.
type PartManifest struct {
	Part    int    `json:"part"`
	Attempt string `json:"attempt"`
	Totals  Totals `json:"totals"`
	// Output is what the commit needs to know; its content is the verb's.
	Output     json.RawMessage `json:"output,omitempty"`
	FinishedAt time.Time       `json:"finished_at"`
}

// savesAtOnce is how many parts of a plan are written at a time.
const savesAtOnce = 8

// SavePlan records the parts of an epoch and then the plan, whose presence says
// that all parts are recorded. The error is a Conflict where somebody else began
// to: who has the first part has the epoch (TestPartsOfTwoPlansDoNotMix).
func (l *Ledger) SavePlan(ctx context.Context, id RunID, plan Plan, parts []json.RawMessage) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(savesAtOnce)
	for i, detail := range parts {
		if i == 0 {
			if err := l.SavePart(ctx, id, plan.Epoch, i, detail); err != nil {
				return err
			}
			continue
		}
		group.Go(func() error { return l.SavePart(groupCtx, id, plan.Epoch, i, detail) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return l.create(ctx, epochDir(id, plan.Epoch)+"plan.json", plan)
}

// SavePart records one part of a plan that is saved when all its parts are.
func (l *Ledger) SavePart(ctx context.Context, id RunID, epoch, part int, detail json.RawMessage) error {
	return l.create(ctx, partKey(id, epoch, "plan", part), detail)
}

// Plan reads the plan of an epoch.
func (l *Ledger) Plan(ctx context.Context, id RunID, epoch int) (Plan, error) {
	var plan Plan
	_, err := l.get(ctx, epochDir(id, epoch)+"plan.json", &plan)
	return plan, err
}

// PartPlan reads the work of one part into detail.
func (l *Ledger) PartPlan(ctx context.Context, id RunID, epoch, part int, detail any) error {
	_, err := l.get(ctx, partKey(id, epoch, "plan", part), detail)
	return err
}

// FinishPart records what a part did. The error is a Conflict when another
// attempt was first.
func (l *Ledger) FinishPart(ctx context.Context, id RunID, epoch int, m PartManifest) error {
	m.FinishedAt = l.now()
	return l.create(ctx, partKey(id, epoch, "part", m.Part), m)
}

// PartManifest reads what a part did. The error is NotFound while it isn't done.
func (l *Ledger) PartManifest(ctx context.Context, id RunID, epoch, part int) (PartManifest, error) {
	var m PartManifest
	_, err := l.get(ctx, partKey(id, epoch, "part", part), &m)
	return m, err
}

// ReopenPart forgets what a part did, so that it is done again: its output was
// spoiled by a late twin.
func (l *Ledger) ReopenPart(ctx context.Context, id RunID, epoch, part int) error {
	return l.store.Delete(ctx, l.prefix+partKey(id, epoch, "part", part))
}

// KillPart records that a part can't be done.
func (l *Ledger) KillPart(ctx context.Context, id RunID, epoch int, f Failure) error {
	err := l.create(ctx, partKey(id, epoch, "dead", f.Part), f)
	if fault.Is(err, fault.Conflict) {
		return nil
	}
	return err
}

// DeadPart reads why a part can't be done.
func (l *Ledger) DeadPart(ctx context.Context, id RunID, epoch, part int) (Failure, error) {
	var f Failure
	_, err := l.get(ctx, partKey(id, epoch, "dead", part), &f)
	return f, err
}

// FinishedParts returns the numbers of the parts that are done, of those from
// the given one on.
func (l *Ledger) FinishedParts(ctx context.Context, id RunID, epoch, from int) ([]int, error) {
	return l.partNumbers(ctx, id, epoch, "part", from)
}

// DeadParts returns the numbers of the parts that can't be done.
func (l *Ledger) DeadParts(ctx context.Context, id RunID, epoch int) ([]int, error) {
	return l.partNumbers(ctx, id, epoch, "dead", 0)
}

func (l *Ledger) partNumbers(ctx context.Context, id RunID, epoch int, room string, from int) ([]int, error) {
	after := ""
	if from > 0 {
		after = partName(from - 1)
	}
	var parts []int
	for name, err := range l.names(ctx, epochDir(id, epoch)+room+"/", after) {
		if err != nil {
			return nil, err
		}
		n, err := parsePartName(name)
		if err != nil {
			return nil, fault.New(fault.Invalid, "record %s of run %s: not a part", name, id)
		}
		parts = append(parts, n)
	}
	return parts, nil
}

func ignoreNotFound(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}
