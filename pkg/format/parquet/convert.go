package parquet

import (
	"encoding/binary"
	"math"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
	"github.com/longshore/longshore/pkg/format/textvalue"
	"github.com/longshore/longshore/pkg/schema"
)

// converter appends the k-th value present in e to a column of a table. Unless it
// returns textvalue.OK it appended nothing.
type converter func(c *block.Column, e *entries, k int) textvalue.Problem

// typeMismatch is the code of a value whose type in the file isn't one that its
// column takes, whatever the value. It stands beside textvalue's problems.
const typeMismatch textvalue.Problem = 0xFF

// codeOf returns the text of a problem.
func codeOf(p textvalue.Problem) string {
	switch p {
	case typeMismatch:
		return "type mismatch"
	case rowTooLong:
		return "row too long"
	}
	return p.String()
}

// mismatch is the converter between types that have none.
func mismatch(*block.Column, *entries, int) textvalue.Problem { return typeMismatch }

// converterOf returns the converter of a file's type to a table's. Numbers go to
// numbers that hold them exactly, times to times, and everything to String. Text
// is read only as what has no type of its own in most files: decimals, integers of
// more than 64 bits, UUIDs, addresses and names of enums. All else is a type mismatch, as a column that
// changed its type.
func converterOf(t fileType, to schema.Type) converter {
	base := to.Base()
	var c converter
	switch {
	case t.kind == fileNull:
		return mismatch
	case base.Kind.IsInteger():
		c = toInteger(t, base)
	case base.Kind.IsFloat():
		c = toFloat(t, base.Kind == schema.Float32)
	case base.Kind.IsTime():
		c = toTime(t, base)
	}
	switch base.Kind {
	case schema.Bool:
		c = toBool(t)
	case schema.Decimal:
		c = toDecimal(t, base)
	case schema.String:
		c = toString(t)
	case schema.FixedString, schema.UUID, schema.IPv4, schema.IPv6:
		c = toFixed(t, base)
	case schema.Enum8, schema.Enum16:
		c = toEnum(t, base)
	}
	if c == nil {
		return mismatch
	}
	return c
}

func toBool(t fileType) converter {
	switch t.kind {
	case fileBool:
		return func(c *block.Column, e *entries, k int) textvalue.Problem {
			c.AppendUint8(e.bits[k])
			return textvalue.OK
		}
	case fileInt:
		return func(c *block.Column, e *entries, k int) textvalue.Problem {
			v := t.int(e, k)
			if v != 0 && v != 1 {
				return textvalue.NotABool
			}
			c.AppendUint8(uint8(v))
			return textvalue.OK
		}
	}
	return nil
}

// toInteger takes integers, and other numbers that are integers.
func toInteger(t fileType, to schema.Type) converter {
	put := integerPut(to)
	switch t.kind {
	case fileBool:
		return func(c *block.Column, e *entries, k int) textvalue.Problem { return put(c, int64(e.bits[k]), false) }
	case fileInt, fileTime:
		if widens(t, to.Kind) {
			return func(c *block.Column, e *entries, k int) textvalue.Problem {
				c.AppendInt(t.int(e, k))
				return textvalue.OK
			}
		}
		return func(c *block.Column, e *entries, k int) textvalue.Problem {
			v := t.int(e, k)
			return put(c, v, t.isHuge(v))
		}
	case fileFloat:
		return func(c *block.Column, e *entries, k int) textvalue.Problem {
			v := t.float(e, k)
			if v != math.Trunc(v) || v != v {
				return textvalue.NotAnInteger
			}
			if v < -(1<<63) || v >= 1<<63 {
				return textvalue.OutOfRange
			}
			return put(c, int64(v), false)
		}
	case fileDecimal:
		return toInteger128(t, to, put)
	case fileBytes:
		return wideFromBytes(to)
	case fileText:
		if to.FixedSize() > 8 {
			return parsed(to)
		}
	}
	return nil
}

// wideFromBytes takes the 16 or 32 bytes, the least significant first, as which
// ClickHouse writes integers that Parquet has no type for.
func wideFromBytes(to schema.Type) converter {
	size := to.FixedSize()
	if size <= 8 {
		return nil
	}
	return func(c *block.Column, e *entries, k int) textvalue.Problem {
		v := e.bytes(k)
		if len(v) != size {
			return typeMismatch
		}
		word := func(i int) uint64 { return binary.LittleEndian.Uint64(v[8*i:]) }
		if size == 16 {
			c.AppendUint128(word(1), word(0))
		} else {
			c.AppendUint256([4]uint64{word(0), word(1), word(2), word(3)})
		}
		return textvalue.OK
	}
}

// widens reports whether every value of the file's type fits without a look at it.
func widens(t fileType, to schema.Kind) bool {
	size := schema.Of(to).FixedSize() * 8
	if size > 64 {
		return false
	}
	physical := 32
	if t.physical == meta.Int64 { // whatever the annotation says
		physical = 64
	}
	if t.unsigned {
		return !to.IsSigned() && size >= physical || to.IsSigned() && size > physical
	}
	return to.IsSigned() && size >= physical
}

