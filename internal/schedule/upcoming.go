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
	next, err := Next(s, now, n)
	if err != nil || len(next) == 0 {
		return next, err
	}
	if s.Kind == def.Cron && rec.Clock != Clock(s) {
		return next, nil // it begins to count when the leader sees it
	}
	_, due, err := Due(s, rec.LastTick, now)
	if err != nil || !due {
		return next, err
	}
	return append([]time.Time{now.UTC().Truncate(time.Second)}, next[:min(len(next), n-1)]...), nil
}
