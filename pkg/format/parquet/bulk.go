package parquet

import (
	"encoding/binary"
	"math"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
	"github.com/longshore/longshore/pkg/schema"
)

// bulk appends the values from to to, all present in e, as their converter would
// one by one. It ends before the first that it leaves to the converter, and
// returns how many it appended.
type bulk func(c *block.Column, e *entries, from, to int) int

// bulkOf returns the bulk form of a conversion, or nil where it has none: for what
// most tables are made of, numbers, times and texts that mostly fit.
func bulkOf(t fileType, to schema.Type) bulk {
	for to.Kind == schema.SimpleAggregateFunction {
		to = to.Elem(0)
	}
	if to.Kind == schema.LowCardinality {
		return nil // each value is looked up
	}
	base := to.Base()
	switch base.Kind {
	case schema.String:
		if t.kind == fileText || t.kind == fileJSON || t.kind == fileBytes {
			return func(c *block.Column, e *entries, from, to int) int {
				c.AppendSpans(e.data, e.spans[from:to])
				return to - from
			}
		}
	case schema.Bool:
		if t.kind == fileBool {
			return func(c *block.Column, e *entries, from, to int) int {
				return copy(c.Extend(to-from), e.bits[from:to])
			}
		}
	case schema.Float64:
		if t.kind == fileFloat && t.physical == meta.Double {
			return copyWords
		}
	}
	if base.Kind.IsInteger() && t.kind == fileInt && t.physical == meta.Int64 && base.FixedSize() == 8 && widens(t, base.Kind) {
		return copyWords
	}
	l, ok := linearOf(t, base)
	if !ok {
		return nil
	}
	return l.bulk(t, base.FixedSize())
}

func copyWords(c *block.Column, e *entries, from, to int) int {
	return copy(c.Extend(to-from), asBytes(e.w64[from:to])) / 8
}

// linear is a conversion of whole numbers from lo to hi: they are multiplied.
type linear struct{ lo, hi, factor int64 }

// linearOf returns the conversion of a file's whole numbers to a table's of eight
// bytes at most, if it is linear.
func linearOf(t fileType, to schema.Type) (linear, bool) {
	size := to.FixedSize()
	if size < 1 || size > 8 || !t.isWhole() {
		return linear{}, false
	}
	l := linear{factor: 1}
	switch {
	case to.Kind.IsInteger() && t.kind == fileInt:
		l.lo, l.hi = integerRange(to)
	case to.Kind == schema.Decimal && (t.kind == fileDecimal || t.kind == fileInt):
		up := to.Scale
		if t.kind == fileDecimal {
			up -= t.scale
		}
		if up < 0 || up > 18 {
			return linear{}, false
		}
		l.factor = int64(pow10[up])
		l.hi = (int64(pow10[to.Precision]) - 1) / l.factor
		l.lo = -l.hi
	case to.Kind == schema.Date && (t.kind == fileDate || t.kind == fileInt):
		l.hi = maxDate
	case to.Kind == schema.Date32 && (t.kind == fileDate || t.kind == fileInt):
		l.lo, l.hi = minDate32, maxDate32
	case (to.Kind == schema.DateTime || to.Kind == schema.DateTime64) && t.kind == fileTimestamp:
		k := newClock(t, to)
		if k.zone != nil || k.scale < perSecond[t.unit] {
			return linear{}, false
		}
		l.lo, l.hi = k.bounds(t)
		l.factor = k.scale / perSecond[t.unit]
	default:
		return linear{}, false
	}
	if t.unsigned { // what is negative is a UINT_64 beyond int64
		l.lo = max(l.lo, 0)
	}
	return l, true
}

// integerRange returns the range of an integer type of eight bytes at most, as far
// as it is within int64.
func integerRange(t schema.Type) (lo, hi int64) {
	bits := 8 * t.FixedSize()
	lo, hi = int64(math.MinInt64)>>(64-bits), int64(math.MaxInt64)>>(64-bits)
	if t.Kind.IsSigned() {
		return lo, hi
	}
	if bits == 64 {
		return 0, hi
	}
	return 0, 2*hi + 1
}

// isWhole reports whether wholes reads values of the type.
func (t *fileType) isWhole() bool {
	switch t.physical {
	case meta.Int32, meta.Int64:
		return true
	case meta.FixedLenByteArray, meta.ByteArray:
		return t.kind == fileDecimal
	}
	return false
}

// wholes writes the values from from on as int64 to out. It returns how many it
// read before one that is too long for it.
func (t *fileType) wholes(e *entries, from int, out []int64) int {
	switch {
	case t.physical == meta.Int64:
		copy(asBytes(out), asBytes(e.w64[from:from+len(out)]))
	case t.physical == meta.Int32 && t.unsigned:
		for i, v := range e.w32[from : from+len(out)] {
			out[i] = int64(v)
		}
	case t.physical == meta.Int32:
		for i, v := range e.w32[from : from+len(out)] {
			out[i] = int64(int32(v))
		}
	default:
		for i, at := range e.spans[from : from+len(out)] {
			b := e.data[at.Start:at.End]
			if len(b) == 8 {
				out[i] = int64(binary.BigEndian.Uint64(b))
				continue
			}
			v, ok := wholeOf(b)
			if !ok {
				return i
			}
			out[i] = v
		}
	}
	return len(out)
}

// wholeOf reads two's complement, most significant byte first.
func wholeOf(b []byte) (v int64, ok bool) {
	if len(b) == 0 {
		return 0, true
	}
	v = int64(int8(b[0]))
	for i, next := range b[1:] {
		if i >= 7 && v<<8>>8 != v {
			return 0, false
		}
		v = v<<8 | int64(next)
	}
	return v, true
}

// bulkValues is how many values are converted at once: few enough to stay in the
// nearest cache.
const bulkValues = 512

// bulk returns the conversion to values of size bytes.
func (l linear) bulk(t fileType, size int) bulk {
	var scratch [bulkValues]int64
	return func(c *block.Column, e *entries, from, to int) int {
		for at := from; at < to; {
			values := scratch[:min(bulkValues, to-at)]
			fit := l.apply(values[:t.wholes(e, at, values)])
			narrow(c.Extend(fit), values[:fit], size)
			at += fit
			if fit < len(values) {
				return at - from
			}
		}
		return to - from
	}
}

// apply converts values in place. It returns how many it converted before one that
// is out of range.
func (l linear) apply(values []int64) int {
	for i, v := range values {
		if v < l.lo || v > l.hi {
			return i
		}
		values[i] = v * l.factor
	}
	return len(values)
}

// narrow writes the low size bytes of each value.
func narrow(out []byte, values []int64, size int) {
	switch size {
	case 1:
		for i, v := range values {
			out[i] = byte(v)
		}
	case 2:
		for i, v := range values {
			binary.LittleEndian.PutUint16(out[2*i:], uint16(v))
		}
	case 4:
		for i, v := range values {
			binary.LittleEndian.PutUint32(out[4*i:], uint32(v))
		}
	default:
		copy(out, asBytes(values))
	}
}