// integerPut returns what appends an integer that is in range. Huge is one from
// 2^63 on, whose bits v has.
func integerPut(to schema.Type) func(c *block.Column, v int64, huge bool) textvalue.Problem {
	size := to.FixedSize()
	if size > 8 {
		return func(c *block.Column, v int64, huge bool) textvalue.Problem {
			sign := uint64(v >> 63)
			switch {
			case huge:
				sign = 0
			case v < 0 && !to.Kind.IsSigned():
				return textvalue.OutOfRange
			}
			if size == 16 {
				c.AppendUint128(sign, uint64(v))
			} else {
				c.AppendUint256([4]uint64{uint64(v), sign, sign, sign})
			}
			return textvalue.OK
		}
	}
	lo, hi := integerRange(to)
	takesHuge := to.Kind == schema.UInt64
	return func(c *block.Column, v int64, huge bool) textvalue.Problem {
		if huge && !takesHuge || !huge && (v < lo || v > hi) {
			return textvalue.OutOfRange
		}
		c.AppendInt(v)
		return textvalue.OK
	}
}

// toInteger128 takes decimals without a fraction.
func toInteger128(t fileType, to schema.Type, put func(*block.Column, int64, bool) textvalue.Problem) converter {
	size := to.FixedSize()
	return func(c *block.Column, e *entries, k int) textvalue.Problem {
		v, ok := t.decimal(e, k)
		if !ok {
			return textvalue.OutOfRange
		}
		if !v.unshift(t.scale) {
			return textvalue.NotAnInteger
		}
		if n, ok := v.fits64(); ok {
			return put(c, n, false)
		}
		words := v.twos()
		switch {
		case v.negative && !to.Kind.IsSigned(), size <= 8 && (to.Kind != schema.UInt64 || v.words[1]|v.words[2]|v.words[3] != 0):
			return textvalue.OutOfRange
		case size <= 8:
			c.AppendUint64(words[0])
		case size == 32:
			c.AppendUint256(words)
		case !fits128(&v, to.Kind.IsSigned()):
			return textvalue.OutOfRange
		default:
			c.AppendUint128(words[1], words[0])
		}
		return textvalue.OK
	}
}

func fits128(v *wide, signed bool) bool {
	if v.words[2]|v.words[3] != 0 {
		return false
	}
	if !signed {
		return true
	}
	return v.words[1]>>63 == 0 || v.negative && v.words[1] == 1<<63 && v.words[0] == 0
}

// toFloat takes floats, integers that a float holds exactly, and decimals, which
// are rounded as their text would be. Doubles are rounded to Float32.
func toFloat(t fileType, narrow bool) converter {
	exact := int64(1 << 53)
	put := func(c *block.Column, v float64) textvalue.Problem {
		c.AppendFloat64(v)
		return textvalue.OK
	}
	if narrow {
		exact = 1 << 24
		put = func(c *block.Column, v float64) textvalue.Problem {
			if math.IsInf(float64(float32(v)), 0) && !math.IsInf(v, 0) {
				return textvalue.OutOfRange
			}
			c.AppendFloat32(float32(v))
			return textvalue.OK
		}
	}
	switch t.kind {
	case fileFloat:
		return func(c *block.Column, e *entries, k int) textvalue.Problem { return put(c, t.float(e, k)) }
	case fileInt:
		return func(c *block.Column, e *entries, k int) textvalue.Problem {
			v := t.int(e, k)
			if v > exact || v < -exact {
				return textvalue.DigitsLost
			}
			return put(c, float64(v))
		}
	case fileDecimal:
		return throughText(t, schema.Of(floatKind(narrow)))
	}
	return nil
}

func floatKind(narrow bool) schema.Kind {
	if narrow {
		return schema.Float32
	}
	return schema.Float64
}

// throughText renders a value and reads the text as the table's type.
func throughText(t fileType, to schema.Type) converter {
	parse := textvalue.For(to)
	var buf []byte
	return func(c *block.Column, e *entries, k int) textvalue.Problem {
		buf = t.appendText(buf[:0], e, k)
		return parse(c, buf)
	}
}

// toEnum takes names, and numbers that have one.
func toEnum(t fileType, to schema.Type) converter {
	switch t.kind {
	case fileText, fileBytes:
		return parsed(to)
	case fileInt:
		return func(c *block.Column, e *entries, k int) textvalue.Problem {
			v := t.int(e, k)
			if v != int64(int16(v)) || !c.HasEnumNumber(int16(v)) {
				return textvalue.NotInEnum
			}
			c.AppendInt(v)
			return textvalue.OK
		}
	}
	return nil
}

// parsed reads byte strings as the table's type.
func parsed(to schema.Type) converter {
	parse := textvalue.For(to)
	return func(c *block.Column, e *entries, k int) textvalue.Problem { return parse(c, e.bytes(k)) }
}
