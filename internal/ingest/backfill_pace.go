package ingest

import (
	"context"
	"fmt"
	"time"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/run"
)

const (
	// ahead is how many parts of a backfill are with the queue: work for so many
	// slots, and little to take back when it is paused.
	ahead = 64
	// loadEvery is how often ClickHouse is asked how busy it is.
	loadEvery = 5 * time.Second
	// noteEvery is how often a backfill's record says how far it is, while nothing
	// else about it changes.
	noteEvery = 5 * time.Second
)

// look is what the leader saw of a backfill, and wrote down of it, last.
type look struct {
	loaded time.Time
	busy   string // why ClickHouse has no room; empty where it has
	noted  time.Time
	parts  int // that were done then
}

// Pace implements run.Pacer: no part begins while the backfill is paused or while
// ClickHouse is busy, and not more than the limit on bytes allows.
func (b *Backfill) Pace(ctx context.Context, r ledger.Run, so run.Far) (parts int, err error) {
	rec, err := b.ledger.Backfill(ctx, r.Subject.Name)
	if err != nil {
		return 0, err
	}
	b.mu.Lock()
	l := b.looks[r.ID]
	b.mu.Unlock()
	if rec.PausedAt.IsZero() && time.Since(l.loaded) >= b.loadEvery {
		if l.busy, err = b.busy(ctx, r, rec); err != nil {
			return 0, err
		}
		l.loaded = time.Now()
	}
	parts, why := allowed(rec, r.Parts, so, l.busy, b.ledger.Now())
	if l.due(rec, so, why) {
		rec, err = b.note(ctx, rec.Name, so, why)
		l.noted, l.parts = time.Now(), so.Parts
	}
	b.mu.Lock()
	b.looks[r.ID] = l
	b.mu.Unlock()
	if !rec.PausedAt.IsZero() {
		return 0, err
	}
	return parts, err
}

// due reports whether there is something to write down.
func (l look) due(rec ledger.BackfillRecord, so run.Far, why string) bool {
	runs, stands := !rec.Pace.At.IsZero(), !rec.PausedAt.IsZero()
	since := time.Since(l.noted)
	return why != rec.Throttled.Why || runs == stands || so.Parts != l.parts && since >= time.Second || since >= noteEvery
}

// busy asks ClickHouse for its load, and says in words why it is too much.
func (b *Backfill) busy(ctx context.Context, r ledger.Run, rec ledger.BackfillRecord) (why string, err error) {
	j, err := b.openBackfill(ctx, r.Project, rec)
	if err != nil {
		return "", err
	}
	load, err := j.house.Load(ctx, "", j.ds.Name)
	return overloaded(load, rec), err
}

// overloaded says why a load is beyond a backfill's limits; empty where it isn't.
func overloaded(load clickhouse.Load, rec ledger.BackfillRecord) string {
	switch limits := rec.Limits; {
	case limits.MaxParts > 0 && int64(load.Parts) >= limits.MaxParts:
		return fmt.Sprintf("a partition of %s has %d active parts; the limit is %d", rec.Datasource, load.Parts, limits.MaxParts)
	case limits.MaxMerges > 0 && int64(load.Merges) >= limits.MaxMerges:
		return fmt.Sprintf("%d merges of %s are under way; the limit is %d", load.Merges, rec.Datasource, limits.MaxMerges)
	}
	return ""
}

// allowed says how many open parts may be with the queue, and where none may
// although nobody paused, why.
func allowed(rec ledger.BackfillRecord, parts int, so run.Far, busy string, now time.Time) (n int, why string) {
	switch {
	case !rec.PausedAt.IsZero():
		return 0, ""
	case busy != "":
		return 0, busy
	case rec.Limits.MaxBytesPerSecond == 0 || parts == 0:
		return ahead, ""
	}
	active := rec.Pace.Active
	if !rec.Pace.At.IsZero() {
		active += max(now.Sub(rec.Pace.At), 0)
	}
	// One part may begin at once, and another whenever the time of those before it
	// is over, as if all were as large.
	each := float64(max(rec.Found.Bytes, 1)) / float64(parts)
	begun := 1 + int(active.Seconds()*float64(rec.Limits.MaxBytesPerSecond)/each)
	if n = min(max(begun-so.Parts, 0), ahead); n == 0 {
		why = fmt.Sprintf("it is ahead of its limit of %d bytes per second", rec.Limits.MaxBytesPerSecond)
	}
	return n, why
}

// note records how far a backfill is.
func (b *Backfill) note(ctx context.Context, name string, so run.Far, why string) (ledger.BackfillRecord, error) {
	return b.ledger.UpdateBackfill(ctx, name, func(rec *ledger.BackfillRecord) error {
		now := b.ledger.Now()
		rec.Done, rec.DoneParts = so.Totals, so.Parts
		if rec.PausedAt.IsZero() {
			rec.Pace.Move(now, so.Totals.Bytes)
		} else {
			rec.Pace.Stop(now)
		}
		switch {
		case why == "":
			rec.Throttled = ledger.BackfillThrottle{}
		case rec.Throttled.IsZero():
			rec.Throttled = ledger.BackfillThrottle{Since: now, Why: why}
		default:
			rec.Throttled.Why = why
		}
		return nil
	})
}
