package text

import (
	"math/bits"
	"slices"
)

// pairs is the decimal digits of 0 to 99, two bytes each.
const pairs = "00010203040506070809101112131415161718192021222324252627282930313233343536373839" +
	"40414243444546474849505152535455565758596061626364656667686970717273747576777879" +
	"8081828384858687888990919293949596979899"

const zeros = "00000000000000000000000000000000000000000000000000000000000000000000000000000000"

// pow10 is the powers of ten that fit a uint64.
var pow10 = [20]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}

// AppendInt appends v in decimal digits.
func AppendInt(dst []byte, v int64) []byte {
	if v < 0 {
		return AppendUint(append(dst, '-'), -uint64(v))
	}
	return AppendUint(dst, uint64(v))
}

// AppendUint appends v in decimal digits.
func AppendUint(dst []byte, v uint64) []byte {
	if v < 10 {
		return append(dst, byte('0'+v))
	}
	n := digits(v)
	dst = extend(dst, n)
	putDigits(dst[len(dst)-n:], v)
	return dst
}

// extend lengthens dst by n bytes, whatever they are.
func extend(dst []byte, n int) []byte { return slices.Grow(dst, n)[:len(dst)+n] }

// digits returns how many decimal digits v has, and 1 for zero.
func digits(v uint64) int {
	n := bits.Len64(v|1) * 1233 >> 12 // log10(2) ≈ 1233/4096
	if v >= pow10[n] {
		n++
	}
	return max(n, 1)
}

// appendPadded appends the last n digits of v, with leading zeros.
func appendPadded(dst []byte, v uint64, n int) []byte {
	dst = append(dst, zeros[:n]...)
	putDigits(dst[len(dst)-n:], v)
	return dst
}

// putDigits fills p from its end with the digits of v, which has at most len(p)
// of them. What is left in front stays as it is.
func putDigits(p []byte, v uint64) {
	i := len(p)
	for v >= 100 {
		q := v / 100
		d := (v - q*100) * 2
		i -= 2
		p[i+1] = pairs[d+1]
		p[i] = pairs[d]
		v = q
	}
	if v >= 10 {
		p[i-1] = pairs[v*2+1]
		p[i-2] = pairs[v*2]
	} else if v > 0 {
		p[i-1] = byte('0' + v)
	}
}

// put2 writes the two digits of v, which is below 100.
func put2(p []byte, v uint) {
	_ = p[1]
	p[0] = pairs[v*2]
	p[1] = pairs[v*2+1]
}
