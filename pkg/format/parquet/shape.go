package parquet

import (
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format/textvalue"
	"github.com/longshore/longshore/pkg/schema"
)

// shape is how values are put together for a column of the table from the levels
// and values of leaves: a tree over both types.
type shape struct {
	kind   shapeKind
	def    uint8 // the value is there if an entry has this definition level
	full   uint8 // shapeList, shapeMap: and an element, if it has this one
	rep    uint8 // shapeList, shapeMap: repetition level of further elements
	inner  []*shape
	nested bool          // the table's type is an Array or Map: null is an empty one
	reader *leafReader   // shapeLeaf, shapeMismatch
	leaves []*leafReader // all below
	column converter     // shapeLeaf
	bulk   bulk          // shapeLeaf; nil: value by value
}

type shapeKind uint8

const (
	shapeLeaf shapeKind = iota
	shapeList
	shapeMap
	shapeTuple
	shapeAbsent   // an element of a tuple that the file doesn't have
	shapeMismatch // a type that can't become the column's
)

// broken is the problem of levels that contradict each other: the file is damaged.
const broken textvalue.Problem = 0xFE

// append appends the value at which the leaves stand and moves them past it.
// After a problem they stand somewhere in the row.
func (s *shape) append(c *block.Column) textvalue.Problem {
	switch s.kind {
	case shapeLeaf:
		r := s.reader
		if r.at >= r.n {
			return broken
		}
		if s.def > 0 && r.def[r.at] < s.def {
			r.at++
			return s.null(c)
		}
		r.at++
		r.valueAt++
		return s.column(c, &r.entries, r.valueAt-1)
	case shapeAbsent:
		if s.null(c) != textvalue.OK {
			return textvalue.Missing
		}
		return textvalue.OK
	case shapeMismatch:
		present := s.level() >= int(s.def)
		s.leave()
		if present {
			return typeMismatch
		}
		return s.null(c)
	}
	level := s.level()
	switch {
	case level < 0:
		return broken
	case level < int(s.def):
		s.leave()
		return s.null(c)
	case s.kind == shapeTuple:
		return s.appendTuple(c)
	case level < int(s.full):
		s.leave()
		c.EndRow()
		return textvalue.OK
	}
	return s.appendElements(c)
}

func (s *shape) appendTuple(c *block.Column) textvalue.Problem {
	for i, inner := range s.inner {
		if p := inner.append(c.Elem(i)); p != textvalue.OK {
			return p
		}
	}
	c.EndRow()
	return textvalue.OK
}

func (s *shape) appendElements(c *block.Column) textvalue.Problem {
	first := s.leaves[0]
	for {
		for i, inner := range s.inner {
			if p := inner.append(c.Elem(i)); p != textvalue.OK {
				return p
			}
		}
		if first.at >= first.n || first.rep[first.at] != s.rep {
			c.EndRow()
			return textvalue.OK
		}
	}
}

// level returns the definition level of the entry at which the first leaf
// stands, or -1 if there is none.
func (s *shape) level() int {
	if len(s.leaves) == 0 {
		return int(s.def)
	}
	r := s.leaves[0]
	switch {
	case r.at >= r.n:
		return -1
	case r.leaf.def == 0:
		return 0
	}
	return int(r.def[r.at])
}

// leave passes over one entry of each leaf: a value that isn't there.
func (s *shape) leave() {
	for _, r := range s.leaves {
		r.pass()
	}
}

// skipRow moves the leaves to the next row, from anywhere in a row whose first
// entry was at the given places.
func (s *shape) skipRow() {
	for _, r := range s.leaves {
		if r.at == r.rowAt {
			r.pass()
		}
		for r.at < r.n && r.leaf.rep > 0 && r.rep[r.at] > 0 {
			r.pass()
		}
	}
}

// startRow notes where the row begins. It reports false where the leaves don't
// all stand at the beginning of a row: then the levels are broken.
func (s *shape) startRow() bool {
	for _, r := range s.leaves {
		if r.at >= r.n || r.leaf.rep > 0 && r.rep[r.at] != 0 {
			return false
		}
		r.rowAt, r.rowValue = r.at, r.valueAt
	}
	return true
}

// backToRow returns to where the row begins.
func (s *shape) backToRow() {
	for _, r := range s.leaves {
		r.at, r.valueAt = r.rowAt, r.rowValue
	}
}

func (s *shape) rewind() {
	for _, r := range s.leaves {
		r.at, r.valueAt = 0, 0
	}
}

