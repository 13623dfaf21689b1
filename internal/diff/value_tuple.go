package diff

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// A tuple is a row or a struct: a bitmap of its nulls, least significant bit
// first and 1 for a null, and behind it the values that aren't null. A list is
// written in the same way, with its elements for fields.

// valueCell writes the values of an array or knows that they are null.
type valueCell struct {
	valueWriter
	valid  []byte // 1 for each value that isn't null; nil where all or none are
	offset int    // of the array's first value in valid
	absent bool   // every value is null
}

func newValueCell(f *valueForm) valueCell { return valueCell{valueWriter: f.newWriter()} }

func (c *valueCell) bind(arr arrow.Array) {
	c.valid, c.offset, c.absent = nil, 0, false
	if d, ok := arr.(*array.Dictionary); ok && d.Dictionary().NullN() > 0 {
		c.valid = dictionaryValid(d)
	} else {
		switch arr.NullN() {
		case 0:
		case arr.Len():
			c.absent = true
		default:
			c.valid, c.offset = arr.NullBitmapBytes(), arr.Data().Offset()
		}
	}
	c.valueWriter.bind(arr)
}

func (c *valueCell) null(i int) bool {
	if c.valid == nil {
		return c.absent
	}
	i += c.offset
	return c.valid[i>>3]>>(i&7)&1 == 0
}

// appendTuple appends row i of the cells as a tuple.
func appendTuple(dst []byte, cells []valueCell, i int) []byte {
	nulls := len(dst)
	dst = appendZeros(dst, bitmapLen(len(cells)))
	for f := range cells {
		if c := &cells[f]; c.null(i) {
			dst[nulls+f>>3] |= 1 << (f & 7)
		} else {
			dst = c.append(dst, i)
		}
	}
	return dst
}

func bitmapLen(bits int) int { return (bits + 7) / 8 }

func appendZeros(dst []byte, n int) []byte {
	for range n {
		dst = append(dst, 0)
	}
	return dst
}

// cutBitmap splits src behind the bitmap of n values. It is false where src is
// too short, or where a bit that stands for no value is set.
func cutBitmap(src []byte, n int) (nulls, rest []byte, ok bool) {
	size := bitmapLen(n)
	if size > len(src) || n&7 != 0 && src[size-1]>>(n&7) != 0 {
		return nil, nil, false
	}
	return src[:size], src[size:], true
}

func bitmapHas(nulls []byte, i int) bool { return nulls[i>>3]>>(i&7)&1 != 0 }

// scanTuple is the valueScan of a tuple of these forms.
func scanTuple(src []byte, forms []*valueForm) (n int, fits bool) {
	nulls, rest, ok := cutBitmap(src, len(forms))
	if !ok {
		return -1, false
	}
	fits = true
	for i, f := range forms {
		if bitmapHas(nulls, i) {
			continue
		}
		size, fit := f.scan(rest)
		if size < 0 {
			return -1, false
		}
		rest, fits = rest[size:], fits && fit
	}
	return len(src) - len(rest), fits
}

// readTuple appends each value of a tuple to its builder and returns the tuple's
// length.
func readTuple(src []byte, readers []valueReader, to []array.Builder) int {
	nulls, rest, _ := cutBitmap(src, len(readers))
	for i, read := range readers {
		if bitmapHas(nulls, i) {
			to[i].AppendNull()
		} else {
			rest = rest[read(rest):]
		}
	}
	return len(src) - len(rest)
}
