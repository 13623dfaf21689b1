package postgres

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/decimal256"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/fault"
)

// decimal128s is numeric(p,s) of up to 38 digits.
type decimal128s struct {
	fixed
	scale int
}

func newDecimal128s(t *arrow.Decimal128Type) func(memory.Allocator) column {
	return func(mem memory.Allocator) column {
		return &decimal128s{newFixed(mem, t, arrow.Decimal128SizeBytes), int(t.Scale)}
	}
}

func (c *decimal128s) append(src []byte, at []field, stride int) *valueError {
	n := count(at, stride)
	out := arrow.Decimal128Traits.CastFromBytes(c.extend(n))[:n]
	for i := range out {
		f := at[i*stride]
		if f.n < 0 {
			out[i] = decimal128.Num{}
			c.null(c.n + i)
			continue
		}
		v, ok := readNumeric(src[f.at : f.at+f.n])
		if !ok {
			return wrongLength(i, f)
		}
		if out[i], ok = v.decimal128(c.scale); !ok {
			return notDecimal(i, v)
		}
	}
	c.n += n
	return nil
}

func (v numeric) decimal128(scale int) (out decimal128.Num, ok bool) {
	if v.sign != signPositive && v.sign != signNegative {
		return out, false
	}
	var words [2]uint64
	if words[0], ok = v.unscaled64(scale); !ok {
		ok = v.unscaled(words[:], scale) && int64(words[1]) >= 0
	}
	if v.sign == signNegative {
		negate(words[:])
	}
	return decimal128.New(int64(words[1]), words[0]), ok
}

// decimal256s is numeric(p,s) of 39 to 76 digits.
type decimal256s struct {
	fixed
	scale int
}

func newDecimal256s(t *arrow.Decimal256Type) func(memory.Allocator) column {
	return func(mem memory.Allocator) column {
		return &decimal256s{newFixed(mem, t, arrow.Decimal256SizeBytes), int(t.Scale)}
	}
}

func (c *decimal256s) append(src []byte, at []field, stride int) *valueError {
	n := count(at, stride)
	out := arrow.Decimal256Traits.CastFromBytes(c.extend(n))[:n]
	for i := range out {
		f := at[i*stride]
		if f.n < 0 {
			out[i] = decimal256.Num{}
			c.null(c.n + i)
			continue
		}
		v, ok := readNumeric(src[f.at : f.at+f.n])
		if !ok {
			return wrongLength(i, f)
		}
		if out[i], ok = v.decimal256(c.scale); !ok {
			return notDecimal(i, v)
		}
	}
	c.n += n
	return nil
}

func (v numeric) decimal256(scale int) (out decimal256.Num, ok bool) {
	if v.sign != signPositive && v.sign != signNegative {
		return out, false
	}
	var words [4]uint64
	ok = v.unscaled(words[:], scale) && int64(words[3]) >= 0
	if v.sign == signNegative {
		negate(words[:])
	}
	return decimal256.New(words[3], words[2], words[1], words[0]), ok
}

func notDecimal(row int, v numeric) *valueError {
	if special := v.special(); special != "" {
		return &valueError{row: row, kind: fault.Invalid, text: "holds " + special + ", which a decimal can't be",
			remedy: "cast it: %s::float8 or %[1]s::text"}
	}
	return &valueError{row: row, kind: fault.Unknown, text: "holds " + string(v.appendText(nil)) + ", which its type never has",
		remedy: "cast it: %s::text"}
}

// decimalTexts is numeric of any size: its digits, exactly.
type decimalTexts struct{ variable }

func newDecimalTexts(mem memory.Allocator) column {
	return &decimalTexts{newVariable(mem, arrow.BinaryTypes.String)}
}

func (c *decimalTexts) append(src []byte, at []field, stride int) *valueError {
	n := count(at, stride)
	ends := c.ends(n)
	for i := range ends {
		if f := at[i*stride]; f.n < 0 {
			c.null(c.n + i)
		} else {
			v, ok := readNumeric(src[f.at : f.at+f.n])
			if !ok {
				return wrongLength(i, f)
			}
			room := c.data.room(c.used + v.textLength())
			c.used = len(v.appendText(room[:c.used]))
		}
		if c.used > maxOffset {
			return tooLarge(i)
		}
		ends[i] = int32(c.used)
	}
	c.n += n
	return nil
}
