package parquet

import (
	"encoding/binary"
	"fmt"

	"github.com/longshore/longshore/pkg/format/parquet/internal/delta"
	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
	"github.com/longshore/longshore/pkg/format/parquet/internal/rle"
)

// valueReader decodes the values of a leaf's pages, a few at a time.
type valueReader struct {
	physical meta.Type
	length   int  // of FixedLenByteArray and Int96, in bytes
	owned    bool // byte strings are copied, because entries span pages

	encoding meta.Encoding
	page     []byte // the page's values
	at       int    // bytes, or bits of a Boolean, that were read of it
	count    int    // values that the page may have
	index    rle.Decoder
	ints     delta.Decoder
	lengths  delta.Decoder
	previous []byte // DELTA_BYTE_ARRAY: the last value
	scratch  []uint32

	dict dictionaryPage
}

// dictionaryPage is the distinct values of a chunk.
type dictionaryPage struct {
	n     int
	w32   []uint32
	w64   []uint64
	data  []byte
	spans []span
}

func newValueReader(leaf *node) valueReader {
	v := valueReader{physical: leaf.element.Type, length: int(leaf.element.TypeLength), owned: leaf.rep > 0}
	if v.physical == meta.Int96 {
		v.length = 12
	}
	return v
}

// setDictionary decodes a dictionary page of n values. It keeps no reference to page.
func (v *valueReader) setDictionary(page []byte, n int) error {
	d := &v.dict
	*d = dictionaryPage{w32: d.w32[:0], w64: d.w64[:0], data: d.data[:0], spans: d.spans[:0]}
	if v.physical == meta.Boolean {
		return fmt.Errorf("a dictionary of booleans")
	}
	if n > len(page) { // every value takes a byte
		return errValues
	}
	d.data = append(d.data, page...)
	e := entries{w32: d.w32, w64: d.w64, spans: d.spans}
	plain := valueReader{physical: v.physical, length: v.length, encoding: meta.Plain, page: d.data}
	if err := plain.read(&e, n); err != nil {
		return err
	}
	d.w32, d.w64, d.spans, d.n = e.w32, e.w64, e.spans, n
	return nil
}

// begin starts a page of at most count values.
func (v *valueReader) begin(encoding meta.Encoding, page []byte, count int) error {
	v.encoding, v.page, v.at, v.count = encoding, page, 0, count
	switch encoding {
	case meta.Plain:
		return nil
	case meta.PlainDictionary, meta.RLEDictionary:
		v.encoding = meta.RLEDictionary
		if len(page) == 0 {
			return v.index.Reset(nil, 0) // of nulls alone
		}
		return v.index.Reset(page[1:], int(page[0]))
	case meta.RLE:
		if v.physical != meta.Boolean {
			break
		}
		runs, _, err := cutLevels(page)
		if err != nil {
			return err
		}
		return v.index.Reset(runs, 1)
	case meta.DeltaBinaryPacked:
		if v.physical != meta.Int32 && v.physical != meta.Int64 {
			break
		}
		return v.beginDelta()
	case meta.DeltaLengthByteArray, meta.DeltaByteArray:
		if v.physical != meta.ByteArray && v.physical != meta.FixedLenByteArray {
			break
		}
		return v.beginLengths()
	case meta.ByteStreamSplit:
		if v.physical == meta.Boolean || v.physical == meta.ByteArray {
			break
		}
		v.count = len(page) / v.width()
		return nil
	}
	return fmt.Errorf("encoding %d of values of type %d isn't supported", encoding, v.physical)
}

// width returns how many bytes a value of fixed size takes.
func (v *valueReader) width() int {
	switch v.physical {
	case meta.Int32, meta.Float:
		return 4
	case meta.Int64, meta.Double:
		return 8
	}
	return v.length
}

// beginDelta reads the head, unless the page is of nulls alone.
func (v *valueReader) beginDelta() error {
	if len(v.page) == 0 {
		v.ints = delta.Decoder{}
		return nil
	}
	return v.ints.Reset(v.page)
}

