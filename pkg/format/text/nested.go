package text

import (
	"bytes"
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

const null = "null"

// nestedValue returns the renderer of lists, structs and maps, which is JSON in
// every style. The error is that the type isn't one of them.
func nestedValue(t arrow.DataType) (value, error) {
	switch t := t.(type) {
	case *arrow.MapType:
		return newMaps(t)
	case arrow.ListLikeType:
		element, err := jsonChild(t.ElemField())
		return &lists{element: element}, err
	case *arrow.StructType:
		return newStructs(t)
	}
	return nil, unsupported(t)
}

func jsonChild(field arrow.Field) (*Column, error) {
	c, err := NewJSON(field)
	if err != nil {
		return nil, fmt.Errorf("in it, %w", err)
	}
	return c, nil
}

// lists renders lists of any kind as arrays.
type lists struct {
	element *Column
	array   array.ListLike
}

func (v *lists) bind(arr arrow.Array) {
	v.array = arr.(array.ListLike)
	v.element.Bind(v.array.ListValues())
}

func (v *lists) append(dst []byte, i int) []byte {
	start, end := v.array.ValueOffsets(i)
	dst = append(dst, '[')
	for j := int(start); j < int(end); j++ {
		if j > int(start) {
			dst = append(dst, ',')
		}
		dst = v.element.appendOrNull(dst, j)
	}
	return append(dst, ']')
}

func (c *Column) appendOrNull(dst []byte, i int) []byte {
	if c.IsNull(i) {
		return append(dst, null...)
	}
	return c.Append(dst, i)
}

// structs renders structs as objects.
type structs struct {
	fields []*Column
	keys   [][]byte // each with what stands before it and its colon
}

func newStructs(t *arrow.StructType) (*structs, error) {
	v := &structs{}
	for i, field := range t.Fields() {
		c, err := jsonChild(field)
		if err != nil {
			return nil, err
		}
		v.fields = append(v.fields, c)
		v.keys = append(v.keys, AppendKey(nil, field.Name, i))
	}
	return v, nil
}

// AppendKey appends the key of the field at index i of a JSON object: the brace
// or comma before it, its name as a JSON string, and the colon.
func AppendKey(dst []byte, name string, i int) []byte {
	if i == 0 {
		dst = append(dst, '{')
	} else {
		dst = append(dst, ',')
	}
	return append(AppendJSONText(dst, name), ':')
}

func (v *structs) bind(arr arrow.Array) {
	s := arr.(*array.Struct)
	for i, c := range v.fields {
		c.Bind(s.Field(i))
	}
}

func (v *structs) append(dst []byte, i int) []byte {
	if len(v.fields) == 0 {
		dst = append(dst, '{')
	}
	for k, c := range v.fields {
		dst = c.appendOrNull(append(dst, v.keys[k]...), i)
	}
	return append(dst, '}')
}

// maps renders maps as objects, each key as the text of its value.
type maps struct {
	key, item *Column
	array     *array.Map
}

func newMaps(t *arrow.MapType) (*maps, error) {
	key, err := jsonChild(t.KeyField())
	if err != nil {
		return nil, err
	}
	item, err := jsonChild(t.ItemField())
	return &maps{key: key, item: item}, err
}

func (v *maps) bind(arr arrow.Array) {
	v.array = arr.(*array.Map)
	v.key.Bind(v.array.Keys())
	v.item.Bind(v.array.Items())
}

func (v *maps) append(dst []byte, i int) []byte {
	start, end := v.array.ValueOffsets(i)
	dst = append(dst, '{')
	for j := int(start); j < int(end); j++ {
		if j > int(start) {
			dst = append(dst, ',')
		}
		dst = v.appendKey(dst, j)
		dst = v.item.appendOrNull(append(dst, ':'), j)
	}
	return append(dst, '}')
}

// appendKey appends a key, which JSON wants to be a string whatever its type.
func (v *maps) appendKey(dst []byte, j int) []byte {
	start := len(dst)
	dst = v.key.Append(dst, j)
	switch dst[start] {
	case '"':
		return dst
	case '{', '[':
		return AppendJSONString(dst[:start], bytes.Clone(dst[start:]))
	}
	dst = append(dst, 0)
	copy(dst[start+1:], dst[start:])
	dst[start] = '"'
	return append(dst, '"')
}
