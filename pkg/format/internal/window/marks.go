package window

import (
	"errors"
	"io"

	"github.com/longshore/longshore/pkg/format"
)

// Rows passes the rows of a window, and counts them.
type Rows interface {
	// Pass moves Pos over rows until one begins at or after an offset of the file,
	// or with io.EOF to its end, and counts what it passes in m.
	Pass(w *Window, until int64, m *format.Mark) error
}

// Marks scans a stretch of a file: see format.Splitter.
func Marks(in io.Reader, longest int, s format.Stretch, rows Rows) ([]format.Mark, error) {
	w := NewAt(in, longest, s.From)
	defer w.Release()
	if !s.Sure {
		w.base--
		if _, err := w.SkipLine(); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
	}
	at := format.Mark{Offset: w.Read()}
	marks := []format.Mark{at}
	atEnd := false
	pass := func(until int64) error {
		err := rows.Pass(w, until, &at)
		if atEnd = errors.Is(err, io.EOF); err != nil && !atEnd {
			return err
		}
		if at.Offset = w.Read(); at.Offset > marks[len(marks)-1].Offset {
			marks = append(marks, at)
		}
		return nil
	}
	last := s.Ends[len(s.Ends)-1]
	for len(marks) < s.First && !atEnd && at.Offset < last {
		if err := pass(at.Offset + 1); err != nil {
			return nil, err
		}
	}
	for _, end := range s.Ends {
		if at.Offset >= end || atEnd {
			continue
		}
		if err := pass(end); err != nil {
			return nil, err
		}
	}
	return marks, nil
}

// SkipLong passes a line that is longer than a row may be, where Fill says so.
func (w *Window) SkipLong(m *format.Mark) error {
	m.Rows++
	m.Lines++
	if _, err := w.SkipLine(); err != nil && !w.AtEnd() {
		return err
	}
	return nil
}
