package def

import "time"

// minEvery is the shortest interval between runs.
const minEvery = time.Second

// parseSchedule reads the schedule of a sync. The upstream of after: name alone
// is put into Sync; linking finds out whether it is a datasource.
func parseSchedule(parent *object, zone string) Schedule {
	n, ok := parent.get("schedule")
	if !ok {
		return Schedule{Kind: Manual}
	}
	if !n.isObject() {
		text, _ := n.scalar()
		if text != "manual" {
			n.fail("write manual, every: 15m, cron: \"0 * * * *\" or after: name", "%s is %s", n.label, n.shown())
		}
		return Schedule{Kind: Manual}
	}
	o := n.object()
	every, hasEvery := o.get("every")
	expr, hasCron := o.get("cron")
	after, hasAfter := o.get("after")
	timezone, hasZone := o.get("timezone")
	if hasZone && !hasCron {
		timezone.fail("remove it, or use cron", "%s is of use with cron only", timezone.label)
	}
	catchUp := parseCatchUp(o, hasAfter)
	given := 0
	for _, has := range []bool{hasEvery, hasCron, hasAfter} {
		if has {
			given++
		}
	}
	switch {
	case given != 1:
		n.fail("give one of every, cron and after, or schedule: manual", "%s has %d ways to start a run", n.label, given)
		return Schedule{Kind: Manual}
	case hasEvery:
		return Schedule{Kind: Interval, Every: every.duration(minEvery), CatchUp: catchUp}
	case hasCron:
		s := Schedule{Kind: Cron, Cron: expr.text(), Zone: zone, CatchUp: catchUp}
		if _, isText := expr.scalar(); isText {
			if err := checkCron(s.Cron); err != nil {
				expr.fail(`use five fields such as "30 6 * * 1-5"`, "%s: %s", expr.label, err)
			}
		}
		if hasZone {
			s.Zone = timezone.zone()
		}
		return s
	}
	return Schedule{Kind: After, After: parseUpstream(after), afterAt: after.at, afterKind: after.isObject()}
}

func parseCatchUp(o *object, after bool) CatchUp {
	n, ok := o.get("catch_up")
	if !ok {
		return CatchUpLatest
	}
	if after {
		n.fail("remove it, or use every or cron", "%s is of use with every and cron only", n.label)
	}
	if n.choice([]string{"latest", "skip"}) == "skip" {
		return CatchUpSkip
	}
	return CatchUpLatest
}

func parseUpstream(n node) Upstream {
	if !n.isObject() {
		return Upstream{Sync: n.text()}
	}
	o := n.object()
	var up Upstream
	o.text("sync", &up.Sync)
	o.text("datasource", &up.Datasource)
	if (up.Sync == "") == (up.Datasource == "") {
		n.fail("name one sync or one datasource", "%s needs exactly one name", n.label)
	}
	return up
}

// duration reads a duration of at least low.
func (n node) duration(low time.Duration) time.Duration {
	text, _ := n.scalar()
	d, ok := parseDuration(text)
	if !ok || d < low {
		n.fail("use a duration such as 15m, 2h or 1d", "%s is %s", n.label, n.shown())
	}
	return d
}

// zone reads the name of a time zone.
func (n node) zone() string {
	name := n.text()
	if name != "" && !checkZone(name) {
		n.fail("use an IANA name such as Europe/Berlin or UTC", "%s: there is no time zone %q", n.label, name)
	}
	return name
}
