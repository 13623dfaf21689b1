// Package mapping decides what a row of a query becomes in a file: which
// fields, in which order, under which names, made of what.
//
// A mapping is compiled once per run against the schema of the result, so that
// what can't be made is an error before anything is written. Then it maps
// batches, and looks at rows only where a template or a list has to:
//
//	batch ─┬─ column ───── the array itself, renamed
//	       ├─ static, variable ── one array, built once, sliced to the batch
//	       ├─ template ─── texts: columns between literals are appended from their arrays,
//	       │               anything else is Liquid, row by row
//	       ├─ object ───── the arrays of its fields, side by side
//	       └─ array ────── the arrays of its elements, dealt out by row
//
// What must stay true: the schema depends on the result's schema and the
// definition alone, so that all parts of a run write the same; and a column in a
// template is the text that CSV has of it, whichever way the template is made.
package mapping

import (
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/pkg/fault"
)

// Projection makes the rows of a file of a query's. It is used by one goroutine.
type Projection struct {
	schema *arrow.Schema
	values []value // one per field of the schema; nil means the result as it is
}

// value makes a field of the file.
type value interface {
	// field is the field without its name.
	field() arrow.Field
	// of returns an array of the field's type with a value for each row, which the
	// caller releases.
	of(rec arrow.Record) (arrow.Array, error)
}

// Compile returns the projection of a result onto the chosen columns, or onto
// all when none are chosen. The error is Invalid and names what is missing.
func Compile(result *arrow.Schema, chosen []def.ColumnChoice) (*Projection, error) {
	if len(chosen) == 0 {
		return &Projection{schema: result}, nil
	}
	p := &Projection{}
	fields := make([]arrow.Field, 0, len(chosen))
	for _, c := range chosen {
		v, err := newColumn(result, c.Column)
		if err != nil {
			return nil, fault.New(fault.Invalid, "columns: %w", err)
		}
		field := v.field()
		field.Name = c.Column
		if c.As != "" {
			field.Name = c.As
		}
		fields = append(fields, field)
		p.values = append(p.values, v)
	}
	p.schema = arrow.NewSchema(fields, nil)
	return p, nil
}

// Schema returns the schema of what Apply returns.
func (p *Projection) Schema() *arrow.Schema { return p.schema }

// Apply maps a batch. Columns aren't copied. The caller releases the result. The
// error is Invalid and names the field, and the row by its key.
func (p *Projection) Apply(rec arrow.Record) (arrow.Record, error) {
	if p.values == nil {
		rec.Retain()
		return rec, nil
	}
	arrays, err := arraysOf(p.values, rec)
	if err != nil {
		return nil, err
	}
	defer release(arrays)
	return array.NewRecord(p.schema, arrays, rec.NumRows()), nil
}

// arraysOf makes the values of a batch. After an error nothing is left to release.
func arraysOf(values []value, rec arrow.Record) ([]arrow.Array, error) {
	arrays := make([]arrow.Array, 0, len(values))
	for _, v := range values {
		arr, err := v.of(rec)
		if err != nil {
			release(arrays)
			return nil, err
		}
		arrays = append(arrays, arr)
	}
	return arrays, nil
}

func release(arrays []arrow.Array) {
	for _, a := range arrays {
		a.Release()
	}
}

// column is a column of the result.
type column struct {
	in arrow.Field
	at int
}

func newColumn(result *arrow.Schema, name string) (*column, error) {
	found := result.FieldIndices(name)
	if len(found) == 0 {
		return nil, noColumn(result, name)
	}
	return &column{in: result.Field(found[0]), at: found[0]}, nil
}

func noColumn(result *arrow.Schema, name string) error {
	return fault.WithRemedy(fault.New(fault.Invalid, "the model returns no column %q", name),
		"choose among %s", strings.Join(names(result), ", "))
}

func (c *column) field() arrow.Field {
	field := c.in
	field.Name = ""
	return field
}

func (c *column) of(rec arrow.Record) (arrow.Array, error) {
	arr := rec.Column(c.at)
	arr.Retain()
	return arr, nil
}

func names(s *arrow.Schema) []string {
	var out []string
	for _, f := range s.Fields() {
		out = append(out, f.Name)
	}
	slices.Sort(out)
	return out
}
