package schema

import (
	"slices"
	"strings"
)

// Change is what became of a column in a file.
type Change uint8

// The changes.
const (
	Same    Change = iota // the file has the column, and values of it fit
	New                   // a field of the file that no column reads
	Missing               // no row of the file has the column
	Retyped               // the file has values for the column, and none fits
)

var changeNames = [...]string{"same", "new", "missing", "retyped"}

// String names the change in a word.
func (c Change) String() string { return changeNames[c] }

// Difference is what a file has for a column of a table, or what a new field
// would be as a column.
type Difference struct {
	Change Change
	// Column is the column's name; of a new field, the name that it would get.
	Column string
	Path   Path
	Type   Type // the column's; of a new field, that of the column it would become
	// Why is the evidence, in a sentence; empty where all is well.
	Why string
	// Likely is, of a missing column, the name of the new field that may be the
	// column under another name, and of that field the name of the column. It is a
	// hint: nothing is decided by it.
	Likely string
	Tally
	required bool // of a column: a row without it doesn't fit
}

// Refuses reports whether the difference keeps all rows of the file out of the table.
func (d Difference) Refuses() bool { return d.Change == Retyped || d.Change == Missing && d.required }

// Compare says what a file would change in a table: its columns in their order,
// and behind them the new fields in the order of the file. The file is what was
// inferred from its rows, the trial what came of reading them as rows of the table.
func Compare(columns []Known, file Inference, trial Trial) []Difference {
	out := trial.columns(columns)
	for _, f := range NewFields(columns, file, trial.Unknown, nil) {
		out = append(out, Difference{Change: New, Column: f.Name, Path: f.Path, Type: f.Type, Why: f.Why})
	}
	hint(out, file)
	return out
}

// NewFields returns the fields of a file that are to become columns beside those
// of a table: with names that are free there, and types that hold null or have
// an empty value. Unknown is what a reader of the file found no column for, and
// reserved are further names that aren't free.
//
// A field that overlaps with what a column reads is none: what was $.user of one
// column can't also be taken apart into others, nor the other way round.
func NewFields(columns []Known, file Inference, unknown, reserved []string) []Field {
	taken := make(map[string]bool, len(columns)+len(reserved))
	for _, name := range reserved {
		taken[name] = true
	}
	for _, k := range columns {
		taken[k.Name] = true
	}
	var out []Field
	for _, f := range file.Fields {
		if !within(f.Path.Name(), unknown) ||
			slices.ContainsFunc(columns, func(k Known) bool { return f.Path.Overlaps(k.path()) }) ||
			slices.ContainsFunc(out, func(o Field) bool { return f.Path.Overlaps(o.Path) }) {
			continue
		}
		f.Name = freeName(columnName(f.Path), taken)
		f.Type = NullableOf(f.Type)
		taken[f.Name] = true
		out = append(out, f)
	}
	return out
}

// within reports whether a dotted name is one of those given, or inside one.
func within(name string, outer []string) bool {
	return slices.ContainsFunc(outer, func(o string) bool {
		rest, ok := strings.CutPrefix(name, o)
		return ok && (rest == "" || rest[0] == '.')
	})
}

// Overlaps reports whether one of two paths is the other or leads to it, so that
// the value of one is inside the other's. Paths of one Name overlap, too: a CSV
// header doesn't tell them apart.
func (p Path) Overlaps(q Path) bool {
	if p.IsRow() || q.IsRow() || p.Name() == q.Name() {
		return true
	}
	n := min(len(p), len(q))
	return slices.Equal(p[:n], q[:n])
}

// hint pairs missing columns with new fields that may be them, renamed: of a
// type that goes with the column's and of a similar name, or else at its place.
func hint(all []Difference, file Inference) {
	for i := range all {
		if all[i].Change != Missing {
			continue
		}
		best, least := -1, 0
		for j := range all {
			if all[j].Change != New || all[j].Likely != "" || !alike(all[i].Type, all[j].Type) {
				continue
			}
			cost := distance(strings.ToLower(all[i].Column), strings.ToLower(all[j].Column))
			similar := 2*cost <= max(len(all[i].Column), len(all[j].Column))
			if !similar && file.index(all[j].Path) != i {
				continue
			}
			if best < 0 || cost < least {
				best, least = j, cost
			}
		}
		if best >= 0 {
			all[i].Likely, all[best].Likely = all[best].Column, all[i].Column
		}
	}
}

// alike reports whether values of one type may be those of another.
func alike(a, b Type) bool {
	a, b = a.Base(), b.Base()
	number := func(t Type) bool { return t.Kind.IsInteger() || t.Kind.IsFloat() || t.Kind == Decimal }
	text := func(t Type) bool {
		return t.Kind == String || t.Kind == FixedString || t.Kind == Enum8 || t.Kind == Enum16
	}
	for _, family := range []func(Type) bool{number, text, func(t Type) bool { return t.Kind.IsTime() }} {
		if family(a) && family(b) {
			return true
		}
	}
	return a.Kind == b.Kind
}
