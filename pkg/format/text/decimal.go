package text

import (
	"math/bits"

	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/decimal256"
)

// AppendDecimal128 appends v·10^-scale with exactly scale digits behind the
// point: "12.50" for 1250 and scale 2.
func AppendDecimal128(dst []byte, v decimal128.Num, scale int32) []byte {
	hi, lo := uint64(v.HighBits()), v.LowBits()
	if hi>>63 != 0 {
		dst = append(dst, '-')
		var borrow uint64
		lo, borrow = bits.Sub64(0, lo, 0)
		hi, _ = bits.Sub64(0, hi, borrow)
	}
	if hi == 0 {
		return appendScaled(dst, lo, scale)
	}
	limbs := [4]uint64{lo, hi}
	return appendWide(dst, &limbs, scale)
}

// AppendDecimal256 is AppendDecimal128 for 256 bits.
func AppendDecimal256(dst []byte, v decimal256.Num, scale int32) []byte {
	limbs := v.Array() // least significant first
	if limbs[3]>>63 != 0 {
		dst = append(dst, '-')
		var borrow uint64
		for i := range limbs {
			limbs[i], borrow = bits.Sub64(0, limbs[i], borrow)
		}
	}
	if limbs[1]|limbs[2]|limbs[3] == 0 {
		return appendScaled(dst, limbs[0], scale)
	}
	return appendWide(dst, &limbs, scale)
}

// appendScaled appends u·10^-scale.
func appendScaled(dst []byte, u uint64, scale int32) []byte {
	if scale <= 0 {
		return appendTrailingZeros(AppendUint(dst, u), u == 0, scale)
	}
	if int(scale) >= len(pow10) {
		dst = append(dst, '0', '.')
		return appendPadded(dst, u, int(scale))
	}
	if scale == 2 { // money: a divisor that the compiler knows
		whole := u / 100
		d := (u - whole*100) * 2
		return append(AppendUint(dst, whole), '.', pairs[d], pairs[d+1])
	}
	whole := u / pow10[scale]
	dst = append(AppendUint(dst, whole), '.')
	return appendPadded(dst, u-whole*pow10[scale], int(scale))
}

// appendTrailingZeros appends the zeros that a negative scale asks for.
func appendTrailingZeros(dst []byte, isZero bool, scale int32) []byte {
	if isZero {
		return dst
	}
	for ; scale < 0; scale++ {
		dst = append(dst, '0')
	}
	return dst
}

// appendWide appends the number in limbs, least significant first, which is
// left zero.
func appendWide(dst []byte, limbs *[4]uint64, scale int32) []byte {
	const chunk = 19
	var buf [5 * chunk]byte // 2^256 has 78 digits
	copy(buf[:], zeros)
	copy(buf[len(zeros):], zeros)
	end := len(buf)
	for limbs[0]|limbs[1]|limbs[2]|limbs[3] != 0 {
		var rem uint64
		for i := len(limbs) - 1; i >= 0; i-- {
			limbs[i], rem = bits.Div64(rem, limbs[i], pow10[chunk])
		}
		putDigits(buf[end-chunk:end], rem)
		end -= chunk
	}
	for end < len(buf) && buf[end] == '0' {
		end++
	}
	return appendPoint(dst, buf[end:], scale)
}

// appendPoint appends a number's digits with scale of them behind the point.
func appendPoint(dst, number []byte, scale int32) []byte {
	if scale <= 0 {
		return appendTrailingZeros(append(dst, number...), false, scale)
	}
	whole := len(number) - int(scale)
	if whole > 0 {
		dst = append(append(dst, number[:whole]...), '.')
		return append(dst, number[whole:]...)
	}
	dst = append(append(dst, '0', '.'), zeros[:-whole]...)
	return append(dst, number...)
}
