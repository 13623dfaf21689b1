package ledger

import (
	"context"
	"slices"

	"github.com/longshore/longshore/pkg/fault"
)

// maxKeys is how many keys a run remembers. A run that was to look at more looks
// at all.
const maxKeys = 1000

// covers reports whether a run with the trigger looks at keys; none is all.
func (t Trigger) covers(keys []string) bool {
	if len(t.Keys) == 0 {
		return true
	}
	return len(keys) > 0 && !slices.ContainsFunc(keys, func(k string) bool { return !slices.Contains(t.Keys, k) })
}

// widen has a queued run look at more keys, or at all. The error is a Conflict
// when it has begun.
func (l *Ledger) widen(ctx context.Context, id RunID, keys []string) (Run, error) {
	return l.UpdateRun(ctx, id, func(r *Run) error {
		if r.State != Queued {
			return fault.New(fault.Conflict, "run %s has begun", id)
		}
		if r.Trigger.covers(keys) {
			return nil
		}
		all := append(r.Trigger.Keys[:len(r.Trigger.Keys):len(r.Trigger.Keys)], keys...)
		slices.Sort(all)
		all = slices.Compact(all)
		if len(keys) == 0 || len(all) > maxKeys {
			all = nil
		}
		r.Trigger.Keys = all
		return nil
	})
}
