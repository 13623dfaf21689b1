package parquet

import (
	"encoding/binary"
	"math/bits"
)

// wide is an integer of up to 256 bits: its sign, and its magnitude with the
// least significant word first.
type wide struct {
	negative bool
	words    [4]uint64
}

var pow10 = func() (p [20]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

func wideOf(v int64) wide {
	w := wide{negative: v < 0}
	w.words[0] = uint64(v)
	if v < 0 {
		w.words[0] = -w.words[0]
	}
	return w
}

// wideOfBytes reads two's complement, most significant byte first.
func wideOfBytes(b []byte) (w wide, ok bool) {
	if len(b) == 0 {
		return wide{}, true
	}
	w.negative = b[0]&0x80 != 0
	fill := byte(0)
	if w.negative {
		fill = 0xFF
	}
	for len(b) > 32 {
		if b[0] != fill {
			return wide{}, false
		}
		b = b[1:]
	}
	var full [32]byte
	for i := range full[:32-len(b)] {
		full[i] = fill
	}
	copy(full[32-len(b):], b)
	for i := range w.words {
		w.words[i] = binary.BigEndian.Uint64(full[24-8*i:])
	}
	if w.negative != (full[0]&0x80 != 0) {
		return wide{}, false
	}
	if w.negative {
		w.words = negate(w.words)
	}
	return w, true
}

// negate returns the two's complement.
func negate(words [4]uint64) [4]uint64 {
	carry := uint64(1)
	for i, w := range words {
		words[i], carry = bits.Add64(^w, 0, carry)
	}
	return words
}

// twos returns w in two's complement, least significant word first.
func (w *wide) twos() [4]uint64 {
	if w.negative {
		return negate(w.words)
	}
	return w.words
}

func (w *wide) isZero() bool { return w.words == [4]uint64{} }

// shift multiplies by 10^n and reports whether the result fits.
func (w *wide) shift(n int) bool {
	for ; n > 0 && !w.isZero(); n -= 19 {
		var carry uint64
		by := pow10[min(n, 19)]
		for i, word := range w.words {
			high, low := bits.Mul64(word, by)
			var c uint64
			w.words[i], c = bits.Add64(low, carry, 0)
			carry = high + c
		}
		if carry != 0 || w.words[3]>>63 != 0 {
			return false
		}
	}
	return true
}

// unshift divides by 10^n and reports whether nothing is left over.
func (w *wide) unshift(n int) bool {
	for ; n > 0 && !w.isZero(); n -= 19 {
		var rest uint64
		by := pow10[min(n, 19)]
		for i := 3; i >= 0; i-- {
			w.words[i], rest = bits.Div64(rest, w.words[i], by)
		}
		if rest != 0 {
			return false
		}
	}
	return true
}

// cut divides by 10 and returns the remainder.
func (w *wide) cut() byte {
	var rest uint64
	for i := 3; i >= 0; i-- {
		w.words[i], rest = bits.Div64(rest, w.words[i], 10)
	}
	return byte(rest)
}

// less compares the magnitude with one that isn't negative.
func (w *wide) less(limit *wide) bool {
	for i := 3; i >= 0; i-- {
		if w.words[i] != limit.words[i] {
			return w.words[i] < limit.words[i]
		}
	}
	return false
}

// fits64 returns w as an int64 if it is one.
func (w *wide) fits64() (int64, bool) {
	if w.words[1]|w.words[2]|w.words[3] != 0 {
		return 0, false
	}
	v := int64(w.words[0])
	if w.negative {
		return -v, w.words[0] <= 1<<63
	}
	return v, v >= 0
}
