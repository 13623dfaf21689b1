package schema

import "fmt"

// Known is a column of a table, as a file is compared with it.
type Known struct {
	Name string
	Type Type
	// Path is the field that the column reads. Nil is the field of its name.
	Path Path
	// Default is set where the table has a DEFAULT for the column.
	Default bool
}

// path returns the field that the column reads.
func (k Known) path() Path {
	if k.Path == nil {
		return FieldPath(k.Name)
	}
	return k.Path
}

// required reports whether a row without the column doesn't fit.
func (k Known) required() bool { return !k.Type.TakesNull() && !k.Default }

// Trial is what came of reading the first rows of a file as rows of a table.
type Trial struct {
	// Rows is how many rows could be read, fit or not. Zero are a file of which
	// only the fields are known.
	Rows int64
	// Unknown is the fields that no column reads, as Path.Name spells them, and
	// Missing the columns that no row had.
	Unknown, Missing []string
	// Tallies is of the columns, by their place. Nil where all values fit.
	Tallies []Tally
}

// Tally counts the values of a column. Nulls and absent fields aren't counted.
type Tally struct {
	Fit, Unfit int64
	// Row, Example and Detail are the first value that doesn't fit: its row, from
	// 1, its text, and why.
	Row             int64
	Example, Detail string
}

// A column counts as retyped when none of its values fits, in so many rows at
// least, and if it has values in so many of a hundred rows at least. Fewer are bad rows.
const (
	retypedRows  = 2
	retypedShare = 10
)

// retyped reports whether a column of a trial of so many rows is another one now.
func (t Tally) retyped(rows int64) bool {
	return t.Fit == 0 && t.Unfit >= retypedRows && t.Unfit*100 >= rows*retypedShare
}

// Incompatible returns the columns that a file dropped, renamed or retyped, so
// that none of its rows is one of the table. It looks at columns alone: a column
// that may be null or has a DEFAULT isn't missed, and a new field does no harm.
//
// What it says doesn't change when columns are added to the table that the
// trial's rows have no field for, so all attempts at a file agree
// (TestIncompatibleAgreesWhateverWasAdded).
func (t Trial) Incompatible(columns []Known) []Difference {
	var out []Difference
	for _, d := range t.columns(columns) {
		if d.Change == Retyped || d.required && d.Change == Missing {
			out = append(out, d)
		}
	}
	return out
}

// columns compares each column with what the trial showed.
func (t Trial) columns(columns []Known) []Difference {
	missing := make(map[string]bool, len(t.Missing))
	for _, name := range t.Missing {
		missing[name] = true
	}
	out := make([]Difference, len(columns))
	for i, k := range columns {
		d := Difference{Column: k.Name, Path: k.path(), Type: k.Type, required: k.required()}
		switch {
		case missing[k.Name] && t.Rows == 0:
			d.Change, d.Why = Missing, "the file has no such field"
		case missing[k.Name]:
			d.Change = Missing
			d.Why = fmt.Sprintf("none of %s has it", rows(t.Rows))
		case i < len(t.Tallies):
			d.Tally = t.Tallies[i]
			d.misfits(t.Rows)
		}
		out[i] = d
	}
	return out
}

// misfits tells a retyped column from one with bad values.
func (d *Difference) misfits(read int64) {
	switch t := d.Tally; {
	case t.retyped(read):
		d.Change = Retyped
		d.Why = fmt.Sprintf("none of its %d values is %s; row %d: %s", t.Unfit, d.Type, t.Row, t.Detail)
	case t.Unfit > 0:
		d.Why = fmt.Sprintf("%d of its %d values are not %s; row %d: %s", t.Unfit, t.Unfit+t.Fit, d.Type, t.Row, t.Detail)
	}
}

func rows(n int64) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}
