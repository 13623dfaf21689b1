package csv

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/format"
)

// Frame implements format.Writer.
func (Format) Frame(schema *arrow.Schema, opts format.WriteOptions) (format.Frame, error) {
	e, err := newEncoder(schema, opts.CSV)
	if err != nil {
		return nil, err
	}
	var f frame
	if opts.CSV.BOM {
		f.opening = append(f.opening, bom...)
	}
	if !opts.CSV.NoHeader {
		f.opening = e.dialect.appendHeader(f.opening, schema)
	}
	return f, nil
}

// frame is what stands before the lines.
type frame struct{ opening []byte }

func (f frame) Opening() []byte                        { return f.opening }
func (frame) Separator() []byte                        { return nil }
func (frame) Closing([]format.Segment) ([]byte, error) { return nil, nil }

// appendHeader appends the line of column names.
func (d *dialect) appendHeader(dst []byte, schema *arrow.Schema) []byte {
	for i, field := range schema.Fields() {
		if i > 0 {
			dst = append(dst, d.delimiter)
		}
		if name := []byte(field.Name); d.policy != format.QuoteNeeded || d.needsQuotes(name) {
			dst = appendQuoted(dst, name)
		} else {
			dst = append(dst, name...)
		}
	}
	return append(dst, d.newline...)
}

// Encoder implements format.Writer.
func (Format) Encoder(schema *arrow.Schema, opts format.WriteOptions) (format.Encoder, error) {
	return newEncoder(schema, opts.CSV)
}
