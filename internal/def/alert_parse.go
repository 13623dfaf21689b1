package def

import "time"

var triggers = []string{string(RunFailed), string(LongRun), string(RowDrop), string(RejectedRows), string(Freshness)}

// parseAlerts reads a list of alerts.
func parseAlerts(n node) []Alert {
	var out []Alert
	for _, item := range n.items() {
		out = append(out, parseAlert(item.at, item))
	}
	return out
}

func parseAlert(at Position, item node) Alert {
	if item.path == "alerts" { // a single object instead of a list
		item.path = "alerts[]"
	}
	o := item.object()
	a := Alert{}
	if n, ok := o.need("when", "add when: "+oneOf(triggers)); ok {
		a.When = Trigger(n.choice(triggers))
	}
	if n, ok := o.need("to", "add to: and a channel of longshore.yaml"); ok {
		a.To = n.names()
		a.pos = n.at
	}
	a.limit(o)
	return a
}

// limit reads above, whose meaning depends on the trigger.
func (a *Alert) limit(o *object) {
	n, ok := o.get("above")
	if !ok {
		if remedy := missingLimit[a.When]; remedy != "" {
			o.fail(remedy, "%s is missing", o.child("above"))
		}
		return
	}
	text, _ := n.scalar()
	switch a.When {
	case RunFailed:
		n.fail("remove it", "%s: a failed run has no limit", n.label)
	case LongRun, Freshness:
		a.Duration = n.duration(time.Second)
	case RowDrop:
		if a.Percent, ok = parsePercent(text); !ok {
			n.fail("use a percentage such as 50%", "%s is %s", n.label, n.shown())
		}
	case RejectedRows:
		if a.Rows, ok = parseCount(text, 0, 1<<62); !ok {
			n.fail("use a number of rows from 0", "%s is %s", n.label, n.shown())
		}
	}
}

var missingLimit = map[Trigger]string{
	LongRun: "add above: 30m", Freshness: "add above: 24h", RowDrop: "add above: 50%",
}
