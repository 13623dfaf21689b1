package ingest

import (
	"context"
	"slices"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/plan"
)

// A file that is to replace another and didn't fit is in quarantine, and the older
// content's rows are in the table. A replay brings the newer content's in, batch by
// batch; with the first it is recorded that the file has some, which is when it
// takes the other's place; and when all batches are in, the older rows go. Whatever that is
// interrupted at, the next replay, or the next run that lists the file, finishes it
// (TestAReplayThatReplacesIsFinished).

// enter records of files that were outside of the table that they have rows there.
func (r *replayer) enter(ctx context.Context, files []clickhouse.FileRecord) error {
	var entered []clickhouse.FileRecord
	for _, rec := range files {
		if outside(rec) {
			rec.Error, rec.UpdatedAt = "", r.ingest.ledger.Now()
			entered = append(entered, rec)
		}
	}
	if len(entered) == 0 {
		return nil
	}
	return r.job.house.RecordFiles(ctx, entered)
}

// replace removes the rows of versions whose place files of the datasource have
// taken.
func (r *replayer) replace(ctx context.Context) error {
	replacing, err := r.job.house.ListReplacing(ctx, r.job.ds.Name)
	if err != nil {
		return err
	}
	var old []clickhouse.FileVersion
	for _, rec := range replacing {
		for _, etag := range rec.Instead {
			old = append(old, clickhouse.FileVersion{Key: rec.Key, ETag: etag})
		}
	}
	records, err := r.job.house.KnownFiles(ctx, r.job.ds.Name, old)
	if err != nil {
		return err
	}
	var files []plan.File
	known := map[clickhouse.FileVersion]clickhouse.FileRecord{}
	for _, rec := range replacing {
		f := fileOfRecord(rec)
		f.Replaces = slices.DeleteFunc(slices.Clone(rec.Instead), func(etag string) bool {
			return !mayHaveRows(records[clickhouse.FileVersion{Key: rec.Key, ETag: etag}])
		})
		known[version(f)] = rec
		files = append(files, f)
	}
	w := &partWriter{ingest: r.ingest, job: r.job, run: r.run, now: r.ingest.ledger.Now, log: r.ingest.log}
	return w.replace(ctx, files, known)
}

// present leaves out the rows of files that were replaced since a batch of them was
// begun: they are not in the quarantine any more, and are not to come in. The others
// come in under the batch's token all the same: it was stored as a whole, or not at all
// (TestAReplayOfRowsThatWereReplacedGoesOn).
func (r *replayer) present(ctx context.Context, ids []clickhouse.QuarantinedID, rows []*candidate) ([]clickhouse.QuarantinedID, []*candidate, error) {
	known, err := r.known(ctx, ids)
	replaced := func(id clickhouse.QuarantinedID) bool {
		return known[clickhouse.FileVersion{Key: id.Key, ETag: id.ETag}].State == clickhouse.FileReplaced
	}
	return slices.DeleteFunc(ids, replaced), slices.DeleteFunc(rows, func(c *candidate) bool { return replaced(c.QuarantinedID) }), err
}
