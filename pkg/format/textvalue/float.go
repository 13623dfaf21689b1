package textvalue

import (
	"math"
	"strconv"

	"github.com/longshore/longshore/pkg/block"
)

// The powers of ten that a float64 holds exactly.
var exact10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

func parseFloat64(c *block.Column, text []byte) Problem {
	v, ok := shortFloat(text)
	if !ok {
		var p Problem
		if v, p = longFloat(text, 64); p != OK {
			return p
		}
	}
	c.AppendFloat64(v)
	return OK
}

func parseFloat32(c *block.Column, text []byte) Problem {
	v, p := longFloat(text, 32)
	if p != OK {
		return p
	}
	c.AppendFloat32(float32(v))
	return OK
}

// shortFloat reads an optional minus, and digits with a point whose integer is
// at most 2^53 and whose power of ten is exact: then one division rounds once,
// and the result is the nearest float (Clinger).
func shortFloat(text []byte) (float64, bool) {
	i := 0
	if len(text) > 0 && text[0] == '-' {
		i = 1
	}
	first, point := i, -1
	if len(text)-first > 20 {
		return 0, false
	}
	var m uint64
	for ; i < len(text); i++ {
		d := text[i] - '0'
		if d > 9 {
			if text[i] != '.' || point >= 0 {
				return 0, false
			}
			point = i
			continue
		}
		m = m*10 + uint64(d)
	}
	fraction, digits := 0, len(text)-first
	if point >= 0 {
		digits--
		fraction = len(text) - point - 1
	}
	if digits == 0 || digits > 19 || m > 1<<53 {
		return 0, false
	}
	v := float64(m) / exact10[fraction]
	if first > 0 {
		v = -v
	}
	return v, true
}

// longFloat reads any decimal number, nan, inf and infinity, to the nearest float.
func longFloat(text []byte, bits int) (float64, Problem) {
	if !isNumber(text) {
		if text = trim(text); !isNumber(text) {
			return specialFloat(text)
		}
	}
	v, err := strconv.ParseFloat(str(text), bits)
	if err != nil {
		return 0, OutOfRange
	}
	return v, OK
}

func specialFloat(text []byte) (float64, Problem) {
	sign := 1
	rest := text
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		if text[0] == '-' {
			sign = -1
		}
		rest = text[1:]
	}
	switch {
	case equalFold(rest, "nan"):
		return math.NaN(), OK
	case equalFold(rest, "inf"), equalFold(rest, "infinity"):
		return math.Inf(sign), OK
	}
	return 0, NotANumber
}

// isNumber reports whether text is a decimal number with digits, perhaps with a
// sign, a point and an exponent. strconv takes more: hexadecimal, underscores.
func isNumber(text []byte) bool {
	i, digits, point := 0, 0, false
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		i = 1
	}
	for ; i < len(text); i++ {
		switch c := text[i]; {
		case c-'0' <= 9:
			digits++
		case c == '.' && !point:
			point = true
		default:
			_, ok := readExponent(text[i:])
			return ok && digits > 0
		}
	}
	return digits > 0
}
