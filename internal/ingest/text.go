package ingest

import (
	"context"
	"io"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
)

// largeText is a file that is read in ranges by where its rows begin. What it says of
// the file is found once, in its beginning.
type largeText struct {
	job    *job
	file   plan.File
	format format.Splitter
	opts   format.ReadOptions
	start  format.Mark // of the first row
	halted func(ctx context.Context) error
}

// openText reads the beginning of a file.
func (w *partWriter) openText(ctx context.Context, s split, rec clickhouse.FileRecord) (*largeText, error) {
	j, err := w.begunWith(ctx, rec)
	if err != nil {
		return nil, err
	}
	in, err := j.input(ctx, s.File)
	if err != nil {
		return nil, j.blame(ctx, s.File, err)
	}
	defer in.Close()
	t := &largeText{job: j, file: s.File, halted: w.halted}
	var ok bool
	if t.format, ok = in.format.(format.Splitter); !ok || in.codec != compress.None {
		return nil, fault.New(fault.Invalid, "read %s: it was begun in ranges, which it can't be read in", s.File.Key)
	}
	t.opts, t.start, err = t.format.Start(ctx, in.Input, j.columns, j.opts)
	if err != nil {
		return nil, j.blame(ctx, s.File, err)
	}
	return t, nil
}

// open streams the file from an offset on, to its end.
func (t *largeText) open(ctx context.Context, offset int64) (io.ReadCloser, error) {
	body, err := t.job.bucket.Open(ctx, t.file.Key, t.file.ETag, offset, -1)
	if err != nil {
		return nil, t.job.blame(ctx, t.file, &storeError{err})
	}
	return storeReader{ReadCloser: body}, nil
}

// scan finds where rows begin in a stretch of the file.
func (t *largeText) scan(ctx context.Context, s format.Stretch) ([]format.Mark, error) {
	from := s.From
	if !s.Sure {
		from--
	}
	if from >= t.file.Size {
		return []format.Mark{{Offset: from}}, nil
	}
	stream, err := t.open(ctx, from)
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	halting := &haltingReader{Reader: stream, halted: func() error { return t.halted(ctx) }}
	marks, err := t.format.Scan(ctx, format.Input{Name: t.file.Key, Stream: halting, Size: t.file.Size}, t.opts, s)
	if err != nil {
		return nil, t.job.blame(ctx, t.file, err)
	}
	return marks, nil
}

// rescan returns the first row at or after an offset, from one that is known.
func (t *largeText) rescan(ctx context.Context, from format.Mark, end int64) (format.Mark, error) {
	marks, err := t.scan(ctx, format.Stretch{From: from.Offset, Sure: true, First: 1, Ends: []int64{end}})
	if err != nil {
		return from, err
	}
	return marks[len(marks)-1].Since(marks[0], from), nil
}

// haltingReader asks now and then whether a scan is to go on. One that isn't is begun
// again later: nothing is kept of it.
type haltingReader struct {
	io.Reader
	halted func() error
	left   int // bytes until it is asked
}

func (r *haltingReader) Read(p []byte) (int, error) {
	if r.left <= 0 {
		if err := r.halted(); err != nil {
			return 0, err
		}
		r.left = blockBytes
	}
	n, err := r.Reader.Read(p)
	r.left -= n
	return n, err
}
