package csv

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/internal/window"
	"github.com/longshore/longshore/pkg/format/textvalue"
)

// header returns the names of the file's fields, and moves behind the line that
// has them. It returns nil where fields are in the columns' order.
func (d *decoder) header() ([]string, error) {
	if d.opts.CSV.Fields != nil || d.opts.CSV.Header == format.HeaderNo {
		return d.opts.CSV.Fields, nil
	}
	fields, end, err := firstRow(d.w, d.split, &d.line)
	if err != nil || fields == nil {
		return nil, err
	}
	if d.opts.CSV.Header == format.HeaderAuto && !d.isHeader(fields) {
		return nil, nil
	}
	names := headerNames(fields)
	d.line += int64(bytes.Count(d.w.Buf[d.w.Pos:end], []byte{'\n'}))
	d.w.Pos = end
	return names, nil
}

func headerNames(fields []field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = string(bytes.TrimSpace(f.text))
	}
	return names
}

// firstRow returns the first row that isn't a blank line and where it ends, or
// nil at the end of the file. It adds the blank lines before it to line.
func firstRow(w *window.Window, s *splitter, line *int64) (fields []field, end int, err error) {
	for {
		switch err := w.Fill(); {
		case err == io.EOF:
			return nil, 0, nil
		case errors.Is(err, window.ErrLong):
			return nil, 0, longHeader(w)
		case err != nil:
			return nil, 0, err
		}
		end, how, err := splitMore(w, s)
		switch {
		case err != nil:
			return nil, 0, err
		case w.TooLong(lineEnd(w) - w.Pos):
			return nil, 0, longHeader(w)
		case how != whole:
			return nil, 0, fault.New(fault.Invalid, "the first line has a quoted field without its end")
		case !blank(s.fields):
			return s.fields, end, nil
		}
		w.Pos = end
		*line++
	}
}

func longHeader(w *window.Window) error {
	return fault.New(fault.Invalid, "no line feed in the first %d bytes", len(w.Row()))
}

// lineEnd returns where the line at Pos ends in the window, its line feed included.
func lineEnd(w *window.Window) int {
	if i := bytes.IndexByte(w.Buf[w.Pos:w.End], '\n'); i >= 0 {
		return w.Pos + i + 1
	}
	return w.End
}

// splitMore splits the row at Pos, and reads on while it isn't whole. It returns
// where the row ends in the window. A row beyond the longest counts as one whose
// quote has no end, whatever follows.
func splitMore(w *window.Window, s *splitter) (end int, how outcome, err error) {
	for {
		data := w.Row()
		n, how := s.split(data)
		cut := how == openQuote || how == whole && data[n-1] != '\n'
		switch {
		case !cut, w.AtEnd() && w.Pos+len(data) == w.End:
			return w.Pos + n, how, nil
		case w.TooLong(len(data) + 1):
			return lineEnd(w), openQuote, nil
		}
		// Splitting begins anew, so it isn't tried before there is twice as much.
		for size := w.End - w.Pos; w.End-w.Pos < 2*size && !w.AtEnd() && !w.TooLong(w.End-w.Pos+1); {
			if err := w.More(); err != nil && err != io.EOF {
				return 0, how, err
			}
		}
	}
}

// isHeader decides whether the first row names the fields. It does if half of it,
// or half of the columns, are names of columns. If none is, but the row looks
// like names and isn't a row of the table, all columns were renamed.
func (d *decoder) isHeader(fields []field) bool {
	columns := d.placed()
	matching := 0
	for _, name := range headerNames(fields) {
		if slices.ContainsFunc(columns, func(c format.Column) bool { return pathName(c) == name }) {
			matching++
		}
	}
	if matching > 0 {
		return 2*matching >= min(len(fields), len(columns))
	}
	return looksLikeNames(fields) && !d.fits(fields)
}

// placed returns the columns that have a field also where there is no header.
func (d *decoder) placed() (columns []format.Column) {
	for _, c := range d.columns {
		if !c.ByName {
			columns = append(columns, c)
		}
	}
	return columns
}

// fits reports whether fields are a row of the table, in the columns' order.
func (d *decoder) fits(fields []field) bool {
	columns := d.placed()
	if len(fields) != len(columns) {
		return false
	}
	for i, c := range columns {
		if strings.TrimSpace(string(fields[i].text)) == "" && !fields[i].quoted {
			continue
		}
		if textvalue.For(c.Type)(block.NewColumn(c.Name, c.Type), fields[i].text) != textvalue.OK {
			return false
		}
	}
	return true
}
