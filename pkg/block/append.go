package block

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/longshore/longshore/pkg/schema"
)

// The typed appends write one row each. The caller knows the column's type: a
// method that doesn't suit it spoils the column, it isn't checked. Inside
// LowCardinality and Nullable they append T's value.

// present notes that the row about to be appended isn't null.
func (c *Column) present() {
	if c.mode != plain {
		c.nulls = append(c.nulls, 0)
	}
}

// AppendUint8 appends to UInt8, Int8, Bool and Enum8 columns.
func (c *Column) AppendUint8(v uint8) {
	if c.mode == distinct {
		c.elems[0].AppendUint8(v)
		c.intern()
		return
	}
	c.present()
	c.data = append(c.data, v)
}

// AppendUint16 appends to UInt16, Int16, Date (days since 1970) and Enum16 columns.
func (c *Column) AppendUint16(v uint16) {
	if c.mode == distinct {
		c.elems[0].AppendUint16(v)
		c.intern()
		return
	}
	c.present()
	c.data = binary.LittleEndian.AppendUint16(c.data, v)
}

// AppendUint32 appends to UInt32, Int32, Float32, Date32 (days since 1970),
// DateTime (seconds since 1970), IPv4 and Decimal columns of 4 bytes.
func (c *Column) AppendUint32(v uint32) {
	if c.mode == distinct {
		c.elems[0].AppendUint32(v)
		c.intern()
		return
	}
	c.present()
	c.data = binary.LittleEndian.AppendUint32(c.data, v)
}

// AppendUint64 appends to UInt64, Int64, Float64, DateTime64 (ticks since 1970)
// and Decimal columns of 8 bytes.
func (c *Column) AppendUint64(v uint64) {
	if c.mode == distinct {
		c.elems[0].AppendUint64(v)
		c.intern()
		return
	}
	c.present()
	c.data = binary.LittleEndian.AppendUint64(c.data, v)
}

// AppendUint128 appends to UInt128, Int128 and Decimal columns of 16 bytes.
func (c *Column) AppendUint128(high, low uint64) {
	if c.mode == distinct {
		c.elems[0].AppendUint128(high, low)
		c.intern()
		return
	}
	c.present()
	c.data = binary.LittleEndian.AppendUint64(c.data, low)
	c.data = binary.LittleEndian.AppendUint64(c.data, high)
}

// AppendUint256 appends to UInt256, Int256 and Decimal columns of 32 bytes. The
// least significant word comes first.
func (c *Column) AppendUint256(words [4]uint64) {
	if c.mode == distinct {
		c.elems[0].AppendUint256(words)
		c.intern()
		return
	}
	c.present()
	for _, w := range words {
		c.data = binary.LittleEndian.AppendUint64(c.data, w)
	}
}

// AppendBool appends to a Bool column.
func (c *Column) AppendBool(v bool) {
	var b uint8
	if v {
		b = 1
	}
	c.AppendUint8(b)
}

// AppendInt appends an integer to a column of any of Int8 to UInt64, Enum, Date,
// Date32, DateTime, DateTime64 and Decimal up to 18 digits. It must fit.
func (c *Column) AppendInt(v int64) {
	size := c.size
	if c.mode == distinct {
		size = c.elems[0].size
	}
	switch size {
	case 1:
		c.AppendUint8(uint8(v))
	case 2:
		c.AppendUint16(uint16(v))
	case 4:
		c.AppendUint32(uint32(v))
	default:
		c.AppendUint64(uint64(v))
	}
}

// AppendInt64 appends to columns of 8 bytes.
func (c *Column) AppendInt64(v int64) { c.AppendUint64(uint64(v)) }

// AppendFloat32 appends to a Float32 column.
func (c *Column) AppendFloat32(v float32) { c.AppendUint32(math.Float32bits(v)) }

// AppendFloat64 appends to a Float64 column.
func (c *Column) AppendFloat64(v float64) { c.AppendUint64(math.Float64bits(v)) }

// AppendUUID appends a UUID, given in the order in which it is written.
func (c *Column) AppendUUID(v [16]byte) {
	if c.mode == distinct {
		c.elems[0].AppendUUID(v)
		c.intern()
		return
	}
	c.present()
	c.data = binary.LittleEndian.AppendUint64(c.data, binary.BigEndian.Uint64(v[:8]))
	c.data = binary.LittleEndian.AppendUint64(c.data, binary.BigEndian.Uint64(v[8:]))
}

// AppendIPv6 appends to an IPv6 column, in network order.
func (c *Column) AppendIPv6(v [16]byte) {
	if c.mode == distinct {
		c.elems[0].AppendIPv6(v)
		c.intern()
		return
	}
	c.present()
	c.data = append(c.data, v[:]...)
}

// AppendBytes appends to a String or FixedString column. It copies v. A
// FixedString is filled up with zero bytes; v must not be longer than it.
func (c *Column) AppendBytes(v []byte) {
	if c.mode == distinct {
		c.appendKey(v)
		return
	}
	c.present()
	if c.size > 0 {
		c.data = append(c.data, v...)
		c.data = appendZeros(c.data, c.size-len(v))
		return
	}
	c.starts = append(c.starts, len(c.data))
	if len(v) < 0x80 {
		c.data = append(c.data, byte(len(v)))
	} else {
		c.data = binary.AppendUvarint(c.data, uint64(len(v)))
	}
	c.data = append(c.data, v...)
}

// slack is how many bytes AppendSlack copies without looking at the length.
const slack = 32

