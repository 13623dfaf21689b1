package ingest

import (
	"context"

	"github.com/longshore/longshore/internal/clickhouse"
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
	free  []plan.File // to ingest, or to finish
	known int64       // files that are in the file ledger as done, or as failed
	held  int64       // files that are in the hands of a backfill
}

// stand compares a page of files with the file ledger.
func (j *job) stand(ctx context.Context, page []plan.File, c *claims) (s standing, err error) {
	known, err := j.known(ctx, page)
	if err != nil {
		return s, err
	}
	for _, f := range page {
		rec, ok := known[version(f)]
		if ok && rec.State != clickhouse.FilePlanned && rec.State != clickhouse.FileIngesting {
			s.known++
			continue
		}
		held, err := c.held(ctx, rec)
		if err != nil {
			return s, err
		}
		if held {
			s.held++
			continue
		}
		s.free = append(s.free, f)
	}
	return s, nil
}
