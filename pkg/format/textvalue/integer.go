package textvalue

import (
	"math/bits"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/schema"
)

// shortInt reads an optional minus and 1 to 18 digits: what most integers are.
func shortInt(text []byte) (v int64, ok bool) {
	if len(text) == 0 {
		return 0, false
	}
	digits := text
	if text[0] == '-' {
		digits = text[1:]
	}
	if len(digits) == 0 || len(digits) > 18 {
		return 0, false
	}
	for _, c := range digits {
		d := c - '0'
		if d > 9 {
			return 0, false
		}
		v = v*10 + int64(d)
	}
	if len(digits) != len(text) {
		v = -v
	}
	return v, true
}

// bounds returns the range of an integer type of at most 64 bits, as far as 63
// bits go.
func bounds(k schema.Kind) (low, high int64) {
	width := uint(8 * schema.Of(k).FixedSize())
	if k.IsSigned() {
		return -1 << (width - 1), 1<<(width-1) - 1
	}
	return 0, int64(^uint64(0) >> max(64-width, 1))
}

// integer returns the parser of an integer type.
func integer(k schema.Kind) Parser {
	switch k {
	case schema.Int8, schema.UInt8:
		return narrow(k, func(c *block.Column, v int64) { c.AppendUint8(uint8(v)) })
	case schema.Int16, schema.UInt16:
		return narrow(k, func(c *block.Column, v int64) { c.AppendUint16(uint16(v)) })
	case schema.Int32, schema.UInt32:
		return narrow(k, func(c *block.Column, v int64) { c.AppendUint32(uint32(v)) })
	case schema.Int64:
		return parseInt64
	case schema.UInt64:
		return parseUint64
	case schema.Int128:
		return wide(16, true)
	case schema.UInt128:
		return wide(16, false)
	case schema.Int256:
		return wide(32, true)
	}
	return wide(32, false)
}

func narrow(k schema.Kind, put func(*block.Column, int64)) Parser {
	low, high := bounds(k)
	return func(c *block.Column, text []byte) Problem {
		v, ok := shortInt(text)
		if !ok {
			m, p := scaled(text, 0)
			if p != OK {
				return asInteger(p)
			}
			if v, ok = m.int64(); !ok {
				return OutOfRange
			}
		}
		if v < low || v > high {
			return OutOfRange
		}
		put(c, v)
		return OK
	}
}

func parseInt64(c *block.Column, text []byte) Problem {
	v, ok := shortInt(text)
	if !ok {
		m, p := scaled(text, 0)
		if p != OK {
			return asInteger(p)
		}
		if v, ok = m.int64(); !ok {
			return OutOfRange
		}
	}
	c.AppendUint64(uint64(v))
	return OK
}

func parseUint64(c *block.Column, text []byte) Problem {
	v, ok := shortInt(text)
	if !ok || v < 0 {
		m, p := scaled(text, 0)
		if p != OK {
			return asInteger(p)
		}
		if m.negative || m.words[1]|m.words[2]|m.words[3] != 0 {
			return OutOfRange
		}
		v = int64(m.words[0])
	}
	c.AppendUint64(uint64(v))
	return OK
}

// wide returns the parser of integers of 16 or 32 bytes.
func wide(size int, signed bool) Parser {
	return func(c *block.Column, text []byte) Problem {
		m, p := scaled(text, 0)
		if p != OK {
			return asInteger(p)
		}
		if !m.fits(8*size, signed) {
			return OutOfRange
		}
		m.append(c, size)
		return OK
	}
}

func asInteger(p Problem) Problem {
	if p == DigitsLost {
		return NotAnInteger
	}
	return p
}

// magnitude is an integer of 256 bits and its sign. Zero isn't negative.
type magnitude struct {
	words    [4]uint64 // least significant first
	negative bool
}

// mulAdd sets m to m*factor + addend, and reports whether it fits.
func (m *magnitude) mulAdd(factor, addend uint64) bool {
	carry := addend
	for i, w := range m.words {
		high, low := bits.Mul64(w, factor)
		var c uint64
		m.words[i], c = bits.Add64(low, carry, 0)
		carry = high + c
	}
	return carry == 0
}

func (m *magnitude) isZero() bool { return m.words == [4]uint64{} }

func (m *magnitude) bitLen() int {
	for i := 3; i >= 0; i-- {
		if m.words[i] != 0 {
			return 64*i + bits.Len64(m.words[i])
		}
	}
	return 0
}

// fits reports whether m is in the range of an integer of that many bits.
func (m *magnitude) fits(width int, signed bool) bool {
	n := m.bitLen()
	switch {
	case !signed:
		return !m.negative && n <= width
	case n < width:
		return true
	}
	return m.negative && n == width && m.isPowerOfTwo()
}

func (m *magnitude) isPowerOfTwo() bool {
	ones := 0
	for _, w := range m.words {
		ones += bits.OnesCount64(w)
	}
	return ones == 1
}

func (m *magnitude) int64() (int64, bool) {
	if !m.fits(64, true) {
		return 0, false
	}
	v := int64(m.words[0])
	if m.negative {
		v = -v
	}
	return v, true
}

// twosComplement returns m as words of a signed integer.
func (m *magnitude) twosComplement() [4]uint64 {
	w := m.words
	if m.negative {
		carry := uint64(1)
		for i := range w {
			w[i], carry = bits.Add64(^w[i], 0, carry)
		}
	}
	return w
}

// append appends m to a column whose values have that many bytes.
func (m *magnitude) append(c *block.Column, size int) {
	w := m.twosComplement()
	switch size {
	case 4:
		c.AppendUint32(uint32(w[0]))
	case 8:
		c.AppendUint64(w[0])
	case 16:
		c.AppendUint128(w[1], w[0])
	default:
		c.AppendUint256(w)
	}
}
