package ingest

import (
	"context"
	"strconv"
	"strings"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/plan"
)

// offerAbandoned adds the files that a run began and that the listing doesn't
// have any more: those that were deleted or overwritten since. To try them is to
// have the file ledger say so of them, rather than that they are being ingested
// for ever (TestWhatWasBegunAndIsGoneFails).
func (j *job) offerAbandoned(ctx context.Context, c *claims, taken *plan.Selection, listed map[clickhouse.FileVersion]bool) error {
	filter := clickhouse.FileFilter{State: clickhouse.FileIngesting, Limit: listPage}
	for {
		page, err := j.house.ListFiles(ctx, j.ds.Name, filter)
		if err != nil {
			return err
		}
		for _, rec := range page {
			held, err := c.held(ctx, rec)
			if err != nil {
				return err
			}
			if held || listed[rec.Version()] {
				continue
			}
			f := fileOfRecord(rec)
			for again := 0; rec.Replaces && again < f.Again; again++ { // the listing has the first of them: see repair
				f.Replaces = append(f.Replaces, version(plan.File{ETag: f.ETag, Again: again}).ETag)
			}
			taken.Add(f)
		}
		if len(page) < filter.Limit {
			return nil
		}
		filter.After = page[len(page)-1].Version()
	}
}

// fileOfRecord is the file that the file ledger calls so: see version.
func fileOfRecord(rec clickhouse.FileRecord) plan.File {
	f := plan.File{Key: rec.Key, ETag: rec.ETag, Size: rec.Size, Modified: rec.Modified, RangeBytes: rec.RangeBytes}
	if etag, again, ok := strings.Cut(rec.ETag, "#"); ok {
		f.ETag = etag
		f.Again, _ = strconv.Atoi(again)
	}
	return f
}
