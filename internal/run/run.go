// Package run drives runs from trigger to commit, on both sides of the queue:
// the Conductor in the producer that leads, and Parts in every worker.
//
//	producer:  Plan ── enqueue ── watch ─────────────── Commit ── Clean
//	                      │         ▲                      ▲
//	worker:               └─ Part ──┘ manifest in ledger ──┘
//
// Parts may come in waves: those of a wave are enqueued when all before them are
// done. The first wave may need a snapshot that the producer holds open.
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

	"github.com/longshore/longshore/internal/ledger"
)

// Verb is what the runs of one kind of subject do, seen from the producer.
type Verb interface {
	// Plan cuts a run into parts. It has no effect that outlives it but for Work.
	Plan(ctx context.Context, r ledger.Run) (*Work, error)
	// Commit makes the output of all parts visible, and returns what the run did.
	// It is called again after a crash at any point of it. An error that is a
	// *SpoiledError has the named parts done again.
	Commit(ctx context.Context, r ledger.Run, plan ledger.Plan, parts []ledger.PartManifest) (ledger.Totals, error)
	// Clean removes what an epoch of a run left behind and nobody needs any more:
	// open uploads, tails. The epoch
	// needn't have been planned through.
	Clean(ctx context.Context, r ledger.Run, epoch int) error
}

// ErrReplan means that a part can't be done under this plan, but the run may
// succeed under a new one: the snapshot that its parts share has ended.
var ErrReplan = errors.New("the plan has lapsed")

// Work is a run cut into parts.
type Work struct {
	Plan  ledger.Plan
	Parts []json.RawMessage // what each part needs to know
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
