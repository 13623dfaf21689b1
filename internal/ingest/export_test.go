package ingest

import "time"

// LimitRuns makes runs take so many files at most.
func (i *Ingest) LimitRuns(files int) { i.runFiles = files }

// LimitParts makes parts of backfills that are planned take so many files at most.
func (b *Backfill) LimitParts(files int) { b.limits.Files = files }

// BrakeAt has parts of backfills look before every chunk whether they are to go
// on, and wait for so long; the leader looks as often.
func (b *Backfill) BrakeAt(patience time.Duration) {
	b.brakes, b.loadEvery = brakes{patience: patience}, patience
}
