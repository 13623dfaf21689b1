package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/longshore/longshore/pkg/fault"
)

// RunID names a run. Ids sort by the time of their creation.
type RunID string

// NewRunID returns the id of a run created at the given time.
func NewRunID(at time.Time) RunID {
	return RunID(ulid.MustNew(ulid.Timestamp(at), ulid.DefaultEntropy()).String())
}

// Kind says what a run's subject is.
type Kind string

// The kinds of subject.
const (
	Export   Kind = "sync"
	Ingest   Kind = "datasource"
	Backfill Kind = "backfill" // of a datasource; it has one run
)

// Subject is what a run is a run of.
type Subject struct {
	Kind Kind   `json:"kind"`
	Name string `json:"name"`
}

// String returns "sync orders".
func (s Subject) String() string { return string(s.Kind) + " " + s.Name }

// State is where a run stands.
//
//	queued → planning → running → committing → done
//	   │         │         │            │
//	   └─────────┴─────────┴────────────┴────→ failed, canceled (from committing only before its intent)
type State string

// The states of a run.
const (
	Queued     State = "queued"     // another run of the subject is active
	Planning   State = "planning"   // the leader cuts it into parts
	Running    State = "running"    // workers do the parts
	Committing State = "committing" // all parts are done; output becomes visible
	Done       State = "done"
	Failed     State = "failed"
	Canceled   State = "canceled"
)

// Final reports whether the run has ended.
func (s State) Final() bool { return s == Done || s == Failed || s == Canceled }

// Run is one execution of a sync, a datasource or a backfill.
type Run struct {
	ID      RunID   `json:"id"`
	Subject Subject `json:"subject"`
	// Datasource is the one that a backfill is of; empty for others.
	Datasource string `json:"datasource,omitempty"`
	State      State  `json:"state"`
	// Trigger is what asked for the run.
	Trigger Trigger `json:"trigger"`
	// Project is the version of the definitions that the run goes by.
	Project ProjectID `json:"project"`
	// Epoch counts the run's plans; zero before the first.
	Epoch int `json:"epoch"`
	// Term is the leadership under which the run was moved last.
	Term int64 `json:"term,omitempty"`
	// Parts is how many parts the plan has.
	Parts int `json:"parts"`
	// Settled is how many parts, from the first on, are done and in Totals. It stays
	// zero where the plan isn't Folded.
	Settled int `json:"settled,omitempty"`
	// Totals sums up the parts. It is complete when the run is done.
	Totals Totals `json:"totals"`
	// Failure is why the run failed, else nil.
	Failure *Failure `json:"failure,omitempty"`
	// Note is what people are to know of the run though it didn't fail for it: one
	// line, without secrets.
	Note string `json:"note,omitempty"`

	CreatedAt  time.Time `json:"created_at"`
	StartedAt  time.Time `json:"started_at,omitzero"`
	FinishedAt time.Time `json:"finished_at,omitzero"`
}

// Owner returns the sync or datasource whose alerts look at the run, and after
// which others run: of a backfill, its datasource.
func (r Run) Owner() Subject {
	if r.Subject.Kind == Backfill {
		return Subject{Kind: Ingest, Name: r.Datasource}
	}
	return r.Subject
}

// BroughtFiles reports whether the run succeeded and ingested a file at least.
func (r Run) BroughtFiles() bool { return r.State == Done && r.Totals.Files > r.Totals.FailedFiles }

// Recent is the backfills' runs that were dealt with last, oldest first. Their ends
// come in any order, so the newest alone doesn't tell which were.
type Recent []RunID

// maxRecent is how many are remembered: more than end between an end that is told
// and the same end told again by another leader.
const maxRecent = 16

// Has reports whether a run is among them.
func (r Recent) Has(id RunID) bool { return slices.Contains(r, id) }

// With returns them with another run.
func (r Recent) With(id RunID) Recent {
	if r.Has(id) {
		return r
	}
	all := append(slices.Clone(r), id)
	return all[max(0, len(all)-maxRecent):]
}

// Trigger is what asked for a run.
type Trigger struct {
	// By is "manual", "schedule", "after", "api" or "event".
	By string `json:"by"`
	// Tick is the time on the schedule that was due. Zero for other triggers.
	Tick time.Time `json:"tick,omitzero"`
	// Upstream is the run whose end was waited for. Empty for other triggers.
	Upstream RunID `json:"upstream,omitempty"`
	// Keys are the objects that events told of: the run looks at these alone. Empty
	// is all that the datasource's pattern matches.
	Keys []string `json:"keys,omitempty"`
	// Baseline is what a sync's run is to do with its baseline.
	Baseline BaselineUse `json:"baseline,omitempty"`
	// Replay has a datasource's run try quarantined rows again, instead of taking
	// new files.
	Replay *Replay `json:"replay,omitempty"`
	// Verify has a datasource's run compare its table with the file ledger, instead
	// of taking new files.
	Verify *Verify `json:"verify,omitempty"`
}

