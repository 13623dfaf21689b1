package mapping

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/fault"
)

// deal returns the values of arrays of one type and length row by row: the first
// of each, the second of each, and so on. The caller releases the result.
func deal(arrays []arrow.Array, t arrow.DataType, rows int) (arrow.Array, error) {
	if len(arrays) == 1 {
		arrays[0].Retain()
		return arrays[0], nil
	}
	switch t := t.(type) {
	case *arrow.NullType:
		return array.NewNull(rows * len(arrays)), nil
	case *arrow.StringType:
		return dealTexts(arrays, rows), nil
	case *arrow.BooleanType, *arrow.DictionaryType:
	case arrow.FixedWidthDataType:
		return dealFixed(arrays, t, rows), nil
	}
	return dealAny(arrays, t, rows)
}

// dealFixed deals out values of a fixed number of bytes.
func dealFixed(arrays []arrow.Array, t arrow.FixedWidthDataType, rows int) arrow.Array {
	width := t.Bytes()
	out := make([]byte, 0, width*rows*len(arrays))
	sources := make([][]byte, len(arrays))
	for i, a := range arrays {
		if buf := a.Data().Buffers()[1]; buf != nil {
			sources[i] = buf.Bytes()[a.Data().Offset()*width:]
		}
	}
	for row := range rows {
		for _, src := range sources {
			out = append(out, src[row*width:(row+1)*width]...)
		}
	}
	valid, nulls := dealNulls(arrays, rows)
	data := array.NewData(t, rows*len(arrays), []*memory.Buffer{valid, memory.NewBufferBytes(out)}, nil, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data)
}

// dealNulls returns the bitmap of values that aren't null, nil where none is.
func dealNulls(arrays []arrow.Array, rows int) (valid *memory.Buffer, nulls int) {
	for _, a := range arrays {
		nulls += a.NullN()
	}
	if nulls == 0 {
		return nil, 0
	}
	bits := make([]byte, bitutil.BytesForBits(int64(rows*len(arrays))))
	at := 0
	for row := range rows {
		for _, a := range arrays {
			if a.IsValid(row) {
				bitutil.SetBit(bits, at)
			}
			at++
		}
	}
	return memory.NewBufferBytes(bits), nulls
}

func dealTexts(arrays []arrow.Array, rows int) arrow.Array {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.Reserve(rows * len(arrays))
	for row := range rows {
		for _, a := range arrays {
			if a.IsNull(row) {
				b.AppendNull()
				continue
			}
			b.Append(a.(*array.String).Value(row))
		}
	}
	return b.NewArray()
}

// dealAny joins slices of one value each, which does for any type.
func dealAny(arrays []arrow.Array, t arrow.DataType, rows int) (arrow.Array, error) {
	if rows == 0 {
		return array.MakeArrayOfNull(memory.DefaultAllocator, t, 0), nil
	}
	slices := make([]arrow.Array, 0, rows*len(arrays))
	defer func() { release(slices) }()
	for row := range int64(rows) {
		for _, a := range arrays {
			slices = append(slices, array.NewSlice(a, row, row+1))
		}
	}
	out, err := array.Concatenate(slices, memory.DefaultAllocator)
	if err != nil {
		return nil, fault.New(fault.Invalid, "make lists of %s: %w", t, err)
	}
	return out, nil
}
