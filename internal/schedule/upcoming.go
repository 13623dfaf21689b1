package schedule

import (
	"time"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
)

// Upcoming returns when the next n runs of a subject with schedule s begin, in
// UTC. The first is now, to the second, when a tick is due that nobody dealt
// with yet: that of a new interval, or one to be made up for. rec may be of a
// time when s was another schedule.
func Upcoming(s def.Schedule, rec ledger.SubjectRecord, now time.Time, n int) ([]time.Time, error) {
	last := rec.LastTick
	if s.Kind == def.Cron && rec.Clock != Clock(s) || last.After(now) {
		last = now // a new cron schedule counts from when the leader sees it
	}
	tick, due, err := Due(s, last, now)
	if err != nil {
		return nil, err
	}
	from := now
	switch {
	case !tick.IsZero():
		from = tick
	case !last.IsZero():
		from = last // @every counts from there
	}
	if !due {
		return Next(s, from, n)
	}
	next, err := Next(s, from, n-1)
	return append([]time.Time{now.UTC().Truncate(time.Second)}, next...), err
}
