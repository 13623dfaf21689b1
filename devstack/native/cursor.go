package native

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// cursor moves over the bytes of a column.
type cursor interface {
	skip(n int) error
	skipStrings(n int) error
	uint64() (uint64, error)
	bytes(n int) ([]byte, error) // valid until the next call
}

// sliceCursor walks bytes that are in memory.
type sliceCursor struct {
	buf []byte
	pos int
}

func (c *sliceCursor) skip(n int) error {
	if n < 0 || n > len(c.buf)-c.pos {
		return fmt.Errorf("%w: %w", ErrMalformed, io.ErrUnexpectedEOF)
	}
	c.pos += n
	return nil
}

func (c *sliceCursor) uvarint() (uint64, error) {
	v, n := binary.Uvarint(c.buf[c.pos:])
	if n <= 0 {
		return 0, fmt.Errorf("%w: %w", ErrMalformed, io.ErrUnexpectedEOF)
	}
	c.pos += n
	return v, nil
}

func (c *sliceCursor) skipString() error {
	n, err := c.uvarint()
	if err != nil {
		return err
	}
	if n > uint64(len(c.buf)-c.pos) {
		return fmt.Errorf("%w: %w", ErrMalformed, io.ErrUnexpectedEOF)
	}
	c.pos += int(n)
	return nil
}

func (c *sliceCursor) skipStrings(n int) error {
	for range n {
		if c.pos < len(c.buf) && c.buf[c.pos] < 0x80 { // the length fits one byte
			c.pos += 1 + int(c.buf[c.pos])
			if c.pos > len(c.buf) {
				return fmt.Errorf("%w: %w", ErrMalformed, io.ErrUnexpectedEOF)
			}
			continue
		}
		if err := c.skipString(); err != nil {
			return err
		}
	}
	return nil
}

func (c *sliceCursor) uint64() (uint64, error) {
	b, err := c.bytes(8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

func (c *sliceCursor) bytes(n int) ([]byte, error) {
	start := c.pos
	if err := c.skip(n); err != nil {
		return nil, err
	}
	return c.buf[start:c.pos], nil
}

// Source is what a block is read from: a *proto.Reader, or a bufio.Reader in tests.
type Source interface {
	io.Reader
	io.ByteReader
}

// ahead is a Source that shows what it has read ahead: a *bufio.Reader.
type ahead interface {
	Buffered() int
	Peek(n int) ([]byte, error)
	Discard(n int) (int, error)
}

// copyCursor walks bytes as they arrive and appends them to out.
type copyCursor struct {
	src   Source
	ahead ahead // src, if it is one
	out   []byte
}

func newCopyCursor(src Source, out []byte) *copyCursor {
	c := &copyCursor{src: src, out: out}
	c.ahead, _ = src.(ahead)
	return c
}

// step bounds how far out grows ahead of the bytes that arrived, so that a lying length costs no memory.
const step = 1 << 20

func (c *copyCursor) skip(n int) error {
	if n < 0 {
		return ErrMalformed
	}
	for n > 0 {
		part := min(n, step)
		start := len(c.out)
		c.out = slices.Grow(c.out, part)[:start+part]
		if _, err := io.ReadFull(c.src, c.out[start:]); err != nil {
			return noEOF(err)
		}
		n -= part
	}
	return nil
}

func (c *copyCursor) uvarint() (uint64, error) {
	v, err := binary.ReadUvarint(c.src)
	if err != nil {
		return 0, noEOF(err)
	}
	c.out = binary.AppendUvarint(c.out, v)
	return v, nil
}

func (c *copyCursor) skipStrings(n int) error {
	for n -= c.bufferedStrings(n); n > 0; n -= 1 + c.bufferedStrings(n-1) {
		size, err := c.uvarint()
		if err != nil {
			return err
		}
		if size > maxRows {
			return fmt.Errorf("string of %d bytes: %w", size, ErrMalformed)
		}
		if err := c.skip(int(size)); err != nil {
			return err
		}
	}
	return nil
}

// bufferedStrings copies strings that have arrived as a whole, at most n, and returns how many. A block has one for each row of each column,
// so they are worth a shortcut.
func (c *copyCursor) bufferedStrings(n int) (strings int) {
	if c.ahead == nil {
		return 0
	}
	b, err := c.ahead.Peek(c.ahead.Buffered())
	if err != nil {
		return 0
	}
	end := 0
	for strings < n {
		size, width := binary.Uvarint(b[end:])
		if width <= 0 || size > uint64(len(b)-end-width) {
			break
		}
		end += width + int(size)
		strings++
	}
	c.out = append(c.out, b[:end]...)
	_, _ = c.ahead.Discard(end) // they are there
	return strings
}

func (c *copyCursor) uint64() (uint64, error) {
	b, err := c.bytes(8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

func (c *copyCursor) bytes(n int) ([]byte, error) {
	start := len(c.out)
	if err := c.skip(n); err != nil {
		return nil, err
	}
	return c.out[start:], nil
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
