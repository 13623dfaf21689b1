package schema

import "fmt"

// Merge puts together what was inferred from several files, which are to land in
// one table: the fields of all, in the order in which they first appear. A field
// that a file lacks is Nullable; fields of one path that differ between files
// get the least type that holds both, and the difference is among their conflicts.
func Merge(files ...Inference) Inference {
	if len(files) == 0 {
		return Inference{}
	}
	merged := files[0]
	merged.Fields = append([]Field(nil), files[0].Fields...)
	for _, next := range files[1:] {
		merged.add(next)
	}
	UniqueNames(merged.Fields)
	return merged
}

func (i *Inference) add(next Inference) {
	met := make([]bool, len(i.Fields))
	for _, f := range next.Fields {
		at := i.index(f.Path)
		if at < 0 {
			f.absent(i.Rows)
			i.Fields = append(i.Fields, f)
			continue
		}
		if at < len(met) {
			met[at] = true
		}
		i.Fields[at].join(f)
	}
	for at, was := range met {
		if !was {
			i.Fields[at].absent(next.Rows)
		}
	}
	i.Rows += next.Rows
	i.Malformed += next.Malformed
}

func (i *Inference) index(path Path) int {
	for at, f := range i.Fields {
		if f.Path.String() == path.String() {
			return at
		}
	}
	return -1
}

// absent counts rows of files that don't have the field.
func (f *Field) absent(rows int64) {
	if rows == 0 {
		return
	}
	f.Nulls += rows
	f.Type = nullable(f.Type)
	f.Why += fmt.Sprintf("; missing from files with %d of the rows", rows)
}

// join takes another file's view of the field in.
func (f *Field) join(other Field) {
	anyNull := f.Type.IsNullable() || other.Type.IsNullable()
	switch {
	case other.empty():
		f.Nulls += other.Nulls
		f.Type = nullable(f.Type)
		return
	case f.empty():
		other.Nulls += f.Nulls
		other.Type, other.Name = nullable(other.Type), f.Name
		*f = other
		return
	}
	f.Values += other.Values
	f.Nulls += other.Nulls
	f.Examples = append(append([]string(nil), f.Examples...), other.Examples...)
	f.Examples = f.Examples[:min(len(f.Examples), maxExamples)]
	if f.Type.Base().Equal(other.Type.Base()) {
		if anyNull {
			f.Type = nullable(f.Type)
		}
		f.agree(other)
		return
	}
	f.Conflicts = append(append([]Conflict(nil), f.Conflicts...), Conflict{Type: other.Type, Rows: other.Values, Example: example(other)})
	f.Why = fmt.Sprintf("%s in one file, %s in another", f.Type, other.Type)
	f.Type = f.common(other, anyNull)
}

// agree tells of all values where files agree on a field whose type its values
// decided.
func (f *Field) agree(other Field) {
	if f.class.Shape == Nothing || f.class.Shape == Text || len(f.Conflicts)+len(other.Conflicts) > 0 {
		return
	}
	f.Why = fmt.Sprintf("all %d values are %s", f.Values, f.class.Shape)
	if f.Nulls > 0 {
		f.Why += fmt.Sprintf("; %d null or missing", f.Nulls)
	}
}

// empty reports whether a file had the field, but never a value of it.
func (f *Field) empty() bool { return f.Values == 0 && f.Nulls > 0 }

// common returns the least type that holds the values of both.
func (f *Field) common(other Field, null bool) Type {
	depth := f.Path.Arrays()
	if f.class.Shape == Nothing || other.class.Shape == Nothing || depth > 0 && depth != other.Path.Arrays() {
		return Class{Shape: Text}.Type(null)
	}
	f.class = Join(f.class, other.class)
	t := f.class.Type(null)
	for range depth {
		t = ArrayOf(t)
	}
	return t
}

func example(f Field) string {
	if len(f.Examples) == 0 {
		return ""
	}
	return f.Examples[0]
}

// nullable returns t as a type that holds null too, where there is one.
func nullable(t Type) Type {
	if t.IsNullable() || !t.CanBeNullable() {
		return t
	}
	return NullableOf(t)
}
