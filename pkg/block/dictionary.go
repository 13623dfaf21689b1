package block

import (
	"bytes"
	"encoding/binary"

	"github.com/longshore/longshore/pkg/schema"
	"github.com/zeebo/xxh3"
)

// dictionary finds the index of a value among the distinct values of a
// LowCardinality column, which are in its column elems[0]. It is an open
// hash table. It is emptied with the column, so that a block depends on its own
// rows alone.
type dictionary struct {
	slots  []uint32 // index + 1 of the value that hashed there; 0 is free
	hashes []uint64 // by index
}

const minSlots = 64

// resetDictionary empties the dictionary but for the entry that stands for null.
func (c *Column) resetDictionary() {
	d := c.dict
	if d.slots == nil {
		d.slots = make([]uint32, minSlots)
	}
	clear(d.slots)
	d.hashes = d.hashes[:0]
	c.elems[0].Reset()
	if c.nullKey {
		c.elems[0].AppendDefault()
		d.hashes = append(d.hashes, 0) // never found: not in slots
	}
}

// appendKey appends a row of a String or FixedString.
func (c *Column) appendKey(v []byte) {
	values := c.elems[0]
	if values.size > 0 && len(v) < values.size {
		values.AppendBytes(v)
		c.intern()
		return
	}
	hash := xxh3.Hash(v)
	slot, index, ok := c.find(hash, v)
	if !ok {
		values.AppendBytes(v)
		index = c.insert(slot, hash)
	}
	c.keys = append(c.keys, index)
}

// intern ends a row whose value was appended to the dictionary's column: it
// stays there if it is new.
func (c *Column) intern() {
	values := c.elems[0]
	last := values.Rows() - 1
	v := values.value(last)
	hash := xxh3.Hash(v)
	slot, index, ok := c.find(hash, v)
	if ok {
		values.Truncate(last)
	} else {
		index = c.insert(slot, hash)
	}
	c.keys = append(c.keys, index)
}

func (c *Column) appendDefaultKey() {
	if c.nullKey {
		c.keys = append(c.keys, 0)
		return
	}
	c.elems[0].AppendDefault()
	c.intern()
}

// truncateKeys removes all rows but the first rows. Their values stay in the
// dictionary, where nothing refers to them.
func (c *Column) truncateKeys(rows int) {
	if rows >= len(c.keys) {
		return
	}
	if c.optional {
		for _, k := range c.keys[rows:] {
			if k == 0 {
				c.nulled--
			}
		}
	}
	c.keys = c.keys[:rows]
}

// find returns the index of v, or the slot where it belongs.
func (c *Column) find(hash uint64, v []byte) (slot int, index uint32, ok bool) {
	d := c.dict
	mask := len(d.slots) - 1
	for slot = int(hash) & mask; ; slot = (slot + 1) & mask {
		s := d.slots[slot]
		if s == 0 {
			return slot, 0, false
		}
		if d.hashes[s-1] == hash && bytes.Equal(c.elems[0].value(int(s-1)), v) {
			return slot, s - 1, true
		}
	}
}

// insert notes the value appended last to the dictionary's column.
func (c *Column) insert(slot int, hash uint64) uint32 {
	d := c.dict
	d.hashes = append(d.hashes, hash)
	d.slots[slot] = uint32(len(d.hashes))
	if len(d.hashes)*2 > len(d.slots) {
		c.growSlots()
	}
	return uint32(len(d.hashes) - 1)
}

func (c *Column) growSlots() {
	d := c.dict
	d.slots = make([]uint32, 4*len(d.slots))
	mask := len(d.slots) - 1
	first := 0
	if c.nullKey {
		first = 1
	}
	for i, hash := range d.hashes[first:] {
		slot := int(hash) & mask
		for d.slots[slot] != 0 {
			slot = (slot + 1) & mask
		}
		d.slots[slot] = uint32(first + i + 1)
	}
}

// value returns the bytes of row i of a plain column of fixed size or String.
func (c *Column) value(i int) []byte {
	if c.kind != schema.String {
		return c.data[i*c.size : (i+1)*c.size]
	}
	start, end := c.starts[i], len(c.data)
	if i+1 < len(c.starts) {
		end = c.starts[i+1]
	}
	if c.data[start] < 0x80 {
		return c.data[start+1 : end]
	}
	_, n := binary.Uvarint(c.data[start:end])
	return c.data[start+n : end]
}
