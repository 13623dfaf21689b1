package ledger

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/longshore/longshore/pkg/fault"
)

// BackfillRecord is a backfill: what it is to bring in, and how far that is. Its
// one run has the rest.
type BackfillRecord struct {
	Name       string `json:"name"`
	Datasource string `json:"datasource"`
	// URI is s3://bucket/pattern: the datasource's own where none was given.
	URI string `json:"uri"`
	// From and To bound when files were modified: From is the first moment that
	// counts, To the first that doesn't. Zero is no bound.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	// Limits is what it may ask of ClickHouse.
	Limits    BackfillLimits `json:"limits"`
	Run       RunID          `json:"run"`
	CreatedAt time.Time      `json:"created_at"`
	// PausedAt is since when no part may begin; zero means that parts may.
	PausedAt time.Time `json:"paused_at,omitzero"`

	// What the leader writes.

	Found BackfillFound `json:"found"`
	// Throttled is why no part may begin for the moment; its zero value is that
	// parts may.
	Throttled BackfillThrottle `json:"throttled,omitzero"`
	// Done is what the parts that are done did; DoneParts is how many they are.
	Done      Totals `json:"done"`
	DoneParts int    `json:"done_parts"`
	Pace      Pace   `json:"pace"`
	// Verdict is what was found when all was done; nil before.
	Verdict *BackfillVerdict `json:"verdict,omitempty"`
}

// Subject returns whose run the backfill's is.
func (b BackfillRecord) Subject() Subject { return Subject{Kind: Backfill, Name: b.Name} }

// BackfillLimits is from where on a backfill waits, so that the server has room
// for what else it does.
type BackfillLimits struct {
	MaxParts  int64 `json:"max_parts"`  // active parts of the table's fullest partition
	MaxMerges int64 `json:"max_merges"` // merges of the table that are under way
	// MaxBytesPerSecond is of files as stored; zero is as fast as it goes.
	MaxBytesPerSecond int64 `json:"max_bytes_per_second,omitempty"`
}

// BackfillFound is what planning found in the bucket, or found so far.
type BackfillFound struct {
	Files    int64 `json:"files"`    // that the backfill claimed
	Bytes    int64 `json:"bytes"`    // of these, as stored
	Known    int64 `json:"known"`    // files that were ingested before
	Held     int64 `json:"held"`     // files that another run has in hand
	Complete bool  `json:"complete"` // whether the listing is over
}

// BackfillThrottle is why a backfill waits.
type BackfillThrottle struct {
	Since time.Time `json:"since,omitzero"`
	Why   string    `json:"why,omitempty"` // one line, with numbers
}

// IsZero reports whether nothing is waited for.
func (t BackfillThrottle) IsZero() bool { return t.Why == "" }

// BackfillVerdict is how the file ledger compares with what was planned.
type BackfillVerdict struct {
	At time.Time `json:"at"`
	// OK is set when every file is in the file ledger, with the rows that the parts
	// counted.
	OK bool `json:"ok"`
	// Totals is the sums of the file ledger over the backfill's files.
	Totals Totals `json:"totals"`
	// Missing is planned files that the file ledger doesn't have as done or failed.
	Missing int64 `json:"missing,omitempty"`
	// Proved is files whose rows in the table were counted, and are as many as the
	// file ledger says. Zero where rows don't know their file, or the table may
	// forget rows.
	Proved int64 `json:"proved,omitempty"`
	// Note says what is wrong, or more; one line.
	Note string `json:"note,omitempty"`
}

const backfillsDir = "backfills/"

func backfillKey(name string) string { return backfillsDir + name + ".json" }

// Backfill reads a backfill. The error is NotFound where there is none.
func (l *Ledger) Backfill(ctx context.Context, name string) (BackfillRecord, error) {
	var rec BackfillRecord
	_, err := l.get(ctx, backfillKey(name), &rec)
	if fault.Is(err, fault.NotFound) {
		return rec, fault.New(fault.NotFound, "there is no backfill %q", name)
	}
	return rec, err
}

// UpdateBackfill changes a backfill by compare-and-swap.
func (l *Ledger) UpdateBackfill(ctx context.Context, name string, change func(*BackfillRecord) error) (BackfillRecord, error) {
	return update(ctx, l, backfillKey(name), func(rec *BackfillRecord) error {
		if rec.Name == "" {
			return fault.New(fault.NotFound, "there is no backfill %q", name)
		}
		return change(rec)
	})
}

