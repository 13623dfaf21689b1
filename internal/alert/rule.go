package alert

import (
	"fmt"
	"slices"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
)

// ruleKey names a rule among those of its subject: its trigger and limit. A
// rule whose limit changes is another one.
func ruleKey(a def.Alert) string {
	switch a.When {
	case def.LongRun, def.Freshness:
		return fmt.Sprintf("%s %s", a.When, shown(a.Duration))
	case def.RowDrop:
		return fmt.Sprintf("%s %g%%", a.When, a.Percent)
	case def.RejectedRows:
		return fmt.Sprintf("%s %d", a.When, a.Rows)
	default:
		return string(a.When)
	}
}

// rules are the alerts by key. Alerts that differ only in whom they tell are one.
func rules(alerts []def.Alert) map[string]def.Alert {
	all := map[string]def.Alert{}
	for _, a := range alerts {
		key := ruleKey(a)
		a.To = slices.Concat(all[key].To, a.To)
		slices.Sort(a.To)
		a.To = slices.Compact(a.To)
		all[key] = a
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
func Watched(p *def.Project) map[ledger.Subject]map[string]def.Alert {
	all := map[ledger.Subject]map[string]def.Alert{}
	for s, alerts := range watched(p) {
		all[s] = rules(alerts)
	}
	return all
}
