package ingest

import (
	"context"
	"slices"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/pkg/fault"
)

// claims knows which files are in the hands of a backfill. A backfill claims
// files by its run's name in the file ledger, and the claim holds as long as the
// run is open: so the end of a run, whatever ends it, frees what it didn't begin
// or didn't finish, and nobody has to go over its files
// (TestACanceledBackfillFreesItsFiles).
//
// It is for one look at the files, by one goroutine: what it has found out about
// a run it doesn't ask again.
type claims struct {
	ledger *ledger.Ledger
	own    ledger.RunID // whose claims hold nobody up: the run that asks
	open   map[ledger.RunID]bool
}

func newClaims(l *ledger.Ledger, own ledger.RunID) *claims {
	return &claims{ledger: l, own: own, open: map[ledger.RunID]bool{}}
}

// held reports whether a file, by its record, is for another run to ingest.
func (c *claims) held(ctx context.Context, rec clickhouse.FileRecord) (bool, error) {
	if rec.State != clickhouse.FilePlanned && rec.State != clickhouse.FileIngesting {
		return false, nil
	}
	id := ledger.RunID(rec.RunID)
	if id == c.own {
		return false, nil
	}
	if open, ok := c.open[id]; ok {
		return open, nil
	}
	r, err := c.ledger.Run(ctx, id)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return false, err
	}
	c.open[id] = err == nil && r.Subject.Kind == ledger.Backfill && !r.State.Final()
	return c.open[id], nil
}

// standing is what there is to do about the files of a page.
type standing struct {
	free  []plan.File              // to ingest, or to finish
	begun []clickhouse.FileVersion // those of them that were begun
	known int64                    // files that are done, failed, or left alone as overwritten
	held  int64                    // files that are in the hands of a backfill
}

// stand compares a page of files with the file ledger.
func (j *job) stand(ctx context.Context, page []plan.File, c *claims) (s standing, err error) {
	keys := make([]string, len(page))
	for i, f := range page {
		keys[i] = f.Key
	}
	known, err := j.house.KnownVersions(ctx, j.ds.Name, keys)
	if err != nil {
		return s, err
	}
	for _, f := range page {
		if err := s.add(ctx, j.ds.Import.OnOverwrite, f, known[f.Key], c); err != nil {
			return s, err
		}
	}
	return s, nil
}

// add decides about a file, given what is recorded of all versions of its key.
func (s *standing) add(ctx context.Context, policy def.OnOverwrite, f plan.File, versions []clickhouse.FileRecord, c *claims) error {
	var counted, held []clickhouse.FileRecord
	for _, rec := range versions {
		theirs, err := c.held(ctx, rec)
		if err != nil {
			return err
		}
		if theirs {
			held = append(held, rec)
		}
		if theirs || rec.State != clickhouse.FilePlanned {
			counted = append(counted, rec) // a claim that lapsed, or is our own, says nothing
		}
	}
	f, ok := choose(policy, f, counted)
	is := func(rec clickhouse.FileRecord) bool { return rec.Version() == version(f) }
	switch {
	case slices.ContainsFunc(held, is):
		s.held++
	case !ok:
		s.known++
	default:
		s.take(f, counted)
	}
	return nil
}

// take adds a file that is to be ingested.
func (s *standing) take(f plan.File, versions []clickhouse.FileRecord) {
	at := slices.IndexFunc(versions, func(rec clickhouse.FileRecord) bool { return rec.Version() == version(f) })
	if at >= 0 {
		s.begun = append(s.begun, version(f))
		f.RangeBytes = versions[at].RangeBytes
	}
	s.free = append(s.free, f)
}

// inRanges reports whether a file is half ingested in ranges. It can't be finished
// as a whole: the tokens of its chunks name the range.
func inRanges(rec clickhouse.FileRecord) bool {
	return rec.State == clickhouse.FileIngesting && rec.RangeBytes > 0
}
