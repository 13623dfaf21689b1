package rle

import (
	"encoding/binary"
	"errors"
)

// ErrCorrupt is returned where the bytes end early or aren't of this encoding.
var ErrCorrupt = errors.New("run lengths are malformed")

// Decoder reads values one after the other. The zero value is an empty one.
type Decoder struct {
	b     []byte
	width int
	mask  uint64

	repeat int    // values left of a run
	value  uint32 // the run's

	packed int    // values left of bit-packed groups
	acc    uint64 // bits read and not yet used
	have   int    // how many

	group int // bytes of b that belong to the groups being read
}

// Reset begins to read b, which the decoder keeps. Width is 0 to 32.
func (d *Decoder) Reset(b []byte, width int) error {
	if width < 0 || width > 32 {
		return ErrCorrupt
	}
	*d = Decoder{b: b, width: width, mask: 1<<width - 1}
	return nil
}

// next reads the head of a run or of groups.
func (d *Decoder) next() error {
	d.b = d.b[d.group:]
	d.group, d.acc, d.have = 0, 0, 0
	head, n := binary.Uvarint(d.b)
	if n <= 0 || head>>1 == 0 || head>>1 > 1<<31 {
		return ErrCorrupt
	}
	d.b = d.b[n:]
	count := int(head >> 1)
	if head&1 == 1 {
		d.packed = count * 8
		// Some writers cut the padding of the last group.
		d.group = min(count*d.width, len(d.b))
		if d.group*8 < count*8*d.width {
			d.packed = d.group * 8 / d.width
		}
		if d.packed == 0 {
			return ErrCorrupt
		}
		return nil
	}
	size := (d.width + 7) / 8
	if size > len(d.b) {
		return ErrCorrupt
	}
	d.value = 0
	for i := range size {
		d.value |= uint32(d.b[i]) << (8 * i)
	}
	d.value &= uint32(d.mask)
	d.b = d.b[size:]
	d.repeat = count
	return nil
}

// Read fills dst. The error is ErrCorrupt where there are fewer values.
func Read[T ~uint8 | ~uint32](d *Decoder, dst []T) error {
	for len(dst) > 0 {
		switch {
		case d.repeat > 0:
			n := min(d.repeat, len(dst))
			v := T(d.value)
			for i := range dst[:n] {
				dst[i] = v
			}
			d.repeat -= n
			dst = dst[n:]
		case d.packed > 0:
			n := min(d.packed, len(dst))
			unpack(d, dst[:n])
			d.packed -= n
			dst = dst[n:]
		default:
			if err := d.next(); err != nil {
				return err
			}
		}
	}
	return nil
}

// unpack reads bit-packed values; the caller made sure that they are there.
func unpack[T ~uint8 | ~uint32](d *Decoder, dst []T) {
	acc, have, at, b := d.acc, d.have, 0, d.b[:d.group]
	width, mask := d.width, d.mask
	for i := range dst {
		if have < width {
			if at+4 <= len(b) {
				acc |= uint64(binary.LittleEndian.Uint32(b[at:])) << have
				at += 4
				have += 32
			} else {
				for have < width && at < len(b) {
					acc |= uint64(b[at]) << have
					at++
					have += 8
				}
			}
		}
		dst[i] = T(acc & mask)
		acc >>= width
		have -= width
	}
	d.acc, d.have = acc, have
	d.b, d.group = d.b[at:], d.group-at
}

// Run returns a run of equal values at the current position without consuming
// it: how many there are, at least one, or 0 where single values follow.
func (d *Decoder) Run() (value uint32, n int, err error) {
	for d.repeat == 0 {
		if d.packed > 0 {
			return 0, 0, nil
		}
		if err := d.next(); err != nil {
			return 0, 0, err
		}
	}
	return d.value, d.repeat, nil
}

// Skip passes over n values of the run that Run returned.
func (d *Decoder) Skip(n int) { d.repeat -= n }
