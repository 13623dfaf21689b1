package diff

import (
	"encoding/binary"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/decimal256"
)

// A decimal is written as its unscaled integer: a byte that says how many follow,
// then big-endian two's complement in as few bytes as hold it, one at least. The
// scale is a part of the kind; the precision only says what fits.

func decimal128Form(kind string) *valueForm {
	return &valueForm{
		kind:      kind,
		width:     16,
		newWriter: func() valueWriter { return new(decimal128Writer) },
		scan:      func(src []byte) (int, bool) { return scanDecimal(src, 16) },
		newReader: func(_ *RowBuilder, to array.Builder) valueReader {
			b := to.(*array.Decimal128Builder)
			return func(src []byte) int {
				words, n := decimalWords(src)
				b.Append(decimal128.New(int64(words[1]), words[0]))
				return n
			}
		},
	}
}

func decimal256Form(kind string) *valueForm {
	return &valueForm{
		kind:      kind,
		width:     32,
		newWriter: func() valueWriter { return new(decimal256Writer) },
		scan:      func(src []byte) (int, bool) { return scanDecimal(src, 32) },
		newReader: func(_ *RowBuilder, to array.Builder) valueReader {
			b := to.(*array.Decimal256Builder)
			return func(src []byte) int {
				words, n := decimalWords(src)
				b.Append(decimal256.New(words[3], words[2], words[1], words[0]))
				return n
			}
		},
	}
}

type decimal128Writer struct{ values []decimal128.Num }

func (w *decimal128Writer) bind(arr arrow.Array) {
	w.values = arrow.GetValues[decimal128.Num](arr.Data(), 1)
}

func (w *decimal128Writer) append(dst []byte, i int) []byte {
	v := w.values[i]
	var buf [16]byte
	binary.BigEndian.PutUint64(buf[:], uint64(v.HighBits()))
	binary.BigEndian.PutUint64(buf[8:], v.LowBits())
	if v.HighBits() == int64(v.LowBits())>>63 {
		return appendDecimal(dst, buf[8:])
	}
	return appendDecimal(dst, buf[:])
}

type decimal256Writer struct{ values []decimal256.Num }

func (w *decimal256Writer) bind(arr arrow.Array) {
	w.values = arrow.GetValues[decimal256.Num](arr.Data(), 1)
}

func (w *decimal256Writer) append(dst []byte, i int) []byte {
	var buf [32]byte
	for j, word := range w.values[i].Array() { // least significant first
		binary.BigEndian.PutUint64(buf[24-8*j:], word)
	}
	return appendDecimal(dst, buf[:])
}

// appendDecimal appends the big-endian integer v without the bytes that only
// repeat its sign.
func appendDecimal(dst, v []byte) []byte {
	for len(v) > 1 && decimalPadded(v) {
		v = v[1:]
	}
	return append(append(dst, byte(len(v))), v...)
}

// decimalPadded reports whether v, of two bytes at least, needs not its first.
func decimalPadded(v []byte) bool {
	return v[0] == 0 && v[1] < 0x80 || v[0] == 0xff && v[1] >= 0x80
}

func scanDecimal(src []byte, limit int) (n int, fits bool) {
	if len(src) == 0 {
		return -1, false
	}
	size := int(src[0])
	if size == 0 || size > 32 || len(src) < 1+size || size > 1 && decimalPadded(src[1:]) {
		return -1, false
	}
	return 1 + size, size <= limit
}

// decimalWords returns a scanned decimal as words, least significant first, and
// its length.
func decimalWords(src []byte) (words [4]uint64, n int) {
	size := int(src[0])
	var buf [32]byte
	if src[1] >= 0x80 {
		for i := range buf {
			buf[i] = 0xff
		}
	}
	copy(buf[32-size:], src[1:1+size])
	for i := range words {
		words[i] = binary.BigEndian.Uint64(buf[24-8*i:])
	}
	return words, 1 + size
}
