package ingest

import (
	"math"
	"time"
)

// An INSERT takes so long, whatever it has: the least on a server nearby that has
// nothing else to do, the most on a busy one. A sample can't measure it, since it
// inserts nothing.
const (
	insertLeast = 10 * time.Millisecond
	insertMost  = 200 * time.Millisecond
)

// BackfillEstimate is what a backfill would bring in, and how long it would take.
type BackfillEstimate struct {
	Rows, Quarantined int64         // Quarantined is among Rows
	Low, Likely, High time.Duration // Likely is between the others
}

// Estimate returns what is known of a backfill that so many parts of are done at a
// time, and false where nothing is. What took place before did so with as many as
// there were then.
func (l BackfillLook) Estimate(slots int) (BackfillEstimate, bool) {
	if l.RestsOn == "" || l.Found.Bytes == 0 {
		return BackfillEstimate{}, false
	}
	bytes := float64(l.Found.Bytes)
	e := BackfillEstimate{Rows: int64(math.Round(bytes * l.pace.rows)), Quarantined: int64(math.Round(bytes * l.pace.quarantined))}
	files, open, per := float64(l.Found.Files), l.pace.open, l.pace.seconds
	low, likely, high := files*open.Low+bytes*per.Low, files*open.Mean+bytes*per.Mean, files*open.High+bytes*per.High
	if l.RestsOn == ASample {
		inserts := max(float64(l.Inserts), bytes*l.pace.plain/float64(l.chunk))
		side := float64(max(1, min(int64(slots), l.Parts)))
		low, high = (low+inserts*insertLeast.Seconds())/side, (high+inserts*insertMost.Seconds())/side
		likely = math.Sqrt(low * high)
	}
	e.Low, e.Likely, e.High = seconds(low), seconds(likely), seconds(high)
	return e, true
}

func seconds(s float64) time.Duration {
	return time.Duration(min(s*float64(time.Second), math.MaxInt64/2))
}
