package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
)

// firstRows is how many of the rows at its beginning a scan remembers. The next
// one that is known to be a row is nearly always among them.
const firstRows = 64

// scanned is the output of a part that scans.
type scanned struct {
	Marks []format.Mark `json:"marks"`
}

// beginSplit records that a file is being ingested in ranges, before the first
// of its rows is appended. A file that is over is returned as it is.
func (w *partWriter) beginSplit(ctx context.Context, s split, sh shared) (clickhouse.FileRecord, error) {
	known, err := w.job.known(ctx, []plan.File{s.File})
	if err != nil {
		return clickhouse.FileRecord{}, err
	}
	free, err := w.unclaimed(ctx, s.File, known)
	if err != nil {
		return clickhouse.FileRecord{}, err
	}
	if !free {
		return clickhouse.FileRecord{}, fault.New(fault.Invalid, "ingest %s: a backfill has claimed it: %w", s.File.Key, run.ErrReplan)
	}
	if err := w.begin(ctx, []plan.File{s.File}, known, sh, s.RangeBytes); err != nil {
		return clickhouse.FileRecord{}, err
	}
	rec := known[version(s.File)]
	if rec.State == clickhouse.FileIngesting && rec.RangeBytes != s.RangeBytes {
		return rec, errBegunOtherwise(s.File)
	}
	return rec, nil
}

// errBegunOtherwise says that somebody began a file in other ranges than the
// plan has, since that was made.
func errBegunOtherwise(f plan.File) error {
	return fault.New(fault.Invalid, "ingest %s: another run began it in other ranges: %w", f.Key, run.ErrReplan)
}

// scan finds where rows begin in some of a file's ranges.
func (w *partWriter) scan(ctx context.Context, s split, sh shared, n int) (json.RawMessage, error) {
	rec, err := w.beginSplit(ctx, s, sh)
	if err != nil || rec.State != clickhouse.FileIngesting {
		return nil, err
	}
	var out scanned
	t, err := w.openText(ctx, s, rec)
	if err == nil {
		stretch := format.Stretch{From: t.start.Offset, Sure: true, First: firstRows, Ends: s.ends(n*s.PerScan, (n+1)*s.PerScan)}
		if n > 0 {
			stretch.From, stretch.Sure = int64(n*s.PerScan)*s.RangeBytes, false
		}
		out.Marks, err = t.scan(ctx, stretch)
	}
	if err := w.failSplit(ctx, s, rec, err); err != nil {
		return nil, err
	}
	return json.Marshal(out)
}

// failSplit records that a file can't be read, if it is itself to blame for err.
// Another error is returned.
func (w *partWriter) failSplit(ctx context.Context, s split, rec clickhouse.FileRecord, err error) error {
	var bad *fileError
	if !errors.As(err, &bad) {
		return err
	}
	rec.Range, rec.State, rec.Error = 0, clickhouse.FileFailed, bad.Error()
	rec.RunID, rec.UpdatedAt = string(w.run.ID), w.now()
	return w.job.house.RecordFiles(ctx, []clickhouse.FileRecord{rec})
}

// ranged ingests one range of a file and returns the range's record. Where there
// is nothing to do, or the file can't be read, that is what it was before; it is
// zero where there is none.
func (w *partWriter) ranged(ctx context.Context, p run.Part, s split, sh shared, n uint32) (rec clickhouse.FileRecord, err error) {
	whole, err := w.beginSplit(ctx, s, sh)
	if err != nil {
		return rec, err
	}
	if whole.State != clickhouse.FileIngesting {
		return w.knownRange(ctx, whole, n)
	}
	if rec, err = w.beginRange(ctx, whole, n); err != nil || rec.State != clickhouse.FileIngesting {
		return rec, err
	}
	var bad *fileError
	if err = w.readRange(ctx, p, s, &rec); errors.As(err, &bad) {
		twin, unknown := w.knownRange(ctx, whole, n)
		if unknown != nil || twin.State == clickhouse.FileDone {
			return twin, unknown // the file was deleted after a twin of this attempt was done with the range
		}
		return twin, w.failSplit(ctx, s, whole, err)
	}
	if err != nil {
		return rec, err
	}
	rec.State, rec.RunID, rec.UpdatedAt = clickhouse.FileDone, string(w.run.ID), w.now()
	return rec, w.job.house.RecordFiles(ctx, []clickhouse.FileRecord{rec})
}

