package parquet

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
)

// maxBound is the longest minimum or maximum that is written, in bytes. Bounds
// are exact, since readers answer MIN and MAX from them; where one would be longer
// there are none.
const maxBound = 256

// wordBounds is the minimum and maximum of integers or floats.
type wordBounds[T uint32 | uint64] struct {
	min, max T
	known    bool
}

func (b *wordBounds[T]) add(values []T, o order) {
	if len(values) == 0 {
		return
	}
	switch v := any(values).(type) {
	case []uint32:
		lo, hi := any(&b.min).(*uint32), any(&b.max).(*uint32)
		switch o {
		case float:
			b.known = floatBounds(reinterpret[float32](v), reinterpretOne[float32](lo), reinterpretOne[float32](hi), b.known)
		case signed:
			b.known = orderedBounds(reinterpret[int32](v), reinterpretOne[int32](lo), reinterpretOne[int32](hi), b.known)
		default:
			b.known = orderedBounds(v, lo, hi, b.known)
		}
	case []uint64:
		lo, hi := any(&b.min).(*uint64), any(&b.max).(*uint64)
		switch o {
		case float:
			b.known = floatBounds(reinterpret[float64](v), reinterpretOne[float64](lo), reinterpretOne[float64](hi), b.known)
		case signed:
			b.known = orderedBounds(reinterpret[int64](v), reinterpretOne[int64](lo), reinterpretOne[int64](hi), b.known)
		default:
			b.known = orderedBounds(v, lo, hi, b.known)
		}
	}
}

func orderedBounds[T cmp.Ordered](values []T, minimum, maximum *T, known bool) bool {
	lo, hi := *minimum, *maximum
	if !known {
		lo, hi = values[0], values[0]
	}
	for _, v := range values {
		lo = min(lo, v)
		hi = max(hi, v)
	}
	*minimum, *maximum = lo, hi
	return true
}

// floatBounds leaves out NaN, which has no place in the order.
func floatBounds[T float32 | float64](values []T, minimum, maximum *T, known bool) bool {
	for _, v := range values {
		switch {
		case v != v:
		case !known:
			*minimum, *maximum, known = v, v, true
		case v < *minimum:
			*minimum = v
		case v > *maximum:
			*maximum = v
		}
	}
	return known
}

// get returns the bounds in PLAIN encoding, or nil. A zero among floats is
// written so that both zeros are within.
func (b *wordBounds[T]) get(o order) (lo, hi []byte) {
	if !b.known {
		return nil, nil
	}
	switch lo := any(b.min).(type) {
	case uint32:
		hi := any(b.max).(uint32)
		if o == float && lo<<1 == 0 {
			lo = 1 << 31
		}
		if o == float && hi<<1 == 0 {
			hi = 0
		}
		return binary.LittleEndian.AppendUint32(nil, lo), binary.LittleEndian.AppendUint32(nil, hi)
	case uint64:
		hi := any(b.max).(uint64)
		if o == float && lo<<1 == 0 {
			lo = math.Float64bits(math.Copysign(0, -1))
		}
		if o == float && hi<<1 == 0 {
			hi = 0
		}
		return binary.LittleEndian.AppendUint64(nil, lo), binary.LittleEndian.AppendUint64(nil, hi)
	}
	return nil, nil
}

// byteBounds is the minimum and maximum of byte strings. The slices are its own.
type byteBounds struct {
	min, max []byte
	known    bool
}

func (b *byteBounds) add(v []byte, o order) {
	switch {
	case !b.known:
		b.min, b.max, b.known = append(b.min[:0], v...), append(b.max[:0], v...), true
	case less(v, b.min, o):
		b.min = append(b.min[:0], v...)
	case less(b.max, v, o):
		b.max = append(b.max[:0], v...)
	}
}

func less(a, b []byte, o order) bool {
	if o == bytewiseSigned && len(a) > 0 && len(b) > 0 && (a[0]^b[0])&0x80 != 0 {
		return a[0]&0x80 != 0
	}
	return bytes.Compare(a, b) < 0
}

func (b *byteBounds) get() (lo, hi []byte) {
	if !b.known || len(b.min) > maxBound || len(b.max) > maxBound {
		return nil, nil
	}
	return append([]byte{}, b.min...), append([]byte{}, b.max...)
}