// Verify says what becomes of the differences that a run finds.
type Verify struct {
	// Repair has files ingested anew whose rows aren't all in the table once, and
	// finishes what was left half done.
	Repair bool `json:"repair,omitempty"`
	// Remove, with Repair, deletes rows that came from files without a record.
	Remove bool `json:"remove,omitempty"`
}

// Regular reports whether the run does what its subject is for: rows of a sync
// are sent, files of a datasource taken.
func (t Trigger) Regular() bool { return t.Replay == nil && t.Verify == nil }

// BaselineUse says what a run does with the rows that its sync sent last.
type BaselineUse string

// The uses of a baseline. After each of them the run's rows are the new one.
const (
	CompareBaseline BaselineUse = ""        // send what differs
	IgnoreBaseline  BaselineUse = "ignore"  // send every row, and in mode diff those that are gone
	RebuildBaseline BaselineUse = "rebuild" // send nothing
)

// Totals is how much a run or a part did.
type Totals struct {
	Rows        int64 `json:"rows"`
	Bytes       int64 `json:"bytes"` // of objects written, or of files read
	Files       int64 `json:"files"`
	Quarantined int64 `json:"quarantined"` // rows
	FailedFiles int64 `json:"failed_files"`
	// SkippedFiles is files that were left to another run that has them in hand.
	SkippedFiles int64 `json:"skipped_files,omitempty"`
}

// Add adds u to t.
func (t *Totals) Add(u Totals) {
	t.Rows += u.Rows
	t.Bytes += u.Bytes
	t.Files += u.Files
	t.Quarantined += u.Quarantined
	t.FailedFiles += u.FailedFiles
	t.SkippedFiles += u.SkippedFiles
}

// Failure is an error as the ledger keeps it: without secrets, one line.
type Failure struct {
	Kind    string `json:"kind"` // of package fault
	Message string `json:"message"`
	// Part is the part that failed, or -1 when it was the run as a whole.
	Part int `json:"part"`
	// Replan is set when the run may succeed under a new plan.
	Replan bool `json:"replan,omitempty"`
}

// NewFailure records err.
func NewFailure(err error, part int) *Failure {
	msg := strings.Join(strings.Fields(err.Error()), " ")
	return &Failure{Kind: fault.KindOf(err).String(), Message: msg, Part: part}
}

// ErrAlreadyQueued means that a run of the subject is active and another one is
// queued behind it, so that a further trigger adds nothing.
var ErrAlreadyQueued = errors.New("a run is queued already")

// Create records a new run of the subject and makes it active, or queues it
// behind the active one. With an idempotency key that was used before it
// returns the run of that time. When a run is queued already it returns that
// one and ErrAlreadyQueued; if that was to look at some keys, it now looks at
// those of by too.
func (l *Ledger) Create(ctx context.Context, s Subject, project ProjectID, by Trigger, key string) (Run, error) {
	for {
		run, err := l.createOrFind(ctx, s, project, by, key)
		if !errors.Is(err, ErrAlreadyQueued) || run.Trigger.covers(by.Keys) {
			return run, err
		}
		run, err = l.widen(ctx, run.ID, by.Keys)
		if err == nil {
			return run, ErrAlreadyQueued
		}
		if !fault.Is(err, fault.Conflict) {
			return run, err
		}
		// It has begun with what it had: there is room for another one.
	}
}

func (l *Ledger) createOrFind(ctx context.Context, s Subject, project ProjectID, by Trigger, key string) (Run, error) {
	run := Run{ID: NewRunID(l.now()), Subject: s, State: Queued, Trigger: by, Project: project, CreatedAt: l.now()}
	if key != "" {
		id, err := l.claimKey(ctx, s, key, run.ID)
		if err != nil {
			return Run{}, err
		}
		if id != run.ID {
			prior, err := l.Run(ctx, id)
			if err == nil && prior.State != Queued || err != nil && !fault.Is(err, fault.NotFound) {
				return prior, err
			}
			run.ID = id // its creator may have died on the way: go on in its place
			if err == nil {
				run = prior
			}
		}
	}
	if err := l.create(ctx, runKey(run.ID), run); err != nil && !fault.Is(err, fault.Conflict) {
		return Run{}, err
	}
	sub, err := l.admit(ctx, run)
	if errors.Is(err, ErrAlreadyQueued) {
		if begun, err := l.Run(ctx, run.ID); err == nil && begun.State != Queued {
			return begun, nil // another caller's with the same key, and its turn is over
		}
		return l.yield(ctx, run, sub.Queued)
	}
	return run, err
}

