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
	// Parts is how many files or ranges of files the run's parts are, about: which
	// large files are split is known of some.
	Parts int64
	// Inserts is how many INSERTs it takes at least: each makes a part of the table
	// for every partition that its rows are of.
	Inserts int64
	// RestsOn is what its estimate rests on; empty where nothing is known.
	RestsOn Basis
	// Runs is how many backfills or runs these are.
	Runs int
	// Sample is what was read instead where there were none, or too few.
	Sample BackfillSample

	pace  pace
	chunk int64 // bytes of a file in an INSERT, at most
}

// Basis is what an estimate rests on.
type Basis string

// What estimates rest on, the first that there is.
const (
	PastBackfills Basis = "backfills" // of the datasource
	PastRuns      Basis = "runs"      // of the datasource
	ASample       Basis = "sample"    // of the files
)

// Look lists what a backfill would claim, for as long as within, and where the past
// says nothing reads the beginnings of some files. It changes nothing.
func (b *Backfill) Look(ctx context.Context, id ledger.ProjectID, rec ledger.BackfillRecord, within time.Duration) (BackfillLook, error) {
	var l BackfillLook
	j, err := b.openBackfill(ctx, id, rec)
	if err != nil {
		return l, err
	}
	l.chunk = b.chunking(j).ChunkBytes
	seen := lookedAt{large: plan.NewSampler(largeSampled), all: plan.NewSampler(sampleFiles), cut: plan.Cutter{Limits: b.limits}}
	if err := b.list(ctx, &l, &seen, j, within); err != nil {
		return l, err
	}
	l.Parts = seen.parts + int64(seen.splitShare(ctx, j)*float64(seen.ranges-seen.largeFiles)) + seen.largeFiles
	p, err := b.past(ctx, rec.Datasource, min(l.Found.Bytes, enoughBytes))
	if err != nil {
		return l, err
	}
	if p.basis == "" && l.Found.Bytes > 0 {
		return l, b.sample(ctx, &l, j, seen.all.Files())
	}
	l.RestsOn, l.Runs, l.pace = p.basis, len(p.bytes), p.pace()
	return l, nil
}

// lookedAt is what is kept of the files that are listed.
type lookedAt struct {
	all, large *plan.Sampler
	cut        plan.Cutter
	parts      int64 // of the files that aren't large
	largeFiles int64
	ranges     int64 // that these would have
}

// largeSampled is how many large files are opened to see whether they can be split.
const largeSampled = 8

func (s *lookedAt) add(b *Backfill, j *job, f plan.File) {
	s.all.Add(f)
	if b.large(j, f) {
		s.large.Add(f)
		s.largeFiles++
		s.ranges += int64(split{File: f, RangeBytes: b.width(j, f)}.ranges())
		return
	}
	if s.cut.Add(f) != nil {
		s.parts++
	}
}

// splitShare is how much of the large files can be split, by some of them.
func (s *lookedAt) splitShare(ctx context.Context, j *job) float64 {
	var can, all int64
	for _, f := range s.large.Files() {
		all += f.Weight
		if able, err := j.splittable(ctx, &split{File: f.File, RangeBytes: f.Size}, false); err == nil && able {
			can += f.Weight
		}
	}
	return float64(can) / float64(max(all, 1))
}

func (b *Backfill) list(ctx context.Context, l *BackfillLook, seen *lookedAt, j *job, within time.Duration) error {
	c := newClaims(b.ledger, "")
	var small, few int64 // bytes and number of files that are a block
	listing, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for page, err := range j.pages(listing) {
		if errors.Is(listing.Err(), context.DeadlineExceeded) && ctx.Err() == nil {
			break // what was found so far is told
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
			if f.Size > blockBytes {
				l.Inserts += (f.Size + l.chunk - 1) / l.chunk
			} else {
				small += f.Size
				few++
			}
			seen.add(b, j, f)
		}
	}
	l.Inserts += max((small+l.chunk-1)/l.chunk, (few+packFiles-1)/packFiles) // small files share theirs
	if seen.cut.Rest() != nil {
		seen.parts++
	}
	l.Found.Complete = listing.Err() == nil
	return nil
}
