package mapping

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/fault"
)

// object is fields side by side. It is never null.
type object struct {
	typ    *arrow.StructType
	values []value
}

func (o *object) field() arrow.Field { return arrow.Field{Type: o.typ} }

func (o *object) of(rec arrow.Record) (arrow.Array, error) {
	arrays, err := arraysOf(o.values, rec)
	if err != nil {
		return nil, err
	}
	defer release(arrays)
	children := make([]arrow.ArrayData, len(arrays))
	for i, a := range arrays {
		children[i] = a.Data()
	}
	data := array.NewData(o.typ, int(rec.NumRows()), []*memory.Buffer{nil}, children, 0, 0)
	defer data.Release()
	return array.NewStructData(data), nil
}

// list is elements of one type, as many in each row. It is never null.
type list struct {
	typ    *arrow.ListType
	values []value
}

// newList finds the common type of the elements. A null takes any.
func newList(values []value, path string) (*list, error) {
	element, first := values[0].field(), 0
	for i, v := range values[1:] {
		f := v.field()
		switch {
		case f.Type.ID() == arrow.NULL:
			element.Nullable = true
		case element.Type.ID() == arrow.NULL:
			element, first = f, i+1
			element.Nullable = true
		case !arrow.TypeEqual(f.Type, element.Type, arrow.CheckMetadata()) || !f.Metadata.Equal(element.Metadata):
			return nil, fault.WithRemedy(
				fault.New(fault.Invalid, "%s: its elements are of different types: [%d] is %s and [%d] is %s", path, first, element.Type, i+1, f.Type),
				"make texts of them by template, or write an object")
		default:
			element.Nullable = element.Nullable || f.Nullable
		}
	}
	element.Name = "item"
	return &list{typ: arrow.ListOfField(element), values: values}, nil
}

func (l *list) field() arrow.Field { return arrow.Field{Type: l.typ} }

func (l *list) of(rec arrow.Record) (arrow.Array, error) {
	arrays, err := arraysOf(l.values, rec)
	if err != nil {
		return nil, err
	}
	defer release(arrays)
	rows, width := int(rec.NumRows()), len(arrays)
	for i, a := range arrays {
		if a.DataType().ID() == arrow.NULL && l.typ.Elem().ID() != arrow.NULL {
			arrays[i] = array.MakeArrayOfNull(memory.DefaultAllocator, l.typ.Elem(), rows)
			a.Release()
		}
	}
	elements, err := deal(arrays, l.typ.Elem(), rows)
	if err != nil {
		return nil, err
	}
	defer elements.Release()
	offsets := make([]int32, rows+1)
	for i := range offsets {
		offsets[i] = int32(i * width)
	}
	buffers := []*memory.Buffer{nil, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(offsets))}
	data := array.NewData(l.typ, rows, buffers, []arrow.ArrayData{elements.Data()}, 0, 0)
	defer data.Release()
	return array.NewListData(data), nil
}
