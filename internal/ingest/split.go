package ingest

import (
	"context"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/format"
)

const (
	// rangeBytes is the distance of a file's ranges; a file of twice as many bytes
	// is split. It stands in the file ledger with every file that was begun.
	rangeBytes = 128 << 20
	// maxRanges is how many ranges a file has at most: in larger ones they are wider.
	maxRanges = 4096
	// rangesPerScan is how many ranges of a text one part scans; maxScans is how
	// many scans there are at most.
	rangesPerScan = 8
	maxScans      = 64
)

// split is a file that several parts ingest. A text is scanned by parts of the
// first wave, and its ranges are read by those of the second. Row groups need no scan.
type split struct {
	File       plan.File `json:"file"`
	RangeBytes int64     `json:"range_bytes"`
	// PerScan is how many ranges each scan looks at; zero is no text.
	PerScan int `json:"per_scan,omitempty"`
	// Scan is the part that does the first scan; the others follow it.
	Scan int `json:"scan,omitempty"`
}

// ranges returns how many ranges the file has.
func (s split) ranges() int { return int((s.File.Size + s.RangeBytes - 1) / s.RangeBytes) }

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

// splits takes the files that are to be split out of those that a run found. One
// that was begun is finished as it was begun.
func (i *Ingest) splits(ctx context.Context, j *job, files []plan.File) (whole []plan.File, splits []split, err error) {
	var large []plan.File
	for _, f := range files {
		if f.Size >= 2*i.rangeBytes {
			large = append(large, f)
		}
	}
	known := map[clickhouse.FileVersion]clickhouse.FileRecord{}
	if len(large) > 0 {
		if known, err = j.known(ctx, large); err != nil {
			return nil, nil, err
		}
	}
	for _, f := range files {
		s := split{File: f, RangeBytes: i.distance(f.Size)}
		rec, begun := known[version(f)]
		if begun && rec.State != clickhouse.FilePlanned {
			s.RangeBytes = rec.RangeBytes
		}
		if f.Size < 2*i.rangeBytes || s.RangeBytes == 0 || !j.splittable(ctx, &s, begun) {
			whole = append(whole, f)
			continue
		}
		splits = append(splits, s)
	}
	return whole, splits, nil
}

// distance returns how far apart the ranges of a file of so many bytes are.
func (i *Ingest) distance(size int64) int64 {
	const step = 1 << 20
	if size <= i.rangeBytes*maxRanges {
		return i.rangeBytes
	}
	return (size/maxRanges + step) / step * step
}

// splittable reports whether a file can be read in ranges, and how. Of one that
// can't be opened a worker will say why.
func (j *job) splittable(ctx context.Context, s *split, begun bool) bool {
	in, err := j.input(ctx, s.File)
	if err != nil {
		return false
	}
	defer in.Close()
	if !begun && j.ds.Import.OnNewColumn == def.QuarantineColumn && !in.format.Traits().NamesFields {
		return false // it is read whole for new fields before its first row is sent
	}
	if _, ok := in.format.(format.Splitter); ok && in.codec == compress.None {
		s.PerScan = max(rangesPerScan, (s.ranges()+maxScans-1)/maxScans)
		return true
	}
	return in.format.Traits().RandomAccess
}

// partsOf returns the parts of the two waves that ingest split files, those of
// the first beginning with number first. Ranges that are done have none.
func (j *job) partsOf(ctx context.Context, splits []split, first int) (wave0, wave1 []work, err error) {
	for n := range splits {
		s := &splits[n]
		done := map[uint32]bool{}
		recs, err := j.house.KnownRanges(ctx, j.ds.Name, version(s.File))
		if err != nil {
			return nil, nil, err
		}
		for _, rec := range recs {
			done[rec.Range] = rec.State == clickhouse.FileDone
		}
		var open []work
		for k := range s.ranges() {
			if part := (work{Split: n + 1, Range: uint32(k + 1)}); !done[part.Range] {
				open = append(open, part)
			}
		}
		if s.PerScan == 0 || len(open) == 0 {
			wave0 = append(wave0, open...)
			continue
		}
		s.Scan = first + len(wave0)
		for k := 0; k < s.ranges(); k += s.PerScan {
			wave0 = append(wave0, work{Split: n + 1, Scan: k/s.PerScan + 1})
		}
		wave1 = append(wave1, open...)
	}
	return wave0, wave1, nil
}

// settle completes the record of a split file when its parts are done: it is done
// if all of its ranges are. It may be called again.
func (w *partWriter) settle(ctx context.Context, s split) (ledger.Totals, error) {
	known, err := w.job.known(ctx, []plan.File{s.File})
	if err != nil {
		return ledger.Totals{}, err
	}
	rec := known[version(s.File)]
	if rec.State == clickhouse.FileIngesting || rec.State == clickhouse.FileFailed {
		if rec, err = w.sumUp(ctx, s, rec); err != nil {
			return ledger.Totals{}, err
		}
		if err := w.job.house.RecordFiles(ctx, []clickhouse.FileRecord{rec}); err != nil {
			return ledger.Totals{}, err
		}
		known[version(s.File)] = rec
		w.note(s.File, rec)
	}
	return sum(rec), w.replace(ctx, []plan.File{s.File}, known)
}

// sumUp returns the record of a split file, as its ranges have it.
func (w *partWriter) sumUp(ctx context.Context, s split, rec clickhouse.FileRecord) (clickhouse.FileRecord, error) {
	ranges, err := w.job.house.KnownRanges(ctx, w.job.ds.Name, version(s.File))
	if err != nil {
		return rec, err
	}
	rec.Rows, rec.Quarantined, rec.Bytes, rec.Chunks = 0, 0, 0, 0
	done, refused := 0, ""
	for _, r := range ranges {
		rec.Rows += r.Rows
		rec.Quarantined += r.Quarantined
		rec.Bytes += r.Bytes
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
		rec.State, rec.Error = clickhouse.FileDone, refused
	}
	rec.RunID, rec.UpdatedAt = string(w.run.ID), w.now()
	return rec, nil
}
