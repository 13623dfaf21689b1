// Package mapping decides what a row of a query becomes in a file: which
// columns, in which order, under which names.
//
// A mapping is compiled once per run against the schema of the result, so that
// a column which isn't there is an error before anything is written, and rows
// pass without being looked at.
package mapping

import (
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/pkg/fault"
)

// Projection picks and renames columns. It is safe for concurrent use.
type Projection struct {
	schema  *arrow.Schema
	indexes []int // of the result's columns; nil means all as they are
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
		found := result.FieldIndices(c.Column)
		if len(found) == 0 {
			return nil, fault.WithRemedy(fault.New(fault.Invalid, "columns: the model returns no column %q", c.Column),
				"choose among %s", strings.Join(names(result), ", "))
		}
		field := result.Field(found[0])
		if c.As != "" {
			field.Name = c.As
		}
		fields = append(fields, field)
		p.indexes = append(p.indexes, found[0])
	}
	p.schema = arrow.NewSchema(fields, nil)
	return p, nil
}

// Schema returns the schema of what Apply returns.
func (p *Projection) Schema() *arrow.Schema { return p.schema }

// Apply returns the chosen columns of a batch without copying them. The caller
// releases the result.
func (p *Projection) Apply(rec arrow.Record) arrow.Record {
	if p.indexes == nil {
		rec.Retain()
		return rec
	}
	columns := make([]arrow.Array, len(p.indexes))
	for i, at := range p.indexes {
		columns[i] = rec.Column(at)
	}
	return array.NewRecord(p.schema, columns, rec.NumRows())
}

func names(s *arrow.Schema) []string {
	var out []string
	for _, f := range s.Fields() {
		out = append(out, f.Name)
	}
	slices.Sort(out)
	return out
}
