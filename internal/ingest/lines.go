package ingest

import (
	"bufio"
	"context"
	"errors"
	"io"
	"slices"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/format"
)

// Where a row is a line, a range is read from its first line on, and nobody needs
// to have looked at what is before it. Only its rejects do: they are named by their
// numbers in the file. So those of a range that has some are counted when the first
// is met, as far as they aren't known:
//
//   - of a range that is done from the file ledger,
//   - of one that somebody else counted from the state bucket,
//   - of any other by a scan, which is then kept there.
//
// Nearest first: attempts at ranges next to each other, which all have rejects,
// then count different ones, and each finds what the others counted.

// preceding counts what is before a range. It counts once.
type preceding func(ctx context.Context) (ledger.RangeCount, error)

// readLines is readRange for a text whose rows are lines.
func (w *partWriter) readLines(ctx context.Context, p run.Part, s split, rec *clickhouse.FileRecord) error {
	t, err := w.openText(ctx, s, *rec)
	if err != nil {
		return err
	}
	var sum *ledger.RangeCount
	count := func(ctx context.Context) (ledger.RangeCount, error) {
		if sum == nil {
			c, err := w.countBefore(ctx, p, t, s, rec.Range)
			if err != nil {
				return c, err
			}
			sum = &c
		}
		return *sum, nil
	}
	return w.readFrom(ctx, t.job, s.File, rec, func(ctx context.Context) (*input, format.ReadOptions, error) {
		opts := t.opts
		at, sure := s.begin(t.start, rec.Range)
		stream, from, err := t.line(ctx, at, sure)
		if err != nil {
			return nil, opts, err
		}
		opts.Range = &format.Range{From: format.Mark{Offset: from}, Until: s.ends(int(rec.Range)-1, int(rec.Range))[0]}
		return &input{
			Input: format.Input{Name: s.File.Key, Stream: stream, Size: s.File.Size}, format: t.format, closers: []io.Closer{stream}, preceding: count,
		}, opts, nil
	})
}

// begin returns where a range of a text begins, before or at its first row; sure
// is set where that is there.
func (s split) begin(first format.Mark, number uint32) (at int64, sure bool) {
	if at = int64(number-1) * s.RangeBytes; number == 1 || at <= first.Offset {
		return first.Offset, true
	}
	return at, false
}

// lineBuffer is how much is read at once where a line is looked for, in bytes.
const lineBuffer = 64 << 10

// line streams the file from a line on: that at an offset, where it is sure that
// one begins there, else the first that begins at or after it. It may be beyond the
// end of its range, as the decoder will see.
func (t *largeText) line(ctx context.Context, at int64, sure bool) (io.ReadCloser, int64, error) {
	if sure {
		stream, err := t.open(ctx, at)
		return stream, at, err
	}
	at-- // whose byte may be the line feed
	stream, err := t.open(ctx, at)
	if err != nil {
		return nil, at, err
	}
	rest := bufio.NewReaderSize(stream, lineBuffer)
	for more := true; more; {
		if err := t.halted(ctx); err != nil {
			return nil, at, errors.Join(err, stream.Close())
		}
		line, err := rest.ReadSlice('\n')
		at += int64(len(line))
		if more = errors.Is(err, bufio.ErrBufferFull); !more && err != nil && !errors.Is(err, io.EOF) {
			return nil, at, errors.Join(t.job.blame(ctx, t.file, err), stream.Close())
		}
	}
	return struct {
		io.Reader
		io.Closer
	}{rest, stream}, at, nil
}

// countBefore returns how many rows and lines are before a range.
func (w *partWriter) countBefore(ctx context.Context, p run.Part, t *largeText, s split, number uint32) (sum ledger.RangeCount, err error) {
	known, err := w.job.house.KnownRanges(ctx, w.job.ds.Name, version(s.File))
	if err != nil {
		return sum, err
	}
	for k := number - 1; k >= 1; k-- {
		var c ledger.RangeCount
		if i := slices.IndexFunc(known, func(r clickhouse.FileRecord) bool { return r.Range == k }); i >= 0 && counted(known[i]) {
			c = ledger.RangeCount{Rows: known[i].Rows + known[i].Quarantined, Lines: known[i].Lines}
		} else if c, err = w.count(ctx, p, t, s, k); err != nil {
			return sum, err
		}
		sum.Rows, sum.Lines = sum.Rows+c.Rows, sum.Lines+c.Lines
	}
	return sum, nil
}

// counted reports whether the record of a range says how many lines it has: that of one
// which is done does, unless it is of a time when lines weren't counted.
func counted(r clickhouse.FileRecord) bool { return r.State == clickhouse.FileDone && r.Lines > 0 }

// count returns what somebody counted in a range, or else counts it for all.
func (w *partWriter) count(ctx context.Context, p run.Part, t *largeText, s split, number uint32) (c ledger.RangeCount, err error) {
	v := version(s.File)
	id := clickhouse.FileID(v.Key, v.ETag)
	c, known, err := w.ingest.ledger.Count(ctx, p.Run.ID, p.Plan.Epoch, id, number)
	if err != nil || known {
		return c, err
	}
	from, sure := s.begin(t.start, number)
	marks, err := t.scan(ctx, format.Stretch{From: from, Sure: sure, First: 1, Ends: s.ends(int(number)-1, int(number))})
	if err != nil {
		return c, err
	}
	all := marks[len(marks)-1]
	c = ledger.RangeCount{Rows: all.Rows, Lines: all.Lines}
	return c, w.ingest.ledger.SaveCount(ctx, p.Run.ID, p.Plan.Epoch, id, number, c)
}
