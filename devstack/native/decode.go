package native

import (
	"encoding/binary"
	"fmt"
	"io"
)

// FromWire reads one block as the given revision writes it, without its temporary table's name, and appends it to
// dst in the Native format. It returns the numbers of columns and rows.
func (w *Walker) FromWire(dst []byte, src Source, revision int) (out []byte, columns, rows int, err error) {
	if revision > 0 {
		if err := readBlockInfo(src); err != nil {
			return dst, 0, 0, err
		}
	}
	c := newCopyCursor(src, dst)
	n, err := c.uvarint()
	if err != nil {
		return c.out, 0, 0, err
	}
	m, err := c.uvarint()
	if err != nil {
		return c.out, 0, 0, err
	}
	if n > maxColumns || m > maxRows {
		return c.out, 0, 0, fmt.Errorf("%d columns of %d rows: %w", n, m, ErrMalformed)
	}
	for range n {
		if err := w.columnFromWire(c, revision, int(m)); err != nil {
			return c.out, 0, 0, err
		}
	}
	return c.out, int(n), int(m), nil
}

func (w *Walker) columnFromWire(c *copyCursor, revision, rows int) error {
	if err := c.skipStrings(1); err != nil {
		return err
	}
	size, err := c.uvarint()
	if err != nil {
		return err
	}
	if size > 1<<20 {
		return fmt.Errorf("type name of %d bytes: %w", size, ErrMalformed)
	}
	typeName, err := c.bytes(int(size))
	if err != nil {
		return err
	}
	name := string(typeName)
	if revision >= CustomSerialization {
		custom, err := c.src.ReadByte()
		if err != nil {
			return noEOF(err)
		}
		if custom != 0 {
			return fmt.Errorf("column of type %s: custom serialization: %w", name, ErrType)
		}
	}
	return w.column(c, name, rows)
}

// readBlockInfo reads the numbered fields in front of a block.
func readBlockInfo(src Source) error {
	for {
		field, err := binary.ReadUvarint(src)
		if err != nil {
			return noEOF(err)
		}
		var size int
		switch field {
		case 0:
			return nil
		case 1:
			size = 1
		case 2:
			size = 4
		default:
			return fmt.Errorf("block info field %d: %w", field, ErrMalformed)
		}
		var value [4]byte
		if _, err := io.ReadFull(src, value[:size]); err != nil {
			return noEOF(err)
		}
	}
}
