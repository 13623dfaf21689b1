package textvalue

import (
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/schema"
)

var pow10 = func() (p [20]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

// scaled reads a number and returns it times 10^scale, exactly. The text may
// have a sign, a point, an exponent and spaces around it.
func scaled(text []byte, scale int) (m magnitude, p Problem) {
	text = trim(text)
	i := 0
	if i < len(text) && (text[i] == '-' || text[i] == '+') {
		m.negative = text[i] == '-'
		i++
	}
	var (
		digits, zeros int // digits seen; zeros not yet multiplied in
		point         = -1
		fits          = true
	)
	for ; i < len(text); i++ {
		c := text[i]
		if c == '.' && point < 0 {
			point = digits
			continue
		}
		if c-'0' > 9 {
			break
		}
		digits++
		if c == '0' {
			zeros++
			continue
		}
		fits = fits && m.shift(zeros+1) && m.mulAdd(1, uint64(c-'0'))
		zeros = 0
	}
	if digits == 0 {
		return m, NotANumber
	}
	exponent, ok := readExponent(text[i:])
	if !ok {
		return m, NotANumber
	}
	if point < 0 {
		point = digits
	}
	if !fits {
		return m, OutOfRange
	}
	return m.finish(point - digits + zeros + exponent + scale)
}

// finish multiplies by 10^exponent. The number doesn't end in a zero digit.
func (m *magnitude) finish(exponent int) (magnitude, Problem) {
	switch {
	case m.isZero():
		m.negative = false
		return *m, OK
	case exponent < 0:
		return *m, DigitsLost
	case !m.shift(exponent):
		return *m, OutOfRange
	}
	return *m, OK
}

// shift multiplies by 10^n and reports whether the result fits.
func (m *magnitude) shift(n int) bool {
	if m.isZero() {
		return true
	}
	for n > 0 {
		step := min(n, 19)
		if !m.mulAdd(pow10[step], 0) {
			return false
		}
		n -= step
	}
	return true
}

// maxExponent bounds what is read of an exponent: any larger one is as good.
const maxExponent = 1 << 20

// readExponent reads e+12, or nothing, up to the end of text.
func readExponent(text []byte) (int, bool) {
	if len(text) == 0 {
		return 0, true
	}
	if text[0]|0x20 != 'e' {
		return 0, false
	}
	text = text[1:]
	negative := false
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		negative = text[0] == '-'
		text = text[1:]
	}
	n := 0
	for _, c := range text {
		if c-'0' > 9 {
			return 0, false
		}
		n = min(n*10+int(c-'0'), maxExponent)
	}
	if negative {
		n = -n
	}
	return n, len(text) > 0
}

// decimal returns the parser of a Decimal.
func decimal(t schema.Type) Parser {
	size, scale := t.FixedSize(), t.Scale
	limit := magnitude{words: [4]uint64{1}}
	limit.shift(t.Precision)
	if size > 8 {
		return func(c *block.Column, text []byte) Problem {
			if m, ok := shortDecimal(text, scale); ok { // under 10^18, so within any precision of this size
				w := magnitude{negative: m < 0, words: [4]uint64{uint64(max(m, -m))}}
				w.append(c, size)
				return OK
			}
			return longDecimal(c, text, scale, size, &limit)
		}
	}
	bound := int64(pow10[t.Precision])
	return func(c *block.Column, text []byte) Problem {
		v, ok := shortDecimal(text, scale)
		if !ok {
			return longDecimal(c, text, scale, size, &limit)
		}
		if v >= bound || v <= -bound {
			return OutOfRange
		}
		if size == 4 {
			c.AppendUint32(uint32(v))
		} else {
			c.AppendUint64(uint64(v))
		}
		return OK
	}
}

func longDecimal(c *block.Column, text []byte, scale, size int, limit *magnitude) Problem {
	m, p := scaled(text, scale)
	if p != OK {
		return p
	}
	if !m.less(limit) {
		return OutOfRange
	}
	m.append(c, size)
	return OK
}

// less compares without the signs.
func (m *magnitude) less(limit *magnitude) bool {
	for i := 3; i >= 0; i-- {
		if m.words[i] != limit.words[i] {
			return m.words[i] < limit.words[i]
		}
	}
	return false
}

// shortDecimal reads what most decimals are: an optional minus, digits, perhaps
// a point and no more than scale digits behind it; all that fits in 18 digits.
func shortDecimal(text []byte, scale int) (v int64, ok bool) {
	i := 0
	if len(text) > 0 && text[0] == '-' {
		i = 1
	}
	start, point := i, -1
	for ; i < len(text); i++ {
		d := text[i] - '0'
		if d > 9 {
			if text[i] != '.' || point >= 0 {
				return 0, false
			}
			point = i
			continue
		}
		v = v*10 + int64(d)
	}
	fraction := 0
	if point >= 0 {
		fraction = len(text) - point - 1
		start++
	}
	digits := len(text) - start
	if digits == 0 || fraction > scale || digits+scale-fraction > 18 {
		return 0, false
	}
	v *= int64(pow10[scale-fraction])
	if text[0] == '-' {
		v = -v
	}
	return v, true
}
