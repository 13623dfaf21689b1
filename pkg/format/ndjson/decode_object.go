package ndjson

import (
	"slices"

	"github.com/longshore/longshore/pkg/format/textvalue"
)

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
		if pos < len(data) && data[pos] == ' ' {
			pos++
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
		if next := nextKey(data, pos); next >= 0 {
			pos = next
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

// nextKey returns where the key behind a value and its comma begins, if it does
// so at once or behind a space; else -1.
func nextKey(data []byte, pos int) int {
	if pos+2 >= len(data) || data[pos] != ',' {
		return -1
	}
	if pos++; data[pos] == ' ' {
		pos++
	}
	if data[pos] != '"' {
		return -1
	}
	return pos
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
		if name := n.inside(m.name); !slices.Contains(d.unknown, name) {
			d.unknown = append(d.unknown, name)
		}
	}
	if last == nil {
		n.first = m
	} else {
		last.next = m
	}
	return m, textvalue.OK
}
