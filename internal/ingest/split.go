package ingest

import (
	"context"
	"errors"
	"path"

	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/format"
)

const (
	// rangeBytes is how wide the ranges of a text are at most; one that is wider is
	// split. As a range is, so stands its width in the file ledger with every file
	// that was begun.
	rangeBytes = 256 << 20
	// dense is how many times as many rows a byte of a Parquet file holds as one of
	// a text, and more: so much narrower are its ranges.
	dense = 4
	// maxRanges is how many ranges a file has at most: in larger ones they are wider.
	maxRanges = 4096
	// rangesPerScan is how many ranges of a text one part scans at most, unless
	// that made more than maxScans.
	rangesPerScan = 8
	maxScans      = 64
)

// split is a file that several parts ingest. A text is scanned by parts of the
// first wave, and its ranges are read by those of the second, unless its rows are
// lines. Row groups need no scan.
type split struct {
	File       plan.File `json:"file"`
	RangeBytes int64     `json:"range_bytes"`
	// Lines is a text whose rows are lines. Its ranges need no scan either.
	Lines bool `json:"lines,omitempty"`
	// PerScan is how many ranges each scan looks at; zero where none is needed.
	PerScan int `json:"per_scan,omitempty"`
	// Scan is the part that does the first scan; the others follow it.
	Scan int `json:"scan,omitempty"`
}

// ranges returns how many ranges the file has.
func (s split) ranges() int { return int((s.File.Size + s.RangeBytes - 1) / s.RangeBytes) }

// width returns how many bytes of the file a range has, which is numbered from 1.
func (s split) width(number uint32) int64 {
	return min(int64(number)*s.RangeBytes, s.File.Size) - int64(number-1)*s.RangeBytes
}

// ends returns where ranges end, from one to before another, counted from 0.
func (s split) ends(from, to int) []int64 {
	var ends []int64
	for k := from; k < min(to, s.ranges()); k++ {
		ends = append(ends, min(int64(k+1)*s.RangeBytes, s.File.Size))
	}
	return ends
}

// work is what a part does: files, or a scan or range of one of the files that
// the plan splits.
type work struct {
	Files []plan.File `json:"files,omitempty"`
	Split int         `json:"split,omitempty"` // its number among them, from 1
	Scan  int         `json:"scan,omitempty"`  // from 1
	Range uint32      `json:"range,omitempty"` // from 1
}

// opensAtOnce is how many large files are looked into at a time.
const opensAtOnce = 8

