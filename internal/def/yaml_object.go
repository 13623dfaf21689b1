package def

import (
	"github.com/goccy/go-yaml/ast"
)

// object is a YAML mapping whose keys are those of the documentation.
type object struct {
	node
	known  []string
	fields map[string]node
}

// member is one key of a mapping and its value.
type member struct {
	name  string
	at    Position
	value node
}

func (n node) isObject() bool {
	switch n.ast.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return true
	}
	return false
}

// members returns the keys of a mapping in their order. Repeated keys are
// reported and left out. childPath is the path of every value.
func (n node) members(childPath func(name string) string) []member {
	var values []*ast.MappingValueNode
	switch m := n.ast.(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	default:
		n.fail("write an object: keys with values", "%s is %s, not an object", n.name(), n.what())
		return nil
	}
	if n.depth >= maxYAMLDepth {
		n.fail("", "%s is nested too deep", n.name())
		return nil
	}
	var out []member
	first := map[string]Position{}
	for _, v := range values {
		key := n.doc.node(v.Key, "", "", 0)
		name, ok := key.keyText()
		if !ok {
			key.fail("write a name", "a key of %s is %s", n.name(), key.what())
			continue
		}
		if at, again := first[name]; again {
			key.fail("remove one of them", "%s is given twice, first in line %d", n.child(name), at.Line)
			continue
		}
		first[name] = key.at
		value := n.doc.node(v.Value, childPath(name), n.child(name), n.depth+1)
		if value.at.Line < key.at.Line || value.isNull() || value.isObject() {
			value.at = key.at
		}
		out = append(out, member{name, key.at, value})
	}
	return out
}

// keyText returns the text of a key; null and true are texts there.
func (n node) keyText() (string, bool) {
	if s, ok := n.scalar(); ok {
		return s, true
	}
	switch n.ast.(type) {
	case *ast.NullNode, *ast.BoolNode:
		return n.ast.GetToken().Value, true
	}
	return "", false
}

func (n node) name() string {
	if n.label == "" {
		return "the file"
	}
	return n.label
}

func (n node) child(name string) string {
	if n.label == "" {
		return name
	}
	return n.label + "." + name
}

// object reads a mapping and reports keys that its place does not know. It is
// never nil.
func (n node) object() *object {
	o := &object{node: n, known: childKeys(n.doc.keys, n.path), fields: map[string]node{}}
	prefix := n.path
	if prefix != "" {
		prefix += "."
	}
	for _, m := range n.members(func(name string) string { return prefix + name }) {
		if !contains(o.known, m.name) {
			n.doc.problems.add(m.at, didYouMean("key", m.name, o.known), "unknown key %q%s", m.name, n.within())
			continue
		}
		o.fields[m.name] = m.value
	}
	return o
}

func (n node) within() string {
	if n.label == "" {
		return ""
	}
	return " in " + n.label
}

// get returns the value of a key, and whether it was given. A key that is not
// in Keys is a defect of this package.
func (o *object) get(key string) (node, bool) {
	if !contains(o.known, key) {
		panic("def: key " + o.path + "." + key + " is not documented")
	}
	n, ok := o.fields[key]
	return n, ok
}

// need is get of a key that must be given.
func (o *object) need(key, remedy string) (node, bool) {
	n, ok := o.get(key)
	if !ok {
		o.fail(remedy, "%s is missing", o.child(key))
	}
	return n, ok
}

// text reads a text into a field.
func (o *object) text(key string, into *string) {
	if n, ok := o.get(key); ok {
		*into = n.text()
	}
}

// needText reads a text that must be given and not be empty.
func (o *object) needText(key, remedy string) (text string, at Position) {
	n, ok := o.need(key, remedy)
	if !ok {
		return "", o.at
	}
	before := len(*o.doc.problems)
	if text = n.text(); text == "" && len(*o.doc.problems) == before {
		n.fail(remedy, "%s is empty", n.label)
	}
	return text, n.at
}

// yes reads true or false.
func (o *object) yes(key string, into *bool) {
	n, ok := o.get(key)
	if !ok {
		return
	}
	if b, isBool := n.ast.(*ast.BoolNode); isBool {
		*into = b.Value
		return
	}
	text, _ := n.scalar()
	value, ok := parseBool(text)
	if !ok || text == "1" || text == "0" {
		n.fail("use true or false", "%s is %s", n.label, n.shown())
	}
	*into = value
}

// shown quotes a scalar, and names what is none.
func (n node) shown() string {
	if s, ok := n.scalar(); ok {
		return `"` + s + `"`
	}
	return n.what()
}

// choice reads one of a few words, "" when the value is none of them.
func (n node) choice(choices []string) string {
	text, ok := n.scalar()
	if ok && contains(choices, text) {
		return text
	}
	n.fail(didYouMean("value", text, choices), "%s is %s", n.label, n.shown())
	return ""
}

// count reads a whole number.
func (o *object) count(key string, low, high int64, into *int64) {
	n, ok := o.get(key)
	if !ok {
		return
	}
	text, _ := n.scalar()
	value, ok := parseCount(text, low, high)
	if !ok {
		n.fail(rangeRemedy(low, high), "%s is %s", n.label, n.shown())
		return
	}
	*into = value
}