// beginLengths reads over the lengths, to find where the bytes begin.
func (v *valueReader) beginLengths() error {
	v.previous = v.previous[:0]
	v.ints, v.lengths = delta.Decoder{}, delta.Decoder{}
	if len(v.page) == 0 {
		return nil
	}
	rest := v.page
	var err error
	if v.encoding == meta.DeltaByteArray {
		if rest, err = v.passLengths(&v.ints, rest); err != nil {
			return err
		}
	}
	rest, err = v.passLengths(&v.lengths, rest)
	v.page = rest
	return err
}

// passLengths sets d to the lengths at the beginning of b and returns what
// follows them.
func (v *valueReader) passLengths(d *delta.Decoder, b []byte) ([]byte, error) {
	if err := d.Reset(b); err != nil {
		return nil, err
	}
	if d.Left() > v.count {
		return nil, errValues
	}
	pass := *d
	var few [256]uint32
	for pass.Left() > 0 {
		if err := delta.Read(&pass, few[:min(len(few), pass.Left())]); err != nil {
			return nil, err
		}
	}
	rest := pass.Rest()
	return rest, d.Reset(b)
}

// read appends k values to e.
func (v *valueReader) read(e *entries, k int) error {
	if k == 0 {
		return nil
	}
	switch v.encoding {
	case meta.RLEDictionary:
		return v.readIndexed(e, k)
	case meta.RLE:
		e.bits = grow(e.bits, k)
		return rle.Read(&v.index, e.bits[len(e.bits)-k:])
	case meta.DeltaBinaryPacked:
		if v.physical == meta.Int32 {
			e.w32 = grow(e.w32, k)
			return delta.Read(&v.ints, e.w32[len(e.w32)-k:])
		}
		e.w64 = grow(e.w64, k)
		return delta.Read(&v.ints, e.w64[len(e.w64)-k:])
	case meta.DeltaLengthByteArray, meta.DeltaByteArray:
		return v.readLengths(e, k)
	case meta.ByteStreamSplit:
		return v.readSplit(e, k)
	}
	return v.readPlain(e, k)
}

func (v *valueReader) readPlain(e *entries, k int) error {
	switch v.physical {
	case meta.Boolean:
		if v.at+k > len(v.page)*8 {
			return errValues
		}
		for i := v.at; i < v.at+k; i++ {
			e.bits = append(e.bits, v.page[i/8]>>(i%8)&1)
		}
		v.at += k
		return nil
	case meta.Int32, meta.Float:
		b, err := v.take(k, 4)
		if err != nil {
			return err
		}
		e.w32 = grow(e.w32, k)
		copy(asBytes(e.w32[len(e.w32)-k:]), b)
		return nil
	case meta.Int64, meta.Double:
		b, err := v.take(k, 8)
		if err != nil {
			return err
		}
		e.w64 = grow(e.w64, k)
		copy(asBytes(e.w64[len(e.w64)-k:]), b)
		return nil
	case meta.ByteArray:
		return v.readStrings(e, k)
	}
	from := v.at
	if _, err := v.take(k, v.length); err != nil {
		return err
	}
	for i := range k {
		v.put(e, v.page, span{Start: from + i*v.length, End: from + (i+1)*v.length})
	}
	return nil
}

// take passes over k values of so many bytes each.
func (v *valueReader) take(k, size int) ([]byte, error) {
	if len(v.page)-v.at < k*size {
		return nil, errValues
	}
	v.at += k * size
	return v.page[v.at-k*size : v.at], nil
}

func (v *valueReader) readStrings(e *entries, k int) error {
	page, at := v.page, v.at
	for range k {
		if len(page)-at < 4 {
			return errValues
		}
		n := int(binary.LittleEndian.Uint32(page[at:]))
		at += 4
		if n > len(page)-at {
			return errValues
		}
		if v.owned {
			v.put(e, page, span{Start: at, End: at + n})
		} else {
			e.spans = append(e.spans, span{Start: at, End: at + n})
		}
		at += n
	}
	v.at = at
	if !v.owned {
		e.data = page
	}
	return nil
}

