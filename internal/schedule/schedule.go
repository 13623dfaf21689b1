// Package schedule decides when runs begin, and which of several producers
// decides: the one that leads.
//
// What must stay true: a tick starts at most one run, whoever leads and however
// often they change. Ticks are points on a fixed grid, and the tick is the
// idempotency key of its run; TestTickStartsOneRun holds it.
package schedule

import (
	"time"

	"github.com/robfig/cron/v3"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/pkg/fault"
)

// autoEvery is how often a datasource with IMPORT_SCHEDULE @auto looks for files.
const autoEvery = time.Minute

// Due returns the newest tick of s in (last, now], and whether there is one.
// Ticks that were missed in between are not made up for: one run does for all.
// A last of zero means that the schedule is new: an interval then begins at
// once, and a cron expression with its next time.
func Due(s def.Schedule, last, now time.Time) (tick time.Time, due bool, err error) {
	switch s.Kind {
	case def.Interval:
		return onGrid(s.Every, last, now)
	case def.Auto:
		return onGrid(autoEvery, last, now)
	case def.Cron:
		return onCron(s, last, now)
	}
	return time.Time{}, false, nil
}

// onGrid finds the newest multiple of every.
func onGrid(every time.Duration, last, now time.Time) (time.Time, bool, error) {
	if every <= 0 {
		return time.Time{}, false, fault.New(fault.Invalid, "schedule: an interval of %s", every)
	}
	tick := now.UTC().Truncate(every)
	return tick, tick.After(last), nil
}

func onCron(s def.Schedule, last, now time.Time) (time.Time, bool, error) {
	if last.IsZero() {
		return time.Time{}, false, nil
	}
	next, err := Next(s, last, maxMissed)
	if err != nil {
		return time.Time{}, false, err
	}
	var tick time.Time
	for _, t := range next {
		if t.After(now) {
			break
		}
		tick = t
	}
	if len(next) == maxMissed && !next[maxMissed-1].After(now) { // a long downtime of a frequent schedule
		if later, due, err := onCron(s, tick, now); due || err != nil {
			return later, due, err
		}
	}
	return tick, !tick.IsZero(), nil
}

// maxMissed is how many missed ticks are looked through at a time.
const maxMissed = 1000

// Next returns the first n times of a schedule after the given time, in UTC.
// Schedules that no clock drives have none.
func Next(s def.Schedule, after time.Time, n int) ([]time.Time, error) {
	var next func(time.Time) time.Time
	switch s.Kind {
	case def.Interval, def.Auto:
		every := s.Every
		if s.Kind == def.Auto {
			every = autoEvery
		}
		next = func(t time.Time) time.Time { return t.Truncate(every).Add(every) }
	case def.Cron:
		spec, err := cron.ParseStandard("CRON_TZ=" + zone(s) + " " + s.Cron)
		if err != nil {
			return nil, fault.New(fault.Invalid, "schedule %q: %w", s.Cron, err)
		}
		next = spec.Next
	default:
		return nil, nil
	}
	times := make([]time.Time, 0, min(n, 16))
	for t := after; len(times) < n; {
		if t = next(t); t.IsZero() {
			break // an expression that never comes true, such as 30 February
		}
		times = append(times, t.UTC())
	}
	return times, nil
}

func zone(s def.Schedule) string {
	if s.Zone == "" {
		return "UTC"
	}
	return s.Zone
}
