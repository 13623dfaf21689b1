package parquet

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"github.com/zeebo/xxh3"
)

// A dictionary pays where values repeat: pages then hold indexes of a few bits,
// and there is less to compress. Whether they do shows early.
const (
	// dictionaryProbe is after how many values of a chunk it is decided.
	dictionaryProbe = 16384
	// dictionaryBytes is the size at which a dictionary takes no more values: the
	// pages after that hold the values themselves.
	dictionaryBytes = 1 << 20
)

// wordDictionary numbers distinct integers or floats, which are equal if their
// bits are.
type wordDictionary[T uint32 | uint64] struct {
	values []T
	slots  []uint32 // index + 1 of the value that hashed there; 0 is free
}

const minSlots = 1024

func (d *wordDictionary[T]) reset() {
	d.values = d.values[:0]
	if d.slots == nil {
		d.slots = make([]uint32, minSlots)
	}
	clear(d.slots)
}

// index appends the number of each value to dst.
func (d *wordDictionary[T]) index(dst []uint32, values []T) []uint32 {
	shift := 64 - bits.TrailingZeros(uint(len(d.slots)))
	mask := uint64(len(d.slots) - 1)
	for _, v := range values {
		slot := uint64(v) * 0x9E3779B97F4A7C15 >> shift
		for {
			s := d.slots[slot]
			if s == 0 {
				d.values = append(d.values, v)
				s = uint32(len(d.values))
				d.slots[slot] = s
				dst = append(dst, s-1)
				if len(d.values)*2 > len(d.slots) {
					d.grow()
					shift = 64 - bits.TrailingZeros(uint(len(d.slots)))
					mask = uint64(len(d.slots) - 1)
				}
				break
			}
			if d.values[s-1] == v {
				dst = append(dst, s-1)
				break
			}
			slot = (slot + 1) & mask
		}
	}
	return dst
}

func (d *wordDictionary[T]) grow() {
	d.slots = make([]uint32, 4*len(d.slots))
	shift := 64 - bits.TrailingZeros(uint(len(d.slots)))
	mask := uint64(len(d.slots) - 1)
	for i, v := range d.values {
		slot := uint64(v) * 0x9E3779B97F4A7C15 >> shift
		for d.slots[slot] != 0 {
			slot = (slot + 1) & mask
		}
		d.slots[slot] = uint32(i + 1)
	}
}

// byteDictionary numbers distinct byte strings.
type byteDictionary struct {
	data   []byte // the values, one after the other
	ends   []int
	hashes []uint64
	slots  []uint32
}

func (d *byteDictionary) reset() {
	d.data, d.ends, d.hashes = d.data[:0], d.ends[:0], d.hashes[:0]
	if d.slots == nil {
		d.slots = make([]uint32, minSlots)
	}
	clear(d.slots)
}

func (d *byteDictionary) value(i int) []byte {
	start := 0
	if i > 0 {
		start = d.ends[i-1]
	}
	return d.data[start:d.ends[i]]
}

// index appends the number of each value to dst.
func (d *byteDictionary) index(dst []uint32, data []byte, spans []span) []uint32 {
	for _, at := range spans {
		v := data[at.Start:at.End]
		hash := xxh3.Hash(v)
		mask := uint64(len(d.slots) - 1)
		slot := hash & mask
		for {
			s := d.slots[slot]
			if s == 0 {
				dst = append(dst, d.insert(slot, hash, v))
				break
			}
			if d.hashes[s-1] == hash && bytes.Equal(d.value(int(s-1)), v) {
				dst = append(dst, s-1)
				break
			}
			slot = (slot + 1) & mask
		}
	}
	return dst
}

func (d *byteDictionary) insert(slot, hash uint64, v []byte) uint32 {
	d.data = append(d.data, v...)
	d.ends = append(d.ends, len(d.data))
	d.hashes = append(d.hashes, hash)
	d.slots[slot] = uint32(len(d.ends))
	if len(d.ends)*2 > len(d.slots) {
		d.grow()
	}
	return uint32(len(d.ends) - 1)
}

func (d *byteDictionary) grow() {
	d.slots = make([]uint32, 4*len(d.slots))
	mask := uint64(len(d.slots) - 1)
	for i, hash := range d.hashes {
		slot := hash & mask
		for d.slots[slot] != 0 {
			slot = (slot + 1) & mask
		}
		d.slots[slot] = uint32(i + 1)
	}
}

// appendPlain appends a value as PLAIN has it: with its length before it, unless
// all have the same.
func appendPlain(dst, v []byte, fixed bool) []byte {
	if !fixed {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(v)))
	}
	return append(dst, v...)
}