// PauseBackfill has no part of a backfill begin any more, from now on, or again.
func (l *Ledger) PauseBackfill(ctx context.Context, name string, pause bool) (BackfillRecord, error) {
	return l.UpdateBackfill(ctx, name, func(rec *BackfillRecord) error {
		switch {
		case !pause:
			rec.PausedAt = time.Time{}
		case rec.PausedAt.IsZero():
			rec.PausedAt = l.now()
			rec.Pace.Stop(rec.PausedAt)
		}
		return nil
	})
}

// Backfills yields the names of all backfills, in their order.
func (l *Ledger) Backfills(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for name, err := range l.names(ctx, backfillsDir, "") {
			if !yield(strings.TrimSuffix(name, ".json"), err) || err != nil {
				return
			}
		}
	}
}

// CreateBackfill records a backfill and its run, which is driven from here on. An
// empty name becomes the datasource's with the first free number. With an
// idempotency key that was used before it returns the backfill of that time, and
// made is false; what a creator that died left half done is completed. The error
// is a Conflict where the name is taken.
func (l *Ledger) CreateBackfill(ctx context.Context, b BackfillRecord, project ProjectID, by Trigger, key string) (rec BackfillRecord, made bool, err error) {
	b.Run, b.CreatedAt = NewRunID(l.now()), l.now()
	if key != "" {
		if b.Run, err = l.claimKey(ctx, Subject{Kind: Backfill}, key, b.Run); err != nil {
			return b, false, err
		}
		// A run that isn't there yet, or waits for its place, may be of a creator that
		// died on the way: go on in its place.
		prior, err := l.Run(ctx, b.Run)
		if err == nil {
			return l.completed(ctx, prior)
		}
		if !fault.Is(err, fault.NotFound) {
			return b, false, err
		}
	}
	if b, err = l.nameBackfill(ctx, b); err != nil {
		return b, false, err
	}
	run := Run{ID: b.Run, Subject: b.Subject(), Datasource: b.Datasource, State: Queued, Trigger: by, Project: project, CreatedAt: b.CreatedAt}
	if err := ignoreConflict(l.create(ctx, runKey(run.ID), run)); err != nil {
		return b, false, err
	}
	return b, true, l.Admit(ctx, run)
}

// completed returns the backfill of a run that was there already.
func (l *Ledger) completed(ctx context.Context, r Run) (BackfillRecord, bool, error) {
	rec, err := l.Backfill(ctx, r.Subject.Name)
	if err == nil && r.State == Queued {
		err = l.Admit(ctx, r)
	}
	return rec, false, err
}

// nameBackfill records a backfill under its name, or the first free one.
func (l *Ledger) nameBackfill(ctx context.Context, b BackfillRecord) (BackfillRecord, error) {
	chosen := b.Name != ""
	for n := 1; ; n++ {
		if !chosen {
			b.Name = fmt.Sprintf("%s-%d", b.Datasource, n)
		}
		err := l.create(ctx, backfillKey(b.Name), b)
		if !fault.Is(err, fault.Conflict) {
			return b, err
		}
		there, err := l.takeName(ctx, b)
		if err != nil || there.Run == b.Run {
			return there, err
		}
		if chosen {
			return b, fault.WithRemedy(fault.New(fault.Conflict, "there is a backfill %q already", b.Name), "choose another --name; a backfill keeps its name when it has ended")
		}
	}
}

// takeName returns the backfill that has a name already. Where its creator died
// before there was a run, a minute ago at least, it is b from now on.
func (l *Ledger) takeName(ctx context.Context, b BackfillRecord) (BackfillRecord, error) {
	there, err := l.Backfill(ctx, b.Name)
	if err != nil || there.Run == b.Run || b.CreatedAt.Sub(there.CreatedAt) < time.Minute {
		return there, err
	}
	if _, err := l.Run(ctx, there.Run); !fault.Is(err, fault.NotFound) {
		return there, err
	}
	return l.UpdateBackfill(ctx, b.Name, func(rec *BackfillRecord) error {
		if rec.Run == there.Run {
			*rec = b
		}
		return nil
	})
}