// splits takes the files that are to be split out of those that a run found. One
// that was begun is finished as it was begun, whatever would be done with it now
// (TestAnAbandonedSplitFileIsFinished).
func (i *Ingest) splits(ctx context.Context, j *job, files []plan.File) (whole []plan.File, splits []split, err error) {
	var large []plan.File
	for _, f := range files {
		if i.large(j, f) {
			large = append(large, f)
		}
	}
	if len(large) == 0 {
		return files, nil, nil
	}
	known, err := j.known(ctx, large)
	if err != nil {
		return nil, nil, err
	}
	found := make([]*split, len(large)) // nil: it is read whole
	group, opening := errgroup.WithContext(ctx)
	group.SetLimit(opensAtOnce)
	for n, f := range large {
		group.Go(func() (err error) {
			found[n], err = i.splitOf(opening, j, f, known[version(f)])
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	for _, f := range files {
		var s *split
		if i.large(j, f) {
			s, found = found[0], found[1:]
		}
		if s == nil {
			whole = append(whole, f)
			continue
		}
		splits = append(splits, *s)
	}
	return whole, splits, nil
}

// widest returns how wide a range of a file is at most, by its name and definition.
func (i *Ingest) widest(j *job, f plan.File) int64 {
	name := string(j.ds.Import.Format)
	if name == string(def.Parquet) || name == "" && path.Ext(f.Key) == ".parquet" {
		return max(i.rangeBytes/dense, 1)
	}
	return i.rangeBytes
}

// large reports whether a file is worth splitting, or was begun so.
func (i *Ingest) large(j *job, f plan.File) bool { return f.Size > i.widest(j, f) || f.RangeBytes > 0 }

// width returns how wide the ranges of a file are that is begun now: all alike,
// and an even number, so that two workers have the same to do.
func (i *Ingest) width(j *job, f plan.File) int64 {
	widest := i.widest(j, f)
	ranges := min((f.Size+widest-1)/widest, maxRanges)
	ranges += ranges % 2
	return (f.Size + ranges - 1) / ranges
}

// splitOf returns how a large file is read in ranges; nil if it is read whole.
func (i *Ingest) splitOf(ctx context.Context, j *job, f plan.File, rec clickhouse.FileRecord) (*split, error) {
	s := &split{File: f, RangeBytes: i.width(j, f)}
	begun := rec.State != "" && rec.State != clickhouse.FilePlanned
	if begun {
		s.RangeBytes = rec.RangeBytes
	}
	if inRanges(rec) {
		return s, j.inItsRanges(ctx, s)
	}
	if s.RangeBytes == 0 {
		return nil, nil
	}
	if able, err := j.splittable(ctx, s, begun); err != nil || !able {
		return nil, ctx.Err() // of a file that can't be opened a worker will say why
	}
	return s, nil
}

// inItsRanges completes the plan of a file that was begun in ranges. One that is
// gone by now is scanned all the same, for a worker to find that out and record it.
func (j *job) inItsRanges(ctx context.Context, s *split) error {
	able, err := j.splittable(ctx, s, true)
	if err == nil && able {
		return nil
	}
	var bad *fileError
	if err != nil && !errors.As(j.blame(ctx, s.File, err), &bad) {
		return err
	}
	s.PerScan = s.perScan()
	return nil
}

// splittable reports whether a file can be read in ranges, and how. The error is
// that of opening it.
func (j *job) splittable(ctx context.Context, s *split, begun bool) (bool, error) {
	in, err := j.input(ctx, s.File)
	if err != nil {
		return false, err
	}
	defer in.Close()
	if !begun && j.ds.Import.OnNewColumn == def.QuarantineColumn && !in.format.Traits().NamesFields {
		return false, nil // it is read whole for new fields before its first row is sent
	}
	if _, ok := in.format.(format.Splitter); ok && in.codec == compress.None {
		if s.Lines = in.format.Traits().Lines; !s.Lines {
			s.PerScan = s.perScan()
		}
		return true, nil
	}
	return in.format.Traits().RandomAccess, nil
}

// perScan returns how many ranges of a text one part scans: of a small one half,
// so that two workers share it.
func (s *split) perScan() int {
	all := s.ranges()
	return max(min(rangesPerScan, (all+1)/2), (all+maxScans-1)/maxScans)
}

// partsOf returns the parts of the two waves that ingest split files, those of
// the first beginning with number first. Ranges that are done have none.
func (j *job) partsOf(ctx context.Context, splits []split, first int) (wave0, wave1 []work, err error) {
	for n := range splits {
		done := map[uint32]bool{}
		recs, err := j.house.KnownRanges(ctx, j.ds.Name, version(splits[n].File))
		if err != nil {
			return nil, nil, err
		}
		for _, rec := range recs {
			done[rec.Range] = rec.State == clickhouse.FileDone
		}
		now, then := splits[n].parts(n+1, first+len(wave0), done)
		wave0, wave1 = append(wave0, now...), append(wave1, then...)
	}
	return wave0, wave1, nil
}

// parts returns the parts that ingest a file, which is known by a number among
// those that are split: those of this wave, from number first on, and of the next.
func (s *split) parts(number, first int, done map[uint32]bool) (now, then []work) {
	var open []work
	for k := range s.ranges() {
		if part := (work{Split: number, Range: uint32(k + 1)}); !done[part.Range] {
			open = append(open, part)
		}
	}
	if s.PerScan == 0 || len(open) == 0 {
		return open, nil
	}
	s.Scan = first
	for k := 0; k < s.ranges(); k += s.PerScan {
		now = append(now, work{Split: number, Scan: k/s.PerScan + 1})
	}
	return now, open
}

// settle completes the record of a split file when its parts are done: it is done
// if all of its ranges are. It may be called again.
func (w *partWriter) settle(ctx context.Context, s split) (clickhouse.FileRecord, error) {
	known, err := w.job.known(ctx, []plan.File{s.File})
	if err != nil {
		return clickhouse.FileRecord{}, err
	}
	rec := known[version(s.File)]
	if rec.State == clickhouse.FileIngesting || rec.State == clickhouse.FileFailed {
		if rec, err = w.sumUp(ctx, s, rec); err != nil {
			return rec, err
		}
		if err := w.job.house.RecordFiles(ctx, []clickhouse.FileRecord{rec}); err != nil {
			return rec, err
		}
		known[version(s.File)] = rec
		w.note(s.File, rec)
	}
	return rec, w.replace(ctx, []plan.File{s.File}, known)
}

// sumUp returns the record of a split file, as its ranges have it.
func (w *partWriter) sumUp(ctx context.Context, s split, rec clickhouse.FileRecord) (clickhouse.FileRecord, error) {
	ranges, err := w.job.house.KnownRanges(ctx, w.job.ds.Name, version(s.File))
	if err != nil {
		return rec, err
	}
	rec.Rows, rec.Quarantined, rec.Bytes, rec.Lines, rec.Chunks = 0, 0, 0, 0, 0
	done, refused := 0, ""
	for _, r := range ranges {
		rec.Rows += r.Rows
		rec.Quarantined += r.Quarantined
		rec.Bytes += r.Bytes
		rec.Lines += r.Lines
		rec.Chunks += r.Chunks
		if r.State == clickhouse.FileDone {
			done++
			refused = r.Error // of each range, where the file's rows are all in quarantine
		}
	}
	if rec.State == clickhouse.FileIngesting {
		if done != s.ranges() {
			return rec, errBegunOtherwise(s.File)
		}
		rec.Error = refused
		rec = ingested(rec)
	}
	rec.RunID, rec.UpdatedAt = string(w.run.ID), w.now()
	return rec, nil
}
