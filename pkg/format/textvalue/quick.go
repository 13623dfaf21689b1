package textvalue

import (
	"math"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/schema"
)

// quickKind is how a JSON number goes into a column while its end is being
// found, without being looked at twice.
type quickKind uint8

const (
	notQuick quickKind = iota
	quickInteger
	quickFloat
	quickDecimal
)

// beQuick chooses the quick way for numbers of up to 8 bytes.
func (n *Nested) beQuick(t schema.Type) {
	if n.size = t.FixedSize(); n.size > 8 {
		return
	}
	switch {
	case t.Kind.IsInteger():
		n.quick = quickInteger
		n.low, n.high = bounds(t.Kind)
	case t.Kind == schema.Float64:
		n.quick = quickFloat
	case t.Kind == schema.Decimal:
		n.quick, n.scale = quickDecimal, t.Scale
		n.high = int64(pow10[t.Precision]) - 1
		n.low = -n.high
	}
}

// Quick appends the text without escapes, or the number of up to 18 digits
// without an exponent, that stands at pos of s.Data, and returns where it ends.
// It returns -1, and has done nothing, where something else stands there or the
// value doesn't fit: Append finds out.
func (n *Nested) Quick(c *block.Column, s *Scanner, pos int) (end int) {
	data := s.Data
	if pos >= len(data) {
		return -1
	}
	if data[pos] != '"' {
		if n.quick == notQuick {
			return -1
		}
		return n.quickNumber(c, data, pos)
	}
	end = textEnd(data, pos+1)
	if end >= len(data) || data[end] != '"' {
		return -1
	}
	text := data[pos+1 : end]
	if n.kind == schema.String {
		c.AppendSlack(text)
		return end + 1
	}
	if n.parse == nil || n.parse(c, text) != OK {
		return -1
	}
	return end + 1
}

// quickNumber is Quick of a number.
func (n *Nested) quickNumber(c *block.Column, data []byte, i int) (end int) {
	negative := data[i] == '-'
	if negative {
		i++
	}
	first := i
	var v int64
	for ; i < len(data) && data[i]-'0' <= 9; i++ {
		v = v*10 + int64(data[i]-'0')
	}
	digits, fraction := i-first, 0
	if digits == 0 || digits > 1 && data[first] == '0' {
		return -1
	}
	if i < len(data) && data[i] == '.' {
		point := i
		for i++; i < len(data) && data[i]-'0' <= 9; i++ {
			v = v*10 + int64(data[i]-'0')
		}
		if fraction = i - point - 1; fraction == 0 {
			return -1
		}
	}
	if digits+fraction > 18 || i < len(data) && data[i]|0x20 == 'e' || !n.appendQuick(c, v, fraction, negative) {
		return -1
	}
	return i
}

// appendQuick appends ±v / 10^fraction, if that is exact.
func (n *Nested) appendQuick(c *block.Column, v int64, fraction int, negative bool) bool {
	switch n.quick {
	case quickFloat:
		if v > 1<<53 {
			return false
		}
		f := float64(v) / exact10[fraction] // rounds once: see shortFloat
		if negative {
			f = math.Copysign(f, -1)
		}
		c.AppendFloat64(f)
		return true
	case quickInteger:
		if fraction > 0 {
			return false
		}
	case quickDecimal:
		if fraction > n.scale || v > n.high {
			return false
		}
		if n.scale > fraction {
			factor := int64(pow10[n.scale-fraction])
			if v > n.high/factor {
				return false
			}
			v *= factor
		}
	}
	if negative {
		v = -v
	}
	if v < n.low || v > n.high {
		return false
	}
	switch n.size {
	case 8:
		c.AppendUint64(uint64(v))
	case 4:
		c.AppendUint32(uint32(v))
	case 2:
		c.AppendUint16(uint16(v))
	default:
		c.AppendUint8(uint8(v))
	}
	return true
}
