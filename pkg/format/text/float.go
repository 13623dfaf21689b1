package text

import (
	"math"
	"strconv"
)

// Texts of the floats that aren't numbers. PostgreSQL, ClickHouse, DuckDB and
// pandas read all three as floats.
const (
	NaN              = "NaN"
	Infinity         = "Infinity"
	NegativeInfinity = "-Infinity"
)

// AppendFloat64 appends the shortest decimal number that reads back as v:
// "0.1", "1e+21", "-0", or NaN, Infinity and -Infinity.
func AppendFloat64(dst []byte, v float64) []byte {
	if out, ok := appendShortDecimal(dst, v); ok {
		return out
	}
	return appendFloat(dst, v, 64)
}

// AppendFloat32 is AppendFloat64 for the precision of a float32.
func AppendFloat32(dst []byte, v float32) []byte { return appendFloat(dst, float64(v), 32) }

// appendShortDecimal appends v if it has at most 15 digits and four of them at
// most behind the point, as amounts, rates and coordinates often do. A decimal
// of 15 digits belongs to one float64 alone, so n/10⁴ == v proves that n/10⁴
// is v's shortest text once its trailing zeros are gone.
func appendShortDecimal(dst []byte, v float64) ([]byte, bool) {
	const scale = 1e4
	if !(v < 1e11 && v > -1e11) || v == 0 {
		return dst, false
	}
	n := int64(math.RoundToEven(v * scale))
	if n == 0 || float64(n)/scale != v {
		return dst, false
	}
	u := uint64(n)
	if n < 0 {
		dst, u = append(dst, '-'), -u
	}
	whole := u / scale
	frac := u - whole*scale
	if dst = AppendUint(dst, whole); frac == 0 {
		return dst, true
	}
	dst = append(dst, '.', pairs[frac/100*2], pairs[frac/100*2+1], pairs[frac%100*2], pairs[frac%100*2+1])
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst, true
}

// appendFloat chooses between plain digits and an exponent as JavaScript does.
func appendFloat(dst []byte, v float64, size int) []byte {
	switch {
	case math.IsNaN(v):
		return append(dst, NaN...)
	case math.IsInf(v, 1):
		return append(dst, Infinity...)
	case math.IsInf(v, -1):
		return append(dst, NegativeInfinity...)
	}
	layout := byte('f')
	if abs := math.Abs(v); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		layout = 'e'
	}
	return strconv.AppendFloat(dst, v, layout, -1, size)
}
