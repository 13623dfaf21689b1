package ndjson

import (
	"encoding/binary"
	"strings"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/textvalue"
	"github.com/longshore/longshore/pkg/schema"
)

// maxMembers bounds how many keys of an object are remembered. Files whose keys
// are data have no end of them.
const maxMembers = 1000

// node is a place in a row: what reads the value there, and what is inside it.
//
//	$ ─┬─ "id" ────────── leaf id
//	   ├─ "user" ─┬─ "name" ── leaf user_name
//	   │          └─ "age" ─── leaf user_age
//	   └─ "items" ─ each ─┬─ "sku" ── leaf items_sku
//	                      └─ "qty" ── leaf items_qty
type node struct {
	path   string
	only   *leaf   // the one reader of the value, if that is all there is
	leaves []*leaf // columns that read the value as a whole
	first  *member // the key that is expected to come first
	byKey  map[string]*member
	each   *node   // of the elements, if the value is an array
	all    []*leaf // the leaves below each
	level  int     // of each: how many arrays are around the value
}

// member is a key of an object.
type member struct {
	name  string
	key   string  // as it stands in a file: "name":
	node  *node   // nil where no column reads it
	next  *member // the key that followed it last
	scope uint64  // in which it was seen last

	// The first 16 bytes of key as two words, and masks of those that it has.
	words, masks [2]uint64
}

// leaf is a column. columns[0] is it, and the others are what is inside its
// arrays, to the last, which takes the values.
type leaf struct {
	index   int
	nested  *textvalue.Nested
	columns []*block.Column
	target  *block.Column // the last of columns
	text    bool          // a String column
	row     bool          // of path $
	// mark is the scope in which the leaf got its value last. A scope is a row,
	// or an element of an array.
	mark    uint64
	present bool // some row had it
}

// plan makes the tree.
func (d *decoder) plan() error {
	for i, c := range d.columns {
		d.specs = append(d.specs, block.Spec{Name: c.Name, Type: c.Type, Optional: c.Default})
		l, err := newLeaf(i, c, pathOf(c))
		if err != nil {
			return err
		}
		d.leaves = append(d.leaves, l)
		d.wholeRow = d.wholeRow || l.row
	}
	d.grow()
	return nil
}

// grow makes the tree of the leaves anew.
func (d *decoder) grow() {
	d.root = &node{byKey: map[string]*member{}}
	for i, l := range d.leaves {
		if !l.row {
			d.root.plant(pathOf(d.columns[i]), l, 0)
		}
	}
	d.root.settle()
}

func pathOf(c format.Column) schema.Path {
	if c.Path == nil {
		return schema.FieldPath(c.Name)
	}
	return c.Path
}

func newLeaf(index int, c format.Column, path schema.Path) (*leaf, error) {
	t := c.Type
	depth := path.Arrays()
	for range depth {
		if t.Kind != schema.Array {
			return nil, fault.New(fault.Invalid, "column %s: the path %s needs a type inside Array %d deep, not %s", c.Name, path, depth, c.Type)
		}
		t = t.Elem(0)
	}
	return &leaf{
		index: index, nested: textvalue.NewNested(t), columns: make([]*block.Column, depth+1),
		text: t.Base().Kind == schema.String, row: path.IsRow(),
	}, nil
}

// bind aims the leaf at a column of the block being filled.
func (l *leaf) bind(c *block.Column) {
	if l.columns[0] == c {
		return
	}
	l.columns[0] = c
	for i := range l.columns[1:] {
		l.columns[i+1] = l.columns[i].Elem(0)
	}
	l.target = l.columns[len(l.columns)-1]
}

// plant adds a leaf at the end of path.
func (n *node) plant(path schema.Path, l *leaf, level int) {
	if len(path) == 0 {
		n.leaves = append(n.leaves, l)
		return
	}
	if path[0].Kind == schema.StepEach {
		if n.each == nil {
			n.each = &node{path: n.path, byKey: map[string]*member{}}
			n.level = level
		}
		n.all = append(n.all, l)
		n.each.plant(path[1:], l, level+1)
		return
	}
	m := n.member(path[0].Field)
	if m.node == nil {
		m.node = &node{path: n.inside(m.name), byKey: map[string]*member{}}
	}
	m.node.plant(path[1:], l, level)
}

func (n *node) inside(name string) string {
	if n.path == "" {
		return name
	}
	return n.path + "." + name
}

// member returns the member of that name, a new one if there is none.
func (n *node) member(name string) *member {
	m := n.byKey[name]
	if m == nil {
		m = newMember(name)
		n.byKey[name] = m
		if n.first == nil {
			n.first = m
		}
	}
	return m
}

// newMember makes a member whose key is the name in quotes and a colon, as files
// usually have it. A name that needs escapes has a key that stands in no row, and
// is found by its content: TestKeysThatNeedEscapes.
func newMember(name string) *member {
	m := &member{name: name, key: `"` + name + `":`}
	if needsEscapes(name) {
		m.key = "\n"
	}
	var head, mask [16]byte
	for i := range copy(head[:], m.key) {
		mask[i] = 0xFF
	}
	for i := range m.words {
		m.words[i] = binary.LittleEndian.Uint64(head[8*i:])
		m.masks[i] = binary.LittleEndian.Uint64(mask[8*i:])
	}
	return m
}

// needsEscapes reports whether a name can't stand in JSON as it is.
func needsEscapes(name string) bool {
	return strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' })
}

// isAt reports whether the key stands at pos of data.
func (m *member) isAt(data []byte, pos int) bool {
	if pos+16 > len(data) {
		return pos+len(m.key) <= len(data) && string(data[pos:pos+len(m.key)]) == m.key
	}
	head := data[pos : pos+16]
	differ := (binary.LittleEndian.Uint64(head)^m.words[0])&m.masks[0] | (binary.LittleEndian.Uint64(head[8:])^m.words[1])&m.masks[1]
	if len(m.key) <= 16 || differ != 0 {
		return differ == 0
	}
	return pos+len(m.key) <= len(data) && string(data[pos+16:pos+len(m.key)]) == m.key[16:]
}

// settle notes the nodes that have one reader and nothing inside.
func (n *node) settle() {
	if len(n.leaves) == 1 && len(n.byKey) == 0 && n.each == nil {
		n.only = n.leaves[0]
	}
	for _, m := range n.byKey {
		m.node.settle()
	}
	if n.each != nil {
		n.each.settle()
	}
}

// below calls do with every leaf at n or inside it.
func (n *node) below(do func(*leaf)) {
	for _, l := range n.leaves {
		do(l)
	}
	for _, m := range n.byKey {
		if m.node != nil {
			m.node.below(do)
		}
	}
	if n.each != nil {
		n.each.below(do)
	}
}
