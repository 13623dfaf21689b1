package diff

import (
	"bytes"
	"strconv"
)

// keyZeros is how many zeros a decimal number in a key may have before or behind
// its digits until they become an exponent.
const keyZeros = 64

// keyZeroDigits is what they are copied from.
const keyZeroDigits = "0000000000000000000000000000000000000000000000000000000000000000"

// appendKeyDecimal appends a decimal number in the one spelling that all its
// spellings share: 1.50, 1.5 and 15e-1 are 1.5; -0 is 0; 1e400 and 1 with 400
// zeros are 1e400. What isn't a number (NaN, Infinity) is copied, and so is one
// whose exponent is beyond counting.
func appendKeyDecimal(dst, text []byte) []byte {
	negative, whole, fraction, exponent, ok := cutKeyDecimal(text)
	if !ok {
		return append(dst, text...)
	}
	whole = bytes.TrimLeft(whole, "0")
	fraction = bytes.TrimRight(fraction, "0")
	exponent -= int64(len(fraction))
	if len(whole) == 0 {
		fraction = bytes.TrimLeft(fraction, "0")
	}
	if len(fraction) == 0 {
		trimmed := bytes.TrimRight(whole, "0")
		exponent += int64(len(whole) - len(trimmed))
		whole = trimmed
	}
	digits := len(whole) + len(fraction)
	if digits == 0 {
		return append(dst, '0')
	}
	if negative {
		dst = append(dst, '-')
	}
	start := len(dst)
	point := int64(digits) + exponent // digits before the point
	switch {
	case exponent > keyZeros || point < -keyZeros:
		dst = append(append(append(dst, whole...), fraction...), 'e')
		return strconv.AppendInt(dst, exponent, 10)
	case exponent >= 0:
		dst = append(append(dst, whole...), fraction...)
		return append(dst, keyZeroDigits[:exponent]...)
	case point <= 0:
		dst = append(append(dst, "0."...), keyZeroDigits[:-point]...)
		return append(append(dst, whole...), fraction...)
	}
	dst = append(append(dst, whole...), fraction...)
	dst = append(dst, 0)
	at := start + int(point)
	copy(dst[at+1:], dst[at:])
	dst[at] = '.'
	return dst
}

// cutKeyDecimal takes a number apart. It is false for what isn't one.
func cutKeyDecimal(text []byte) (negative bool, whole, fraction []byte, exponent int64, ok bool) {
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		negative, text = text[0] == '-', text[1:]
	}
	if i := bytes.IndexAny(text, "eE"); i >= 0 {
		if exponent, ok = keyExponent(text[i+1:]); !ok {
			return false, nil, nil, 0, false
		}
		text = text[:i]
	}
	whole = text
	if i := bytes.IndexByte(text, '.'); i >= 0 {
		whole, fraction = text[:i], text[i+1:]
	}
	ok = len(whole)+len(fraction) > 0 && keyDigits(whole) && keyDigits(fraction)
	return negative, whole, fraction, exponent, ok
}

// keyExponent reads an exponent of at most nine digits.
func keyExponent(text []byte) (v int64, ok bool) {
	negative := false
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		negative, text = text[0] == '-', text[1:]
	}
	if len(text) == 0 || !keyDigits(text) {
		return 0, false
	}
	if text = bytes.TrimLeft(text, "0"); len(text) > 9 {
		return 0, false
	}
	for _, c := range text {
		v = 10*v + int64(c-'0')
	}
	if negative {
		v = -v
	}
	return v, true
}

func keyDigits(text []byte) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
