package postgres

import (
	"encoding/binary"
	"math/bits"
)

// A numeric travels as
//
//	groups uint16 | weight int16 | sign uint16 | scale uint16 | groups × uint16
//
// where each group is four decimal digits, and the first is worth 10000^weight.
// Groups that are zero are left out at both ends; scale is how many digits the
// text shows after the point.
type numeric struct {
	groups []byte // two bytes each
	weight int
	sign   uint16
	scale  int
}

// Values of a numeric's sign.
const (
	signPositive         = 0x0000
	signNegative         = 0x4000
	signNaN              = 0xC000
	signInfinity         = 0xD000
	signNegativeInfinity = 0xF000
)

const numericHeader = 8

// readNumeric takes the value apart. It is not ok when the bytes aren't one.
func readNumeric(b []byte) (v numeric, ok bool) {
	if len(b) < numericHeader {
		return numeric{}, false
	}
	v = numeric{
		groups: b[numericHeader:],
		weight: int(int16(binary.BigEndian.Uint16(b[2:]))),
		sign:   binary.BigEndian.Uint16(b[4:]),
		scale:  int(binary.BigEndian.Uint16(b[6:])),
	}
	return v, len(v.groups) == 2*int(binary.BigEndian.Uint16(b)) && v.scale <= 0x3fff
}

func (v numeric) count() int { return len(v.groups) / 2 }

func (v numeric) group(i int) uint64 { return uint64(binary.BigEndian.Uint16(v.groups[2*i:])) }

// special returns the text of what isn't a number, or empty.
func (v numeric) special() string {
	switch v.sign {
	case signNaN:
		return "NaN"
	case signInfinity:
		return "Infinity"
	case signNegativeInfinity:
		return "-Infinity"
	}
	return ""
}

// powers of ten that fit a word.
var powers = func() (p [20]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

// unscaled64 returns the number without its sign, times 10^scale, where a word
// holds it; most do.
func (v numeric) unscaled64(scale int) (n uint64, ok bool) {
	count := v.count()
	if count > 4 {
		return 0, false
	}
	for i := range count {
		n = n*10000 + v.group(i)
	}
	shift := 4*(v.weight-count+1) + scale
	switch {
	case shift >= 0 && shift < len(powers):
		hi, lo := bits.Mul64(n, powers[shift])
		return lo, hi == 0
	case shift < 0 && shift > -4:
		return n / powers[-shift], n%powers[-shift] == 0
	}
	return 0, n == 0
}

// unscaled is unscaled64 for numbers of any size: it fills the words of out,
// the least significant first, and is not ok where they don't suffice or the
// number has more digits than scale.
func (v numeric) unscaled(out []uint64, scale int) (ok bool) {
	clear(out)
	count := v.count()
	for i := range count {
		exponent := 4*(v.weight-i) + scale // of ten, that the group is worth
		step, group := uint64(10000), v.group(i)
		if exponent <= -4 {
			if group != 0 {
				return false
			}
			continue
		}
		if exponent < 0 { // the last group reaches beyond the scale
			if group%powers[-exponent] != 0 {
				return false
			}
			step, group = powers[4+exponent], group/powers[-exponent]
		}
		if !multiplyAdd(out, step, group) {
			return false
		}
	}
	for shift := 4*(v.weight-count+1) + scale; shift > 0; shift -= 19 {
		if count > 0 && !multiplyAdd(out, powers[min(shift, 19)], 0) {
			return false
		}
	}
	return true
}

// multiplyAdd sets n to n·m + a, and is not ok when that overflows.
func multiplyAdd(n []uint64, m, a uint64) (ok bool) {
	carry := a
	for i := range n {
		hi, lo := bits.Mul64(n[i], m)
		var over uint64
		n[i], over = bits.Add64(lo, carry, 0)
		carry = hi + over
	}
	return carry == 0
}

// negate makes n negative, in two's complement.
func negate(n []uint64) {
	carry := uint64(1)
	for i := range n {
		n[i], carry = bits.Add64(^n[i], 0, carry)
	}
}

// appendText appends the number's digits as the server prints them.
func (v numeric) appendText(dst []byte) []byte {
	if special := v.special(); special != "" {
		return append(dst, special...)
	}
	if v.sign == signNegative {
		dst = append(dst, '-')
	}
	if v.weight < 0 {
		dst = append(dst, '0')
	}
	for place := v.weight; place >= 0; place-- {
		dst = appendGroup(dst, v.at(place), place != v.weight)
	}
	if v.scale == 0 {
		return dst
	}
	dst = append(dst, '.')
	end := len(dst) + v.scale
	for place := -1; len(dst) < end; place-- {
		dst = appendGroup(dst, v.at(place), true)
	}
	return dst[:end]
}

// at is the group that is worth 10000^place.
func (v numeric) at(place int) uint64 {
	if i := v.weight - place; i >= 0 && i < v.count() {
		return v.group(i)
	}
	return 0
}

// textLength bounds how many bytes appendText appends.
func (v numeric) textLength() int { return 4*(max(v.weight, 0)+1) + v.scale + 4 + len("-Infinity") }

// appendGroup appends four digits, or as many as there are when not padded.
func appendGroup(dst []byte, group uint64, padded bool) []byte {
	for _, unit := range [...]uint64{1000, 100, 10, 1} {
		if padded || group >= unit || unit == 1 {
			dst = append(dst, byte('0'+group/unit%10))
		}
	}
	return dst
}
