package native

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Column is a column's name and type, as ClickHouse prints them.
type Column struct{ Name, Type string }

// blockInfo is the info of a block that is not part of an aggregation: not overflowed, no bucket.
var blockInfo = []byte{1, 0, 2, 0xff, 0xff, 0xff, 0xff, 0}

// Walker moves blocks between the Native format and the wire. It remembers the types it has parsed.
type Walker struct{ types map[string]node }

func (w *Walker) parse(text string) (node, error) {
	if n, ok := w.types[text]; ok {
		return n, nil
	}
	n, err := parse(text)
	if err != nil {
		return nil, err
	}
	if w.types == nil {
		w.types = map[string]node{}
	}
	w.types[text] = n
	return n, nil
}

// AppendHeader appends a block of no rows to dst, as the given revision writes it.
func AppendHeader(dst []byte, columns []Column, revision int) []byte {
	if revision > 0 {
		dst = append(dst, blockInfo...)
	}
	dst = binary.AppendUvarint(dst, uint64(len(columns)))
	dst = append(dst, 0)
	for _, c := range columns {
		dst = appendString(appendString(dst, c.Name), c.Type)
		if revision >= CustomSerialization {
			dst = append(dst, 0)
		}
	}
	return dst
}

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// ToWire appends the first block of the Native bytes src to dst as the given revision writes it, and returns the
// number of bytes of src that it took. Revision 0 is the Native format itself.
func (w *Walker) ToWire(dst, src []byte, revision int) ([]byte, int, error) {
	c := &sliceCursor{buf: src}
	columns, rows, err := header(c)
	if err != nil {
		return dst, 0, err
	}
	if revision > 0 {
		dst = append(dst, blockInfo...)
	}
	dst = append(dst, src[:c.pos]...)
	for i := range columns {
		start := c.pos
		typeName, err := columnHeader(c)
		if err != nil {
			return dst, 0, err
		}
		dst = append(dst, src[start:c.pos]...)
		if revision >= CustomSerialization {
			dst = append(dst, 0)
		}
		start = c.pos
		if err := w.column(c, typeName, rows); err != nil {
			if !errors.Is(err, ErrType) || i != columns-1 {
				return dst, 0, err
			}
			c.pos = len(src) // the engine hands out one block at a time, so the last column takes the rest
		}
		dst = append(dst, src[start:c.pos]...)
	}
	return dst, c.pos, nil
}

// Columns returns the columns of the first block of the Native bytes src.
func (w *Walker) Columns(src []byte) ([]Column, error) {
	c := &sliceCursor{buf: src}
	columns, rows, err := header(c)
	if err != nil {
		return nil, err
	}
	out := make([]Column, 0, min(columns, len(src)))
	for i := range columns {
		name, err := readString(c)
		if err != nil {
			return nil, err
		}
		typeName, err := readString(c)
		if err != nil {
			return nil, err
		}
		out = append(out, Column{name, typeName})
		if i == columns-1 {
			break
		}
		if err := w.column(c, typeName, rows); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// column moves c over a column's data.
func (w *Walker) column(c cursor, typeName string, rows int) error {
	if rows == 0 {
		return nil
	}
	n, err := w.parse(typeName)
	if err != nil {
		return err
	}
	if err := n.state(c); err != nil {
		return fmt.Errorf("column of type %s: %w", typeName, err)
	}
	if err := n.data(c, rows); err != nil {
		return fmt.Errorf("column of type %s: %w", typeName, err)
	}
	return nil
}

func header(c *sliceCursor) (columns, rows int, err error) {
	n, err := c.uvarint()
	if err != nil {
		return 0, 0, err
	}
	m, err := c.uvarint()
	if err != nil {
		return 0, 0, err
	}
	if n > maxColumns || m > maxRows {
		return 0, 0, fmt.Errorf("%d columns of %d rows: %w", n, m, ErrMalformed)
	}
	return int(n), int(m), nil
}

func columnHeader(c *sliceCursor) (typeName string, err error) {
	if err := c.skipString(); err != nil {
		return "", err
	}
	return readString(c)
}

func readString(c *sliceCursor) (string, error) {
	n, err := c.uvarint()
	if err != nil {
		return "", err
	}
	if n > uint64(len(c.buf)) {
		return "", ErrMalformed
	}
	b, err := c.bytes(int(n))
	return string(b), err
}
