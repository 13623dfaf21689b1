package ingest

import (
	"context"
	"encoding/json"
	"iter"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/pkg/fault"
)

// claiming goes through the files of a backfill, claims those that are free, and
// lays out its parts. It keeps a few pages of keys and what waits for the next wave
// (TestABackfillIsPlannedInConstantMemory). Who goes through them again,
// because the leader died on the way, finds its own claims and takes them over.
type claiming struct {
	backfill *Backfill
	job      *job
	run      ledger.Run
	plan     *ledger.Plan // whose waves are known when all parts are

	found ledger.BackfillFound
	told  time.Time // when found was recorded last
}

// parts yields the parts of the backfill.
func (c *claiming) parts(ctx context.Context) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		c.found, c.told = ledger.BackfillFound{}, time.Time{}
		course := &course{cut: plan.Cutter{Limits: c.backfill.limits}}
		for page, err := range c.job.pages(ctx) {
			var splits []split
			if err == nil {
				page, splits, err = c.claim(ctx, page)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for _, f := range page {
				if !yieldAll(course.whole(f), yield) {
					return
				}
			}
			for _, s := range splits {
				if !yieldAll(course.split(s), yield) {
					return
				}
			}
		}
		if !yieldAll(course.rest(), yield) {
			return
		}
		c.plan.Waves = course.sizes()
		c.found.Complete = true
		if err := c.tell(ctx); err != nil {
			yield(nil, err)
		}
	}
}

// yieldAll yields parts as they are recorded. It returns false when no more is asked for.
func yieldAll(parts []portion, yield func(json.RawMessage, error) bool) bool {
	for _, p := range parts {
		detail, err := json.Marshal(p)
		if err != nil {
			yield(nil, fault.New(fault.Invalid, "encode plan: %w", err))
			return false
		}
		if !yield(detail, nil) {
			return false
		}
	}
	return true
}

// pages yields the files that the job may take, a page at a time. A page is
// listed while the one before is looked at.
func (j *job) pages(ctx context.Context) iter.Seq2[[]plan.File, error] {
	return func(yield func([]plan.File, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		pages := make(chan []plan.File, 1)
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() error {
			defer close(pages)
			return j.candidates(ctx, pages)
		})
		for page := range pages {
			if !yield(page, nil) {
				cancel()
				_ = group.Wait() // nobody asks for more
				return
			}
		}
		if err := group.Wait(); err != nil {
			yield(nil, err)
		}
	}
}

// claim claims the files of a page that are free, and returns those that one part
// ingests and those that are split.
func (c *claiming) claim(ctx context.Context, page []plan.File) (whole []plan.File, splits []split, err error) {
	s, err := c.job.stand(ctx, page, newClaims(c.backfill.ledger, c.run.ID))
	if err != nil {
		return nil, nil, err
	}
	if err := c.record(ctx, s); err != nil {
		return nil, nil, err
	}
	return c.backfill.splits(ctx, c.job, s.free)
}

// record writes the claims into the file ledger, and now and then how many they are.
func (c *claiming) record(ctx context.Context, s standing) error {
	claimed := make([]clickhouse.FileRecord, len(s.free))
	for i, f := range s.free {
		claimed[i] = clickhouse.FileRecord{
			Datasource: c.job.ds.Name, Key: f.Key, ETag: version(f).ETag, Size: f.Size, Modified: f.Modified,
			State: clickhouse.FilePlanned, RunID: string(c.run.ID), UpdatedAt: c.backfill.ledger.Now(),
		}
		c.found.Bytes += f.Size
	}
	c.found.Files += int64(len(s.free))
	c.found.Known += s.known
	c.found.Held += s.held
	if len(claimed) > 0 {
		if err := c.job.house.RecordFiles(ctx, claimed); err != nil {
			return err
		}
	}
	if now := time.Now(); now.Sub(c.told) >= tellEvery {
		c.told = now
		return c.tell(ctx)
	}
	return nil
}

// tellEvery is how often it is recorded how much was found.
const tellEvery = 2 * time.Second

func (c *claiming) tell(ctx context.Context) error {
	_, err := c.backfill.ledger.UpdateBackfill(ctx, c.run.Subject.Name, func(rec *ledger.BackfillRecord) error {
		rec.Found = c.found
		return nil
	})
	return err
}
