package text

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/fault"
)

// Object renders the rows of batches as JSON objects, one member per column in
// the columns' order. It is used by one goroutine.
type Object struct {
	columns []*Column
	keys    [][]byte // as AppendKey makes them
}

// NewObject returns an Object for batches of that schema. The error is Invalid
// where there is no column, one without a JSON form, or two of one name: most
// readers would keep the last alone.
func NewObject(schema *arrow.Schema) (*Object, error) {
	if schema.NumFields() == 0 {
		return nil, fault.New(fault.Invalid, "there is no column to write")
	}
	o := &Object{}
	for i, field := range schema.Fields() {
		if len(schema.FieldIndices(field.Name)) > 1 {
			return nil, fault.New(fault.Invalid, "two columns are called %q: give one of them another name", field.Name)
		}
		c, err := NewJSON(field)
		if err != nil {
			return nil, err
		}
		o.columns = append(o.columns, c)
		o.keys = append(o.keys, AppendKey(nil, field.Name, i))
	}
	return o, nil
}

// Bind makes rows the batch that is rendered. It is read until the next Bind,
// and not retained.
func (o *Object) Bind(rows arrow.Record) {
	for i, c := range o.columns {
		c.Bind(rows.Column(i))
	}
}

// Append appends row i of the batch.
func (o *Object) Append(dst []byte, i int) []byte {
	for k, c := range o.columns {
		dst = append(dst, o.keys[k]...)
		if c.nulls.at(i) {
			dst = append(dst, null...)
		} else {
			dst = c.value.append(dst, i)
		}
	}
	return append(dst, '}')
}
