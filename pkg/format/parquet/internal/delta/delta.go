// Package delta reads DELTA_BINARY_PACKED, in which Parquet keeps integers as
// differences, and the lengths of byte strings.
//
//	head:  values per block, miniblocks per block, values in all, first value
//	block: least difference, a bit width per miniblock, the miniblocks
//
// Decoding is a stream: it makes as many values as are asked for, whatever a head
// claims, and allocates nothing but for the widths of an unusual block.
package delta

import (
	"encoding/binary"
	"errors"
)

// ErrCorrupt is returned where the bytes end early or aren't of this encoding.
var ErrCorrupt = errors.New("differences are malformed")

const maxMiniblocks = 1 << 10

// Decoder reads values one after the other.
type Decoder struct {
	b        []byte // what follows the open miniblock
	minis    int
	perMini  int
	left     int // values not yet read
	fresh    bool
	value    int64
	least    int64 // difference of the block
	widths   []byte
	mini     int    // the miniblock that comes next
	packed   []byte // the open miniblock
	bit      int    // of packed, that comes next
	inMini   int    // values left in it
	width    int
	widthBuf [16]byte
}

// Reset begins to read b, which the decoder keeps.
func (d *Decoder) Reset(b []byte) error {
	*d = Decoder{b: b}
	block, err := d.uvarint(1 << 24)
	if err != nil {
		return err
	}
	minis, err := d.uvarint(maxMiniblocks)
	if err != nil {
		return err
	}
	total, err := d.uvarint(1 << 31)
	if err != nil {
		return err
	}
	first, n := binary.Varint(d.b)
	if n <= 0 || minis == 0 || block%minis != 0 || block/minis%8 != 0 || block == 0 {
		return ErrCorrupt
	}
	d.b = d.b[n:]
	d.minis, d.perMini, d.left = minis, block/minis, total
	d.value, d.fresh, d.mini = first, true, minis
	return nil
}

func (d *Decoder) uvarint(limit uint64) (int, error) {
	v, n := binary.Uvarint(d.b)
	if n <= 0 || v > limit {
		return 0, ErrCorrupt
	}
	d.b = d.b[n:]
	return int(v), nil
}

// Left returns how many values aren't read yet.
func (d *Decoder) Left() int { return d.left }

// Rest returns the bytes behind the values, once all are read.
func (d *Decoder) Rest() []byte { return d.b }

// Read fills dst. Numbers of 32 bits wrap.
func Read[T uint32 | uint64](d *Decoder, dst []T) error {
	if len(dst) > d.left {
		return ErrCorrupt
	}
	d.left -= len(dst)
	if d.fresh && len(dst) > 0 {
		dst[0] = T(d.value)
		dst = dst[1:]
		d.fresh = false
	}
	for len(dst) > 0 {
		if d.inMini == 0 {
			if err := d.next(); err != nil {
				return err
			}
		}
		n := min(d.inMini, len(dst))
		for i := range dst[:n] {
			d.value += d.least + int64(bits(d.packed, d.bit, d.width))
			d.bit += d.width
			dst[i] = T(d.value)
		}
		d.inMini -= n
		dst = dst[n:]
	}
	return nil
}

// next opens the next miniblock.
func (d *Decoder) next() error {
	if d.mini == d.minis {
		least, n := binary.Varint(d.b)
		if n <= 0 || len(d.b)-n < d.minis {
			return ErrCorrupt
		}
		d.b = d.b[n:]
		d.least, d.mini = least, 0
		d.widths = append(d.widthBuf[:0], d.b[:d.minis]...)
		d.b = d.b[d.minis:]
	}
	d.width = int(d.widths[d.mini])
	size := d.perMini * d.width / 8
	if d.width > 64 || size > len(d.b) {
		return ErrCorrupt
	}
	d.packed, d.b = d.b[:size], d.b[size:]
	d.bit, d.inMini = 0, d.perMini
	d.mini++
	return nil
}

// bits returns width bits of b from the given one on, little end first.
func bits(b []byte, from, width int) uint64 {
	if width == 0 {
		return 0
	}
	at, shift := from/8, from%8
	var v uint64
	if at+8 <= len(b) {
		v = binary.LittleEndian.Uint64(b[at:]) >> shift
	} else {
		for i, c := range b[at:] {
			v |= uint64(c) << (8 * i)
		}
		v >>= shift
	}
	if width+shift > 64 {
		v |= uint64(b[at+8]) << (64 - shift)
	}
	if width == 64 {
		return v
	}
	return v & (1<<width - 1)
}
