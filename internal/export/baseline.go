package export

import (
	"context"
	"time"

	"github.com/longshore/longshore/internal/diff"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// baseline returns the version to compare with, nil where there is none.
func (e *Export) baseline(ctx context.Context, sync string, c *comparing) (*diff.Baseline, error) {
	if c.Baseline == "" {
		return nil, nil
	}
	b := new(diff.Baseline)
	return b, e.ledger.BaselineOf(ctx, sync, c.Baseline, b)
}

// checkBaseline makes sure, before anything is visible, that the baseline is
// still the one that the run's rows were compared with.
func (c *committer) checkBaseline(ctx context.Context) error {
	if c.shared.Compare == nil {
		return nil
	}
	var b diff.Baseline
	head, err := c.e.ledger.Baseline(ctx, c.sync.Name, &b)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if head == c.shared.Compare.Head || head == c.run.ID {
		return nil
	}
	return fault.WithRemedy(fault.New(fault.Invalid, "sync %s: its baseline became that of run %s meanwhile", c.sync.Name, head), "run the sync again")
}

// moveBaseline makes the rows that the run sent the sync's baseline. It may be
// called again after a crash: it does the same.
func (c *committer) moveBaseline(ctx context.Context, at time.Time) error {
	compare := c.shared.Compare
	if compare == nil {
		return nil
	}
	next, err := c.nextBaseline(ctx, at)
	if err != nil {
		return err
	}
	if err := c.e.ledger.SaveBaseline(ctx, c.sync.Name, c.run.ID, next); err != nil {
		return err
	}
	return c.e.ledger.MoveBaseline(ctx, c.sync.Name, compare.Head, c.run.ID)
}

// nextBaseline is the run's version: a base of its own, or the levels of the one
// before and another.
func (c *committer) nextBaseline(ctx context.Context, at time.Time) (*diff.Baseline, error) {
	compare := c.shared.Compare
	b := &diff.Baseline{Format: diff.BaselineFormat, Mode: string(c.sync.Mode), Key: compare.Key, Rows: c.counts.Present(), CommittedAt: at}
	if compare.Keep > 0 {
		before, err := c.e.baseline(ctx, c.sync.Name, compare)
		if err != nil {
			return nil, err
		}
		b.Levels, b.Schema = before.Levels[:compare.Keep:compare.Keep], before.Schema
	} else if !c.keysOnly {
		b.Schema = compare.Carried
	}
	if compare.Baseline != "" && compare.Use == ledger.CompareBaseline {
		b.Changes = c.counts[diff.Added] + c.counts[diff.Changed] + c.counts[diff.Removed]
	}
	level := diff.Level{Run: string(c.run.ID)}
	for _, f := range c.levels {
		if f.Rows > 0 {
			level.Files = append(level.Files, f)
		}
	}
	if len(level.Files) > 0 || len(b.Levels) == 0 {
		b.Levels = append(b.Levels, level)
	}
	return b, nil
}

// dropRows deletes the rows that an epoch of a run left sorted, and the files of
// a baseline that isn't one.
func (e *Export) dropRows(ctx context.Context, r ledger.Run, epoch int) error {
	if err := e.ledger.DropFiles(ctx, ledger.ShuffleDir(r.ID, epoch), nil); err != nil {
		return err
	}
	kept := map[string]bool{}
	var b diff.Baseline
	err := e.ledger.BaselineOf(ctx, r.Subject.Name, r.ID, &b)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	for _, l := range b.Levels {
		for _, f := range l.Files {
			for _, name := range f.Names() {
				kept[name] = true
			}
		}
	}
	return e.ledger.DropFiles(ctx, ledger.BaselineDir(r.Subject.Name, r.ID, epoch), func(name string) bool { return kept[name] })
}