func (w *partWriter) knownRange(ctx context.Context, whole clickhouse.FileRecord, n uint32) (clickhouse.FileRecord, error) {
	ranges, err := w.job.house.KnownRanges(ctx, w.job.ds.Name, whole.Version())
	if i := slices.IndexFunc(ranges, func(r clickhouse.FileRecord) bool { return r.Range == n }); i >= 0 {
		return ranges[i], err
	}
	return clickhouse.FileRecord{}, err
}

// beginRange returns the record of a range, and writes it where there is none.
func (w *partWriter) beginRange(ctx context.Context, whole clickhouse.FileRecord, n uint32) (clickhouse.FileRecord, error) {
	rec, err := w.knownRange(ctx, whole, n)
	if err != nil || rec.Range == n {
		return rec, err
	}
	rec = whole // with the run that began it
	rec.Range, rec.UpdatedAt = n, w.now()
	return rec, w.job.house.RecordFiles(ctx, []clickhouse.FileRecord{rec})
}

// readRange decodes a range and appends its chunks.
func (w *partWriter) readRange(ctx context.Context, p run.Part, s split, rec *clickhouse.FileRecord) error {
	switch {
	case s.Lines:
		return w.readLines(ctx, p, s, rec)
	case s.PerScan > 0:
		return w.readText(ctx, p, s, rec)
	}
	j, err := w.begunWith(ctx, *rec)
	if err != nil {
		return err
	}
	groups := &format.Range{From: format.Mark{Offset: int64(rec.Range-1) * s.RangeBytes}, Until: int64(rec.Range) * s.RangeBytes}
	return w.readFrom(ctx, j, s.File, rec, func(ctx context.Context) (*input, format.ReadOptions, error) {
		in, opts, err := j.whole(s.File)(ctx)
		opts.Range = groups
		return in, opts, err
	})
}

// readText is readRange for a text: its first and last row are where the scans
// of the first wave, joined, have them.
func (w *partWriter) readText(ctx context.Context, p run.Part, s split, rec *clickhouse.FileRecord) error {
	t, err := w.openText(ctx, s, *rec)
	if err != nil {
		return err
	}
	scans, err := w.scans(ctx, p, s, int(rec.Range))
	if err != nil {
		return err
	}
	starts, err := format.Chain(t.start, s.ends(0, int(rec.Range)), scans, func(from format.Mark, end int64) (format.Mark, error) {
		return t.rescan(ctx, from, end)
	})
	if err != nil {
		return err
	}
	opts := t.opts
	opts.Range = &format.Range{From: starts[rec.Range-1], Until: starts[rec.Range].Offset}
	if opts.Range.From.Offset >= opts.Range.Until {
		return nil // a row of the range before it is longer than this one
	}
	return w.readFrom(ctx, t.job, s.File, rec, func(ctx context.Context) (*input, format.ReadOptions, error) {
		stream, err := t.open(ctx, opts.Range.From.Offset)
		if err != nil {
			return nil, opts, err
		}
		return &input{Input: format.Input{Name: s.File.Key, Stream: stream, Size: s.File.Size}, format: t.format, closers: []io.Closer{stream}}, opts, nil
	})
}

// scans returns what was found in each of the first ranges of a text.
func (w *partWriter) scans(ctx context.Context, p run.Part, s split, ranges int) (all [][]format.Mark, err error) {
	var out scanned
	for k := range ranges {
		if k%s.PerScan == 0 {
			m, err := w.ingest.ledger.PartManifest(ctx, p.Run.ID, p.Plan.Epoch, s.Scan+k/s.PerScan)
			if err != nil {
				return nil, err
			}
			if out, err = scanOf(m); err != nil {
				return nil, fault.New(fault.Invalid, "read the scan of %s: %w", s.File.Key, err)
			}
		}
		all = append(all, out.Marks)
	}
	return all, nil
}

// scanOf returns what a part that scans found: nothing, where it found the file in
// other hands.
func scanOf(m ledger.PartManifest) (out scanned, err error) {
	if len(m.Output) > 0 {
		err = json.Unmarshal(m.Output, &out)
	}
	return out, err
}