// null appends a null. That of an Array or Map is an empty one.
func (s *shape) null(c *block.Column) textvalue.Problem {
	if !s.nested && !c.AcceptsNull() {
		return textvalue.Null
	}
	c.AppendNull()
	return textvalue.OK
}

// shaper makes shapes. It notes which leaves are read.
type shaper struct {
	leaves  []*node
	readers []*leafReader // by leaf; nil where it isn't read yet
	open    func(leaf *node) *leafReader
}

func (b *shaper) reader(leaf *node) *leafReader {
	if b.readers[leaf.leaf] == nil {
		b.readers[leaf.leaf] = b.open(leaf)
	}
	return b.readers[leaf.leaf]
}

// shape returns how the value at path, from n on, becomes one of type to. It is
// nil where the file has no such field.
func (b *shaper) shape(n *node, path schema.Path, to schema.Type) *shape {
	return b.finish(b.build(n, path, to, false), to)
}

func (b *shaper) finish(s *shape, to schema.Type) *shape {
	if s == nil {
		return nil
	}
	kind := to.Base().Kind
	s.nested = kind == schema.Array || kind == schema.Map
	if s.reader != nil {
		s.leaves = []*leafReader{s.reader}
	}
	for _, inner := range s.inner {
		s.leaves = append(s.leaves, inner.leaves...)
	}
	return s
}

// build is shape, but for what finish adds. Inside is set where n is a repeated
// field whose elements are meant, not the list of them.
func (b *shaper) build(n *node, path schema.Path, to schema.Type, inside bool) *shape {
	base := to.Base()
	if n.isRepeated() && !inside {
		return b.list(n, n, n, path, base)
	}
	if repeated, element, ok := n.list(); ok && (len(path) == 0 || path[0].Kind == schema.StepEach) {
		return b.list(n, repeated, element, path, base)
	}
	if len(path) > 0 {
		next := n.child(path[0].Field)
		if path[0].Kind != schema.StepField || next == nil {
			return nil
		}
		return b.build(next, path[1:], to, false)
	}
	if repeated, key, value, ok := n.mapping(); ok && base.Kind == schema.Map {
		s := &shape{kind: shapeMap, def: n.def, full: repeated.def, rep: repeated.rep}
		s.inner = []*shape{b.element(key, base.Elems[0]), b.element(value, base.Elems[1])}
		return s
	}
	if n.leaf >= 0 {
		t := fileTypeOf(&n.element)
		return &shape{kind: shapeLeaf, def: n.def, reader: b.reader(n), column: converterOf(t, base), bulk: bulkOf(t, to)}
	}
	if base.Kind == schema.Tuple {
		return b.tuple(n, base)
	}
	return b.mismatch(n)
}

// list shapes an Array. n is the field, which may be null; its elements are in
// repeated.
func (b *shaper) list(n, repeated, element *node, path schema.Path, to schema.Type) *shape {
	if len(path) > 0 && path[0].Kind == schema.StepEach {
		path = path[1:]
	} else if len(path) > 0 {
		return nil
	}
	if to.Kind != schema.Array {
		return b.mismatch(n)
	}
	s := &shape{kind: shapeList, def: n.def, full: repeated.def, rep: repeated.rep}
	if n == repeated {
		s.def-- // a repeated field is never null
	}
	inner := b.finish(b.build(element, path, to.Elems[0], element == repeated), to.Elems[0])
	if inner == nil {
		return nil
	}
	s.inner = []*shape{inner}
	return s
}

// tuple takes a Tuple's elements by their names, or in order if they have none.
func (b *shaper) tuple(n *node, to schema.Type) *shape {
	s := &shape{kind: shapeTuple, def: n.def}
	found := false
	for i, elem := range to.Elems {
		var child *node
		switch {
		case to.Names != nil:
			child = n.child(to.Names[i])
		case i < len(n.children):
			child = n.children[i]
		}
		found = found || child != nil && child.firstLeaf() >= 0
		s.inner = append(s.inner, b.element(child, elem))
	}
	if !found {
		return b.mismatch(n)
	}
	return s
}

// element returns the shape of a part of a value, which may be absent.
func (b *shaper) element(n *node, to schema.Type) *shape {
	if n != nil {
		if s := b.shape(n, nil, to); s != nil {
			return s
		}
	}
	return b.finish(&shape{kind: shapeAbsent}, to)
}

// mismatch reads a leaf all the same, to tell null from what doesn't fit.
func (b *shaper) mismatch(n *node) *shape {
	leaf := n.firstLeaf()
	if leaf < 0 {
		return nil
	}
	return &shape{kind: shapeMismatch, def: n.def, reader: b.reader(b.leaves[leaf])}
}
