package diff

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// The bits of the one NaN that is written.
const (
	valueNaN32 = 0x7fc00000
	valueNaN64 = 0x7ff8000000000000
)

func numberForm(field arrow.Field) *valueForm {
	switch t := field.Type.(type) {
	case *arrow.BooleanType:
		return boolForm()
	case *arrow.Float32Type:
		return float32Form()
	case *arrow.Float64Type:
		return float64Form()
	case *arrow.Decimal128Type:
		return decimal128Form(fmt.Sprintf("decimal(%d)", t.Scale))
	case *arrow.Decimal256Type:
		return decimal256Form(fmt.Sprintf("decimal(%d)", t.Scale))
	}
	return nil
}

// boolForm writes a byte, 0 or 1.
func boolForm() *valueForm {
	return &valueForm{
		kind:      "bool",
		width:     1,
		newWriter: func() valueWriter { return new(boolWriter) },
		scan: func(src []byte) (int, bool) {
			if len(src) == 0 || src[0] > 1 {
				return -1, false
			}
			return 1, true
		},
		newReader: func(_ *RowBuilder, to array.Builder) valueReader {
			b := to.(*array.BooleanBuilder)
			return func(src []byte) int {
				b.Append(src[0] == 1)
				return 1
			}
		},
	}
}

type boolWriter struct{ values *array.Boolean }

func (w *boolWriter) bind(arr arrow.Array) { w.values = arr.(*array.Boolean) }

func (w *boolWriter) append(dst []byte, i int) []byte {
	if w.values.Value(i) {
		return append(dst, 1)
	}
	return append(dst, 0)
}

// float32Form writes the bits, little-endian. Every NaN is one NaN; -0 is not 0,
// because files show them differently.
func float32Form() *valueForm {
	return &valueForm{
		kind:      "float32",
		width:     4,
		newWriter: func() valueWriter { return new(float32Writer) },
		scan: func(src []byte) (int, bool) {
			if len(src) < 4 {
				return -1, false
			}
			bits := binary.LittleEndian.Uint32(src)
			if v := math.Float32frombits(bits); v != v && bits != valueNaN32 {
				return -1, false
			}
			return 4, true
		},
		newReader: func(_ *RowBuilder, to array.Builder) valueReader {
			b := to.(*array.Float32Builder)
			return func(src []byte) int {
				b.Append(math.Float32frombits(binary.LittleEndian.Uint32(src)))
				return 4
			}
		},
	}
}

type float32Writer struct{ values []float32 }

func (w *float32Writer) bind(arr arrow.Array) { w.values = arrow.GetValues[float32](arr.Data(), 1) }

func (w *float32Writer) append(dst []byte, i int) []byte {
	v := w.values[i]
	bits := math.Float32bits(v)
	if v != v {
		bits = valueNaN32
	}
	return binary.LittleEndian.AppendUint32(dst, bits)
}

// float64Form is float32Form for doubles.
func float64Form() *valueForm {
	return &valueForm{
		kind:      "float64",
		width:     8,
		newWriter: func() valueWriter { return new(float64Writer) },
		scan: func(src []byte) (int, bool) {
			if len(src) < 8 {
				return -1, false
			}
			bits := binary.LittleEndian.Uint64(src)
			if v := math.Float64frombits(bits); v != v && bits != valueNaN64 {
				return -1, false
			}
			return 8, true
		},
		newReader: func(_ *RowBuilder, to array.Builder) valueReader {
			b := to.(*array.Float64Builder)
			return func(src []byte) int {
				b.Append(math.Float64frombits(binary.LittleEndian.Uint64(src)))
				return 8
			}
		},
	}
}

type float64Writer struct{ values []float64 }

func (w *float64Writer) bind(arr arrow.Array) { w.values = arrow.GetValues[float64](arr.Data(), 1) }

func (w *float64Writer) append(dst []byte, i int) []byte {
	v := w.values[i]
	bits := math.Float64bits(v)
	if v != v {
		bits = valueNaN64
	}
	return binary.LittleEndian.AppendUint64(dst, bits)
}
