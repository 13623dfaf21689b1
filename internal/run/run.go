// Package run drives runs from trigger to commit, on both sides of the queue:
// the Conductor in the producer that leads, and Parts in every worker.
//
//	producer:  Plan ── enqueue ── watch ─────────────── Commit ── Clean
//	                      │         ▲                      ▲
//	worker:               └─ Part ──┘ manifest in ledger ──┘
//
// Parts may come in waves: those of a wave are enqueued when all before them are
// done. The first wave may need a snapshot that the producer holds open. However
// many parts there are, the leader looks at a window of them: the first one that
// is open and those behind it.
//
// What a run does is its Verb's: package export and package ingest. What must
// stay true here:
//
//   - Every step is read from the ledger and may be taken twice. A leader that
//     dies is replaced by one that has nothing but the ledger.
//   - A part counts once: by its manifest, which the first attempt writes.
//   - Once the intent of a commit is recorded, the run can only be finished.
package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/longshore/longshore/internal/ledger"
)

// Verb is what the runs of one kind of subject do, seen from the producer.
type Verb interface {
	// Plan cuts a run into parts. It has no effect that outlives it but for Work.
	Plan(ctx context.Context, r ledger.Run) (*Work, error)
	// Commit makes the output of all parts visible, and returns what the run did.
	// It is called again after a crash at any point of it. An error that is a
	// *SpoiledError has the named parts done again. Of a Folded plan it gets no
	// parts: their sum is in r.Totals.
	Commit(ctx context.Context, r ledger.Run, plan ledger.Plan, parts []ledger.PartManifest) (ledger.Totals, error)
	// Clean removes what an epoch of a run left behind and nobody needs any more:
	// open uploads, tails. The epoch
	// needn't have been planned through.
	Clean(ctx context.Context, r ledger.Run, epoch int) error
}

// Pacer is a Verb that doesn't want all parts in the queue that may be there.
type Pacer interface {
	// Pace says how many parts that are open may be with the queue now. It is asked
	// again and again while the run goes on, with how far that is. Tasks beyond that
	// which no worker has begun are taken back; those under way go on, unless their
	// Worker ends them with ErrHalted.
	Pace(ctx context.Context, r ledger.Run, so Far) (parts int, err error)
}

// Far is how far a running run has come.
type Far struct {
	Parts  int           // that are done
	Totals ledger.Totals // of these; only where the plan is Folded
}

// ErrHalted is a Worker's: the part was left off where it can be gone on with,
// and isn't to go on for now. Its Verb is a Pacer, which says when.
var ErrHalted = errors.New("halted")

// ErrReplan means that a part can't be done under this plan, but the run may
// succeed under a new one: the snapshot that its parts share has ended.
var ErrReplan = errors.New("the plan has lapsed")

// Work is a run cut into parts.
type Work struct {
	Plan  ledger.Plan
	Parts []json.RawMessage // what each part needs to know
	// Stream, where it isn't nil, yields the parts in place of Parts, so that they
	// needn't be in memory together. By its end it has completed Plan.Waves.
	Stream func(ctx context.Context) iter.Seq2[json.RawMessage, error]
	// Hold is closed when the first wave is done or the run ends: the snapshot
	// behind Plan.Held.
	Hold io.Closer
}

// Part is an attempt at a part, seen from the worker.
type Part struct {
	Run     ledger.Run
	Plan    ledger.Plan
	Index   int
	Attempt string // unique over all attempts
	Meter   *Meter
}

// Worker does parts of one kind of subject.
type Worker interface {
	// Part does a part and returns what it did. It may run twice at the same
	// moment; the outcome of one of the two counts.
	Part(ctx context.Context, p Part) (ledger.Totals, json.RawMessage, error)
}

// SpoiledError says that the output of parts that were done is no longer what
// their manifests say, because a late twin of an attempt wrote over it.
type SpoiledError struct {
	Parts []int
	Err   error
}

func (e *SpoiledError) Error() string {
	return fmt.Sprintf("output of parts %v was written over: %v", e.Parts, e.Err)
}

func (e *SpoiledError) Unwrap() error { return e.Err }
