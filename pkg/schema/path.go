package schema

import (
	"strings"

	"github.com/longshore/longshore/pkg/fault"
)

// Path is where a column's value stands in a row of a file: the steps of a JSON
// path, or a single StepField that names a CSV header or Parquet column. A nil
// Path says nothing; the whole row is a Path of one StepRow.
type Path []Step

// Step is one step of a Path.
type Step struct {
	Kind StepKind
	// Field is the key or header of a StepField.
	Field string
}

// StepKind says what a step does.
type StepKind uint8

const (
	// StepField goes to the field of that name.
	StepField StepKind = iota
	// StepEach goes to every element of an array: [:].
	StepEach
	// StepRow stays at the whole row: $. It is a path's only step.
	StepRow
)

// FieldPath returns the path of a field at the top of a row.
func FieldPath(name string) Path { return Path{{Field: name}} }

// RowPath returns the path of the whole row: $.
func RowPath() Path { return Path{{Kind: StepRow}} }

// ParsePath reads a path as a datasource spells it, without its "json:":
// $, $.a.b, $.items[:].id, $['a b'].c. The error is Invalid and names the
// position in bytes from 1.
func ParsePath(text string) (Path, error) {
	fail := func(pos int, format string, args ...any) (Path, error) {
		return nil, fault.New(fault.Invalid, "path %q, position %d: "+format, append([]any{text, pos + 1}, args...)...)
	}
	if !strings.HasPrefix(text, "$") {
		return fail(0, "%q expected", "$")
	}
	if text == "$" {
		return RowPath(), nil
	}
	var path Path
	for pos := 1; pos < len(text); {
		step, n, why := parseStep(text[pos:])
		if why != "" {
			return fail(pos, "%s", why)
		}
		if step.Kind == StepEach && len(path) == 0 {
			return fail(pos, "a row is no array: a field expected before [:]")
		}
		path = append(path, step)
		pos += n
	}
	return path, nil
}

// parseStep reads the step at the beginning of text and its length.
func parseStep(text string) (step Step, n int, why string) {
	dot := strings.HasPrefix(text, ".")
	rest := strings.TrimPrefix(text, ".")
	switch {
	case strings.HasPrefix(rest, "[:]"):
		return Step{Kind: StepEach}, len(text) - len(rest) + 3, ""
	case strings.HasPrefix(rest, "['"), strings.HasPrefix(rest, `["`):
		end := strings.Index(rest[2:], rest[1:2]+"]")
		if end < 0 {
			return Step{}, 0, "bracket without its end"
		}
		return Step{Field: rest[2 : 2+end]}, len(text) - len(rest) + end + 4, ""
	case strings.HasPrefix(rest, "["):
		return Step{}, 0, "[:] expected: no other index is supported"
	case !dot:
		return Step{}, 0, `"." or "[" expected`
	}
	end := strings.IndexAny(rest, ".[")
	if end < 0 {
		end = len(rest)
	}
	if end == 0 {
		return Step{}, 0, "a field's name expected"
	}
	return Step{Field: rest[:end]}, end + 1, ""
}

// IsRow reports whether the path is the whole row.
func (p Path) IsRow() bool { return len(p) == 1 && p[0].Kind == StepRow }

// Arrays returns how many [:] the path holds: the depth of Array that its
// column needs.
func (p Path) Arrays() int {
	n := 0
	for _, s := range p {
		if s.Kind == StepEach {
			n++
		}
	}
	return n
}

// Name returns the path's fields joined by dots: what the field is called in a
// CSV header, and in messages. $.items[:].id is "items.id".
func (p Path) Name() string {
	if len(p) == 1 {
		return p[0].Field
	}
	var b strings.Builder
	for _, s := range p {
		if s.Kind != StepField {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(s.Field)
	}
	return b.String()
}

// String returns the path as ParsePath reads it.
func (p Path) String() string {
	var b strings.Builder
	b.WriteByte('$')
	for _, s := range p {
		switch {
		case s.Kind == StepEach:
			b.WriteString("[:]")
		case s.Kind == StepRow:
		case strings.ContainsAny(s.Field, ".[]'\" ") || s.Field == "":
			quote := "'"
			if strings.Contains(s.Field, "'") {
				quote = `"`
			}
			b.WriteString("[" + quote + s.Field + quote + "]")
		default:
			b.WriteString("." + s.Field)
		}
	}
	return b.String()
}
