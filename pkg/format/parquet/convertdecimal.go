package parquet

import (
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
	"github.com/longshore/longshore/pkg/format/textvalue"
	"github.com/longshore/longshore/pkg/schema"
)

// toDecimal takes decimals and integers that lose no digit, decimals as text, and
// floats as the shortest text that means them.
func toDecimal(t fileType, to schema.Type) converter {
	switch t.kind {
	case fileText:
		return parsed(to)
	case fileFloat:
		return throughText(t, to)
	case fileInt:
		t.scale = 0
	case fileDecimal:
	default:
		return nil
	}
	l, ok := linearOf(t, to)
	if !ok || t.physical != meta.Int32 && t.physical != meta.Int64 {
		return toWideDecimal(t, to, to.Scale-t.scale)
	}
	return func(c *block.Column, e *entries, k int) textvalue.Problem {
		v := t.int(e, k)
		if v < l.lo || v > l.hi {
			return textvalue.OutOfRange
		}
		c.AppendInt(v * l.factor)
		return textvalue.OK
	}
}

func toWideDecimal(t fileType, to schema.Type, up int) converter {
	size := to.FixedSize()
	limit := wide{words: [4]uint64{1}}
	limit.shift(to.Precision)
	return func(c *block.Column, e *entries, k int) textvalue.Problem {
		v, ok := t.number(e, k)
		switch {
		case !ok || !v.shift(up):
			return textvalue.OutOfRange
		case !v.unshift(-up):
			return textvalue.DigitsLost
		case !v.less(&limit):
			return textvalue.OutOfRange
		}
		words := v.twos()
		switch size {
		case 16:
			c.AppendUint128(words[1], words[0])
		case 32:
			c.AppendUint256(words)
		default:
			c.AppendInt(int64(words[0]))
		}
		return textvalue.OK
	}
}

// number returns the k-th value of a fileDecimal, unscaled, or a fileInt.
func (t *fileType) number(e *entries, k int) (wide, bool) {
	if t.kind == fileDecimal {
		return t.decimal(e, k)
	}
	v := t.int(e, k)
	if t.isHuge(v) {
		return wide{words: [4]uint64{uint64(v)}}, true
	}
	return wideOf(v), true
}
