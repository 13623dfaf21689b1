package diff

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/batch"
)

// Change says how the columns of a sync differ from those of its baseline.
type Change struct {
	Added   []string   // in the order of the present columns
	Dropped []string   // in the order of the baseline's columns
	Retyped []Retyping // in the order of the present columns
}

// Retyping is a column whose values can't be compared with the baseline's, or
// would be written in another way.
type Retyping struct {
	Name     string
	From, To string // types as people read them: "utf8", "utf8 (json)"
}

// CompareSchemas says what changed since the baseline. Columns are matched by
// name. These are no change: the order of columns, nullable or not, integers,
// strings and lists of another width, a decimal's precision, one time zone for
// another, a dictionary.
func CompareSchemas(baseline, now *arrow.Schema) Change {
	var c Change
	for _, field := range now.Fields() {
		was, ok := schemaField(baseline, field.Name)
		switch {
		case !ok:
			c.Added = append(c.Added, field.Name)
		case valueKind(was) != valueKind(field):
			c.Retyped = append(c.Retyped, Retyping{field.Name, schemaType(was), schemaType(field)})
		}
	}
	for _, field := range baseline.Fields() {
		if _, ok := schemaField(now, field.Name); !ok {
			c.Dropped = append(c.Dropped, field.Name)
		}
	}
	return c
}

func schemaField(s *arrow.Schema, name string) (arrow.Field, bool) {
	at := s.FieldIndices(name)
	if len(at) == 0 {
		return arrow.Field{}, false
	}
	return s.Field(at[0]), true
}

// schemaType is a column's type for people.
func schemaType(field arrow.Field) string {
	if l := batch.LogicalOf(field); l != batch.None {
		return fmt.Sprintf("%s (%s)", field.Type, l)
	}
	return field.Type.String()
}

// None reports whether nothing changed.
func (c Change) None() bool { return len(c.Added)+len(c.Dropped)+len(c.Retyped) == 0 }

// String returns the change as a sentence without its stop: "column b is new,
// column c is gone, column d was int64 and is utf8". It is empty for none.
func (c Change) String() string {
	var parts []string
	for _, name := range c.Added {
		parts = append(parts, fmt.Sprintf("column %s is new", name))
	}
	for _, name := range c.Dropped {
		parts = append(parts, fmt.Sprintf("column %s is gone", name))
	}
	for _, r := range c.Retyped {
		parts = append(parts, fmt.Sprintf("column %s was %s and is %s", r.Name, r.From, r.To))
	}
	return strings.Join(parts, ", ")
}
