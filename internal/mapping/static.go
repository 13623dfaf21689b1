package mapping

import (
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/fault"
)

// static is the same value in each row. Its array is built for the longest batch
// so far and shared by all.
type static struct {
	typ    arrow.DataType
	append func(array.Builder)
	size   int // of the value, in bytes, where the array has a limit
	built  arrow.Array
}

// newStatic returns a nil, bool, int64, uint64, float64 or string. A uint64 that
// an int64 can hold is one: that is only how YAML spells it.
func newStatic(v any) (*static, error) {
	switch v := v.(type) {
	case nil:
		return &static{typ: arrow.Null, append: func(b array.Builder) { b.AppendNull() }}, nil
	case bool:
		return &static{typ: arrow.FixedWidthTypes.Boolean, append: func(b array.Builder) { b.(*array.BooleanBuilder).Append(v) }}, nil
	case int64:
		return &static{typ: arrow.PrimitiveTypes.Int64, append: func(b array.Builder) { b.(*array.Int64Builder).Append(v) }}, nil
	case uint64:
		if v <= math.MaxInt64 {
			return newStatic(int64(v))
		}
		return &static{typ: arrow.PrimitiveTypes.Uint64, append: func(b array.Builder) { b.(*array.Uint64Builder).Append(v) }}, nil
	case float64:
		return &static{typ: arrow.PrimitiveTypes.Float64, append: func(b array.Builder) { b.(*array.Float64Builder).Append(v) }}, nil
	case string:
		return &static{typ: arrow.BinaryTypes.String, size: len(v), append: func(b array.Builder) { b.(*array.StringBuilder).Append(v) }}, nil
	}
	return nil, fault.New(fault.Invalid, "a static value can't be a %T", v)
}

func (s *static) field() arrow.Field {
	return arrow.Field{Type: s.typ, Nullable: s.typ.ID() == arrow.NULL}
}

func (s *static) of(rec arrow.Record) (arrow.Array, error) {
	rows := int(rec.NumRows())
	if s.built == nil || s.built.Len() < rows {
		if rows*s.size > math.MaxInt32 {
			return nil, fault.New(fault.Invalid, "a text of %d bytes is too long to stand in each of %d rows", s.size, rows)
		}
		b := array.NewBuilder(memory.DefaultAllocator, s.typ)
		defer b.Release()
		b.Reserve(rows)
		for range rows {
			s.append(b)
		}
		if s.built != nil {
			s.built.Release()
		}
		s.built = b.NewArray()
	}
	return array.NewSlice(s.built, 0, int64(rows)), nil
}
