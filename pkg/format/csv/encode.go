package csv

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/text"
)

type encoder struct {
	dialect *dialect
	columns []column
}

// column is a column and how its values are quoted.
type column struct {
	*text.Column
	quoting quoting
}

type quoting uint8

const (
	never  quoting = iota // no value of the type needs quotes
	tested                // each value is looked at
	always
)

func newEncoder(schema *arrow.Schema, opts format.CSVWriteOptions) (*encoder, error) {
	d, err := newDialect(opts)
	if err != nil {
		return nil, err
	}
	if schema.NumFields() == 0 {
		return nil, fault.New(fault.Invalid, "there is no column to write")
	}
	e := &encoder{dialect: d}
	for _, field := range schema.Fields() {
		c, err := text.NewPlain(field)
		if err != nil {
			return nil, err
		}
		e.columns = append(e.columns, column{c, d.quoting(field)})
	}
	return e, nil
}

// quoting returns how the values of a column are quoted.
func (d *dialect) quoting(field arrow.Field) quoting {
	switch isNumber, isSafe := classify(field); {
	case d.policy == format.QuoteAll, d.policy == format.QuoteStrings && !isNumber:
		return always
	case isSafe && d.null == "":
		return never
	}
	return tested
}

// classify reports whether the column is of numbers or booleans, and whether
// their texts, or those of its type, can be told from all others without quotes.
func classify(field arrow.Field) (isNumber, isSafe bool) {
	switch field.Type.ID() {
	case arrow.BOOL, arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64, arrow.UINT8, arrow.UINT16, arrow.UINT32,
		arrow.UINT64, arrow.FLOAT32, arrow.FLOAT64, arrow.DECIMAL128, arrow.DECIMAL256:
		return true, true
	case arrow.DATE32, arrow.DATE64, arrow.TIME32, arrow.TIME64, arrow.TIMESTAMP, arrow.BINARY, arrow.LARGE_BINARY,
		arrow.FIXED_SIZE_BINARY:
		return false, true
	}
	return batch.LogicalOf(field) == batch.DecimalText, false
}

// Encode implements format.Encoder.
func (e *encoder) Encode(dst []byte, rows arrow.Record) ([]byte, error) {
	for k, c := range e.columns {
		c.Bind(rows.Column(k))
	}
	for i := range int(rows.NumRows()) {
		dst = e.appendRow(dst, i)
	}
	return dst, nil
}

func (e *encoder) appendRow(dst []byte, i int) []byte {
	d := e.dialect
	for k := range e.columns {
		if k > 0 {
			dst = append(dst, d.delimiter)
		}
		c := &e.columns[k]
		if c.IsNull(i) {
			dst = append(dst, d.null...)
			continue
		}
		start := len(dst)
		switch c.quoting {
		case never:
			dst = c.Append(dst, i)
		case tested:
			if dst = c.Append(dst, i); d.needsQuotes(dst[start:]) {
				dst = openQuotes(dst, start)
			}
		case always:
			dst = closeQuotes(c.Append(append(dst, quote), i), start)
		}
	}
	return append(dst, d.newline...)
}

// Flush implements format.Encoder.
func (e *encoder) Flush(dst []byte) (out, meta []byte, err error) { return dst, nil, nil }
