package ingest

import (
	"context"
	"time"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/pkg/fault"
)

const (
	// pastRuns is how many runs of the datasource tell how fast it is.
	pastRuns = 20
	// enoughBytes is how many bytes the past must have taken in to tell how long
	// more take: a run of some kilobytes is all beginning and end. A backfill of
	// fewer needs no more than it has itself.
	enoughBytes = 64 << 20
)

// pace is what each byte of a backfill, as stored, costs and brings, and each file
// whatever its size.
type pace struct {
	seconds, open     plan.Spread // open is zero where it is part of seconds
	rows, quarantined float64
	plain             float64 // bytes, decompressed; zero where it isn't known
}

// history is what a datasource took in before, an entry for each backfill or run.
type history struct {
	basis          Basis
	bytes, seconds []float64 // of each run, and per byte
	total          ledger.Totals
}

func (h *history) add(t ledger.Totals, took time.Duration) {
	if t.Bytes <= 0 || took <= 0 {
		return
	}
	h.bytes = append(h.bytes, float64(t.Bytes))
	h.seconds = append(h.seconds, took.Seconds()/float64(t.Bytes))
	h.total.Add(t)
}

func (h *history) pace() pace {
	all := float64(max(h.total.Bytes, 1))
	return pace{seconds: plan.SpreadOf(h.seconds, h.bytes), rows: float64(h.total.Rows+h.total.Quarantined) / all, quarantined: float64(h.total.Quarantined) / all}
}

// past returns what a datasource took in so far: by its backfills, or else by its
// last runs, where these had enough bytes. Otherwise it has no basis.
func (b *Backfill) past(ctx context.Context, datasource string, enough int64) (history, error) {
	h, err := b.pastBackfills(ctx, datasource)
	if err != nil || h.total.Bytes > 0 && h.total.Bytes >= enough {
		return h, err
	}
	if h, err = b.pastRuns(ctx, datasource); err != nil || h.total.Bytes > 0 && h.total.Bytes >= enough {
		return h, err
	}
	return history{}, nil
}

func (b *Backfill) pastBackfills(ctx context.Context, datasource string) (history, error) {
	h := history{basis: PastBackfills}
	for name, err := range b.ledger.Backfills(ctx) {
		if err != nil {
			return h, err
		}
		rec, err := b.ledger.Backfill(ctx, name)
		if err != nil {
			return h, err
		}
		if rec.Datasource == datasource {
			h.add(rec.Done, rec.Pace.Active)
		}
	}
	return h, nil
}

func (b *Backfill) pastRuns(ctx context.Context, datasource string) (history, error) {
	h := history{basis: PastRuns}
	n := 0
	for id, err := range b.ledger.History(ctx, ledger.Subject{Kind: ledger.Ingest, Name: datasource}) {
		if err != nil {
			return h, err
		}
		r, err := b.ledger.Run(ctx, id)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return h, err
		}
		if err == nil && r.State == ledger.Done && r.Trigger.Regular() {
			h.add(r.Totals, r.FinishedAt.Sub(r.StartedAt))
		}
		if n++; n == pastRuns {
			break
		}
	}
	return h, nil
}
