package parquet

import (
	"encoding/binary"
	"hash/crc32"
	"math"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
	"github.com/longshore/longshore/pkg/format/parquet/internal/rle"
)

const (
	// pageBytes is the size at which a page ends, in bytes before compression.
	pageBytes = 512 << 10
	// pageValueCount is how many values a page holds at most, nulls included, so
	// that a page of small indexes isn't millions of rows.
	pageValueCount = 1 << 17
	// windowRows is how many rows go into a page at once.
	windowRows = 4096
)

// chunkWriter encodes one column of one row group after the other. Pages are
// compressed as they fill up, and held until the row group is written.
//
//	chunk = [dictionary page] data page…
//	page  = header, compressed(repetition levels, definition levels, values)
type chunkWriter struct {
	leaf   *leaf
	pack   *compressor
	values pageValues
	levels shredder // of the page that is being filled

	pages  heldPages // finished ones
	header []byte    // of the last page; reused

	rows      int // of the page that is being filled, nulls included
	count     int64
	nulls     int64
	rawBytes  int64 // of finished pages, before compression, headers included
	encodings [2]int32
}

// Indexes of chunkWriter.encodings.
const (
	plainPages = iota
	dictionaryPages
)

func newChunkWriter(l *leaf, pack *compressor) *chunkWriter {
	return &chunkWriter{leaf: l, pack: pack, values: newPageValues(&l.store), levels: shredder{steps: l.steps}}
}

// append takes rows lo to hi of the column's array.
func (c *chunkWriter) append(arr arrow.Array, lo, hi int) error {
	step := windowOf(arr, hi-lo)
	for ; lo < hi; lo += step {
		if err := c.window(arr, lo, min(lo+step, hi)); err != nil {
			return fault.New(fault.Invalid, "encode column %q: %w", arrowName(c.leaf), err)
		}
		if c.rows >= pageValueCount || c.values.size() >= pageBytes {
			if err := c.endPage(); err != nil {
				return err
			}
		}
	}
	return nil
}

func arrowName(l *leaf) string { return l.path[0] }

// windowOf returns how many rows make a page's worth on average.
func windowOf(arr arrow.Array, rows int) int {
	size := arrayBytes(arr.Data())
	if size <= pageBytes || rows == 0 {
		return windowRows
	}
	return max(1, min(windowRows, int(int64(arr.Len())*pageBytes/size)))
}

func arrayBytes(d arrow.ArrayData) int64 {
	var n int64
	for _, b := range d.Buffers() {
		if b != nil {
			n += int64(b.Len())
		}
	}
	for _, child := range d.Children() {
		n += arrayBytes(child)
	}
	return n
}

func (c *chunkWriter) window(arr arrow.Array, lo, hi int) error {
	before := len(c.levels.def)
	var sel selection
	var err error
	if c.leaf.nested() {
		sel, err = c.levels.nested(arr, lo, hi)
	} else {
		sel, err = c.levels.flat(arr, lo, hi)
	}
	if err != nil {
		return err
	}
	n := hi - lo
	if c.leaf.maxDef > 0 {
		n = len(c.levels.def) - before
	}
	c.rows += n
	c.nulls += int64(n - sel.len())
	return c.values.add(c.levels.undictionary(sel))
}

// endPage encodes the page, if it has rows.
func (c *chunkWriter) endPage() error {
	if c.rows == 0 {
		return nil
	}
	c.values.settle() // before a page refers to the dictionary
	body := c.pack.body[:0]
	if c.leaf.maxRep > 0 {
		body = appendLevelRuns(body, c.levels.rep, c.leaf.maxRep)
	}
	if c.leaf.maxDef > 0 {
		body = appendLevelRuns(body, c.levels.def, c.leaf.maxDef)
	}
	body, encoding := c.values.encode(body)
	c.pack.body = body
	if encoding == meta.Plain {
		c.encodings[plainPages]++
	} else {
		c.encodings[dictionaryPages]++
	}
	h := meta.PageHeader{Type: meta.DataPage, Values: int32(c.rows), Encoding: encoding}
	packed, err := c.page(body, h)
	c.pages.add(c.header)
	c.pages.add(packed)
	c.count += int64(c.rows)
	c.rows = 0
	c.levels.rep, c.levels.def = c.levels.rep[:0], c.levels.def[:0]
	return err
}

