package ledger

import (
	"context"
	"time"
)

// SubjectRecord is what is known of a sync or a datasource besides its runs. It
// is what makes its runs take turns.
type SubjectRecord struct {
	Subject Subject `json:"subject"`
	// Active is the run under way, empty where there is none.
	Active RunID `json:"active,omitempty"`
	// Queued is the one run that waits for Active to end.
	Queued RunID `json:"queued,omitempty"`
	// Last is the run that ended last.
	Last RunID `json:"last,omitempty"`
	// LastTick is the newest time on the schedule that has been dealt with.
	LastTick time.Time `json:"last_tick,omitzero"`
	// Clock is the schedule that LastTick is of, in words; empty while no clock
	// drives the subject.
	Clock string `json:"clock,omitempty"`
	// LastUpstream is the run of another subject that was dealt with last, for a
	// sync that runs after that one.
	LastUpstream RunID `json:"last_upstream,omitempty"`
	// LastBackfills is the same of the backfills of a datasource that a sync runs after.
	LastBackfills Recent `json:"last_backfills,omitempty"`
	// LastScanAt is when a datasource's bucket was last listed.
	LastScanAt time.Time `json:"last_scan_at,omitzero"`
	// Backlog is what that listing left for later runs.
	Backlog Backlog `json:"backlog,omitzero"`
	// PausedAt is when the subject's schedule was paused; zero means it runs.
	PausedAt time.Time `json:"paused_at,omitzero"`
	// PausedWhy is why, where it wasn't a person who paused it. PausedBy is the run
	// that did so last, for itself to do it once.
	PausedWhy string `json:"paused_why,omitempty"`
	PausedBy  RunID  `json:"paused_by,omitempty"`
}

// Backlog is the files of a datasource that wait to be ingested.
type Backlog struct {
	Files  int64     `json:"files"`
	Bytes  int64     `json:"bytes"`
	Oldest time.Time `json:"oldest,omitzero"` // modified; zero where Files is
}

// Subject reads a subject's record. A subject without one is new: all zero.
func (l *Ledger) Subject(ctx context.Context, s Subject) (SubjectRecord, error) {
	rec := SubjectRecord{Subject: s}
	_, err := l.get(ctx, subjectKey(s), &rec)
	return rec, ignoreNotFound(err)
}

// UpdateSubject changes a subject's record by compare-and-swap.
func (l *Ledger) UpdateSubject(ctx context.Context, s Subject, change func(*SubjectRecord) error) (SubjectRecord, error) {
	return update(ctx, l, subjectKey(s), func(rec *SubjectRecord) error {
		rec.Subject = s
		return change(rec)
	})
}

// PauseFor pauses a subject's schedule because of what a run did, once: one
// that was resumed since stays so.
func (l *Ledger) PauseFor(ctx context.Context, run Run, why string) error {
	_, err := l.UpdateSubject(ctx, run.Subject, func(rec *SubjectRecord) error {
		if rec.PausedBy == run.ID {
			return nil // and maybe resumed since
		}
		if rec.PausedAt.IsZero() {
			rec.PausedAt = l.now()
		}
		rec.PausedWhy, rec.PausedBy = why, run.ID
		return nil
	})
	return err
}

// Resume lets a subject's schedule go on.
func (r *SubjectRecord) Resume() { r.PausedAt, r.PausedWhy = time.Time{}, "" }

// admit makes a run active, or queued behind the active one.
func (r *SubjectRecord) admit(id RunID) error {
	switch {
	case r.Active == id || r.Queued == id:
	case r.Active == "":
		r.Active = id
	case r.Queued == "":
		r.Queued = id
	default:
		return ErrAlreadyQueued
	}
	return nil
}

// release ends a run's turn.
func (r *SubjectRecord) release(run Run) {
	switch run.ID {
	case r.Active:
		r.Active, r.Queued = r.Queued, ""
	case r.Queued:
		r.Queued = ""
	default:
		return
	}
	if run.ID > r.Last {
		r.Last = run.ID
	}
}
