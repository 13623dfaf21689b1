package alert

import (
	"fmt"
	"slices"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
)

// Rule is an alert as one subject is looked at by it.
type Rule struct {
	def.Alert
	// Backfills is set where a datasource's backfills are looked at, in place of its
	// own runs. What these do is no end of what those did, nor the other way round.
	Backfills bool
}

// key names a rule among those of its subject: its trigger and limit, and whose
// runs it looks at. A rule whose limit changes is another one.
func (r Rule) key() string {
	key := string(r.When)
	switch r.When {
	case def.LongRun, def.Freshness:
		key = fmt.Sprintf("%s %s", r.When, shown(r.Duration))
	case def.RowDrop:
		key = fmt.Sprintf("%s %g%%", r.When, r.Percent)
	case def.RejectedRows:
		key = fmt.Sprintf("%s %d", r.When, r.Rows)
	case def.RunFailed:
	}
	if r.Backfills {
		key += " of backfills"
	}
	return key
}

// followsBackfills reports whether a trigger looks at a datasource's backfills too.
// Freshness has one state for both, and how many rows a backfill has says nothing
// about the next run.
func followsBackfills(when def.Trigger) bool {
	return when == def.RunFailed || when == def.LongRun || when == def.RejectedRows
}

// rules are the rules of a subject by key. Alerts that differ only in whom they tell
// are one.
func rules(s ledger.Subject, alerts []def.Alert) map[string]Rule {
	all := map[string]Rule{}
	add := func(r Rule) {
		key := r.key()
		r.To = slices.Concat(all[key].To, r.To)
		slices.Sort(r.To)
		r.To = slices.Compact(r.To)
		all[key] = r
	}
	for _, a := range alerts {
		add(Rule{Alert: a})
		if s.Kind == ledger.Ingest && followsBackfills(a.When) {
			add(Rule{Alert: a, Backfills: true})
		}
	}
	return all
}

// watched are the alerts of each subject that has any.
func watched(p *def.Project) map[ledger.Subject][]def.Alert {
	all := map[ledger.Subject][]def.Alert{}
	for name, s := range p.Syncs {
		if len(s.Alerts) > 0 {
			all[ledger.Subject{Kind: ledger.Export, Name: name}] = s.Alerts
		}
	}
	for name, d := range p.Datasources {
		if d.Import != nil && len(p.Settings.Alerts) > 0 {
			all[ledger.Subject{Kind: ledger.Ingest, Name: name}] = p.Settings.Alerts
		}
	}
	return all
}

// Watched returns the rules of each subject that has any, by the keys that
// records know them by.
func Watched(p *def.Project) map[ledger.Subject]map[string]Rule {
	all := map[ledger.Subject]map[string]Rule{}
	for s, alerts := range watched(p) {
		all[s] = rules(s, alerts)
	}
	return all
}
