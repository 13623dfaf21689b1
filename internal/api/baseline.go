package api

import (
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// baselineWords is what a run does with a baseline, for people. A run that
// compares has none to say.
var baselineWords = map[ledger.BaselineUse]string{
	ledger.IgnoreBaseline:  "full resync",
	ledger.RebuildBaseline: "baseline reset",
}

// triggerOf is what asks for a run. The error is Invalid when the request wants
// something of a baseline that the subject doesn't have.
func triggerOf(r *StartRequest, p *def.Project, subject ledger.Subject) (ledger.Trigger, error) {
	by := ledger.Trigger{By: "api"}
	if r == nil {
		return by, nil
	}
	if r.By != "" {
		by.By = r.By
	}
	var field string
	switch {
	case r.FullResync && r.ResetBaseline:
		return by, fault.WithRemedy(fault.New(fault.Invalid, "full_resync and reset_baseline exclude each other"), "give one of them")
	case r.FullResync:
		by.Baseline, field = ledger.IgnoreBaseline, "full_resync"
	case r.ResetBaseline:
		by.Baseline, field = ledger.RebuildBaseline, "reset_baseline"
	default:
		return by, nil
	}
	if subject.Kind == ledger.Ingest {
		return by, fault.WithRemedy(fault.New(fault.Invalid, "%s has no baseline for %s", subject, field), "start the run without it: it takes the files that are not in yet")
	}
	if mode := p.Syncs[subject.Name].Mode; mode == def.All {
		return by, fault.WithRemedy(fault.New(fault.Invalid, "%s has no baseline for %s: its mode is %s", subject, field, mode), "start the run without it: it sends every row")
	}
	return by, nil
}
