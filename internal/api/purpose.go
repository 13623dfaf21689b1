package api

import (
	"strings"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// purpose is what a run does instead of what its subject is for, in words; nothing
// for one that does that.
func purpose(t ledger.Trigger) string {
	switch {
	case t.Replay != nil:
		words := []string{"replay"}
		if t.Replay.Fingerprint != "" {
			words = append(words, "fingerprint "+t.Replay.Fingerprint)
		}
		if t.Replay.Key != "" {
			words = append(words, "file "+t.Replay.Key)
		}
		return strings.Join(words, ", ")
	case t.Verify == nil:
		return baselineWords[t.Baseline]
	case t.Verify.Remove:
		return "repair, removing rows without a record"
	case t.Verify.Repair:
		return "repair"
	}
	return "verification"
}

// serves reports, as a Conflict, that a run which was there before doesn't do
// what a request wants: nobody is to take one that sends everything for one
// that sends nothing. A queued full resync does for a plain request, which it
// sends more than; a baseline reset doesn't.
func serves(r ledger.Run, wanted ledger.Trigger, queued bool) error {
	has, want := purpose(r.Trigger), purpose(wanted)
	if has == want || queued && want == "" && r.Trigger.Baseline == ledger.IgnoreBaseline {
		return nil
	}
	if queued {
		return fault.WithRemedy(fault.New(fault.Conflict, "run %s of %s is queued, %s, and only one run can be", r.ID, r.Subject, nature(has)),
			"wait until it runs, or cancel it, and ask again for %s", nature(want))
	}
	return fault.WithRemedy(fault.New(fault.Conflict, "this Idempotency-Key names run %s of %s, %s", r.ID, r.Subject, nature(has)),
		"take another key for %s", nature(want))
}

func nature(purpose string) string {
	if purpose == "" {
		return "a plain run"
	}
	return "a " + purpose
}
