package ingest

import (
	"context"
	"fmt"
	"slices"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/internal/run"
)

// plannedRepair is a file that a verification found something about.
type plannedRepair struct {
	kind     string
	rec      clickhouse.FileRecord
	versions []clickhouse.FileRecord // of its key
}

// mend repairs what a verification found, and verifies again. It returns how
// many files it ingested.
//
// A file whose rows aren't all there once is ingested as a content that came
// again, which replaces the first: under tokens and an id of its own, so that
// neither is mistaken for the other, and the old rows go when the new ones are
// in. Cut off anywhere, it is finished as any file is that was begun
// (TestARepairThatIsCutOffIsFinished).
func (v *verifier) mend(ctx context.Context, before *Verification) (after *Verification, files int64, err error) {
	var notes []string
	r, err := v.ingest.replayer(ctx, run.Part{Run: v.run, Meter: v.meter})
	if err != nil {
		return nil, 0, err
	}
	if _, err := r.turn(ctx); err != nil {
		return nil, 0, err
	}
	w := &partWriter{ingest: v.ingest, job: v.job, added: r.added, run: v.run, meter: v.meter, now: v.ingest.ledger.Now, log: v.ingest.log}
	for _, p := range v.again {
		f, why, err := v.file(ctx, p)
		if err != nil {
			return nil, files, err
		}
		if why != "" {
			notes = append(notes, fmt.Sprintf("%s of %s can't be repaired: %s", p.kind, p.rec.Key, why))
			continue
		}
		if p.kind == UnfinishedReplaces && p.rec.State == clickhouse.FileReplaced {
			if err := v.job.house.RemoveFiles(ctx, v.job.ds.Name, []clickhouse.FileVersion{p.rec.Version()}); err != nil {
				return nil, files, err
			}
			continue
		}
		if p.kind == UnfinishedReplaces && outside(p.rec) {
			if err := r.enter(ctx, []clickhouse.FileRecord{p.rec}); err != nil {
				return nil, files, err
			}
		}
		total, err := w.files(ctx, []plan.File{f}, shared{chunking: w.ingest.chunking(w.job)})
		if err != nil {
			return nil, files, err
		}
		files += total.Files - total.FailedFiles
	}
	if v.run.Trigger.Verify.Remove {
		if err := v.job.house.RemoveIDs(ctx, v.job.ds.Name, v.strip); err != nil {
			return nil, files, err
		}
	} else if len(v.strip) > 0 {
		notes = append(notes, "rows without a record are removed only when asked for: --remove-unrecorded")
	}
	if after, err = v.look(ctx); err != nil {
		return nil, files, err
	}
	after.Notes = append(after.Notes, notes...)
	after.Repaired = mended(before.Findings, after.Findings)
	return after, files, nil
}

// file is what is to be ingested to mend what was found, or why nothing can be.
func (v *verifier) file(ctx context.Context, p plannedRepair) (f plan.File, why string, err error) {
	f = fileOfRecord(p.rec)
	for _, older := range earlier(p.rec, p.versions) {
		f.Replaces = append(f.Replaces, older.ETag)
	}
	switch {
	case p.kind == UnfinishedFiles && p.rec.RangeBytes > 0:
		return f, "it is split, and finished by the next run of the datasource", nil
	case p.kind == UnfinishedFiles, p.kind == UnfinishedReplaces:
		return f, "", nil
	}
	if !p.rec.Marked {
		return f, "its rows don't know their file", nil
	}
	for _, r := range p.versions {
		if again := fileOfRecord(r); again.ETag == f.ETag && again.Again > f.Again && outside(r) {
			return f, "its rows don't fit the table as it is now, and wait to be replayed: " + r.Error, nil
		}
	}
	for obj, err := range v.job.bucket.List(ctx, f.Key, "") {
		if err != nil {
			return f, "", err
		}
		if obj.Key != f.Key || obj.ETag != f.ETag {
			break
		}
		f.Replaces = append(f.Replaces, p.rec.ETag)
		for f.Again++; slices.ContainsFunc(p.versions, func(r clickhouse.FileRecord) bool { return r.Version() == version(f) }); f.Again++ {
			continue // a former repair that failed
		}
		return f, "", nil
	}
	return f, "the bucket doesn't have that version of the file any more", nil
}

// earlier returns the versions that a file is to replace and that may have rows:
// those that its record names, and where the content came again, those of the same
// content before it.
func earlier(rec clickhouse.FileRecord, versions []clickhouse.FileRecord) []clickhouse.FileRecord {
	f := fileOfRecord(rec)
	var older []clickhouse.FileRecord
	for _, r := range versions {
		other := fileOfRecord(r)
		if (slices.Contains(rec.Instead, r.ETag) || other.ETag == f.ETag && other.Again < f.Again) && mayHaveRows(r) {
			older = append(older, r)
		}
	}
	return older
}

// superseded reports whether another version that has rows, or will have, takes the
// file's place.
func superseded(rec clickhouse.FileRecord, versions []clickhouse.FileRecord) bool {
	return slices.ContainsFunc(versions, func(r clickhouse.FileRecord) bool {
		return (r.State == clickhouse.FileIngesting || r.State == clickhouse.FileDone && !outside(r)) &&
			slices.ContainsFunc(earlier(r, versions), func(e clickhouse.FileRecord) bool { return e.Version() == rec.Version() })
	})
}

// mended is what was found before and isn't found any more, or less of it.
func mended(before, after []Finding) []Finding {
	var out []Finding
	for _, f := range before {
		at := slices.IndexFunc(after, func(left Finding) bool { return left.Kind == f.Kind })
		if at >= 0 {
			f.Files, f.Rows = f.Files-after[at].Files, f.Rows-after[at].Rows
			if f.Files <= 0 && f.Rows <= 0 {
				continue
			}
			f.Examples = slices.DeleteFunc(slices.Clone(f.Examples), func(e FileFinding) bool { return slices.Contains(after[at].Examples, e) })
		}
		out = append(out, f)
	}
	return out
}
