package schedule

import (
	"time"

	"github.com/robfig/cron/v3"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/pkg/fault"
)

// everyHour is how package cron marks a field that is *.
const everyHour = 1 << 63

// cronOf returns what finds the next time of a cron schedule. An expression
// whose hour is * goes by elapsed time: every hour of a day of 23 or 25 hours
// has its runs. One that names hours goes by the clock on the wall, which shows
// no time twice and leaves none out: see wallClock.
func cronOf(s def.Schedule) (cron.Schedule, error) {
	zone := s.Zone
	if zone == "" {
		zone = "UTC"
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return nil, fault.New(fault.Invalid, "schedule %q: %w", s.Cron, err)
	}
	parsed, err := cron.ParseStandard("CRON_TZ=" + zone + " " + s.Cron)
	if err != nil {
		return nil, fault.New(fault.Invalid, "schedule %q: %w", s.Cron, err)
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok || spec.Hour&everyHour != 0 || loc == time.UTC {
		return parsed, nil
	}
	spec.Location = time.UTC
	return wallClock{spec, loc}, nil
}

// wallClock is a schedule on the clocks of a zone. A time that is left out when
// they go forward is at the moment they do, and one that comes twice when they
// go back is at its first coming.
type wallClock struct {
	wall cron.Schedule // as if the zone's clocks were UTC
	zone *time.Location
}

// Next implements cron.Schedule.
func (w wallClock) Next(after time.Time) time.Time {
	for wall := onTheWall(after.In(w.zone)); ; {
		if wall = w.wall.Next(wall); wall.IsZero() {
			return wall
		}
		if t := w.first(wall); t.After(after) {
			return t
		}
	}
}

// onTheWall returns what the clock shows at t, as a time in UTC.
func onTheWall(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.Add(time.Duration(offset) * time.Second).UTC()
}

// first returns when the clock first shows wall, or goes past it.
func (w wallClock) first(wall time.Time) time.Time {
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, w.zone)
	start, end := t.ZoneBounds() // of the offset that time.Date chose
	switch shown := onTheWall(t); {
	case shown.After(wall): // left out, and t is past the change
		return start
	case shown.Before(wall): // left out, and t is before the change
		return end
	case start.IsZero():
		return t
	}
	_, offset := t.Zone()
	_, before := start.Add(-time.Second).Zone()
	if earlier := t.Add(time.Duration(offset-before) * time.Second); earlier.Before(start) && earlier.Before(t) {
		return earlier // it comes twice, and t is the second time
	}
	return t
}
