package text

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/longshore/longshore/pkg/batch"
)

// style is how values are spelled.
type style struct {
	json bool // texts stand in quotes, and everything is JSON
}

// value returns the renderer of values of a type.
func (s style) value(t arrow.DataType, logical batch.Logical) (value, error) {
	if v := numberValue(s, t); v != nil {
		return v, nil
	}
	if v := timeValue(s, t); v != nil {
		return v, nil
	}
	if v := bytesValue(s, t, logical); v != nil {
		return v, nil
	}
	switch t := t.(type) {
	case *arrow.NullType:
		return absent{}, nil
	case *arrow.DictionaryType:
		inner, err := s.value(t.ValueType, logical)
		return &dictionary{values: inner}, err
	case arrow.ExtensionType:
		inner, err := s.value(t.StorageType(), logical)
		return &extension{storage: inner}, err
	}
	return nestedValue(t)
}

// absent renders the null type, which has no values.
type absent struct{}

func (absent) bind(arrow.Array) {}

func (absent) append(dst []byte, _ int) []byte { return dst }

// dictionary renders values that are kept once and referred to by index. The
// dictionary itself has no nulls.
type dictionary struct {
	values value
	array  *array.Dictionary
}

func (d *dictionary) bind(arr arrow.Array) {
	d.array = arr.(*array.Dictionary)
	if dict := d.array.Dictionary(); dict.Len() > 0 {
		d.values.bind(dict)
	}
}

func (d *dictionary) append(dst []byte, i int) []byte {
	return d.values.append(dst, d.array.GetValueIndex(i))
}

// extension renders values of a type that is stored as another.
type extension struct{ storage value }

func (e *extension) bind(arr arrow.Array) { e.storage.bind(arr.(array.ExtensionArray).Storage()) }

func (e *extension) append(dst []byte, i int) []byte { return e.storage.append(dst, i) }

// quoted puts a text that needs no escaping between quotes.
type quoted struct{ value }

func (q quoted) append(dst []byte, i int) []byte {
	return append(q.value.append(append(dst, '"'), i), '"')
}

// text returns v, or in JSON v between quotes.
func (s style) text(v value) value {
	if s.json {
		return quoted{v}
	}
	return v
}

func unsupported(t arrow.DataType) error { return fmt.Errorf("type %s has no text form", t) }
