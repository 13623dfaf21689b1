package ingest

import (
	"context"
	"errors"
	"time"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/pkg/fault"
)

// BackfillLook is what a backfill would do, were it created now.
type BackfillLook struct {
	Found ledger.BackfillFound // Complete is whether the listing came to its end in time
	Parts int64                // of the run
	// Inserts is how many INSERTs it takes at least: each makes a part of the table
	// for every partition that its rows are of.
	Inserts int64
	// Rate is bytes per second, as far as it is known from RateOf; else zero.
	Rate   float64
	RateOf string // "backfills" or "runs" of the datasource
}

// Took returns how long the backfill takes at the rate, and false where nothing
// is known.
func (l BackfillLook) Took() (time.Duration, bool) {
	if l.Rate == 0 {
		return 0, false
	}
	return time.Duration(float64(l.Found.Bytes) / l.Rate * float64(time.Second)), true
}

// Look lists what a backfill would claim, for as long as within. It changes
// nothing.
func (b *Backfill) Look(ctx context.Context, id ledger.ProjectID, rec ledger.BackfillRecord, within time.Duration) (BackfillLook, error) {
	var l BackfillLook
	j, err := b.openBackfill(ctx, id, rec)
	if err != nil {
		return l, err
	}
	if err := l.list(ctx, j, newClaims(b.ledger, ""), b.limits, within); err != nil {
		return l, err
	}
	l.Rate, l.RateOf, err = b.rate(ctx, rec.Datasource)
	return l, err
}

func (l *BackfillLook) list(ctx context.Context, j *job, c *claims, limits plan.Limits, within time.Duration) error {
	listing, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	cut := plan.Cutter{Limits: limits}
	for page, err := range j.pages(listing) {
		if errors.Is(listing.Err(), context.DeadlineExceeded) && ctx.Err() == nil {
			return nil // what was found so far is told
		}
		if err != nil {
			return err
		}
		s, err := j.stand(ctx, page, c)
		if fault.Is(err, fault.NotFound) { // no file ledger yet: all files are new
			s, err = standing{free: page}, nil
		}
		if err != nil {
			return err
		}
		l.Found.Known += s.known
		l.Found.Held += s.held
		for _, f := range s.free {
			l.Found.Files++
			l.Found.Bytes += f.Size
			l.Inserts += max(1, (f.Size+chunkBytes-1)/chunkBytes)
			if cut.Add(f) != nil {
				l.Parts++
			}
		}
	}
	if cut.Rest() != nil {
		l.Parts++
	}
	l.Found.Complete = true
	return nil
}

// rateRuns is how many runs of the datasource tell how fast it is.
const rateRuns = 20

// rate returns how many bytes per second a datasource took of late: in its
// backfills, or else in its runs.
func (b *Backfill) rate(ctx context.Context, datasource string) (perSecond float64, of string, err error) {
	var m mean
	for name, err := range b.ledger.Backfills(ctx) {
		if err != nil {
			return 0, "", err
		}
		rec, err := b.ledger.Backfill(ctx, name)
		if err != nil {
			return 0, "", err
		}
		if rec.Datasource == datasource {
			m.add(rec.Done.Bytes, rec.Pace.Active)
		}
	}
	if m.perSecond() > 0 {
		return m.perSecond(), "backfills", nil
	}
	n := 0
	for id, err := range b.ledger.History(ctx, ledger.Subject{Kind: ledger.Ingest, Name: datasource}) {
		if err != nil {
			return 0, "", err
		}
		r, err := b.ledger.Run(ctx, id)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return 0, "", err
		}
		if err == nil && r.State == ledger.Done {
			m.add(r.Totals.Bytes, r.FinishedAt.Sub(r.StartedAt))
		}
		if n++; n == rateRuns {
			break
		}
	}
	if m.perSecond() == 0 {
		return 0, "", nil
	}
	return m.perSecond(), "runs", nil
}

// mean is bytes and the time that they took.
type mean struct {
	bytes int64
	took  time.Duration
}

func (m *mean) add(bytes int64, took time.Duration) {
	if bytes > 0 && took > 0 {
		m.bytes, m.took = m.bytes+bytes, m.took+took
	}
}

func (m *mean) perSecond() float64 {
	if m.took <= 0 {
		return 0
	}
	return float64(m.bytes) / m.took.Seconds()
}
