package textvalue

import (
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/schema"
)

// Nested appends JSON values to columns of one type, however it nests.
type Nested struct {
	kind   schema.Kind // of the type's Base
	number bool        // true and false are 1 and 0
	quick  quickKind   // how most JSON numbers are read
	low    int64       // the least number that is quick
	high   int64       // the greatest
	size   int         // bytes of a value, if quick
	scale  int         // of a Decimal
	parse  Parser      // of a scalar's text; nil if kind nests
	elems  []*Nested
	names  map[string]int // a named tuple's elements
}

// NewNested returns the Nested of a type. Each column of each decoder has its own.
func NewNested(t schema.Type) *Nested {
	base := t.Base()
	n := &Nested{kind: base.Kind}
	switch base.Kind {
	case schema.Array, schema.Map, schema.Tuple:
		for _, e := range base.Elems {
			n.elems = append(n.elems, NewNested(e))
		}
		if base.Names != nil {
			n.names = make(map[string]int, len(base.Names))
			for i, name := range base.Names {
				n.names[name] = i
			}
		}
	default:
		n.number = base.Kind.IsInteger() || base.Kind.IsFloat() || base.Kind == schema.Decimal
		n.parse = For(base)
		n.beQuick(base)
	}
	return n
}

// nestedText returns the parser of a compound type's text, in JSON or as
// ClickHouse writes it.
func nestedText(t schema.Type) Parser {
	n := NewNested(t)
	s := &Scanner{Loose: true}
	return func(c *block.Column, text []byte) Problem {
		s.Reset(text)
		if p := n.Append(c, s); p != OK {
			return p
		}
		if s.Peek(); s.Pos < len(text) {
			return Malformed
		}
		return OK
	}
}

// Append consumes the value at s and appends it to c. After a Problem that isn't
// Fatal, s may be anywhere inside the value, and c hold a part of it.
func (n *Nested) Append(c *block.Column, s *Scanner) Problem {
	b := s.Peek()
	if b == '"' || b == '\'' && s.Loose {
		text, p := s.String()
		if p != OK {
			return p
		}
		if n.kind == schema.String {
			c.AppendSlack(text)
			return OK
		}
		return n.scalar(c, text)
	}
	switch b {
	case '{', '[', '(':
		return n.compound(c, s, b)
	case 'n', 'N':
		if !s.null() {
			return n.special(c, s)
		}
		return n.null(c)
	case 't':
		return n.boolean(c, s, "true", "1")
	case 'f':
		return n.boolean(c, s, "false", "0")
	default:
		if b-'0' > 9 && (b != '-' || s.Loose && s.Pos+1 < len(s.Data) && s.Data[s.Pos+1]-'0' > 9) {
			return n.special(c, s)
		}
		text, p := s.number()
		if p != OK {
			return p
		}
		return n.scalar(c, text)
	}
}

func (n *Nested) scalar(c *block.Column, text []byte) Problem {
	if n.parse == nil {
		return n.wrongKind()
	}
	return n.parse(c, text)
}

func (n *Nested) wrongKind() Problem {
	switch n.kind {
	case schema.Array:
		return NotAnArray
	case schema.Map:
		return NotAMap
	case schema.Tuple:
		return NotATuple
	}
	return NotText
}

// null appends a null, which in an Array or Map is an empty one.
func (n *Nested) null(c *block.Column) Problem {
	if !c.AcceptsNull() {
		return Null
	}
	c.AppendNull()
	return OK
}

func (n *Nested) boolean(c *block.Column, s *Scanner, word, number string) Problem {
	start := s.Pos
	if !s.word(word) {
		return Malformed
	}
	if n.number {
		return n.parse(c, unsafeBytes(number))
	}
	return n.scalar(c, s.Data[start:s.Pos])
}

// compound appends an object or array. In a String column it stays JSON.
func (n *Nested) compound(c *block.Column, s *Scanner, open byte) Problem {
	if n.kind == schema.String {
		start := s.Pos
		if p := s.Skip(); p != OK {
			return p
		}
		c.AppendBytes(s.Data[start:s.Pos])
		return OK
	}
	if !s.down() {
		return TooDeep
	}
	p := n.wrongKind()
	switch {
	case n.kind == schema.Array && open == '[':
		p = n.array(c, s)
	case n.kind == schema.Map && open == '{':
		p = n.object(c, s)
	case n.kind == schema.Tuple && open == '[':
		p = n.tuple(c, s, ']')
	case n.kind == schema.Tuple && open == '(' && s.Loose:
		p = n.tuple(c, s, ')')
	case n.kind == schema.Tuple && open == '{' && n.names != nil:
		p = n.namedTuple(c, s)
	}
	s.depth--
	if p == OK {
		c.EndRow()
	}
	return p
}

func (n *Nested) array(c *block.Column, s *Scanner) Problem {
	s.Pos++
	if s.Take(']') {
		return OK
	}
	for {
		if p := n.elems[0].Append(c.Elem(0), s); p != OK {
			return p
		}
		if s.Take(',') {
			continue
		}
		if s.Take(']') {
			return OK
		}
		return Malformed
	}
}

func (n *Nested) object(c *block.Column, s *Scanner) Problem {
	s.Pos++
	if s.Take('}') {
		return OK
	}
	for {
		key, p := n.key(s)
		if p != OK {
			return p
		}
		if p := n.elems[0].scalar(c.Elem(0), key); p != OK {
			return p
		}
		if p := n.elems[1].Append(c.Elem(1), s); p != OK {
			return p
		}
		if s.Take(',') {
			continue
		}
		if s.Take('}') {
			return OK
		}
		return Malformed
	}
}

func (n *Nested) tuple(c *block.Column, s *Scanner, end byte) Problem {
	s.Pos++
	for i, e := range n.elems {
		if i > 0 && !s.Take(',') {
			if s.Peek() == end {
				return NotATuple
			}
			return Malformed
		}
		if i == 0 && s.Peek() == end {
			return NotATuple
		}
		if p := e.Append(c.Elem(i), s); p != OK {
			return p
		}
	}
	if s.Take(end) {
		return OK
	}
	if s.Peek() == ',' {
		return NotATuple
	}
	return Malformed
}

func (n *Nested) namedTuple(c *block.Column, s *Scanner) Problem {
	rows := c.Rows()
	s.Pos++
	for first := true; ; first = false {
		if first && s.Take('}') {
			break
		}
		key, p := s.Key()
		if p != OK {
			return p
		}
		if i, ok := n.names[string(key)]; !ok {
			p = s.Skip()
		} else if c.Elem(i).Rows() > rows {
			p = TwiceGiven
		} else {
			p = n.elems[i].Append(c.Elem(i), s)
		}
		if p != OK {
			return p
		}
		if s.Take(',') {
			continue
		}
		if s.Take('}') {
			break
		}
		return Malformed
	}
	for i, e := range n.elems {
		if c.Elem(i).Rows() > rows {
			continue
		}
		if p := e.null(c.Elem(i)); p != OK {
			return Missing
		}
	}
	return OK
}
