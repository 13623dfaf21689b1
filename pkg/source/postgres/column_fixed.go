package postgres

import (
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/fault"
)

// fixed is the part that columns of values of one width share.
type fixed struct {
	validity
	values growing
	dtype  arrow.DataType
	width  int // bytes
}

func newFixed(mem memory.Allocator, t arrow.DataType, width int) fixed {
	return fixed{validity: validity{mem: mem}, values: growing{mem: mem}, dtype: t, width: width}
}

// extend returns the room for n more values.
func (c *fixed) extend(n int) []byte {
	b := c.values.room((c.n + n) * c.width)
	return b[c.n*c.width:]
}

func (c *fixed) size() int { return c.n * c.width }

func (c *fixed) finish() arrow.ArrayData {
	bits, n, nulls := c.take()
	return newData(c.dtype, n, nulls, bits, c.values.take(n*c.width))
}

func (c *fixed) drop() { c.finish().Release() }

// fixed16 is int2.
type fixed16 struct{ fixed }

func newFixed16(mem memory.Allocator) column {
	return &fixed16{newFixed(mem, arrow.PrimitiveTypes.Int16, 2)}
}

func (c *fixed16) append(src []byte, at []field, stride int) *valueError {
	n := count(at, stride)
	out := arrow.Int16Traits.CastFromBytes(c.extend(n))[:n]
	for i := range out {
		f := at[i*stride]
		switch {
		case f.n == 2:
			out[i] = int16(get16(src, f))
		case f.n < 0:
			out[i] = 0
			c.null(c.n + i)
		default:
			return wrongLength(i, f)
		}
	}
	c.n += n
	return nil
}

// fixed32 is int4, oid, float4: four bytes that need only be turned round.
type fixed32 struct{ fixed }

func newFixed32(t arrow.DataType) func(memory.Allocator) column {
	return func(mem memory.Allocator) column { return &fixed32{newFixed(mem, t, 4)} }
}

func (c *fixed32) append(src []byte, at []field, stride int) *valueError {
	n := count(at, stride)
	out := arrow.Uint32Traits.CastFromBytes(c.extend(n))[:n]
	for i := range out {
		f := at[i*stride]
		switch {
		case f.n == 4:
			out[i] = get32(src, f)
		case f.n < 0:
			out[i] = 0
			c.null(c.n + i)
		default:
			return wrongLength(i, f)
		}
	}
	c.n += n
	return nil
}

// fixed64 is int8, float8 and time, which is microseconds since midnight.
type fixed64 struct{ fixed }

func newFixed64(t arrow.DataType) func(memory.Allocator) column {
	return func(mem memory.Allocator) column { return &fixed64{newFixed(mem, t, 8)} }
}

func (c *fixed64) append(src []byte, at []field, stride int) *valueError {
	n := count(at, stride)
	out := arrow.Uint64Traits.CastFromBytes(c.extend(n))[:n]
	for i := range out {
		f := at[i*stride]
		switch {
		case f.n == 8:
			out[i] = get64(src, f)
		case f.n < 0:
			out[i] = 0
			c.null(c.n + i)
		default:
			return wrongLength(i, f)
		}
	}
	c.n += n
	return nil
}

// The server counts days and microseconds from the year 2000, Arrow from 1970.
const (
	epochDays   = 10957
	epochMicros = epochDays * 24 * 3600 * 1_000_000
)

// dates is date. Infinity is the end of the range on both sides.
type dates struct{ fixed }

func newDates(mem memory.Allocator) column {
	return &dates{newFixed(mem, arrow.FixedWidthTypes.Date32, 4)}
}

func (c *dates) append(src []byte, at []field, stride int) *valueError {
	n := count(at, stride)
	out := arrow.Date32Traits.CastFromBytes(c.extend(n))[:n]
	for i := range out {
		f := at[i*stride]
		if f.n != 4 {
			if f.n >= 0 {
				return wrongLength(i, f)
			}
			out[i] = 0
			c.null(c.n + i)
			continue
		}
		day := arrow.Date32(get32(src, f))
		if day != batch.DateInfinity && day != batch.DateNegativeInfinity {
			day += epochDays // the last date the server has is in year 5874897
		}
		out[i] = day
	}
	c.n += n
	return nil
}

// timestamps is timestamp and timestamptz. Infinity is the end of the range on
// both sides.
type timestamps struct{ fixed }

func newTimestamps(t arrow.DataType) func(memory.Allocator) column {
	return func(mem memory.Allocator) column { return &timestamps{newFixed(mem, t, 8)} }
}

func (c *timestamps) append(src []byte, at []field, stride int) *valueError {
	n := count(at, stride)
	out := arrow.Int64Traits.CastFromBytes(c.extend(n))[:n]
	for i := range out {
		f := at[i*stride]
		if f.n != 8 {
			if f.n >= 0 {
				return wrongLength(i, f)
			}
			out[i] = 0
			c.null(c.n + i)
			continue
		}
		micros := int64(get64(src, f))
		if micros != math.MaxInt64 && micros != math.MinInt64 {
			if micros >= math.MaxInt64-epochMicros {
				return &valueError{row: i, kind: fault.Invalid,
					text:   "holds a timestamp after the year 294246",
					remedy: "cast it: %s::text"}
			}
			micros += epochMicros
		}
		out[i] = micros
	}
	c.n += n
	return nil
}

// uuids is uuid, sixteen bytes as they are.
type uuids struct{ fixed }

func newUUIDs(mem memory.Allocator) column { return &uuids{newFixed(mem, batch.UUIDType, 16)} }

func (c *uuids) append(src []byte, at []field, stride int) *valueError {
	n := count(at, stride)
	out := c.extend(n)
	for i := range n {
		f := at[i*stride]
		switch {
		case f.n == 16:
			copy(out[i*16:i*16+16], src[f.at:])
		case f.n < 0:
			clear(out[i*16 : i*16+16])
			c.null(c.n + i)
		default:
			return wrongLength(i, f)
		}
	}
	c.n += n
	return nil
}

// bools is bool: a byte there, a bit here.
type bools struct {
	validity
	values growing
}

func newBools(mem memory.Allocator) column {
	return &bools{validity: validity{mem: mem}, values: growing{mem: mem}}
}

func (c *bools) append(src []byte, at []field, stride int) *valueError {
	n := count(at, stride)
	out := c.values.room((c.n + n + 7) / 8)
	for i := range n {
		f, bit := at[i*stride], c.n+i
		if bit%8 == 0 {
			out[bit/8] = 0 // buffers are not cleared
		}
		switch {
		case f.n == 1:
			if src[f.at] != 0 {
				out[bit/8] |= 1 << (bit % 8)
			}
		case f.n < 0:
			c.null(bit)
		default:
			return wrongLength(i, f)
		}
	}
	c.n += n
	return nil
}

func (c *bools) size() int { return c.n / 8 }

func (c *bools) finish() arrow.ArrayData {
	bits, n, nulls := c.take()
	return newData(arrow.FixedWidthTypes.Boolean, n, nulls, bits, c.values.take((n+7)/8))
}

func (c *bools) drop() { c.finish().Release() }
