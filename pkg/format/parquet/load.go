package parquet

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/float16"

	"github.com/longshore/longshore/pkg/block"
)

// selection is the values of an array that go into a page: those of rows lo to
// hi, or where at isn't nil, those that it lists.
type selection struct {
	arr    arrow.Array
	lo, hi int
	at     []int32
}

func (s selection) len() int {
	if s.at != nil {
		return len(s.at)
	}
	return s.hi - s.lo
}

// span is where a value stands in a buffer.
type span = block.Span

// raw returns the array's values as they are in memory, from its first row on.
func raw[T any](arr arrow.Array) []T {
	d := arr.Data()
	b := d.Buffers()[1]
	if b == nil || b.Len() == 0 {
		return nil
	}
	all := unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b.Bytes()))), b.Len()/int(unsafe.Sizeof(*new(T))))
	return all[d.Offset():]
}

// reinterpret returns s as values of another type of the same size.
func reinterpret[B, A any](s []A) []B {
	return unsafe.Slice((*B)(unsafe.Pointer(unsafe.SliceData(s))), len(s))
}

// asBytes returns the memory of s. Parquet is little-endian, as are the machines
// that Longshore is built for.
func asBytes[T any](s []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(*new(T))))
}

// pick returns the selected values: a slice of the array's own where they are
// contiguous, else in scratch.
func pick[T any](s selection, scratch *[]T) []T {
	all := raw[T](s.arr)
	if s.at == nil {
		return all[s.lo:s.hi]
	}
	out := (*scratch)[:0]
	for _, i := range s.at {
		out = append(out, all[i])
	}
	*scratch = out
	return out
}

// widen converts the selected values into scratch.
func widen[A, B any](s selection, scratch *[]B, convert func(A) B) []B {
	all := raw[A](s.arr)
	out := (*scratch)[:0]
	if s.at == nil {
		for _, v := range all[s.lo:s.hi] {
			out = append(out, convert(v))
		}
	} else {
		for _, i := range s.at {
			out = append(out, convert(all[i]))
		}
	}
	*scratch = out
	return out
}

// words32 returns the selected values in 32 bits, as storage wants them.
func (st *storage) words32(s selection, scratch *[]uint32) ([]uint32, error) {
	if s.len() == 0 || st.load == loadNull {
		return nil, nil
	}
	switch st.load {
	case loadInt8:
		return widen(s, scratch, func(v int8) uint32 { return uint32(int32(v)) }), nil
	case loadInt16:
		return widen(s, scratch, func(v int16) uint32 { return uint32(int32(v)) }), nil
	case loadUint8:
		return widen(s, scratch, func(v uint8) uint32 { return uint32(v) }), nil
	case loadUint16:
		return widen(s, scratch, func(v uint16) uint32 { return uint32(v) }), nil
	case loadHalf:
		return widen(s, scratch, func(v float16.Num) uint32 { return math.Float32bits(v.Float32()) }), nil
	case loadScaled32:
		f := int32(st.factor)
		return widen(s, scratch, func(v int32) uint32 { return uint32(v * f) }), nil
	case loadDate64:
		return widen(s, scratch, func(ms int64) uint32 { return uint32(floorDiv(ms, 86400000)) }), nil
	case loadDecimal:
		return decimals(s, scratch, func(v int64) (uint32, bool) { return uint32(v), int64(int32(v)) == v })
	}
	return pick(s, scratch), nil
}

// words64 is words32 in 64 bits.
func (st *storage) words64(s selection, scratch *[]uint64) ([]uint64, error) {
	if s.len() == 0 {
		return nil, nil
	}
	switch st.load {
	case loadScaled:
		return widen(s, scratch, func(v int64) uint64 { return uint64(scale(v, st.factor)) }), nil
	case loadDecimal:
		return decimals(s, scratch, func(v int64) (uint64, bool) { return uint64(v), true })
	}
	return pick(s, scratch), nil
}

