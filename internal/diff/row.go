package diff

import (
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/fault"
)

// Rows encodes the rows of one schema, canonically: two rows have one encoding
// where, and only where, their columns have the same names, kinds and values.
// Offsets, dictionaries, the width of integers and the order of columns make no
// difference (TestRowsCanonical). docs/diff.md has the table of how each type is
// written.
//
//	columns a (int) = 7, b (text) = null, c (text) = "hi":
//
//	02   0e   02 68 69
//	│    a    c
//	nulls: the second column
//
// Baselines keep rows in this encoding for ever, so it may never change
// (TestRowsGolden). A Rows is used by one goroutine.
type Rows struct {
	schema  *arrow.Schema
	columns []rowColumn // in ascending order of their names' bytes
	forms   []*valueForm
	cells   []valueCell
}

// rowColumn is a column of a row.
type rowColumn struct {
	name  string
	index int // in the schema
	form  *valueForm
}

// NewRows returns the encoder of rows of a schema. The error is Invalid, and
// names the column, for a type that rows can't carry and for two columns of one
// name.
func NewRows(schema *arrow.Schema) (*Rows, error) {
	columns, err := rowColumns(schema)
	if err != nil {
		return nil, err
	}
	r := &Rows{schema: schema, columns: columns}
	for _, c := range columns {
		r.forms = append(r.forms, c.form)
		r.cells = append(r.cells, newValueCell(c.form))
	}
	return r, nil
}

func rowColumns(schema *arrow.Schema) ([]rowColumn, error) {
	columns := make([]rowColumn, schema.NumFields())
	for i, field := range schema.Fields() {
		form, err := newValueForm(field)
		if err != nil {
			return nil, fault.New(fault.Invalid, "column %q: %w", field.Name, err)
		}
		columns[i] = rowColumn{field.Name, i, form}
	}
	slices.SortFunc(columns, func(a, b rowColumn) int { return strings.Compare(a.name, b.name) })
	for i := range columns {
		if i > 0 && columns[i].name == columns[i-1].name {
			return nil, fault.WithRemedy(fault.New(fault.Invalid, "there are two columns %q", columns[i].name), "name each column otherwise")
		}
	}
	return columns, nil
}

// Bind makes rec, which has the schema of the Rows, the one whose rows are
// encoded. It is borrowed until the next Bind.
func (r *Rows) Bind(rec arrow.Record) {
	for i, c := range r.columns {
		r.cells[i].bind(rec.Column(c.index))
	}
}

// Append appends the encoding of a row of the bound record. In the steady state
// it allocates nothing but dst's growth.
func (r *Rows) Append(dst []byte, row int) []byte { return appendTuple(dst, r.cells, row) }

// rowFlaw names the column at which an encoded row stops being one.
func (r *Rows) rowFlaw(encoded []byte) error {
	nulls, rest, ok := cutBitmap(encoded, len(r.forms))
	if !ok {
		return fault.New(fault.Invalid, "encoded row of %d bytes: its nulls don't fit %d columns", len(encoded), len(r.forms))
	}
	for i, c := range r.columns {
		if bitmapHas(nulls, i) {
			continue
		}
		n, fits := c.form.scan(rest)
		if n < 0 || !fits {
			return fault.New(fault.Invalid, "encoded row of %d bytes: no value of column %q (%s) at byte %d",
				len(encoded), c.name, r.schema.Field(c.index).Type, len(encoded)-len(rest))
		}
		rest = rest[n:]
	}
	return fault.New(fault.Invalid, "encoded row of %d bytes: %d bytes behind its last column", len(encoded), len(rest))
}
