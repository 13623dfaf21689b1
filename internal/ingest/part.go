package ingest

import (
	"context"
	"encoding/json"
	"slices"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/internal/run"
)

// Part implements run.Worker: it ingests the files of a part, one after another,
// or a range of a file.
func (i *Ingest) Part(ctx context.Context, p run.Part) (ledger.Totals, json.RawMessage, error) {
	switch {
	case p.Run.Trigger.Replay != nil:
		total, err := i.replay(ctx, p)
		return total, nil, err
	case p.Run.Trigger.Verify != nil:
		return i.verify(ctx, p)
	}
	var do work
	if err := i.ledger.PartPlan(ctx, p.Run.ID, p.Plan.Epoch, p.Index, &do); err != nil {
		return ledger.Totals{}, nil, err
	}
	var s shared
	if err := json.Unmarshal(p.Plan.Shared, &s); err != nil {
		return ledger.Totals{}, nil, err
	}
	j, err := i.open(ctx, p.Run.Project, p.Run.Subject.Name)
	if err != nil {
		return ledger.Totals{}, nil, err
	}
	w, err := i.writer(ctx, j, p)
	if err != nil {
		return ledger.Totals{}, nil, err
	}
	switch {
	case do.Scan > 0:
		out, err := w.scan(ctx, s.Splits[do.Split-1], s, do.Scan-1)
		return ledger.Totals{}, out, err
	case do.Range > 0:
		_, err := w.ranged(ctx, p, s.Splits[do.Split-1], s, do.Range)
		return ledger.Totals{}, nil, err // rows count with the file, when it is done
	}
	total, err := w.files(ctx, do.Files, s)
	return total, nil, err
}

// writer returns what does a part of a job.
func (i *Ingest) writer(ctx context.Context, j *job, p run.Part) (*partWriter, error) {
	added, err := i.ledger.AddedColumns(ctx, j.ds.Name)
	return &partWriter{ingest: i, job: j, run: p.Run, meter: p.Meter, now: i.ledger.Now, log: i.log, added: added}, err
}

// files takes the files that the ledger doesn't have as done: a former attempt
// at this part may have ended in their midst. What another run has in hand
// since the part was planned is left to it.
func (w *partWriter) files(ctx context.Context, files []plan.File, s shared) (total ledger.Totals, err error) {
	known, err := w.job.known(ctx, files)
	if err != nil {
		return total, err
	}
	planned := len(files)
	if files, err = w.unheld(ctx, files, known); err != nil {
		return total, err
	}
	total.SkippedFiles = int64(planned - len(files))
	if err := w.begin(ctx, files, known, s, 0); err != nil {
		return total, err
	}
	kept, err := w.storeAll(ctx, files, known)
	for _, f := range files {
		if rec := known[version(f)]; rec.State != clickhouse.FileIngesting {
			total.Add(sum(rec))
		}
	}
	if err != nil {
		return total, err
	}
	if err := w.replace(ctx, files, known); err != nil {
		return total, err
	}
	return total, kept
}

// unheld leaves out the files that are for another run to ingest, and those that
// another run began in ranges since the part was planned.
func (w *partWriter) unheld(ctx context.Context, files []plan.File, known map[clickhouse.FileVersion]clickhouse.FileRecord) ([]plan.File, error) {
	c := newClaims(w.ingest.ledger, w.run.ID)
	free := make([]plan.File, 0, len(files))
	for _, f := range files {
		held, err := c.held(ctx, known[version(f)])
		if err != nil {
			return nil, err
		}
		if !held && !inRanges(known[version(f)]) {
			free = append(free, f)
		}
	}
	return free, nil
}

// unclaimed reports whether no backfill has a file in its hands.
func (w *partWriter) unclaimed(ctx context.Context, f plan.File, known map[clickhouse.FileVersion]clickhouse.FileRecord) (bool, error) {
	held, err := newClaims(w.ingest.ledger, w.run.ID).held(ctx, known[version(f)])
	return !held, err
}

// halted returns run.ErrHalted where the part isn't to go on for now. It is asked
// where the part can be left off: before a file, and before a chunk.
func (w *partWriter) halted(ctx context.Context) error {
	if w.halt == nil {
		return nil
	}
	return w.halt(ctx)
}

// begin records that files are being ingested, and by which chunks, before the
// first of their rows is appended. It completes known.
func (w *partWriter) begin(ctx context.Context, files []plan.File, known map[clickhouse.FileVersion]clickhouse.FileRecord, s shared, rangeBytes int64) error {
	fresh := slices.DeleteFunc(slices.Clone(files), func(f plan.File) bool {
		rec, ok := known[version(f)]
		return ok && rec.State != clickhouse.FilePlanned
	})
	if len(fresh) == 0 {
		return nil
	}
	marked, err := w.job.house.KnowsFiles(ctx, w.job.ds.Name)
	if err != nil {
		return err
	}
	begun := make([]clickhouse.FileRecord, len(fresh))
	for i, f := range fresh {
		begun[i] = clickhouse.FileRecord{
			Datasource: w.job.ds.Name, Key: f.Key, ETag: version(f).ETag, Size: f.Size, Modified: f.Modified,
			RangeBytes: rangeBytes, Marked: marked, Replaces: len(f.Replaces) > 0, Instead: f.Replaces,
			State: clickhouse.FileIngesting, ChunkRows: s.ChunkRows, ChunkBytes: s.ChunkBytes, ChunkBlocks: s.ChunkBlocks,
			Columns: uint32(len(w.added)), RunID: string(w.run.ID), UpdatedAt: w.now(),
		}
		known[version(f)] = begun[i]
	}
	return w.job.house.RecordFiles(ctx, begun)
}

func sum(rec clickhouse.FileRecord) ledger.Totals {
	t := ledger.Totals{Rows: rec.Rows, Quarantined: rec.Quarantined, Bytes: rec.Size, Files: 1}
	if rec.State == clickhouse.FileFailed {
		t.FailedFiles = 1
	}
	return t
}

func (w *partWriter) note(f plan.File, rec clickhouse.FileRecord) {
	fields := []zap.Field{zap.String("run", string(w.run.ID)), zap.String("key", f.Key), zap.Int64("rows", rec.Rows), zap.Int64("quarantined", rec.Quarantined)}
	if rec.State == clickhouse.FileFailed {
		w.log.Warn("file not ingested", append(fields, zap.String("error", rec.Error))...)
		return
	}
	if rec.Error != "" {
		w.log.Warn("all rows of the file are in quarantine", append(fields, zap.String("reason", rec.Error))...)
		return
	}
	w.log.Debug("file ingested", fields...)
}
