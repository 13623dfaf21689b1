package block

import (
	"encoding/binary"

	"github.com/longshore/longshore/pkg/schema"
)

// lowCardinalityVersion is the state prefix of LowCardinality: dictionaries are
// sent with the block.
const lowCardinalityVersion = 1

// Flags of LowCardinality data beside the width of its keys: the block brings
// all values of its dictionary.
const lowCardinalityFlags = 1<<9 | 1<<10

// AppendPrefix appends what the Native format has before a column's data: the
// versions of LowCardinality, wherever it is nested. Most types have none.
func (c *Column) AppendPrefix(dst []byte) []byte {
	if c.mode == distinct {
		return binary.LittleEndian.AppendUint64(dst, lowCardinalityVersion)
	}
	for _, e := range c.elems {
		dst = e.AppendPrefix(dst)
	}
	return dst
}

// AppendNative appends the column's data in the Native format, as the type that
// WireType returns.
func (c *Column) AppendNative(dst []byte) []byte {
	c.EachNative(func(piece []byte) { dst = append(dst, piece...) })
	return dst
}

// EachNative calls do with the pieces that AppendNative would append, one after
// the other. They are the column's own memory: good until rows are appended or
// removed, and not to be changed.
func (c *Column) EachNative(do func(piece []byte)) {
	if c.mode == distinct {
		c.eachOfDictionary(do)
		return
	}
	if c.mode == withNulls && c.WireType().IsNullable() {
		do(c.nulls)
	}
	do(c.data)
	for _, e := range c.elems {
		e.EachNative(do)
	}
}

// eachOfDictionary is LowCardinality data: flags, distinct values, keys. Of no
// rows there is nothing.
func (c *Column) eachOfDictionary(do func(piece []byte)) {
	if len(c.keys) == 0 {
		return
	}
	values := c.elems[0]
	n := values.Rows()
	width := 0 // log2 of a key's bytes
	switch {
	case n > 1<<16:
		width = 2
	case n > 1<<8:
		width = 1
	}
	b := binary.LittleEndian.AppendUint64(c.wire[:0], uint64(width|lowCardinalityFlags))
	b = binary.LittleEndian.AppendUint64(b, uint64(n))
	head := len(b)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(c.keys)))
	switch width {
	case 0:
		for _, k := range c.keys {
			b = append(b, byte(k))
		}
	case 1:
		for _, k := range c.keys {
			b = binary.LittleEndian.AppendUint16(b, uint16(k))
		}
	default:
		for _, k := range c.keys {
			b = binary.LittleEndian.AppendUint32(b, k)
		}
	}
	c.wire = b
	do(b[:head])
	values.EachNative(do)
	do(b[head:])
}

// WireType returns the type as which the column is sent: Type, or Nullable(Type)
// of an Optional column that has nulls, or is Uniform.
func (c *Column) WireType() schema.Type {
	if c.optional && (c.nulled > 0 || c.uniform) {
		return schema.NullableOf(c.Type)
	}
	return c.Type
}

// Omitted reports whether the column isn't sent, because each of its rows takes
// the table's DEFAULT.
func (c *Column) Omitted() bool {
	return !c.uniform && (c.left || c.optional && c.nulled > 0 && c.nulled == c.Rows())
}
