package text

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/fault"
)

// Column renders one column, batch after batch. It is used by one goroutine.
type Column struct {
	value value
	nulls nulls
}

// value renders the values of one type. Bind is called before Append, with an
// array of the type that the value was made for.
type value interface {
	bind(arr arrow.Array)
	// append appends row i, counted from the start of the array, which isn't null.
	append(dst []byte, i int) []byte
}

// NewJSON returns a Column that renders each value as one JSON value. The error
// is Invalid where the type has no JSON form.
func NewJSON(field arrow.Field) (*Column, error) { return newColumn(field, style{json: true}) }

// NewPlain returns a Column that renders each value as bare text: a string is
// its own bytes, and a list, struct or map is JSON. The error is Invalid where
// the type has no text.
func NewPlain(field arrow.Field) (*Column, error) { return newColumn(field, style{}) }

func newColumn(field arrow.Field, s style) (*Column, error) {
	v, err := s.value(field.Type, batch.LogicalOf(field))
	if err != nil {
		return nil, fault.New(fault.Invalid, "column %q: %w", field.Name, err)
	}
	return &Column{value: v}, nil
}

// Bind makes arr, which has the type of the Column's field, the batch that is
// rendered. It is read until the next Bind, and not retained.
func (c *Column) Bind(arr arrow.Array) {
	c.nulls = nullsOf(arr)
	if arr.Len() > 0 {
		c.value.bind(arr)
	}
}

// IsNull reports whether row i of the array is null.
func (c *Column) IsNull(i int) bool { return c.nulls.at(i) }

// Append appends the text of row i of the array, which isn't null.
func (c *Column) Append(dst []byte, i int) []byte { return c.value.append(dst, i) }

// nulls is the null values of an array.
type nulls struct {
	valid  []byte // bitmap with a 1 for each value that isn't null; nil if all or none are
	offset int    // of the array's first value in the bitmap
	all    bool   // every value is null
}

func nullsOf(arr arrow.Array) nulls {
	switch arr.NullN() {
	case 0:
		return nulls{}
	case arr.Len():
		return nulls{all: true}
	}
	return nulls{valid: arr.NullBitmapBytes(), offset: arr.Data().Offset()}
}

func (n *nulls) at(i int) bool {
	if n.valid == nil {
		return n.all
	}
	i += n.offset
	return n.valid[i>>3]>>(i&7)&1 == 0
}
