package parquet

import (
	"fmt"
	"strings"

	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
)

const maxTreeDepth = 40 // of groups in groups

// node is a field of a file's schema.
type node struct {
	element  meta.Element
	parent   *node
	children []*node
	def      uint8 // definition level at which the field is there
	rep      uint8 // repetition level of its values
	leaf     int   // number among the leaves; -1 for a group
}

// treeOf builds the tree that a footer lists. It returns the root and the leaves.
func treeOf(elements []meta.Element) (*node, []*node, error) {
	t := treeBuilder{rest: elements}
	if len(elements) == 0 || !isGroup(elements[0]) {
		return nil, nil, fmt.Errorf("a schema without a root")
	}
	root, err := t.take(nil, 0)
	if err == nil && len(t.rest) > 0 {
		err = fmt.Errorf("a schema with %d fields too many", len(t.rest))
	}
	return root, t.leaves, err
}

type treeBuilder struct {
	rest   []meta.Element
	leaves []*node
}

func (t *treeBuilder) take(parent *node, depth int) (*node, error) {
	if len(t.rest) == 0 || depth > maxTreeDepth {
		return nil, fmt.Errorf("a schema with fields missing, or nested too deeply")
	}
	n := &node{element: t.rest[0], parent: parent, leaf: -1}
	t.rest = t.rest[1:]
	if parent == nil {
		n.element.Repetition = meta.Required // whatever it says
	} else {
		n.def, n.rep = parent.def, parent.rep
		switch n.element.Repetition {
		case meta.Optional:
			n.def++
		case meta.Repeated:
			n.def++
			n.rep++
		}
	}
	if !isGroup(n.element) {
		if n.element.Type == meta.FixedLenByteArray && n.element.TypeLength < 1 {
			return nil, fmt.Errorf("field %s has values of %d bytes", n.dotted(), n.element.TypeLength)
		}
		n.leaf = len(t.leaves)
		t.leaves = append(t.leaves, n)
		return n, nil
	}
	n.element.Type = meta.Group
	if int64(n.element.Children) > int64(len(t.rest)) || n.element.Children < 0 {
		return nil, fmt.Errorf("a schema with fields missing")
	}
	for range n.element.Children {
		child, err := t.take(n, depth+1)
		if err != nil {
			return nil, err
		}
		n.children = append(n.children, child)
	}
	return n, nil
}

// isGroup reports whether a field has fields: some writers give their root a
// physical type.
func isGroup(e meta.Element) bool { return e.Type == meta.Group || e.Children > 0 }

// name returns the field's own name.
func (n *node) name() string { return n.element.Name }

// dotted returns the names from the top down, without the root's.
func (n *node) dotted() string {
	var names []string
	for ; n != nil && n.parent != nil; n = n.parent {
		names = append([]string{n.name()}, names...)
	}
	return strings.Join(names, ".")
}

// child returns the field of that name, or nil.
func (n *node) child(name string) *node {
	for _, c := range n.children {
		if c.name() == name {
			return c
		}
	}
	return nil
}

// firstLeaf returns the number of the first leaf in or below n, -1 if there is none.
func (n *node) firstLeaf() int {
	for n.leaf < 0 && len(n.children) > 0 {
		n = n.children[0]
	}
	return n.leaf
}

func (n *node) isRepeated() bool { return n.element.Repetition == meta.Repeated }

// list returns the repeated node of a list and the node of its elements, which
// are the same in the old layout of two levels; ok is false if n is no list.
func (n *node) list() (repeated, element *node, ok bool) {
	kind := n.element.Logical.Kind
	if kind != meta.ListKind && n.element.Converted != meta.ListConverted || len(n.children) != 1 {
		return nil, nil, false
	}
	repeated = n.children[0]
	if !repeated.isRepeated() {
		return nil, nil, false
	}
	old := len(repeated.children) != 1 || repeated.name() == "array" || repeated.name() == n.name()+"_tuple"
	if old || repeated.children[0].isRepeated() {
		return repeated, repeated, true
	}
	return repeated, repeated.children[0], true
}

// mapping returns the repeated node of a map and its key and value.
func (n *node) mapping() (repeated, key, value *node, ok bool) {
	isMap := n.element.Logical.Kind == meta.MapKind ||
		n.element.Converted == meta.MapConverted || n.element.Converted == meta.MapKeyValue
	if !isMap || len(n.children) != 1 {
		return nil, nil, nil, false
	}
	repeated = n.children[0]
	if !repeated.isRepeated() || len(repeated.children) != 2 {
		return nil, nil, nil, false
	}
	return repeated, repeated.children[0], repeated.children[1], true
}
