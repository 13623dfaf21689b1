package parquet

import (
	"bytes"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
	"github.com/longshore/longshore/pkg/format/text"
	"github.com/longshore/longshore/pkg/format/textvalue"
	"github.com/longshore/longshore/pkg/schema"
)

// toString takes byte strings as they are, and the text of everything else.
func toString(t fileType) converter {
	switch t.kind {
	case fileText, fileJSON, fileBytes:
		return func(c *block.Column, e *entries, k int) textvalue.Problem {
			c.AppendBytes(e.bytes(k))
			return textvalue.OK
		}
	}
	var buf []byte
	return func(c *block.Column, e *entries, k int) textvalue.Problem {
		buf = t.appendText(buf[:0], e, k)
		c.AppendBytes(buf)
		return textvalue.OK
	}
}

// toFixed takes byte strings: into FixedString those that aren't longer, into
// UUID and the addresses those of their length, or their text. IPv4 is also an
// unsigned number.
func toFixed(t fileType, to schema.Type) converter {
	if t.kind == fileInt && to.Kind == schema.IPv4 && t.unsigned && t.physical == meta.Int32 {
		return func(c *block.Column, e *entries, k int) textvalue.Problem {
			c.AppendUint32(e.w32[k])
			return textvalue.OK
		}
	}
	binary := t.kind == fileBytes || t.kind == fileUUID
	if !binary && t.kind != fileText {
		return nil
	}
	parse := textvalue.For(to)
	size := to.FixedSize()
	return func(c *block.Column, e *entries, k int) textvalue.Problem {
		v := e.bytes(k)
		switch {
		case !binary || len(v) != size || to.Kind == schema.IPv4:
			return parse(c, v)
		case to.Kind == schema.UUID:
			c.AppendUUID([16]byte(v))
		case to.Kind == schema.IPv6:
			c.AppendIPv6([16]byte(v))
		default:
			c.AppendBytes(v)
		}
		return textvalue.OK
	}
}

// appendText appends the text of the k-th value: a number in digits, an instant in
// ISO 8601, bytes as they are.
func (t *fileType) appendText(dst []byte, e *entries, k int) []byte {
	switch t.kind {
	case fileBool:
		if e.bits[k] == 1 {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case fileInt:
		v := t.int(e, k)
		if t.isHuge(v) {
			return text.AppendUint(dst, uint64(v))
		}
		return text.AppendInt(dst, v)
	case fileFloat:
		if t.physical == meta.Double {
			return text.AppendFloat64(dst, t.float(e, k))
		}
		return text.AppendFloat32(dst, float32(t.float(e, k)))
	case fileDecimal:
		v, ok := t.decimal(e, k)
		if !ok {
			return text.AppendHex(dst, e.bytes(k))
		}
		return appendDecimal(dst, &v, t.scale)
	case fileDate:
		return text.AppendDate(dst, int32(e.w32[k]))
	case fileTime:
		return text.AppendTime(dst, t.int(e, k), t.unit)
	case fileTimestamp:
		return text.AppendTimestamp(dst, int64(e.w64[k]), t.unit, 'T', t.utc)
	case fileInt96:
		return append96(dst, e.bytes(k))
	case fileUUID:
		return text.AppendUUID(dst, e.bytes(k))
	case fileNull: // the file says that there is no value, and has one
		unmarked := fileTypeOf(&meta.Element{Type: t.physical, Converted: meta.NoConverted})
		return unmarked.appendText(dst, e, k)
	}
	return append(dst, e.bytes(k)...)
}

func append96(dst, b []byte) []byte {
	seconds, nanos := instant96(b)
	begin := len(dst)
	dst = text.AppendTimestamp(dst, seconds, arrow.Second, 'T', true)
	if nanos == 0 {
		return dst
	}
	fraction := [10]byte{'.'}
	for i, unit := 1, int64(1e8); unit > 0; i, unit = i+1, unit/10 {
		fraction[i] = byte('0' + nanos/unit%10)
	}
	zone := begin + bytes.LastIndexByte(dst[begin:], 'Z') // before a year's BC
	return slices.Insert(dst, zone, fraction[:]...)
}

// appendDecimal appends a number with its point scale digits from the right.
func appendDecimal(dst []byte, v *wide, scale int) []byte {
	if v.negative && !v.isZero() {
		dst = append(dst, '-')
	}
	var digits [80]byte // 2^256 has 78
	n := len(digits)
	for rest := *v; !rest.isZero(); {
		n--
		digits[n] = '0' + rest.cut()
	}
	for len(digits)-n <= scale && n > 0 { // one zero at least before the point
		n--
		digits[n] = '0'
	}
	whole := len(digits) - scale
	if scale == 0 {
		return append(dst, digits[n:]...)
	}
	if whole <= n { // more fractional digits than fit: none of Parquet's own types
		dst = append(dst, digits[n:]...)
		return text.AppendInt(append(dst, "e-"...), int64(scale))
	}
	dst = append(dst, digits[n:whole]...)
	dst = append(dst, '.')
	return append(dst, digits[whole:]...)
}