// put appends a byte string that stands in buf.
func (v *valueReader) put(e *entries, buf []byte, at span) {
	if !v.owned {
		e.data = buf
		e.spans = append(e.spans, at)
		return
	}
	from := len(e.own)
	e.own = append(e.own, buf[at.Start:at.End]...)
	e.data = e.own
	e.spans = append(e.spans, span{Start: from, End: len(e.own)})
}

func (v *valueReader) readIndexed(e *entries, k int) error {
	v.scratch = grow(v.scratch[:0], k)
	if err := rle.Read(&v.index, v.scratch); err != nil {
		return err
	}
	d := &v.dict
	n := uint32(d.n)
	for _, i := range v.scratch {
		if i >= n {
			return fmt.Errorf("an index beyond the dictionary's %d values", n)
		}
	}
	switch v.physical {
	case meta.Int32, meta.Float:
		e.w32 = grow(e.w32, k)
		for i, out := 0, e.w32[len(e.w32)-k:]; i < k; i++ {
			out[i] = d.w32[v.scratch[i]]
		}
	case meta.Int64, meta.Double:
		e.w64 = grow(e.w64, k)
		for i, out := 0, e.w64[len(e.w64)-k:]; i < k; i++ {
			out[i] = d.w64[v.scratch[i]]
		}
	default:
		for _, i := range v.scratch {
			v.put(e, d.data, d.spans[i])
		}
	}
	return nil
}

// readLengths reads byte strings whose lengths stand before them all, and with
// DELTA_BYTE_ARRAY how much each shares with the one before it.
func (v *valueReader) readLengths(e *entries, k int) error {
	for range k {
		var length, prefix [1]uint32
		if err := delta.Read(&v.lengths, length[:]); err != nil {
			return err
		}
		n := int(int32(length[0]))
		if n < 0 || n > len(v.page)-v.at {
			return errValues
		}
		own := v.page[v.at : v.at+n]
		v.at += n
		if v.encoding == meta.DeltaLengthByteArray {
			v.put(e, v.page, span{Start: v.at - n, End: v.at})
			continue
		}
		if err := delta.Read(&v.ints, prefix[:]); err != nil {
			return err
		}
		shared := int(int32(prefix[0]))
		if shared < 0 || shared > len(v.previous) || len(e.own)+shared+n > maxPageBytes {
			return errValues
		}
		v.previous = append(v.previous[:shared], own...)
		from := len(e.own)
		e.own = append(e.own, v.previous...)
		e.data = e.own
		e.spans = append(e.spans, span{Start: from, End: len(e.own)})
	}
	return v.checkFixed(e, k)
}

// checkFixed makes sure that the last k values have the length of their type.
func (v *valueReader) checkFixed(e *entries, k int) error {
	if v.physical != meta.FixedLenByteArray {
		return nil
	}
	for _, at := range e.spans[len(e.spans)-k:] {
		if at.End-at.Start != v.length {
			return errValues
		}
	}
	return nil
}

// readSplit reads values whose first bytes stand before all second bytes.
func (v *valueReader) readSplit(e *entries, k int) error {
	width := v.width()
	if v.at+k > v.count {
		return errValues
	}
	for i := v.at; i < v.at+k; i++ {
		var b [8]byte
		switch v.physical {
		case meta.Int32, meta.Float:
			for j := range width {
				b[j] = v.page[j*v.count+i]
			}
			e.w32 = append(e.w32, binary.LittleEndian.Uint32(b[:]))
		case meta.Int64, meta.Double:
			for j := range width {
				b[j] = v.page[j*v.count+i]
			}
			e.w64 = append(e.w64, binary.LittleEndian.Uint64(b[:]))
		default:
			from := len(e.own)
			for j := range width {
				e.own = append(e.own, v.page[j*v.count+i])
			}
			e.data = e.own
			e.spans = append(e.spans, span{Start: from, End: len(e.own)})
		}
	}
	v.at += k
	return nil
}

// cutLevels returns what a length of 4 bytes announces, and the rest.
func cutLevels(b []byte) (runs, rest []byte, err error) {
	if len(b) < 4 {
		return nil, nil, errValues
	}
	n := binary.LittleEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, nil, errValues
	}
	return b[4 : 4+n], b[4+n:], nil
}
