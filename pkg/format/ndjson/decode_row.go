package ndjson

import (
	"bytes"
	"unicode/utf8"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format/textvalue"
)

// rows reads the rows before the window's Limit, at most maxRows.
func (d *decoder) rows(dst *block.Block, maxRows int) {
	w := d.w
	for n := 0; n < maxRows && w.Pos < w.Limit && !d.full() && !d.over(); n++ {
		end := w.Pos + bytes.IndexByte(w.Buf[w.Pos:w.Limit], '\n')
		if w.TooLong(end + 1 - w.Pos) {
			_ = d.rejectLong() // the line's end is at hand: nothing is read
			continue
		}
		row := w.Buf[w.Pos:end]
		d.s.Reset(row)
		if d.s.Peek() == 0 && d.s.Pos == len(row) {
			n-- // a blank line is no row
		} else {
			d.one(dst, row)
			d.row++
		}
		d.line++
		w.Pos = end + 1
	}
}

// one places or rejects a row.
func (d *decoder) one(dst *block.Block, row []byte) {
	known := len(d.unknown)
	p := textvalue.NotUTF8
	if len(d.opts.Refuse) == 0 && (d.w.Valid || utf8.Valid(row)) {
		p = d.walk()
	}
	if p == textvalue.OK {
		d.filled++
		return
	}
	dst.Truncate(d.filled)
	if !d.diagnose(row, p) && len(d.unknown) > known {
		d.forget(known)
	}
	dst.Truncate(d.filled)
}

// walk reads the row that s stands at.
func (d *decoder) walk() textvalue.Problem {
	d.scopes++
	d.scope = d.scopes
	s := &d.s
	start := s.Pos
	if s.Data[start] != '{' {
		return textvalue.NotAMap
	}
	p := d.object(d.root)
	if p != textvalue.OK {
		return p
	}
	end := s.Pos
	if s.Peek(); s.Pos < len(s.Data) {
		return textvalue.Malformed
	}
	for _, l := range d.leaves {
		switch {
		case l.mark == d.scope:
			l.present = true
			continue
		case l.row:
			p = d.wholeValue(l, start, end)
		case l.columns[0].AcceptsNull():
			l.columns[0].AppendNull()
			continue
		default:
			p = d.fail(l, textvalue.Missing, nil)
		}
		if p != textvalue.OK {
			return p
		}
	}
	return textvalue.OK
}

// wholeValue appends the row itself.
func (d *decoder) wholeValue(l *leaf, start, end int) textvalue.Problem {
	if l.text {
		d.keep(l, d.s.Data[start:end])
		l.target.AppendBytes(d.s.Data[start:end])
		l.mark, l.present = d.scope, true
		return textvalue.OK
	}
	d.s.Pos = start
	l.present = true
	return d.leaf(l)
}
