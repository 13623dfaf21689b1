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
	for n := 0; n < maxRows && w.Pos < w.Limit; n++ {
		if n&15 == 15 && d.full(dst) {
			return
		}
		end := w.Pos + bytes.IndexByte(w.Buf[w.Pos:w.Limit], '\n')
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
	p := textvalue.NotUTF8
	if d.w.Valid || utf8.Valid(row) {
		p = d.walk()
	}
	if p == textvalue.OK {
		d.filled++
		return
	}
	dst.Truncate(d.filled)
	d.diagnose(row, p)
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

// object reads an object's members. The key that followed last time is looked
// for first, by its bytes; then the one after that; then any, by its content.
func (d *decoder) object(n *node) textvalue.Problem {
	s := &d.s
	s.Pos++
	if s.Take('}') {
		return textvalue.OK
	}
	expected := n.first
	var last *member
	data, pos := s.Data, s.Pos // pos is kept in a register: s.Pos lags behind
	for {
		m := expected
		switch {
		case m != nil && m.isAt(data, pos):
			pos += len(m.key)
		case m != nil && m.next != nil && m.next.isAt(data, pos):
			m = m.next
			pos += len(m.key)
		default:
			var p textvalue.Problem
			s.Pos = pos
			if m, p = d.findMember(n, last); p != textvalue.OK {
				return p
			}
			pos = s.Pos
		}
		end := d.quickValue(m, pos)
		if end < 0 {
			s.Pos = pos
			if p := d.memberValue(n, m); p != textvalue.OK {
				return p
			}
			end = s.Pos
		}
		pos = end
		if m != nil {
			last, expected = m, m.next
		}
		if pos+1 < len(data) && data[pos] == ',' && data[pos+1] == '"' {
			pos++
			continue
		}
		s.Pos = pos
		if s.Take('}') {
			return textvalue.OK
		}
		if !s.Take(',') {
			return textvalue.Malformed
		}
		s.Peek()
		pos = s.Pos
	}
}

// quickValue reads the value at pos if it is a text or number that goes into one
// column, or that none reads, and returns where it ends; else it returns -1 and
// has done nothing that memberValue doesn't do again.
func (d *decoder) quickValue(m *member, pos int) int {
	if m == nil || m.scope == d.scope || d.failed != nil {
		return -1
	}
	if m.node == nil {
		end := d.s.SkipScalarAt(pos)
		if end >= 0 {
			m.scope = d.scope
		}
		return end
	}
	l := m.node.only
	if l == nil {
		return -1
	}
	end := l.nested.Quick(l.target, &d.s, pos)
	if end >= 0 {
		m.scope, l.mark = d.scope, d.scope
	}
	return end
}

// memberValue reads the value of a member, or skips that of one which no column
// reads; m is nil for a key that isn't remembered.
func (d *decoder) memberValue(n *node, m *member) textvalue.Problem {
	if m == nil {
		return d.s.Skip()
	}
	if m.scope == d.scope {
		return d.twice(n, m.name)
	}
	m.scope = d.scope
	switch {
	case m.node == nil:
		return d.s.Skip()
	case m.node.only != nil:
		return d.leaf(m.node.only)
	}
	return d.value(m.node)
}

// findMember consumes a key and returns its member, or nil of a key that isn't
// remembered. It comes behind last from now on.
func (d *decoder) findMember(n *node, last *member) (*member, textvalue.Problem) {
	key, p := d.s.Key()
	if p != textvalue.OK {
		return nil, p
	}
	m := n.byKey[string(key)]
	if m == nil {
		if len(n.byKey) >= maxMembers {
			return nil, textvalue.OK
		}
		m = n.member(string(key))
		d.unknown = append(d.unknown, n.inside(m.name))
	}
	if last == nil {
		n.first = m
	} else {
		last.next = m
	}
	return m, textvalue.OK
}

// leaf reads the value of a column.
func (d *decoder) leaf(l *leaf) textvalue.Problem {
	if d.failed != nil {
		return d.leafSlowly(l)
	}
	l.mark = d.scope
	return l.nested.Append(l.target, &d.s)
}

// value reads a value for all that is at a node.
func (d *decoder) value(n *node) textvalue.Problem {
	c := d.s.Peek()
	start, end := d.s.Pos, -1
	for _, l := range n.leaves {
		d.s.Pos = start
		if p := d.leaf(l); p != textvalue.OK {
			return p
		}
		end = d.s.Pos
	}
	if n.first != nil {
		d.s.Pos = start
		if p := d.inside(n, c); p != textvalue.OK {
			return p
		}
		end = d.s.Pos
	}
	if n.each != nil {
		d.s.Pos = start
		if p := d.elements(n, c); p != textvalue.OK {
			return p
		}
		end = d.s.Pos
	}
	d.s.Pos = end
	return textvalue.OK
}

// inside reads the members at a node whose value begins with c. Null has none.
func (d *decoder) inside(n *node, c byte) textvalue.Problem {
	switch {
	case c == '{':
		return d.object(n)
	case c == 'n':
		return d.s.Skip()
	}
	for _, m := range n.byKey {
		if m.node == nil {
			continue
		}
		if p := d.failAll(m.node, textvalue.NotAMap); p != textvalue.OK {
			return p
		}
	}
	return d.s.Skip()
}

// elements reads an array, element by element, into the leaves below.
func (d *decoder) elements(n *node, c byte) textvalue.Problem {
	outer := d.scope
	switch c {
	case 'n':
		if p := d.s.Skip(); p != textvalue.OK {
			return p
		}
		for _, l := range n.all {
			l.columns[n.level].AppendDefault()
			l.mark = outer
		}
		return textvalue.OK
	case '[':
	default:
		if p := d.failAll(n.each, textvalue.NotAnArray); p != textvalue.OK {
			return p
		}
		return d.s.Skip()
	}
	d.keepArray(n)
	d.s.Pos++
	for first := true; !first || !d.s.Take(']'); first = false {
		d.scopes++
		d.scope = d.scopes
		if p := d.element(n); p != textvalue.OK {
			return p
		}
		if d.s.Take(',') {
			continue
		}
		if !d.s.Take(']') {
			return textvalue.Malformed
		}
		break
	}
	d.scope = outer
	for _, l := range n.all {
		l.columns[n.level].EndRow()
		l.mark = outer
	}
	return textvalue.OK
}

// element reads one element, and gives a null to the leaves that it lacks.
func (d *decoder) element(n *node) textvalue.Problem {
	p := textvalue.OK
	if n.each.only != nil {
		p = d.leaf(n.each.only)
	} else {
		p = d.value(n.each)
	}
	for _, l := range n.all {
		if p != textvalue.OK {
			return p
		}
		if l.mark == d.scope {
			continue
		}
		if c := l.columns[n.level+1]; c.AcceptsNull() {
			c.AppendNull()
		} else {
			p = d.fail(l, textvalue.MissingElement, nil)
		}
	}
	return p
}
