package mysql

import (
	"bytes"
	"database/sql/driver"
	"math/bits"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/decimal256"
)

// errDigits is an unsigned decimal, whose precision the protocol states without
// saying that it is unsigned: it may have one digit more.
var errDigits = &valueError{"holds a number with more digits than its type has", "select CAST(%s AS DECIMAL(p, s)) with room for them"}

func decimals128(t *arrow.Decimal128Type) func(array.Builder) appender {
	return func(b array.Builder) appender {
		to := b.(*array.Decimal128Builder)
		return func(v driver.Value) error {
			n, err := unscaled(v, int(t.Precision), int(t.Scale))
			if err != nil {
				return err
			}
			to.Append(decimal128.New(int64(n[1]), n[0]))
			return nil
		}
	}
}

func decimals256(t *arrow.Decimal256Type) func(array.Builder) appender {
	return func(b array.Builder) appender {
		to := b.(*array.Decimal256Builder)
		return func(v driver.Value) error {
			n, err := unscaled(v, int(t.Precision), int(t.Scale))
			if err != nil {
				return err
			}
			to.Append(decimal256.New(n[3], n[2], n[1], n[0]))
			return nil
		}
	}
}

// words is an integer in two's complement, the least significant word first. It
// holds the 65 digits that a decimal of the server has at most.
type words [4]uint64

// unscaled reads "-12.50" as a number times 10^scale.
func unscaled(v driver.Value, precision, scale int) (n words, err error) {
	text, ok := v.([]byte)
	if !ok {
		return n, errForm
	}
	digits, negative := bytes.CutPrefix(text, []byte("-"))
	whole, fraction, _ := bytes.Cut(digits, []byte("."))
	if len(fraction) > scale {
		return n, errForm
	}
	var room [100]byte
	all := append(append(room[:0], whole...), fraction...)
	for range scale - len(fraction) {
		all = append(all, '0')
	}
	if all = bytes.TrimLeft(all, "0"); len(all) > precision {
		return n, errDigits
	}
	if !n.read(all) {
		return n, errForm
	}
	if negative {
		n.negate()
	}
	return n, nil
}

// read sets n, which is zero, to the number of these digits, and reports whether
// they are some.
func (n *words) read(digits []byte) bool {
	const chunk = 18 // digits that a word holds
	for len(digits) > 0 {
		factor, add := uint64(1), uint64(0)
		k := min(len(digits), chunk)
		for _, c := range digits[:k] {
			if c-'0' > 9 {
				return false
			}
			factor, add = factor*10, add*10+uint64(c-'0')
		}
		n.mulAdd(factor, add)
		digits = digits[k:]
	}
	return true
}

// mulAdd sets n to n*factor + carry.
func (n *words) mulAdd(factor, carry uint64) {
	for i, w := range n {
		high, low := bits.Mul64(w, factor)
		var c uint64
		n[i], c = bits.Add64(low, carry, 0)
		carry = high + c
	}
}

func (n *words) negate() {
	carry := uint64(1)
	for i, w := range n {
		n[i], carry = bits.Add64(^w, 0, carry)
	}
}
