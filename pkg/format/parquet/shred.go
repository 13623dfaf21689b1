package parquet

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
)

// shredder turns rows of a column into levels and the list of values present.
// Its slices are reused from window to window.
type shredder struct {
	steps []step
	def   []uint8
	rep   []uint8
	at    []int32 // rows of the array of values that hold one
	err   error   // the first null where none may be
}

// flat handles a column that isn't nested: rows lo to hi of its array.
func (s *shredder) flat(arr arrow.Array, lo, hi int) (selection, error) {
	st := s.steps[0]
	nulls := nullable(arr)
	if !st.nullable {
		if nulls {
			return selection{}, fmt.Errorf("null in a column that has none by its schema")
		}
		return selection{arr: arr, lo: lo, hi: hi}, nil
	}
	switch {
	case arr.DataType().ID() == arrow.NULL:
		s.def = appendLevels(s.def, 0, hi-lo)
		return selection{arr: arr}, nil
	case !nulls:
		s.def = appendLevels(s.def, 1, hi-lo)
		return selection{arr: arr, lo: lo, hi: hi}, nil
	}
	bitmap, offset := arr.NullBitmapBytes(), arr.Data().Offset()
	at := s.at[:0]
	for i := lo; i < hi; i++ {
		if bitutil.BitIsSet(bitmap, offset+i) {
			s.def = append(s.def, 1)
			at = append(at, int32(i))
		} else {
			s.def = append(s.def, 0)
		}
	}
	s.at = at
	return selection{arr: arr, at: nonNil(at)}, nil
}

// nested handles any other column.
func (s *shredder) nested(arr arrow.Array, lo, hi int) (selection, error) {
	s.at, s.err = s.at[:0], nil
	for i := lo; i < hi; i++ {
		s.walk(0, arr, i, 0, 0)
	}
	return selection{arr: descend(s.steps, arr), at: nonNil(s.at)}, s.err
}

// nonNil keeps an empty list from meaning all rows.
func nonNil(at []int32) []int32 {
	if at == nil {
		return []int32{}
	}
	return at
}

// walk appends the levels of row i of arr, which is the array of step k.
func (s *shredder) walk(k int, arr arrow.Array, i int, rep, def uint8) {
	st := &s.steps[k]
	switch {
	case st.nullable && isNull(arr, i):
		s.absent(rep, def)
		return
	case st.nullable:
		def++
	case arr.IsNull(i) && s.err == nil:
		s.err = fmt.Errorf("null in a field that has none by its schema")
	}
	switch st.kind {
	case stepStruct:
		s.walk(k+1, arr.(*array.Struct).Field(st.child), i, rep, def)
	case stepList:
		list := arr.(array.ListLike)
		start, end := list.ValueOffsets(i)
		if start == end {
			s.absent(rep, def)
			return
		}
		for j := start; j < end; j++ {
			s.walk(k+1, list.ListValues(), int(j), rep, def+1)
			rep = st.rep
		}
	default:
		s.rep = append(s.rep, rep)
		s.def = append(s.def, def)
		s.at = append(s.at, int32(i))
	}
}

func (s *shredder) absent(rep, def uint8) {
	s.rep = append(s.rep, rep)
	s.def = append(s.def, def)
}

// descend returns the array of values below arr.
func descend(steps []step, arr arrow.Array) arrow.Array {
	for _, st := range steps {
		switch st.kind {
		case stepStruct:
			arr = arr.(*array.Struct).Field(st.child)
		case stepList:
			arr = arr.(array.ListLike).ListValues()
		}
	}
	return arr
}

// undictionary turns a selection of an Arrow dictionary array into one of its
// dictionary.
func (s *shredder) undictionary(sel selection) selection {
	d, ok := sel.arr.(*array.Dictionary)
	if !ok {
		return sel
	}
	at := s.at[:0]
	for i := range sel.len() {
		at = append(at, int32(d.GetValueIndex(sel.index(i)))) // in place: i is never ahead
	}
	s.at = at
	return selection{arr: d.Dictionary(), at: nonNil(at)}
}

func isNull(arr arrow.Array, i int) bool {
	return arr.IsNull(i) || arr.DataType().ID() == arrow.NULL
}

func nullable(arr arrow.Array) bool { return arr.NullN() > 0 }

func appendLevels(dst []uint8, level uint8, n int) []uint8 {
	from := len(dst)
	for cap(dst)-from < n {
		dst = append(dst[:cap(dst)], 0)
	}
	dst = dst[:from+n]
	for i := range dst[from:] {
		dst[from+i] = level
	}
	return dst
}
