package schema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Inference is what was learnt of a file's fields from some of its rows.
type Inference struct {
	// Fields is in the order in which the file has them.
	Fields []Field
	// Rows is how many rows were looked at, and Malformed how many of them could
	// not be read at all.
	Rows, Malformed int64
	// Delimiter and Header are what was found of a CSV file's dialect.
	Delimiter byte
	Header    bool
}

// Field is one field of a file and the column that suits it.
type Field struct {
	// Name is what the column would be called: the path's fields joined by "_".
	Name string
	Path Path
	Type Type
	Evidence
	class Class // of the values; Nothing where the file itself says the type
}

// Evidence is why a field got its type.
type Evidence struct {
	// Values is how many rows had a value, and Nulls how many had null or nothing.
	Values, Nulls int64
	// Min and Max are the least and the greatest of a few kinds of values as they
	// are written: numbers by value, other texts by bytes. Long ones are cut.
	Min, Max string
	// Examples is the first few different values. Long ones are cut.
	Examples []string
	// Why says in a sentence what decided.
	Why string
	// Conflicts is what the values looked like, where not all looked alike, the
	// most frequent first.
	Conflicts []Conflict
}

// Conflict is values of a field that alone would have made another type.
type Conflict struct {
	Type    Type
	Rows    int64  // that many rows had such a value
	Row     int64  // the first of them, from 1; 0 where they are all of another file
	Example string // its value
}

// InferOptions says how fields become columns.
type InferOptions struct {
	// Nullable makes every column Nullable that can be. Without it only those
	// are whose field was null or absent.
	Nullable bool
}

const (
	maxExamples = 5
	maxExample  = 120 // bytes
)

// Sample collects the values of one field. Its zero value is ready.
type Sample struct {
	class         Class
	values, nulls int64
	seen          []seen // by shape that a value alone would have
	zeros         int64  // texts that would be numbers but for a leading zero
	min, max      string
	minN, maxN    float64
	numeric       bool
	examples      []string
}

type seen struct {
	class   Class
	rows    int64
	row     int64
	example string
}

// Null notes rows in which the field was null or absent.
func (s *Sample) Null(rows int64) { s.nulls += rows }

// Values returns how many values were noted.
func (s *Sample) Values() int64 { return s.values }

// Add notes a value: what it looks like, its text, and the row, counted from 1.
func (s *Sample) Add(row int64, c Class, text string) {
	s.values++
	s.class = Join(s.class, c)
	if c.Shape == Text && hasLeadingZero(text) {
		s.zeros++
	}
	s.extremes(c, text)
	i := slices.IndexFunc(s.seen, func(o seen) bool { return o.class.Shape == c.Shape })
	if i < 0 {
		s.seen = append(s.seen, seen{class: c, row: row, example: cut(text)})
		i = len(s.seen) - 1
	}
	s.seen[i].class = Join(s.seen[i].class, c)
	s.seen[i].rows++
	if len(s.examples) < maxExamples && !slices.Contains(s.examples, cut(text)) {
		s.examples = append(s.examples, cut(text))
	}
}

// extremes keeps the least and the greatest value. Numbers are compared as
// numbers while there is nothing else.
func (s *Sample) extremes(c Class, text string) {
	number := c.Shape == Integer || c.Shape == Float
	var v float64
	if number {
		v, _ = strconv.ParseFloat(text, 64)
	}
	first := s.values == 1
	s.numeric = number && (first || s.numeric)
	less, more := text < s.min, text > s.max
	if s.numeric {
		less, more = v < s.minN, v > s.maxN
	}
	if first || less {
		s.min, s.minN = cut(text), v
	}
	if first || more {
		s.max, s.maxN = cut(text), v
	}
}

func hasLeadingZero(text string) bool {
	text = strings.TrimPrefix(text, "-")
	return len(text) > 1 && text[0] == '0' && strings.Trim(text, "0123456789") == ""
}

func cut(text string) string { return Cut(text, maxExample) }

// Cut returns the first most bytes of a text, as UTF-8, with an ellipsis where
// there are more.
func Cut(text string, most int) string {
	if len(text) <= most {
		return strings.ToValidUTF8(text, "\uFFFD")
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// Field returns the field at path with the type that the values ask for.
func (s *Sample) Field(path Path, opts InferOptions) Field {
	f := Field{
		Name: columnName(path), Path: path, class: s.class,
		Type:     s.class.Type(s.nulls > 0 || opts.Nullable),
		Evidence: Evidence{Values: s.values, Nulls: s.nulls, Min: s.min, Max: s.max, Examples: s.examples},
	}
	if depth := path.Arrays(); depth > 0 {
		f.Type = s.class.Type(s.nulls > 0)
		for range depth {
			f.Type = ArrayOf(f.Type)
		}
	}
	if len(s.seen) > 1 {
		for _, o := range s.seen {
			f.Conflicts = append(f.Conflicts, Conflict{Type: o.class.Type(false), Rows: o.rows, Row: o.row, Example: o.example})
		}
		slices.SortStableFunc(f.Conflicts, func(a, b Conflict) int { return int(b.Rows - a.Rows) })
	}
	f.Why = s.why(f)
	return f
}

// why says what decided the type.
func (s *Sample) why(f Field) string {
	var why string
	switch {
	case s.values == 0:
		return fmt.Sprintf("no value in %d rows", s.nulls)
	case s.zeros > 0:
		why = fmt.Sprintf("%d of %d values begin with a zero that a number would lose", s.zeros, s.values)
	case len(f.Conflicts) > 1:
		c := f.Conflicts[1]
		why = fmt.Sprintf("%d of %d values look like %s, such as %q in row %d", c.Rows, s.values, c.Type, c.Example, c.Row)
	default:
		why = fmt.Sprintf("all %d values are %s", s.values, s.class.Shape)
	}
	if s.nulls > 0 {
		why += fmt.Sprintf("; %d null or missing", s.nulls)
	}
	return why
}

// columnName joins the fields of a path by "_", and replaces what a column's
// name should not hold.
func columnName(path Path) string {
	if path.IsRow() {
		return "row"
	}
	name := []byte(strings.ReplaceAll(path.Name(), ".", "_"))
	for i, c := range name {
		if c < 0x80 && !isWord(c) {
			name[i] = '_'
		}
	}
	if len(name) == 0 {
		return "_"
	}
	if name[0] >= '0' && name[0] <= '9' {
		return "_" + string(name)
	}
	return string(name)
}

// UniqueNames gives the fields of an inference names that differ.
func UniqueNames(fields []Field) {
	taken := make(map[string]bool, len(fields))
	for i := range fields {
		fields[i].Name = freeName(fields[i].Name, taken)
		taken[fields[i].Name] = true
	}
}

// freeName returns the name, or else the first of name_2, name_3, … that isn't taken.
func freeName(name string, taken map[string]bool) string {
	free := name
	for n := 2; taken[free]; n++ {
		free = fmt.Sprintf("%s_%d", name, n)
	}
	return free
}
