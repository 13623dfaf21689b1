package ingest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/pkg/fault"
)

// choose decides whether a listed file is taken, given what is recorded of all
// versions of its key. The file that it returns knows which of them it replaces.
//
//	the listed version is    ignore               append   replace
//	new, the only one        taken                taken    taken
//	new, others are there    left alone           taken    taken, replaces them
//	claimed                  taken                taken    taken, replaces them
//	half ingested            taken                taken    taken, replaces as it was begun
//	done                     left                 left     left, or taken to finish replacing
//	done, no row of it fits  left                 left     left: see outside
func choose(policy def.OnOverwrite, f plan.File, versions []clickhouse.FileRecord) (file plan.File, taken bool) {
	own := slices.IndexFunc(versions, func(r clickhouse.FileRecord) bool { return r.Version() == version(f) })
	for own >= 0 && versions[own].State == clickhouse.FileReplaced {
		f.Again++ // a content that came back after another one had replaced it
		own = slices.IndexFunc(versions, func(r clickhouse.FileRecord) bool { return r.Version() == version(f) })
	}
	begun := own >= 0 && versions[own].State != clickhouse.FilePlanned
	var present, removable []string
	for i, r := range versions {
		if i == own || r.State == clickhouse.FileReplaced {
			continue
		}
		if r.State != clickhouse.FileFailed {
			present = append(present, r.ETag)
		}
		if mayHaveRows(r) {
			removable = append(removable, r.ETag)
		}
	}
	switch {
	case !begun && policy == def.ReplaceOverwrite, begun && versions[own].Replaces:
		f.Replaces = removable
	case begun:
		f.Replaces = withdrawn(versions[own], versions)
	case policy == def.IgnoreOverwrite && len(present) > 0:
		return f, false
	}
	switch {
	case !begun || versions[own].State == clickhouse.FileIngesting:
		return f, true
	case versions[own].State == clickhouse.FileDone:
		return f, len(f.Replaces) > 0 && !outside(versions[own])
	}
	return f, false
}

// outside reports whether no row of a file that is done is in the table, though it
// has some: its columns were dropped or retyped, or none of its rows fits. It takes
// nobody's place before a replay brings a row in (TestContentThatDoesNotFitReplacesNothing),
// which takes the error from its record.
func outside(rec clickhouse.FileRecord) bool {
	return rec.State == clickhouse.FileDone && rec.Rows == 0 && rec.Quarantined > 0 && rec.Error != ""
}

// withdrawn returns the versions that were to take the place of a version which is
// there, didn't fit, and are no more what the object has: that has come back.
func withdrawn(rec clickhouse.FileRecord, versions []clickhouse.FileRecord) (etags []string) {
	for _, r := range versions {
		if outside(r) && slices.Contains(r.Instead, rec.ETag) {
			etags = append(etags, r.ETag)
		}
	}
	return etags
}

// mayHaveRows reports whether rows of a file version can be in the table. A file
// that failed before its first chunk has none, unless it was sent with others.
func mayHaveRows(r clickhouse.FileRecord) bool {
	return r.State == clickhouse.FileDone || r.State == clickhouse.FileIngesting ||
		r.State == clickhouse.FileFailed && (r.Chunks > 0 || r.RangeBytes > 0 || r.Pack != "")
}

// version is what the file ledger calls a file.
func version(f plan.File) clickhouse.FileVersion {
	v := clickhouse.FileVersion{Key: f.Key, ETag: f.ETag}
	if f.Again > 0 {
		v.ETag = fmt.Sprint(f.ETag, "#", f.Again)
	}
	return v
}

// replaceable returns an error that the file is to blame for where the versions
// that it replaces have rows which can't be told from others.
func (j *job) replaceable(ctx context.Context, f plan.File) error {
	if len(f.Replaces) == 0 {
		return nil
	}
	known, err := j.house.KnownFiles(ctx, j.ds.Name, replaced(f))
	if err != nil {
		return err
	}
	for v, rec := range known {
		if rec.Marked || rec.Rows == 0 && rec.State != clickhouse.FileIngesting {
			continue
		}
		return &fileError{fault.WithRemedy(fault.New(fault.Invalid, "replace version %s of %s: its %d rows don't know their file", v.ETag, f.Key, rec.Rows),
			"remove them by hand and write IMPORT_ON_OVERWRITE append")}
	}
	return nil
}

// replaced is the versions that f replaces.
func replaced(f plan.File) []clickhouse.FileVersion {
	out := make([]clickhouse.FileVersion, len(f.Replaces))
	for i, etag := range f.Replaces {
		out[i] = clickhouse.FileVersion{Key: f.Key, ETag: etag}
	}
	return out
}

// replace removes the rows of the versions that files replace, once those are
// done and have rows in the table, and then records that it did. Whatever it is
// interrupted at, the next listing finds that a file which Replaces isn't the only
// one of its key. Which versions those are was decided with the listing: an attempt that wakes up
// late doesn't remove what came since (TestALateAttemptRemovesNothingNewer).
func (w *partWriter) replace(ctx context.Context, files []plan.File, known map[clickhouse.FileVersion]clickhouse.FileRecord) error {
	var old []clickhouse.FileVersion
	withdrawn := map[clickhouse.FileVersion]bool{}
	for _, f := range files {
		if rec := known[version(f)]; rec.State == clickhouse.FileDone && !outside(rec) {
			for _, v := range replaced(f) {
				old = append(old, v)
				withdrawn[v] = !rec.Replaces
			}
		}
	}
	if len(old) == 0 {
		return nil
	}
	records, err := w.job.house.KnownFiles(ctx, w.job.ds.Name, old)
	if err != nil {
		return err
	}
	var gone []clickhouse.FileRecord
	for v, rec := range records {
		if !withdrawn[v] || outside(rec) {
			gone = append(gone, rec)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	slices.SortFunc(gone, func(a, b clickhouse.FileRecord) int { return strings.Compare(a.Key+"\x00"+a.ETag, b.Key+"\x00"+b.ETag) })
	versions := make([]clickhouse.FileVersion, len(gone))
	for i := range gone {
		versions[i] = gone[i].Version()
		gone[i].State, gone[i].RunID, gone[i].UpdatedAt = clickhouse.FileReplaced, string(w.run.ID), w.now()
	}
	if err := w.job.house.RemoveFiles(ctx, w.job.ds.Name, versions); err != nil {
		return err
	}
	return w.job.house.RecordFiles(ctx, gone)
}

// checkReplace returns an error where overwritten files can't be replaced.
func (j *job) checkReplace(ctx context.Context) error {
	if j.ds.Import.OnOverwrite != def.ReplaceOverwrite {
		return nil
	}
	able, err := j.house.KnowsFiles(ctx, j.ds.Name)
	if err != nil || able {
		return err
	}
	return fault.WithRemedy(fault.New(fault.Invalid, "datasource %s: IMPORT_ON_OVERWRITE replace: rows of the table can't know their file on this server", j.ds.Name),
		"use ClickHouse 23.8 or newer, or write IMPORT_ON_OVERWRITE append")
}
