package diff

import (
	"encoding/binary"
	"unsafe"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

type valueSigned interface{ int8 | int16 | int32 | int64 }

type valueUnsigned interface {
	uint8 | uint16 | uint32 | uint64
}

// valueTo is the builder of values of type T.
type valueTo[T any] interface {
	array.Builder
	Append(T)
}

func integerForm(field arrow.Field) *valueForm {
	switch field.Type.ID() {
	case arrow.INT8:
		return signedForm[int8, int8, *array.Int8Builder]("int")
	case arrow.INT16:
		return signedForm[int16, int16, *array.Int16Builder]("int")
	case arrow.INT32:
		return signedForm[int32, int32, *array.Int32Builder]("int")
	case arrow.INT64:
		return signedForm[int64, int64, *array.Int64Builder]("int")
	case arrow.UINT8:
		return unsignedForm[uint8, *array.Uint8Builder]()
	case arrow.UINT16:
		return unsignedForm[uint16, *array.Uint16Builder]()
	case arrow.UINT32:
		return unsignedForm[uint32, *array.Uint32Builder]()
	case arrow.UINT64:
		return unsignedForm[uint64, *array.Uint64Builder]()
	}
	return nil
}

// signedForm is a form whose values are stored as P and have the Go type T:
// zigzag varints.
func signedForm[P valueSigned, T ~int8 | ~int16 | ~int32 | ~int64, B valueTo[T]](kind string) *valueForm {
	return &valueForm{
		kind:      kind,
		width:     int(unsafe.Sizeof(P(0))),
		newWriter: func() valueWriter { return new(signedWriter[P]) },
		scan: func(src []byte) (int, bool) {
			u, n := scanUvarint(src)
			v := unzigzag(u)
			return n, int64(P(v)) == v
		},
		newReader: func(_ *RowBuilder, to array.Builder) valueReader {
			b := to.(B)
			return func(src []byte) int {
				v, n := binary.Varint(src)
				b.Append(T(v))
				return n
			}
		},
	}
}

type signedWriter[P valueSigned] struct{ values []P }

func (w *signedWriter[P]) bind(arr arrow.Array) { w.values = arrow.GetValues[P](arr.Data(), 1) }

func (w *signedWriter[P]) append(dst []byte, i int) []byte {
	v := int64(w.values[i])
	return appendUvarint(dst, uint64(v)<<1^uint64(v>>63))
}

// unsignedForm is the form of unsigned integers: varints.
func unsignedForm[P valueUnsigned, B valueTo[P]]() *valueForm {
	return &valueForm{
		kind:      "uint",
		width:     int(unsafe.Sizeof(P(0))),
		newWriter: func() valueWriter { return new(unsignedWriter[P]) },
		scan: func(src []byte) (int, bool) {
			v, n := scanUvarint(src)
			return n, uint64(P(v)) == v
		},
		newReader: func(_ *RowBuilder, to array.Builder) valueReader {
			b := to.(B)
			return func(src []byte) int {
				v, n := binary.Uvarint(src)
				b.Append(P(v))
				return n
			}
		},
	}
}

type unsignedWriter[P valueUnsigned] struct{ values []P }

func (w *unsignedWriter[P]) bind(arr arrow.Array) { w.values = arrow.GetValues[P](arr.Data(), 1) }

func (w *unsignedWriter[P]) append(dst []byte, i int) []byte {
	return appendUvarint(dst, uint64(w.values[i]))
}

// appendUvarint is binary.AppendUvarint, of which the commonest case is inlined.
func appendUvarint(dst []byte, v uint64) []byte {
	if v < 0x80 {
		return append(dst, byte(v))
	}
	return binary.AppendUvarint(dst, v)
}

// scanUvarint reads the varint that src begins with. n is negative where it is
// cut short, too long for 64 bits or longer than its value needs.
func scanUvarint(src []byte) (v uint64, n int) {
	v, n = binary.Uvarint(src)
	if n <= 0 || n > 1 && src[n-1] == 0 {
		return 0, -1
	}
	return v, n
}

func unzigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }
