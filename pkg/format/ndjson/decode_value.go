package ndjson

import "github.com/longshore/longshore/pkg/format/textvalue"

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
	switch c {
	case '{':
		return d.object(n)
	case 'n':
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
	var p textvalue.Problem
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
