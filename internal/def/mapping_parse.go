package def

import (
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// fieldPath is the path of every field in Keys, however deep it is nested.
const fieldPath = "mapping.*"

// parseFields reads an object of mapped fields.
func parseFields(n node) []Field {
	var out []Field
	for _, m := range n.members(func(string) string { return fieldPath }) {
		if strings.TrimSpace(m.name) == "" {
			m.value.fail("give it a name", "a field of %s has no name", n.name())
		}
		out = append(out, Field{Name: m.name, Expr: parseExpr(m.value)})
	}
	if n.isObject() && len(out) == 0 {
		n.fail("map at least one field", "%s has no fields", n.name())
	}
	return out
}

var exprKinds = []string{"column", "static", "variable", "template", "object", "array"}

// parseExpr reads one mapped value: a text, which is a column, or an object with
// exactly one of the kinds.
func parseExpr(n node) Expr {
	if !n.isObject() {
		if n.isNull() || n.isList() {
			n.fail("write a column's name, or one of "+oneOf(exprKinds), "%s is %s", n.label, n.what())
			return Expr{}
		}
		return Expr{Kind: FromColumn, Column: n.text(), Pos: n.at}
	}
	before := len(*n.doc.problems)
	o := n.object()
	if len(o.fields) != 1 {
		if len(*n.doc.problems) == before {
			n.fail("give one of "+oneOf(exprKinds), "%s has %d kinds of value", n.label, len(o.fields))
		}
		return Expr{}
	}
	for kind, value := range o.fields {
		return parseKind(ExprKind(kind), value)
	}
	return Expr{}
}

func parseKind(kind ExprKind, n node) Expr {
	e := Expr{Kind: kind, Pos: n.at}
	switch kind {
	case FromColumn:
		if e.Column = n.text(); e.Column == "" {
			n.fail("name a column", "%s is empty", n.label)
		}
	case FromStatic:
		e.Static = n.static()
	case FromVariable:
		e.Variable = n.text()
		if !contains(Variables, e.Variable) {
			remedy := didYouMean("variable", e.Variable, Variables)
			if remedy == "" {
				remedy = "use " + oneOf(Variables)
			}
			n.fail(remedy, "%s: there is no variable %s", n.label, n.shown())
		}
	case FromTemplate:
		e.Template = n.text()
		if wrong := liquidFlaw(e.Template); wrong != "" {
			n.fail("write {{ column }} or {% tag %}", "%s: %s", n.label, wrong)
		}
	case FromObject:
		n.path = fieldPath
		e.Object = parseFields(n)
	case FromArray:
		if !n.isList() {
			n.fail("write a list", "%s is %s, not a list", n.label, n.what())
			return e
		}
		for _, item := range n.items() {
			item.path = fieldPath
			e.Array = append(e.Array, parseExpr(item))
		}
	}
	return e
}

// static returns the value of a scalar.
func (n node) static() any {
	switch v := n.ast.(type) {
	case *ast.BoolNode:
		return v.Value
	case *ast.IntegerNode:
		return v.Value
	case *ast.FloatNode:
		return v.Value
	case nil, *ast.NullNode:
		return nil
	}
	text, ok := n.scalar()
	if !ok {
		n.fail("use object or array for nested values", "%s is %s", n.label, n.what())
	}
	return text
}

// liquidFlaw reports tags that are never closed. The rest of Liquid is checked
// where it is compiled.
func liquidFlaw(text string) string {
	for {
		i := strings.Index(text, "{{")
		if j := strings.Index(text, "{%"); i < 0 || j >= 0 && j < i {
			i = j
		}
		if i < 0 {
			return ""
		}
		open, shut := text[i:i+2], "}}"
		if open == "{%" {
			shut = "%}"
		}
		_, after, closed := strings.Cut(text[i+2:], shut)
		if !closed {
			return open + " is never closed"
		}
		text = after
	}
}
