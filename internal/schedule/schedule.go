// Package schedule decides when runs begin, and which of several producers
// decides: the one that leads.
//
// What must stay true: a tick starts at most one run, and so does a run that
// another one follows, whoever leads and however often they change. Ticks are
// points on a fixed grid; the tick, or the run that ended, is the idempotency
// key of the run it starts. TestTickStartsOneRun and TestARunIsFollowedOnce
// hold it.
package schedule

import (
	"math"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/pkg/fault"
)

// autoEvery is how often a datasource with IMPORT_SCHEDULE @auto looks for files.
const autoEvery = time.Minute

// Grace is how long after its time a tick is still on time. One that no producer
// dealt with by then is missed: none led, or none could reach the ledger. A
// change of leader takes less.
const Grace = 2 * time.Minute

// Due returns the newest tick of s in (last, now], zero where there is none, and
// whether a run begins for it. The ticks before it are dealt with along with it.
// By s.CatchUp a tick that was missed starts a run or doesn't.
//
// A last of zero means that the schedule is new: an interval then begins at
// once, and a cron expression with its next time.
func Due(s def.Schedule, last, now time.Time) (tick time.Time, due bool, err error) {
	switch s.Kind {
	case def.Interval, def.Auto:
		tick, err = onGrid(interval(s), last, now)
	case def.Cron:
		tick, err = onCron(s, last, now)
	}
	if err != nil || tick.IsZero() {
		return time.Time{}, false, err
	}
	missed := !last.IsZero() && now.Sub(tick) > Grace
	return tick, !missed || s.CatchUp != def.CatchUpSkip, nil
}

// Clock says what drives a schedule: two that differ in it have different ticks.
// It is empty where no clock does.
func Clock(s def.Schedule) string {
	switch s.Kind {
	case def.Interval:
		return "every " + s.Every.String()
	case def.Auto:
		return "auto"
	case def.Cron:
		return "cron " + s.Cron + " " + s.Zone
	}
	return ""
}

func interval(s def.Schedule) time.Duration {
	if s.Kind == def.Auto {
		return autoEvery
	}
	return s.Every
}

// onGrid finds the newest multiple of every.
func onGrid(every time.Duration, last, now time.Time) (time.Time, error) {
	if every <= 0 {
		return time.Time{}, fault.New(fault.Invalid, "schedule: an interval of %s", every)
	}
	tick := now.UTC().Truncate(every)
	if !tick.After(last) {
		return time.Time{}, nil
	}
	return tick, nil
}

func onCron(s def.Schedule, last, now time.Time) (tick time.Time, err error) {
	if last.IsZero() {
		return time.Time{}, nil
	}
	spec, err := cronOf(s)
	if err != nil {
		return time.Time{}, err
	}
	if every, ok := spec.(cron.ConstantDelaySchedule); ok { // @every: counted from the tick before
		from := last.Truncate(time.Second)
		passed := now.Sub(from).Truncate(every.Delay)
		if passed <= 0 {
			return time.Time{}, nil
		}
		return from.Add(passed), nil
	}
	for window := Grace; ; window *= 2 { // so that a long downtime of a frequent schedule is not looked through
		from := now.Add(-window)
		if from.Before(last) || window > math.MaxInt64/4 {
			from = last
		}
		for t := spec.Next(from); !t.IsZero() && !t.After(now); t = spec.Next(t) {
			tick = t.UTC()
		}
		if !tick.IsZero() || from.Equal(last) {
			return tick, nil
		}
	}
}

// Next returns the first n ticks of a schedule after the given time, in UTC.
// Schedules that no clock drives have none.
func Next(s def.Schedule, after time.Time, n int) ([]time.Time, error) {
	var next func(time.Time) time.Time
	switch s.Kind {
	case def.Interval, def.Auto:
		every := interval(s)
		next = func(t time.Time) time.Time { return t.Truncate(every).Add(every) }
	case def.Cron:
		spec, err := cronOf(s)
		if err != nil {
			return nil, err
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
