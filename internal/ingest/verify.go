package ingest

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/fault"
)

// verifier compares a datasource's table with its file ledger. The datasource's
// own runs wait meanwhile; what its backfills do is told from what is wrong by
// looking twice.
type verifier struct {
	ingest *Ingest
	job    *job
	run    ledger.Run
	meter  *run.Meter

	keeps clickhouse.Keeps
	ended map[string]bool // runs, by whether they have ended
	again []plannedRepair // files that a repair ingests or finishes
	strip []uint64        // ids of rows without a record

	waiting int // files that don't fit, and for which older content stands in
}

// verify does the one part of a verification.
func (i *Ingest) verify(ctx context.Context, p run.Part) (ledger.Totals, json.RawMessage, error) {
	j, err := i.open(ctx, p.Run.Project, p.Run.Subject.Name)
	if err != nil {
		return ledger.Totals{}, nil, err
	}
	v := &verifier{ingest: i, job: j, run: p.Run, meter: p.Meter, ended: map[string]bool{}}
	if v.keeps, err = j.house.Keeps(ctx, j.ds.Name); err != nil {
		return ledger.Totals{}, nil, err
	}
	report, err := v.look(ctx)
	var files int64
	if err == nil && len(report.Findings) > 0 && p.Run.Trigger.Verify.Repair {
		report, files, err = v.mend(ctx, report)
	}
	if err != nil {
		return ledger.Totals{}, nil, err
	}
	output, err := json.Marshal(report)
	if err != nil {
		return ledger.Totals{}, nil, fault.New(fault.Invalid, "encode verification: %w", err)
	}
	return ledger.Totals{Rows: report.Rows, Quarantined: report.Quarantined - report.Replayed, Files: files}, output, nil
}

// look compares everything once.
func (v *verifier) look(ctx context.Context) (*Verification, error) {
	v.again, v.strip, v.waiting = nil, nil, 0
	report := &Verification{Datasource: v.job.ds.Name, Findings: []Finding{}}
	// Rows first: of each, the record was there before.
	n, err := v.job.house.Count(ctx, v.job.ds.Name)
	if err != nil {
		return nil, err
	}
	if err := v.batch(ctx, report); err != nil {
		return nil, err
	}
	rest := maps.Clone(n.Rows) // those that no record accounts for
	blind := blindly{rows: n.Rows[0]}
	var suspects []clickhouse.FileRecord
	var forgotten int64
	filter := clickhouse.FileFilter{Limit: listPage}
	for {
		page, err := v.job.house.ListFiles(ctx, v.job.ds.Name, filter)
		if err != nil {
			return nil, err
		}
		for _, rec := range page {
			delete(rest, rec.FileID())
			blind.add(rec, n)
			if rec.State == clickhouse.FileDone {
				report.Files++
			}
			switch d := judge(rec, n, v.keeps); {
			case d.kind != "" || rec.State == clickhouse.FileIngesting || rec.Replaces:
				suspects = append(suspects, rec)
			case d.forgotten:
				forgotten++
			case rec.State == clickhouse.FileDone && rec.Marked:
				report.Proved++
			}
			v.meter.Add(rec.Rows, rec.Size)
		}
		if len(page) < filter.Limit {
			break
		}
		filter.After = page[len(page)-1].Version()
	}
	if err := v.suspect(ctx, suspects, report); err != nil {
		return nil, err
	}
	delete(rest, 0)
	v.unrecorded(report, rest)
	blind.judge(report, v.keeps)
	v.sum(report, n, forgotten)
	return report, nil
}

// sum completes a report.
func (v *verifier) sum(report *Verification, n clickhouse.Census, forgotten int64) {
	for _, rows := range n.Rows {
		report.Rows += rows
	}
	for _, rows := range n.Quarantined {
		report.Quarantined += rows
	}
	for _, rows := range n.Replayed {
		report.Replayed += rows
	}
	if forgotten > 0 {
		report.note("%d files have fewer rows in the table than were appended, which proves nothing: %s", forgotten, forgets(v.keeps))
	}
	if v.waiting > 0 {
		report.note("the newer content of %d files doesn't fit the table and is in quarantine: the rows of their older content stay until some of it is replayed", v.waiting)
	}
	report.Clean = len(report.Findings) == 0
}

// batch finds out whether a replay is half done. This run is the only one that
// could be at it.
func (v *verifier) batch(ctx context.Context, report *Verification) error {
	var b batch
	_, open, err := v.ingest.ledger.ReplayTurn(ctx, v.job.ds.Name, &b)
	if err == nil && open {
		report.found(UnfinishedReplay, FileFinding{Expected: int64(len(b.Rows))})
	}
	return err
}

