package diff

import (
	"encoding/binary"
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/longshore/longshore/pkg/batch"
)

func bytesForm(field arrow.Field) *valueForm {
	switch t := field.Type.(type) {
	case *arrow.StringType, *arrow.LargeStringType:
		return lengthForm(textKind(field), t)
	case *arrow.BinaryType, *arrow.LargeBinaryType:
		return lengthForm("binary", t)
	case *arrow.FixedSizeBinaryType:
		if batch.LogicalOf(field) == batch.UUID {
			return fixedForm("uuid", t.ByteWidth)
		}
		return fixedForm(fmt.Sprintf("binary(%d)", t.ByteWidth), t.ByteWidth)
	}
	return nil
}

// textKind tells texts apart that formats write differently: a JSON document
// stands in JSON as it is, and so does a number.
func textKind(field arrow.Field) string {
	switch l := batch.LogicalOf(field); l {
	case batch.None, batch.Enum, batch.Interval, batch.Inet, batch.Text:
		return "text"
	default:
		return fmt.Sprintf("text(%s)", l)
	}
}

// lengthForm writes a varint with the number of bytes, and the bytes.
func lengthForm(kind string, t arrow.DataType) *valueForm {
	f := &valueForm{kind: kind, width: 4, scan: scanLength, newReader: lengthReader}
	f.newWriter = func() valueWriter { return new(lengthWriter[int32]) }
	if t.ID() == arrow.LARGE_STRING || t.ID() == arrow.LARGE_BINARY {
		f.width = 8
		f.newWriter = func() valueWriter { return new(lengthWriter[int64]) }
	}
	return f
}

func scanLength(src []byte) (int, bool) {
	size, n := scanUvarint(src)
	if n < 0 || size > uint64(len(src)-n) {
		return -1, false
	}
	return n + int(size), true
}

func lengthReader(_ *RowBuilder, to array.Builder) valueReader {
	var b *array.BinaryBuilder
	switch to := to.(type) {
	case *array.StringBuilder:
		b = to.BinaryBuilder
	case *array.LargeStringBuilder:
		b = to.BinaryBuilder
	case *array.BinaryBuilder:
		b = to
	}
	return func(src []byte) int {
		size, n := binary.Uvarint(src)
		end := n + int(size)
		b.Append(src[n:end])
		return end
	}
}

type lengthWriter[O int32 | int64] struct {
	offsets []O
	data    []byte
}

func (w *lengthWriter[O]) bind(arr arrow.Array) {
	w.offsets, w.data = nil, nil
	if arr.Len() == 0 {
		return
	}
	w.offsets = arrow.GetOffsets[O](arr.Data(), 1)
	if b := arr.Data().Buffers()[2]; b != nil {
		w.data = b.Bytes()
	}
}

func (w *lengthWriter[O]) append(dst []byte, i int) []byte {
	v := w.data[w.offsets[i]:w.offsets[i+1]]
	return append(appendUvarint(dst, uint64(len(v))), v...)
}

// fixedForm writes the bytes, of which every value has as many.
func fixedForm(kind string, width int) *valueForm {
	return &valueForm{
		kind:      kind,
		width:     width,
		newWriter: func() valueWriter { return new(fixedWriter) },
		scan: func(src []byte) (int, bool) {
			if len(src) < width {
				return -1, false
			}
			return width, true
		},
		newReader: func(_ *RowBuilder, to array.Builder) valueReader {
			b := to.(*array.FixedSizeBinaryBuilder)
			return func(src []byte) int {
				b.Append(src[:width])
				return width
			}
		},
	}
}

type fixedWriter struct{ values *array.FixedSizeBinary }

func (w *fixedWriter) bind(arr arrow.Array) { w.values = arr.(*array.FixedSizeBinary) }

func (w *fixedWriter) append(dst []byte, i int) []byte { return append(dst, w.values.Value(i)...) }
