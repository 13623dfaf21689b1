package def

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds of a file, aliases followed: how deep values are nested, how many there
// are. Beyond them nothing is read.
const (
	maxYAMLDepth = 64
	maxYAMLNodes = 100_000
)

// document is one YAML file that is being read.
type document struct {
	file     string
	keys     []Key // that its objects may have
	lines    int   // of the file
	shift    int   // columns that were cut off the beginning of each line
	anchors  map[string]ast.Node
	nodes    int // read so far
	problems *Problems
}

// Visit notes the anchors of the file.
func (d *document) Visit(n ast.Node) ast.Visitor {
	if a, ok := n.(*ast.AnchorNode); ok && a.Name != nil {
		d.anchors[a.Name.GetToken().Value] = a.Value
	}
	return d
}

// node is one value of a document. Reading it wrongly reports a problem and
// returns the zero value, so that the reader goes on to the next mistake.
type node struct {
	doc   *document
	ast   ast.Node
	at    Position
	path  string // of Key.Path
	label string // how messages call it: destination.csv.delimiter
	depth int
}

// parseYAML returns the top value of a file. It is false when the file is empty,
// is no YAML, or holds more than one document; the problem is reported.
func parseYAML(ps *Problems, file string, content []byte, keys []Key) (node, bool) {
	doc := &document{file: file, keys: keys, anchors: map[string]ast.Node{}, problems: ps}
	doc.lines = 1 + bytes.Count(content, []byte("\n"))
	top := Position{file, 1, 1}
	if !utf8.Valid(content) {
		ps.add(top, "save it as UTF-8", "the file is not UTF-8 text")
		return node{}, false
	}
	parsed, err := parseSafely(content)
	if err != nil {
		if parsed = doc.withoutBareReferences(content); parsed == nil {
			doc.syntaxError(err)
			return node{}, false
		}
	}
	var bodies []ast.Node
	for _, d := range parsed.Docs {
		if d.Body != nil {
			bodies = append(bodies, d.Body)
		}
	}
	switch {
	case len(bodies) == 0:
		return node{doc: doc, at: top}, true
	case len(bodies) > 1:
		ps.add(doc.position(bodies[1]), "put it into a file of its own", "the file holds a second document")
		return node{}, false
	}
	ast.Walk(doc, bodies[0])
	return doc.node(bodies[0], "", "", 0), true
}

// parseSafely keeps a defect of the YAML library from ending the process.
func parseSafely(content []byte) (file *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("it can't be read: %v", r)
		}
	}()
	text := strings.ReplaceAll(strings.TrimPrefix(string(content), "\ufeff"), "\r\n", "\n")
	return parser.ParseBytes([]byte(text), 0, parser.AllowDuplicateMapKey())
}

// bareReference is a reference that somebody forgot to quote.
var bareReference = regexp.MustCompile(`:[ \t]+\{\{[^{}\n]*\}\}`)

// withoutBareReferences is for a file that is no YAML: it reports references
// without quotes, and reads the file as if they were not there. It is nil, and
// reports nothing, when that does not help.
func (d *document) withoutBareReferences(content []byte) *ast.File {
	found := bareReference.FindAllIndex(content, -1)
	if len(found) == 0 {
		return nil
	}
	patched := bytes.Clone(content)
	for _, loc := range found {
		blank := append([]byte(": ''"), bytes.Repeat([]byte(" "), loc[1]-loc[0]-4)...)
		copy(patched[loc[0]:], blank)
	}
	parsed, err := parseSafely(patched)
	if err != nil {
		return nil
	}
	for _, loc := range found {
		line := 1 + bytes.Count(content[:loc[0]], []byte("\n"))
		column := loc[0] - bytes.LastIndexByte(content[:loc[0]], '\n')
		d.problems.add(Position{d.file, line, column}, `put it into single quotes: '{{ secret("NAME") }}'`, "a reference in {{ }} is not quoted")
	}
	return parsed
}

func (d *document) syntaxError(err error) {
	at := Position{d.file, 1, 1}
	message := err.Error()
	var located yaml.Error
	if errors.As(err, &located) {
		message = located.GetMessage()
		if t := located.GetToken(); t != nil && t.Position != nil {
			at = d.tokenPosition(t)
		}
	}
	message, _, _ = strings.Cut(message, "\n")
	d.problems.add(at, "mend the YAML; quote texts that hold : # { [ or {{", "the file is no valid YAML: %s", message)
}

