package parquet

import (
	"fmt"
	"hash/crc32"

	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
)

// maxPageBytes is the longest page that is read, in bytes, before and after
// decompression. Writers end pages at about a mebibyte.
const maxPageBytes = 256 << 20

// pageReader reads the pages of one column chunk in order, a window of the file
// at a time.
type pageReader struct {
	file   *opened
	unpack *unpacker
	codec  meta.Codec
	window int64 // how much is read at once, in bytes
	pos    int64 // of what isn't read yet
	end    int64
	buf    []byte // read and not yet consumed
	store  []byte // what buf is a slice of
	raw    []byte // the page, decompressed
}

func (r *pageReader) reset(c *meta.Chunk, window int64) {
	r.codec, r.pos, r.end, r.buf = c.Codec, c.Start(), c.Start()+c.Compressed, nil
	r.window = min(window, c.Compressed)
	if int64(cap(r.store)) > 2*r.window { // another column may have the large one of this row group
		r.store = nil
	}
}

// remaining is how many bytes of the chunk aren't consumed.
func (r *pageReader) remaining() int64 { return int64(len(r.buf)) + r.end - r.pos }

// need makes buf hold n bytes at least.
func (r *pageReader) need(n int) error {
	if len(r.buf) >= n {
		return nil
	}
	if int64(n) > r.remaining() {
		return r.file.damaged("a column's chunk ends early")
	}
	want := int(min(max(int64(n), r.window), r.remaining()))
	if cap(r.store) < want {
		grown := make([]byte, want)
		copy(grown, r.buf)
		r.store = grown
	} else {
		copy(r.store[:cap(r.store)], r.buf)
	}
	have := len(r.buf)
	r.buf = r.store[:want]
	if err := r.file.readAt(r.buf[have:], r.pos); err != nil {
		r.buf = r.buf[:have]
		return err
	}
	r.pos += int64(want - have)
	return nil
}

// next returns the next page's header and its bytes as they stand in the file.
// The bytes are valid until the next call.
func (r *pageReader) next(h *meta.PageHeader) ([]byte, error) {
	size, err := r.header(h)
	if err != nil {
		return nil, err
	}
	r.buf = r.buf[size:]
	if h.Uncompressed > maxPageBytes || h.Compressed > maxPageBytes {
		return nil, r.file.damaged("a page of %d bytes, %d decompressed, is longer than %d", h.Compressed, h.Uncompressed, maxPageBytes)
	}
	if err := r.need(int(h.Compressed)); err != nil {
		return nil, err
	}
	body := r.buf[:h.Compressed:h.Compressed]
	r.buf = r.buf[h.Compressed:]
	if h.HasCRC && crc32.ChecksumIEEE(body) != h.CRC {
		return nil, r.file.damaged("a page's checksum is wrong")
	}
	return body, nil
}

// header parses the next header, with as many bytes as it turns out to have.
func (r *pageReader) header(h *meta.PageHeader) (int, error) {
	for want := 256; ; want *= 8 {
		have := int(min(int64(want), r.remaining()))
		if err := r.need(have); err != nil {
			return 0, err
		}
		size, err := meta.ReadPageHeader(r.buf, h)
		if err != nil {
			return 0, r.file.damaged("%w", err)
		}
		if size > 0 {
			return size, nil
		}
		if int64(len(r.buf)) >= r.remaining() || want > 16<<20 {
			return 0, r.file.damaged("a column's chunk ends within a page header")
		}
	}
}

// decompress returns the page's content. It is valid until the next call, or
// that of next.
func (r *pageReader) decompress(body []byte, size int) ([]byte, error) {
	if r.codec == meta.Uncompressed && len(body) == size {
		return body, nil
	}
	if !plausible(r.codec, len(body), size) {
		return nil, r.file.damaged("a page of %d bytes can't have %d decompressed", len(body), size)
	}
	if cap(r.raw) < size {
		r.raw = make([]byte, size+size/8)
	}
	r.raw = r.raw[:size]
	if err := r.unpack.page(r.codec, r.raw, body); err != nil {
		return nil, r.file.damaged("decompress page: %w", err)
	}
	return r.raw, nil
}

var errValues = fmt.Errorf("values are malformed")