// scale multiplies v, and keeps what is beyond the range at its end, where
// infinity stands.
func scale(v, factor int64) int64 {
	switch {
	case v > math.MaxInt64/factor:
		return math.MaxInt64
	case v < math.MinInt64/factor:
		return math.MinInt64
	}
	return v * factor
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// decimals narrows decimal128 values to integers. One that doesn't fit has more
// digits than its type allows.
func decimals[T any](s selection, scratch *[]T, narrow func(int64) (T, bool)) ([]T, error) {
	all := raw[[2]uint64](s.arr)
	out := (*scratch)[:0]
	for i := range s.len() {
		at := s.lo + i
		if s.at != nil {
			at = int(s.at[i])
		}
		low, high := int64(all[at][0]), int64(all[at][1])
		v, ok := narrow(low)
		if !ok || high != low>>63 {
			return nil, fmt.Errorf("value %s has more digits than %s", s.arr.ValueStr(at), s.arr.DataType())
		}
		out = append(out, v)
	}
	*scratch = out
	return out, nil
}

// bits appends the selected booleans to dst, a byte each.
func (st *storage) bits(s selection, dst []byte) []byte {
	if s.len() == 0 {
		return dst
	}
	arr := s.arr.(*array.Boolean)
	if s.at == nil {
		for i := s.lo; i < s.hi; i++ {
			dst = append(dst, bit(arr.Value(i)))
		}
		return dst
	}
	for _, i := range s.at {
		dst = append(dst, bit(arr.Value(int(i))))
	}
	return dst
}

func bit(v bool) byte {
	if v {
		return 1
	}
	return 0
}

// spans returns the selected byte strings: where each stands in a buffer.
func (st *storage) spans(s selection, scratch *[]span, buf *[]byte) ([]byte, []span, error) {
	if s.len() == 0 {
		return nil, nil, nil
	}
	out := (*scratch)[:0]
	defer func() { *scratch = out }()
	switch st.load {
	case loadOffsets32:
		out = offsetSpans[int32](s, out)
		return variableBytes(s.arr), out, nil
	case loadOffsets64:
		out = offsetSpans[int64](s, out)
		return variableBytes(s.arr), out, nil
	case loadFixed:
		d := s.arr.Data()
		first := d.Offset()
		for i := range s.len() {
			at := first + s.index(i)
			out = append(out, span{Start: at * st.length, End: (at + 1) * st.length})
		}
		return d.Buffers()[1].Bytes(), out, nil
	}
	b, err := st.bigEndian(s, (*buf)[:0])
	*buf = b
	for i := range s.len() {
		out = append(out, span{Start: i * st.length, End: (i + 1) * st.length})
	}
	return b, out, err
}

func (s selection) index(i int) int {
	if s.at != nil {
		return int(s.at[i])
	}
	return s.lo + i
}

func offsetSpans[T int32 | int64](s selection, out []span) []span {
	offsets := raw[T](s.arr)
	if s.at == nil {
		for i := s.lo; i < s.hi; i++ {
			out = append(out, span{Start: int(offsets[i]), End: int(offsets[i+1])})
		}
		return out
	}
	for _, i := range s.at {
		out = append(out, span{Start: int(offsets[i]), End: int(offsets[i+1])})
	}
	return out
}

func variableBytes(arr arrow.Array) []byte {
	if b := arr.Data().Buffers()[2]; b != nil {
		return b.Bytes()
	}
	return nil
}

// bigEndian appends decimals in two's complement, most significant byte first.
func (st *storage) bigEndian(s selection, dst []byte) ([]byte, error) {
	var full [32]byte
	for i := range s.len() {
		at := s.index(i)
		if st.load == loadDecimal128 {
			v := raw[[2]uint64](s.arr)[at]
			sign := uint64(int64(v[1]) >> 63)
			put(&full, [4]uint64{v[0], v[1], sign, sign})
		} else {
			put(&full, raw[[4]uint64](s.arr)[at])
		}
		cut := len(full) - st.length
		for _, b := range full[:cut] { // what is cut must be the sign's extension
			if b != byte(int8(full[cut])>>7) {
				return dst, fmt.Errorf("value %s has more digits than %s", s.arr.ValueStr(at), s.arr.DataType())
			}
		}
		dst = append(dst, full[cut:]...)
	}
	return dst, nil
}

func put(b *[32]byte, words [4]uint64) {
	for i, w := range words {
		binary.BigEndian.PutUint64(b[24-8*i:], w)
	}
}

// reinterpretOne is reinterpret for one value.
func reinterpretOne[B, A any](p *A) *B { return (*B)(unsafe.Pointer(p)) }