func (d *document) tokenPosition(t *token.Token) Position {
	return Position{d.file, min(t.Position.Line, d.lines), t.Position.Column + d.shift}
}

func (d *document) position(n ast.Node) Position {
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		n = m.Values[0].Key
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return d.tokenPosition(t)
	}
	return Position{d.file, 1, 1}
}

// node wraps a value, behind its anchors, aliases and tags.
func (d *document) node(n ast.Node, path, label string, depth int) node {
	at := Position{d.file, 1, 1}
	if n != nil {
		at = d.position(n)
	}
	if d.nodes++; d.nodes > maxYAMLNodes {
		if d.nodes == maxYAMLNodes+1 {
			d.problems.add(at, "use fewer aliases", "the file has more than %d values", maxYAMLNodes)
		}
		return node{d, nil, at, path, label, depth}
	}
	for range maxYAMLDepth {
		switch v := n.(type) {
		case *ast.AnchorNode:
			n = v.Value
		case *ast.AliasNode:
			name := v.Value.GetToken().Value
			target, ok := d.anchors[name]
			if !ok {
				d.problems.add(at, "write &"+name+" before the value it stands for", "there is no anchor *%s above", name)
			}
			n = target
		case *ast.TagNode:
			n = v.Value
		default:
			return node{d, n, at, path, label, depth}
		}
	}
	return node{d, nil, at, path, label, depth}
}

func (n node) isNull() bool {
	if n.ast == nil {
		return true
	}
	_, null := n.ast.(*ast.NullNode)
	return null
}

// fail reports a problem at the node.
func (n node) fail(remedy, format string, args ...any) {
	if n.doc.nodes > maxYAMLNodes {
		return // reported once
	}
	n.doc.problems.add(n.at, remedy, format, args...)
}

// scalar returns the text of a string or number as the file has it.
func (n node) scalar() (string, bool) {
	switch v := n.ast.(type) {
	case *ast.StringNode:
		return v.Value, true
	case *ast.LiteralNode:
		return v.Value.Value, true
	case *ast.IntegerNode:
		return v.Token.Value, true
	case *ast.FloatNode:
		return v.Token.Value, true
	}
	return "", false
}

// text returns a text.
func (n node) text() string {
	s, ok := n.scalar()
	switch {
	case ok:
	case n.isNull():
		n.fail("give it a value or remove the key", "%s is empty", n.label)
	case n.isTemplate():
		n.fail("put the text into single quotes", "%s begins with {{, which is not text in YAML", n.label)
	default:
		n.fail("write text; quote it if it looks like something else", "%s is %s, not text", n.label, n.what())
	}
	return s
}

// isTemplate reports whether the node is an unquoted {{ … }}.
func (n node) isTemplate() bool {
	m, ok := n.ast.(*ast.MappingNode)
	if !ok || !m.IsFlowStyle || len(m.Values) != 1 {
		return false
	}
	key, ok := m.Values[0].Key.(ast.Node).(*ast.MappingNode)
	return ok && key.IsFlowStyle || strings.HasPrefix(m.String(), "{{")
}

// what names the kind of the value.
func (n node) what() string {
	switch n.ast.(type) {
	case nil, *ast.NullNode:
		return "nothing"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "an object"
	case *ast.SequenceNode:
		return "a list"
	case *ast.BoolNode:
		return "true or false"
	case *ast.StringNode, *ast.LiteralNode:
		return "text"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	}
	return "something else"
}

// items returns the elements of a list; a single value is a list of one.
func (n node) items() []node {
	seq, ok := n.ast.(*ast.SequenceNode)
	if !ok {
		return []node{n}
	}
	out := make([]node, 0, len(seq.Values))
	for i, v := range seq.Values {
		if n.depth < maxYAMLDepth {
			out = append(out, n.doc.node(v, n.path+"[]", fmt.Sprintf("%s[%d]", n.label, i), n.depth+1))
		}
	}
	return out
}

func (n node) isList() bool { _, ok := n.ast.(*ast.SequenceNode); return ok }
