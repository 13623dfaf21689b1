package block

import (
	"encoding/binary"

	"github.com/longshore/longshore/pkg/schema"
)

// Block is rows of a table, by column. The zero Block is ready for Shape.
type Block struct {
	Columns []*Column
}

// Spec is what a block's column is made from.
type Spec struct {
	Name string
	Type schema.Type
	// Optional is set for a column with a DEFAULT: see Column.Optional.
	Optional bool
}

// Shape empties b and gives it the columns of specs. Where it has them already
// it keeps their buffers.
func (b *Block) Shape(specs []Spec) {
	if b.has(specs) {
		b.Reset()
		return
	}
	b.Columns = make([]*Column, len(specs))
	for i, s := range specs {
		b.Columns[i] = NewColumn(s.Name, s.Type)
		if s.Optional {
			b.Columns[i].Optional()
		}
	}
}

func (b *Block) has(specs []Spec) bool {
	if len(b.Columns) != len(specs) {
		return false
	}
	for i, s := range specs {
		c := b.Columns[i]
		if c.Name != s.Name || !c.Type.Equal(s.Type) || c.optional != (s.Optional && !s.Type.IsNullable()) {
			return false
		}
	}
	return true
}

// Rows returns how many rows the block holds: those of its first column.
func (b *Block) Rows() int {
	if len(b.Columns) == 0 {
		return 0
	}
	return b.Columns[0].Rows()
}

// Reset removes all rows and keeps the buffers.
func (b *Block) Reset() {
	for _, c := range b.Columns {
		c.Reset()
	}
}

// Truncate removes all rows but the first rows, also from columns that have
// fewer than others because a row failed half way.
func (b *Block) Truncate(rows int) {
	for _, c := range b.Columns {
		c.Truncate(rows)
	}
}

// Bytes returns how much the block holds, in bytes.
func (b *Block) Bytes() int64 {
	var n int64
	for _, c := range b.Columns {
		n += c.Bytes()
	}
	return n
}

// Sent returns the columns that are sent: all that aren't Omitted, and the first
// if there is no other. It appends them to dst.
func (b *Block) Sent(dst []*Column) []*Column {
	for _, c := range b.Columns {
		if !c.Omitted() {
			dst = append(dst, c)
		}
	}
	if len(dst) == 0 && len(b.Columns) > 0 {
		dst = append(dst, b.Columns[0])
	}
	return dst
}

// AppendNative appends b to dst as the Native format has it, as FORMAT Native
// over HTTP and in files accepts it: the numbers of columns and rows, then
// for each column that is Sent its name, type, prefix and data.
func AppendNative(dst []byte, b *Block) []byte {
	rows := b.Rows()
	var few [64]*Column
	sent := b.Sent(few[:0])
	dst = binary.AppendUvarint(dst, uint64(len(sent)))
	dst = binary.AppendUvarint(dst, uint64(rows))
	for _, c := range sent {
		dst = binary.AppendUvarint(dst, uint64(len(c.Name)))
		dst = append(dst, c.Name...)
		dst = c.appendWireType(dst)
		if rows > 0 {
			dst = c.AppendPrefix(dst)
			dst = c.AppendNative(dst)
		}
	}
	return dst
}

// appendWireType appends the text of WireType with its length before it.
func (c *Column) appendWireType(dst []byte) []byte {
	start := len(dst)
	dst = c.WireType().AppendText(dst)
	n := len(dst) - start
	var prefix [binary.MaxVarintLen64]byte
	p := binary.PutUvarint(prefix[:], uint64(n))
	dst = append(dst, prefix[:p]...)
	copy(dst[start+p:], dst[start:start+n])
	copy(dst[start:], prefix[:p])
	return dst
}