// AppendSlack is AppendBytes of a text in a buffer of which nobody writes the
// capacity meanwhile: a short text is copied with what stands behind it, which
// spares the processor a guess at its length.
func (c *Column) AppendSlack(v []byte) {
	n := len(c.data)
	if len(v) > slack || cap(v) < slack || cap(c.data)-n <= slack || c.size > 0 || c.mode == distinct {
		c.AppendBytes(v)
		return
	}
	c.present()
	c.starts = append(c.starts, n)
	data := c.data[:n+1+slack]
	data[n] = byte(len(v))
	*(*[slack]byte)(data[n+1:]) = [slack]byte(v[:slack])
	c.data = data[:n+1+len(v)]
}

// Extend appends n values to a plain or Nullable column of fixed size, and returns
// their memory for the caller to write, in the server's layout.
func (c *Column) Extend(n int) []byte {
	c.allPresent(n)
	from := len(c.data)
	c.data = slices.Grow(c.data, n*c.size)[:from+n*c.size]
	return c.data[from:]
}

// allPresent is present for n rows.
func (c *Column) allPresent(n int) {
	if c.mode == plain {
		return
	}
	from := len(c.nulls)
	c.nulls = slices.Grow(c.nulls, n)[:from+n]
	clear(c.nulls[from:])
}

// Span is where a value stands in a buffer.
type Span struct{ Start, End int }

// AppendSpans appends to a plain or Nullable String column what stands at each of
// the spans in buf.
func (c *Column) AppendSpans(buf []byte, spans []Span) {
	c.allPresent(len(spans))
	total := slack
	for _, at := range spans {
		total += at.End - at.Start + binary.MaxVarintLen32
	}
	c.data = slices.Grow(c.data, total)
	c.starts = slices.Grow(c.starts, len(spans))
	data, n := c.data[:cap(c.data)], len(c.data)
	for _, at := range spans {
		c.starts = append(c.starts, n)
		size := at.End - at.Start
		if size <= slack && at.Start+slack <= len(buf) { // copied with what stands behind it
			data[n] = byte(size)
			*(*[slack]byte)(data[n+1:]) = [slack]byte(buf[at.Start:])
			n += 1 + size
			continue
		}
		n += binary.PutUvarint(data[n:], uint64(size))
		n += copy(data[n:], buf[at.Start:at.End])
	}
	c.data = data[:n]
}

// AppendString is AppendBytes of a string.
func (c *Column) AppendString(v string) {
	if c.mode == distinct || c.size > 0 {
		c.AppendBytes([]byte(v))
		return
	}
	c.present()
	c.starts = append(c.starts, len(c.data))
	c.data = binary.AppendUvarint(c.data, uint64(len(v)))
	c.data = append(c.data, v...)
}

// EnumNumber returns the number of an Enum's name.
func (c *Column) EnumNumber(name []byte) (int16, bool) {
	n, ok := c.enum[string(name)]
	return n, ok
}

// EndRow ends a row of an Array, Map or Tuple: what was appended to the columns
// inside since the last row belongs to it. A Map has as many keys as values, and
// a Tuple has one value in each.
func (c *Column) EndRow() {
	c.present()
	if c.kind == schema.Tuple {
		c.rows++
		return
	}
	c.data = binary.LittleEndian.AppendUint64(c.data, uint64(c.elems[0].Rows()))
}

// AppendNull appends a null, or the type's default where AcceptsNull is false.
func (c *Column) AppendNull() { c.AppendDefault() }

// AppendDefault appends what ClickHouse takes for a type's value when none is
// given: null, zero, an empty text or array, an Enum's first name. In an
// Optional column it stands for the table's DEFAULT.
func (c *Column) AppendDefault() {
	if c.optional {
		c.nulled++
	}
	switch c.mode {
	case distinct:
		c.appendDefaultKey()
		return
	case withNulls:
		c.nulls = append(c.nulls, 1)
	}
	c.appendZero()
}

// firstDate32 is 1900-01-01, which ClickHouse takes for a Date32's default.
var firstDate32 int32 = -25567

// appendZero appends the default to the values alone.
func (c *Column) appendZero() {
	switch {
	case c.kind == schema.Enum8:
		c.data = append(c.data, byte(c.Type.Base().Values[0].Number))
	case c.kind == schema.Enum16:
		c.data = binary.LittleEndian.AppendUint16(c.data, uint16(c.Type.Base().Values[0].Number))
	case c.kind == schema.Date32:
		c.data = binary.LittleEndian.AppendUint32(c.data, uint32(firstDate32))
	case c.size > 0:
		c.data = appendZeros(c.data, c.size)
	case c.kind == schema.String:
		c.starts = append(c.starts, len(c.data))
		c.data = append(c.data, 0)
	case c.kind == schema.Tuple:
		for _, e := range c.elems {
			e.AppendDefault()
		}
		c.rows++
	default:
		c.data = binary.LittleEndian.AppendUint64(c.data, uint64(c.elems[0].Rows()))
	}
}

var zeros [64]byte

func appendZeros(dst []byte, n int) []byte {
	for n > len(zeros) {
		dst = append(dst, zeros[:]...)
		n -= len(zeros)
	}
	return append(dst, zeros[:n]...)
}

// HasEnumNumber reports whether an Enum has a name for the number.
func (c *Column) HasEnumNumber(n int16) bool {
	for _, known := range c.enum {
		if known == n {
			return true
		}
	}
	return false
}
