package ledger

import (
	"context"

	"github.com/longshore/longshore/pkg/fault"
)

// baselineHead is the record that says which version of a baseline counts.
type baselineHead struct {
	Run RunID `json:"run"`
}

func baselineDir(sync string) string { return "baselines/" + sync + "/" }

func baselineHeadKey(sync string) string { return baselineDir(sync) + "head.json" }

func baselineKey(sync string, run RunID) string {
	return baselineDir(sync) + "v/" + string(run) + ".json"
}

// Baseline reads the version in force of a sync's baseline, and returns the run
// that it comes from. The error is NotFound where there is none.
func (l *Ledger) Baseline(ctx context.Context, sync string, version any) (RunID, error) {
	var head baselineHead
	_, err := l.get(ctx, baselineHeadKey(sync), &head)
	if fault.Is(err, fault.NotFound) {
		return "", fault.New(fault.NotFound, "sync %s has no baseline", sync)
	}
	if err != nil {
		return "", err
	}
	return head.Run, l.BaselineOf(ctx, sync, head.Run, version)
}

// BaselineOf reads the version that a run saved, whether it came into force or
// not.
func (l *Ledger) BaselineOf(ctx context.Context, sync string, run RunID, version any) error {
	_, err := l.get(ctx, baselineKey(sync, run), version)
	return err
}

// SaveBaseline records a version; it comes into force with MoveBaseline. One
// that is there stays.
func (l *Ledger) SaveBaseline(ctx context.Context, sync string, run RunID, version any) error {
	return ignoreConflict(l.create(ctx, baselineKey(sync, run), version))
}

// MoveBaseline puts a run's version in force in place of another's; an empty
// from means that there was none. Moving twice is moving once. The error is a
// Conflict when a third version is in force, and nothing changes.
func (l *Ledger) MoveBaseline(ctx context.Context, sync string, from, to RunID) error {
	_, err := update(ctx, l, baselineHeadKey(sync), func(head *baselineHead) error {
		if head.Run != from && head.Run != to {
			return fault.New(fault.Conflict, "baseline of sync %s: %q is in force, not %q", sync, head.Run, from)
		}
		head.Run = to
		return nil
	})
	return err
}
