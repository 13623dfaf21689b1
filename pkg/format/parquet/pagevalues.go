package parquet

import (
	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
	"github.com/longshore/longshore/pkg/format/parquet/internal/rle"
)

// pageValues is the values of the page that is being filled, and what the chunk
// keeps over its pages: the dictionary and the bounds.
type pageValues interface {
	// add takes the selected values.
	add(s selection) error
	// size returns how long the encoded page is so far, in bytes. It is pageFull
	// where the page must end.
	size() int
	// held returns how much the dictionary takes, in bytes.
	held() int
	// encode appends the page's values to dst and begins a new page.
	encode(dst []byte) ([]byte, meta.Encoding)
	// settle decides about the dictionary, before the chunk's first page is encoded
	// at the latest: no page may refer to one that is given up afterwards.
	settle()
	// dictionary appends the chunk's dictionary to dst. It has n values.
	dictionary(dst []byte) (out []byte, n int)
	// bounds returns the chunk's minimum and maximum, or nil.
	bounds() (lo, hi []byte)
	// reset begins a new chunk.
	reset()
}

const pageFull = 1 << 62

func newPageValues(st *storage) pageValues {
	var v pageValues
	switch st.physical {
	case meta.Boolean:
		v = &bitValues{store: st}
	case meta.Int32, meta.Float:
		v = &wordValues[uint32]{store: st, load: st.words32}
	case meta.Int64, meta.Double:
		v = &wordValues[uint64]{store: st, load: st.words64}
	default:
		v = &byteValues{store: st}
	}
	v.reset()
	return v
}

// indexing is a chunk's dictionary as far as it doesn't depend on the values'
// type: the indexes of the page, and whether it is used.
//
//	   first values          it pays
//	on, not probed ─────────────────▶ on ──too long──▶ off, kept
//	      └──────── it doesn't ─────▶ off, for good
type indexing struct {
	on      bool // values of this page go into the dictionary
	probed  bool // it was decided that it pays, or not
	kept    bool // some page of the chunk refers to it
	useless bool // it didn't pay before: later chunks don't try
	full    bool // it takes no more after this page
	page    []uint32
}

func (x *indexing) reset() {
	*x = indexing{on: !x.useless, useless: x.useless, probed: x.useless, page: x.page[:0]}
}

// encode appends the page's indexes: the width of each, then the hybrid. A chunk
// of nulls alone has no dictionary to refer to.
func (x *indexing) encode(dst []byte, distinct int) ([]byte, meta.Encoding) {
	if distinct == 0 {
		return dst, meta.Plain
	}
	width := rle.Width(distinct)
	dst = append(dst, byte(width))
	dst = rle.Append(dst, x.page, width)
	x.page = x.page[:0]
	x.kept = true
	if x.full {
		x.on = false
	}
	return dst, meta.RLEDictionary
}

func (x *indexing) size(distinct int) int {
	if x.full {
		return pageFull
	}
	return len(x.page) * rle.Width(distinct) / 8
}

// bitValues is booleans, which have no dictionary.
type bitValues struct {
	store *storage
	page  []byte // one byte each
	seen  [2]bool
}

func (v *bitValues) add(s selection) error {
	from := len(v.page)
	v.page = v.store.bits(s, v.page)
	for _, b := range v.page[from:] {
		v.seen[b] = true
	}
	return nil
}

func (v *bitValues) size() int { return len(v.page) / 8 }

func (v *bitValues) held() int { return 0 }

func (v *bitValues) encode(dst []byte) ([]byte, meta.Encoding) {
	for left := v.page; len(left) > 0; {
		var b byte
		n := min(8, len(left))
		for i, bit := range left[:n] {
			b |= bit << i
		}
		dst = append(dst, b)
		left = left[n:]
	}
	v.page = v.page[:0]
	return dst, meta.Plain
}

func (v *bitValues) settle() {}

func (v *bitValues) dictionary(dst []byte) ([]byte, int) { return dst, 0 }

func (v *bitValues) bounds() (lo, hi []byte) {
	if !v.seen[0] && !v.seen[1] {
		return nil, nil
	}
	return []byte{bit(!v.seen[0])}, []byte{bit(v.seen[1])}
}

func (v *bitValues) reset() { v.page, v.seen = v.page[:0], [2]bool{} }