// suspect looks again at files that were not as they are to be. What isn't the
// same at both times is being worked at.
func (v *verifier) suspect(ctx context.Context, suspects []clickhouse.FileRecord, report *Verification) error {
	if len(suspects) == 0 {
		return nil
	}
	n, err := v.job.house.Count(ctx, v.job.ds.Name)
	if err != nil {
		return err
	}
	for page := range slices.Chunk(suspects, listPage) {
		versions := make([]clickhouse.FileVersion, len(page))
		keys := make([]string, len(page))
		for i, rec := range page {
			versions[i], keys[i] = rec.Version(), rec.Key
		}
		now, err := v.job.house.KnownFiles(ctx, v.job.ds.Name, versions)
		if err != nil {
			return err
		}
		all, err := v.job.house.KnownVersions(ctx, v.job.ds.Name, keys)
		if err != nil {
			return err
		}
		for _, rec := range page {
			if now[rec.Version()].State != rec.State {
				continue
			}
			if err := v.one(ctx, now[rec.Version()], all[rec.Key], n, report); err != nil {
				return err
			}
		}
	}
	return nil
}

// one judges a file that was looked at again, given all versions of its key.
func (v *verifier) one(ctx context.Context, rec clickhouse.FileRecord, versions []clickhouse.FileRecord, n clickhouse.Census, report *Verification) error {
	file := FileFinding{Key: rec.Key, ETag: rec.ETag}
	if rec.State == clickhouse.FileIngesting {
		over, err := v.over(ctx, rec.RunID)
		if err == nil && over {
			file.Found = n.Rows[rec.FileID()]
			report.found(UnfinishedFiles, file)
			v.again = append(v.again, plannedRepair{kind: UnfinishedFiles, rec: rec, versions: versions})
		}
		return err
	}
	older := earlier(rec, versions)
	replaces := rec.State == clickhouse.FileDone && rec.Replaces && len(older) > 0
	if replaces && outside(rec) && n.Replayed[rec.Version()] == 0 {
		v.waiting++
		replaces = false
	}
	if replaces {
		file.Found = n.Rows[older[0].FileID()]
		report.found(UnfinishedReplaces, file)
		v.again = append(v.again, plannedRepair{kind: UnfinishedReplaces, rec: rec, versions: versions})
		return nil
	}
	if superseded(rec, versions) {
		return nil // what is wrong with it goes with its rows
	}
	d := judge(rec, n, v.keeps)
	if d.kind == "" {
		if rec.State == clickhouse.FileDone && rec.Marked && !d.forgotten {
			report.Proved++
		}
		return nil
	}
	file.Expected, file.Found = d.expected, d.found
	report.found(d.kind, file)
	v.again = append(v.again, plannedRepair{kind: d.kind, rec: rec, versions: versions})
	return nil
}

// over reports whether a run has ended, or is gone. What an attempt of our own
// left behind is ours to finish.
func (v *verifier) over(ctx context.Context, id string) (bool, error) {
	if id == string(v.run.ID) {
		return true, nil
	}
	if over, known := v.ended[id]; known {
		return over, nil
	}
	r, err := v.ingest.ledger.Run(ctx, ledger.RunID(id))
	gone := fault.Is(err, fault.NotFound)
	if err != nil && !gone {
		return false, err
	}
	v.ended[id] = gone || r.State.Final()
	return v.ended[id], nil
}

// unrecorded finds rows of files that the ledger doesn't know.
func (v *verifier) unrecorded(report *Verification, rest map[uint64]int64) {
	for _, id := range slices.Sorted(maps.Keys(rest)) {
		report.found(UnrecordedRows, FileFinding{ID: id, Found: rest[id]})
		v.strip = append(v.strip, id)
	}
}

// blindly is the files whose rows don't know their file: they came before tables
// did, or the server is too old. They are proved together.
type blindly struct {
	files          int64
	rows, expected int64
	unsure         bool // a file that failed may have left rows
}

func (b *blindly) add(rec clickhouse.FileRecord, n clickhouse.Census) {
	if rec.Marked {
		return
	}
	switch rec.State {
	case clickhouse.FileDone:
		b.files++
		b.expected += rec.Rows + n.Replayed[rec.Version()]
	case clickhouse.FilePlanned, clickhouse.FileReplaced:
	case clickhouse.FileFailed, clickhouse.FileIngesting:
		b.unsure = b.unsure || mayHaveRows(rec)
	}
}

func (b *blindly) judge(report *Verification, keeps clickhouse.Keeps) {
	all := FileFinding{Expected: b.expected, Found: b.rows}
	switch {
	case b.rows > b.expected && !b.unsure:
		report.found(UnrecordedRows, all)
	case b.rows < b.expected && !keeps.Forgets():
		report.found(MissingRows, all)
	}
	if b.files > 0 {
		report.note("the rows of %d files don't know their file, and were proved in total only: %d of %d", b.files, b.rows, b.expected)
	}
}
