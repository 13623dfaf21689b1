package ndjson

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/internal/window"
)

// Start implements format.Splitter.
func (Format) Start(_ context.Context, in format.Input, _ []format.Column, opts format.ReadOptions) (format.ReadOptions, format.Mark, error) {
	w, err := open(in, &opts)
	if err != nil {
		return opts, format.Mark{}, err
	}
	defer w.Release()
	return opts, format.Mark{Offset: w.Read()}, nil
}

// Scan implements format.Splitter. Rows end with lines, whatever is in them.
func (Format) Scan(_ context.Context, in format.Input, opts format.ReadOptions, s format.Stretch) ([]format.Mark, error) {
	marks, err := window.Marks(in.Stream, opts.MaxRowBytes, s, walker{})
	return marks, wrap(in.Name, err)
}

// walker passes lines.
type walker struct{}

// Pass implements window.Rows.
func (walker) Pass(w *window.Window, until int64, m *format.Mark) error {
	for w.Offset(w.Pos) < until {
		switch err := w.Fill(); {
		case errors.Is(err, window.ErrLong):
			if err := w.SkipLong(m); err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		}
		for w.Pos < w.Limit && w.Offset(w.Pos) < until {
			n := bytes.IndexByte(w.Buf[w.Pos:w.Limit], '\n') + 1
			if w.Buf[w.Pos] <= ' ' && !w.TooLong(n) && isBlank(w.Buf[w.Pos:w.Pos+n]) {
				m.Blanks++
			} else {
				m.Rows++
			}
			m.Lines++
			w.Pos += n
		}
	}
	return nil
}

func isBlank(line []byte) bool { return len(bytes.Trim(line, " \t\r\n")) == 0 }

// over reports whether the row at Pos is another range's.
func (d *decoder) over() bool {
	r := d.opts.Range
	return r != nil && d.w.Offset(d.w.Pos) >= r.Until
}

// fill has a row of the file, or of the range, begin at Pos.
func (d *decoder) fill() error {
	if d.over() {
		return io.EOF
	}
	return d.w.Fill()
}
