package postgres

import (
	"encoding/binary"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/fault"
)

// list is arrays of one dimension:
//
//	dimensions int32 | has nulls int32 | element type uint32 |
//	dimensions × (length int32 | first index int32) | elements × (length int32 | bytes)
//
// The first index is not kept.
type list struct {
	validity
	offsets  growing
	dtype    arrow.DataType
	element  column
	elements int     // in the batch
	fields   []field // reused; the elements of one append
}

func newList(mem memory.Allocator, t arrow.DataType, element column) column {
	return &list{validity: validity{mem: mem}, offsets: growing{mem: mem}, dtype: t, element: element}
}

func (c *list) append(src []byte, at []field, stride int) *valueError {
	n := count(at, stride)
	ends := arrow.Int32Traits.CastFromBytes(c.offsets.room((c.n + n + 1) * 4))
	if c.n == 0 {
		ends[0] = 0
	}
	ends = ends[c.n+1:]
	c.fields = c.fields[:0]
	for i := range n {
		if f := at[i*stride]; f.n < 0 {
			c.null(c.n + i)
		} else if err := c.split(src, f); err != nil {
			err.row = i
			return err
		}
		if len(c.fields) > maxOffset-c.elements {
			return tooLarge(i)
		}
		ends[i] = int32(c.elements + len(c.fields))
	}
	if err := c.element.append(src, c.fields, 1); err != nil {
		err.row = c.rowOf(ends[:n], err.row)
		return err
	}
	c.elements += len(c.fields)
	c.n += n
	return nil
}

// rowOf is the row that the given element belongs to.
func (c *list) rowOf(ends []int32, element int) int {
	for i, end := range ends {
		if c.elements+element < int(end) {
			return i
		}
	}
	return 0
}

const arrayHeader, arrayDimension = 12, 8

// split finds the elements of one array.
func (c *list) split(src []byte, f field) *valueError {
	b := src[f.at : f.at+f.n]
	if len(b) < arrayHeader {
		return wrongLength(0, f)
	}
	switch dimensions := binary.BigEndian.Uint32(b); {
	case dimensions == 0:
		return nil
	case dimensions > 1:
		return &valueError{kind: fault.Invalid, text: "holds an array of more than one dimension",
			remedy: "write it as JSON: to_json(%s)"}
	case len(b) < arrayHeader+arrayDimension:
		return wrongLength(0, f)
	}
	n := int32(binary.BigEndian.Uint32(b[arrayHeader:]))
	pos, end := f.at+arrayHeader+arrayDimension, f.at+f.n
	for ; n > 0; n-- {
		if end-pos < 4 {
			return wrongLength(0, f)
		}
		length := int32(binary.BigEndian.Uint32(src[pos:]))
		pos += 4
		c.fields = append(c.fields, field{pos, max(length, -1)})
		if length > 0 {
			if length > end-pos {
				return wrongLength(0, f)
			}
			pos += length
		}
	}
	return nil
}

func (c *list) size() int { return 4*c.n + c.element.size() }

func (c *list) finish() arrow.ArrayData {
	if c.n == 0 {
		c.offsets.room(4)
		clear(c.offsets.buf.Bytes()[:4])
	}
	bits, n, nulls := c.take()
	offsets := c.offsets.take(4 * (n + 1))
	elements := c.element.finish()
	data := array.NewData(c.dtype, n, []*memory.Buffer{bits, offsets}, []arrow.ArrayData{elements}, nulls, 0)
	elements.Release()
	offsets.Release()
	if bits != nil {
		bits.Release()
	}
	c.elements = 0
	return data
}

func (c *list) drop() { c.finish().Release() }