// Admit gives a run its place among those of its subject, for a creator that
// died before it did. The error is ErrAlreadyQueued where there is no place yet.
func (l *Ledger) Admit(ctx context.Context, run Run) error {
	_, err := l.admit(ctx, run)
	return err
}

// admit enlists a run first, so that whoever leads sees to it that its turn ends.
func (l *Ledger) admit(ctx context.Context, run Run) (SubjectRecord, error) {
	if err := l.enlist(ctx, run); err != nil {
		return SubjectRecord{}, err
	}
	return l.UpdateSubject(ctx, run.Subject, func(sub *SubjectRecord) error { return sub.admit(run.ID) })
}

// yield withdraws a run that found another one queued, and returns that one.
func (l *Ledger) yield(ctx context.Context, run Run, queued RunID) (Run, error) {
	for _, key := range []string{openKey(run.ID), historyKey(run.Subject, run.ID), runKey(run.ID)} {
		if err := l.store.Delete(ctx, l.prefix+key); err != nil {
			return Run{}, err
		}
	}
	prior, err := l.Run(ctx, queued)
	if err != nil {
		return Run{}, err
	}
	return prior, ErrAlreadyQueued
}

// enlist makes a run findable: by a new leader, and in its subject's history.
func (l *Ledger) enlist(ctx context.Context, run Run) error {
	for _, key := range []string{historyKey(run.Subject, run.ID), openKey(run.ID)} {
		if err := l.create(ctx, key, struct{}{}); err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return nil
}

// claimKey binds an idempotency key to a run and returns the run it is bound to.
func (l *Ledger) claimKey(ctx context.Context, s Subject, key string, id RunID) (RunID, error) {
	sum := sha256.Sum256([]byte(s.String() + "\x00" + key))
	name := "keys/" + hex.EncodeToString(sum[:16]) + ".json"
	err := l.create(ctx, name, id)
	if fault.Is(err, fault.Conflict) {
		_, err = l.get(ctx, name, &id)
	}
	return id, err
}

// Run reads a run. The error is NotFound, with the id, where there is none.
func (l *Ledger) Run(ctx context.Context, id RunID) (Run, error) {
	var run Run
	_, err := l.get(ctx, runKey(id), &run)
	if fault.Is(err, fault.NotFound) {
		return run, fault.New(fault.NotFound, "there is no run %s", id)
	}
	return run, err
}

// UpdateRun changes a run by compare-and-swap. A run that has ended doesn't
// change any more: the error is then a Conflict.
func (l *Ledger) UpdateRun(ctx context.Context, id RunID, change func(*Run) error) (Run, error) {
	return update(ctx, l, runKey(id), func(run *Run) error {
		if run.ID == "" {
			return fault.New(fault.NotFound, "there is no run %s", id)
		}
		if run.State.Final() {
			return fault.New(fault.Conflict, "run %s has ended: it is %s", id, run.State)
		}
		return change(run)
	})
}

// Close takes an ended run off the list of open ones and makes the queued run
// of its subject, if there is one, the active one.
func (l *Ledger) Close(ctx context.Context, run Run) error {
	_, err := l.UpdateSubject(ctx, run.Subject, func(sub *SubjectRecord) error {
		sub.release(run)
		return nil
	})
	if err != nil {
		return err
	}
	return l.store.Delete(ctx, l.prefix+openKey(run.ID))
}

// RequestCancel asks the leader to stop a run. Asking twice is asking once.
func (l *Ledger) RequestCancel(ctx context.Context, id RunID) error {
	run, err := l.Run(ctx, id)
	if err != nil {
		return err
	}
	if run.State.Final() {
		return fault.New(fault.Conflict, "run %s has ended: it is %s", id, run.State)
	}
	err = l.create(ctx, runDir(id)+"cancel.json", struct{}{})
	if fault.Is(err, fault.Conflict) {
		return nil
	}
	return err
}

// CancelRequested reports whether somebody asked to stop the run.
func (l *Ledger) CancelRequested(ctx context.Context, id RunID) (bool, error) {
	var none struct{}
	_, err := l.get(ctx, runDir(id)+"cancel.json", &none)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}