// appendLevelRuns appends levels with their length in bytes before them.
func appendLevelRuns(dst []byte, levels []uint8, highest uint8) []byte {
	from := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	dst = rle.Append(dst, levels, rle.Width(int(highest)+1))
	binary.LittleEndian.PutUint32(dst[from:], uint32(len(dst)-from-4))
	return dst
}

// page compresses body and makes its header. Both are good until the next page.
func (c *chunkWriter) page(body []byte, h meta.PageHeader) (packed []byte, err error) {
	c.header = c.header[:0]
	if packed, err = c.pack.page(body); err != nil {
		return nil, err
	}
	if len(body) > math.MaxInt32 || len(packed) > math.MaxInt32 {
		return nil, fault.New(fault.Invalid, "encode column %q: a page of %d bytes is longer than Parquet allows", arrowName(c.leaf), len(body))
	}
	h.Uncompressed, h.Compressed = int32(len(body)), int32(len(packed))
	h.CRC, h.HasCRC = crc32.ChecksumIEEE(packed), true
	c.header = meta.AppendPageHeader(c.header, &h)
	c.rawBytes += int64(len(c.header) + len(body))
	return packed, nil
}

// size returns how much of the chunk is held, in bytes.
func (c *chunkWriter) size() int64 {
	n := int64(c.pages.size + len(c.levels.def)/8 + c.values.held())
	if s := c.values.size(); s < pageFull {
		n += int64(s)
	}
	return n
}

// end appends the chunk to dst, whose beginning is at offset base, and begins a
// new one.
func (c *chunkWriter) end(dst []byte, base int64) ([]byte, meta.Chunk, error) {
	if err := c.endPage(); err != nil {
		return dst, meta.Chunk{}, err
	}
	start := len(dst)
	chunk := meta.Chunk{Type: c.leaf.store.physical, Path: c.leaf.path, Codec: c.pack.codec, Values: c.count}
	body, n := c.values.dictionary(c.pack.body[:0])
	c.pack.body = body
	if n > 0 {
		h := meta.PageHeader{Type: meta.DictionaryPage, Values: int32(n), Encoding: meta.Plain}
		packed, err := c.page(body, h)
		if err != nil {
			return dst, chunk, err
		}
		dst = append(append(dst, c.header...), packed...)
		chunk.DictionaryOffset = base + int64(start)
		chunk.EncodingStats = append(chunk.EncodingStats, meta.EncodingStat{Page: meta.DictionaryPage, Encoding: meta.Plain, Count: 1})
	}
	chunk.DataPageOffset = base + int64(len(dst))
	dst = c.pages.take(dst)
	chunk.Uncompressed, chunk.Compressed = c.rawBytes, int64(len(dst)-start)
	chunk.Statistics.Nulls = c.nulls
	chunk.Statistics.Min, chunk.Statistics.Max = c.values.bounds()
	c.describe(&chunk, n > 0)
	c.reset()
	return dst, chunk, nil
}

// describe lists the encodings: of levels, of the dictionary, of pages.
func (c *chunkWriter) describe(chunk *meta.Chunk, dictionary bool) {
	if dictionary || c.encodings[plainPages] > 0 {
		chunk.Encodings = append(chunk.Encodings, meta.Plain)
	}
	chunk.Encodings = append(chunk.Encodings, meta.RLE)
	if dictionary {
		chunk.Encodings = append(chunk.Encodings, meta.RLEDictionary)
	}
	for i, encoding := range []meta.Encoding{plainPages: meta.Plain, dictionaryPages: meta.RLEDictionary} {
		if n := c.encodings[i]; n > 0 {
			chunk.EncodingStats = append(chunk.EncodingStats, meta.EncodingStat{Page: meta.DataPage, Encoding: encoding, Count: n})
		}
	}
}

func (c *chunkWriter) reset() {
	c.count, c.nulls, c.rawBytes, c.encodings = 0, 0, 0, [2]int32{}
	c.values.reset()
}
