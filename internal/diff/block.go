package diff

import (
	"encoding/binary"
	"slices"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"

	"github.com/longshore/longshore/pkg/fault"
)

// Codec is how the bodies of a file's blocks are compressed.
type Codec uint8

// The codecs: S2 is quick, for files that live as long as a run; Zstd is small,
// for baselines.
const (
	S2 Codec = iota + 1
	Zstd
)

// blockSize is how large a block's heads and bodies become, in bytes before
// compression. A row larger than that has a block of its own. Those of files
// that many are read of at a time are small: each has one in memory.
func (c Codec) blockSize() int {
	if c == S2 {
		return 32 << 10
	}
	return 128 << 10
}

// blockHeader is a block's sizes and checksum, all big-endian:
//
//	rows uint32 │ heads uint32 │ bodies uint32 │ stored bodies uint32 │ codec uint8 │ XXH3-64 of what follows
const blockHeader = 4*4 + 1 + 8

// blockWriter collects rows and encodes them as a block.
type blockWriter struct {
	codec  Codec
	rows   uint32
	first  uint64
	heads  []byte
	bodies []byte
	zstd   *zstd.Encoder
}

func newBlockWriter(codec Codec) (*blockWriter, error) {
	w := &blockWriter{codec: codec}
	if codec != Zstd {
		return w, nil
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithEncoderCRC(false), zstd.WithWindowSize(1<<20), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, fault.New(fault.Unknown, "compress block: %w", err)
	}
	w.zstd = enc
	return w, nil
}

// add appends a row. A head is
//
//	hash 8 bytes │ row hash 16 bytes │ key size uvarint │ body size × 2 + gone uvarint │ key
func (w *blockWriter) add(h *Head, body []byte) {
	if w.rows == 0 {
		w.first = h.Hash
	}
	w.rows++
	w.heads = binary.BigEndian.AppendUint64(w.heads, h.Hash)
	w.heads = append(w.heads, h.Row[:]...)
	w.heads = binary.AppendUvarint(w.heads, uint64(len(h.Key)))
	size := uint64(len(body)) << 1
	if h.Gone {
		size |= 1
	}
	w.heads = binary.AppendUvarint(w.heads, size)
	w.heads = append(w.heads, h.Key...)
	w.bodies = append(w.bodies, body...)
}

func (w *blockWriter) full() bool { return len(w.heads)+len(w.bodies) >= w.codec.blockSize() }

// encode appends the block to dst and begins another.
func (w *blockWriter) encode(dst []byte) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, blockHeader)...)
	dst = append(dst, w.heads...)
	bodiesAt := len(dst)
	switch w.codec {
	case Zstd:
		dst = w.zstd.EncodeAll(w.bodies, dst)
	case S2:
		dst = slices.Grow(dst, s2.MaxEncodedLen(len(w.bodies)))
		dst = dst[:len(dst)+len(s2.Encode(dst[len(dst):cap(dst)], w.bodies))]
	}
	h := dst[start:]
	binary.BigEndian.PutUint32(h[0:], w.rows)
	binary.BigEndian.PutUint32(h[4:], uint32(len(w.heads)))
	binary.BigEndian.PutUint32(h[8:], uint32(len(w.bodies)))
	binary.BigEndian.PutUint32(h[12:], uint32(len(dst)-bodiesAt))
	h[16] = byte(w.codec)
	binary.BigEndian.PutUint64(h[17:], xxh3.Hash(h[blockHeader:]))
	w.rows, w.heads, w.bodies = 0, w.heads[:0], w.bodies[:0]
	return dst
}

// block is a block being read.
type block struct {
	rows   int    // not yet returned by next
	heads  []byte // of these rows
	stored []byte // bodies as they are in the file
	codec  Codec
	size   int    // of bodies, decompressed
	bodies []byte // decompressed; nil until asked for
	buf    []byte // reused for bodies
	at     int    // where the present row's body begins
	end    int    // where the one after it does
	head   Head
}

// open begins to read a block.
func (b *block) open(data []byte) error {
	if len(data) < blockHeader {
		return errDamaged("a block is cut short")
	}
	heads, stored := int(binary.BigEndian.Uint32(data[4:])), int(binary.BigEndian.Uint32(data[12:]))
	end := blockHeader + heads + stored
	if len(data) != end {
		return errDamaged("a block isn't as long as it says")
	}
	if xxh3.Hash(data[blockHeader:end]) != binary.BigEndian.Uint64(data[17:]) {
		return errDamaged("the checksum of a block is wrong")
	}
	b.rows, b.size, b.codec = int(binary.BigEndian.Uint32(data)), int(binary.BigEndian.Uint32(data[8:])), Codec(data[16])
	b.heads, b.stored = data[blockHeader:blockHeader+heads], data[blockHeader+heads:end]
	b.bodies, b.at, b.end = nil, 0, 0
	return nil
}

// next goes to the block's next row.
func (b *block) next() (bool, error) {
	if b.rows == 0 {
		return false, nil
	}
	const fixed = 8 + len(RowHash{})
	if len(b.heads) < fixed {
		return false, errDamaged("a head is cut short")
	}
	b.head.Hash = binary.BigEndian.Uint64(b.heads)
	copy(b.head.Row[:], b.heads[8:])
	rest := b.heads[fixed:]
	key, n := binary.Uvarint(rest)
	if n <= 0 {
		return false, errDamaged("a head is cut short")
	}
	rest = rest[n:]
	size, n := binary.Uvarint(rest)
	if n <= 0 || key > uint64(len(rest)-n) {
		return false, errDamaged("a head is cut short")
	}
	if size>>1 > uint64(b.size-b.end) {
		return false, errDamaged("a body is cut short")
	}
	rest = rest[n:]
	b.head.Key, b.head.Gone = rest[:key:key], size&1 == 1
	b.heads = rest[key:]
	b.at, b.end = b.end, b.end+int(size>>1)
	b.rows--
	return true, nil
}

// body returns the present row's body.
func (b *block) body() ([]byte, error) {
	if b.bodies == nil {
		if err := b.decompress(); err != nil {
			return nil, err
		}
	}
	return b.bodies[b.at:b.end:b.end], nil
}

func (b *block) decompress() (err error) {
	if !b.sizeHolds() {
		return errDamaged("the bodies of a block are of another size")
	}
	if cap(b.buf) < b.size {
		b.buf = make([]byte, 0, b.size+b.size/8)
	}
	switch b.codec {
	case Zstd:
		b.bodies, err = zstdDecoder().DecodeAll(b.stored, b.buf[:0])
	case S2:
		b.bodies, err = s2.Decode(b.buf[:b.size], b.stored)
	default:
		return errDamaged("a block has an unknown codec")
	}
	if err != nil || len(b.bodies) != b.size {
		return errDamaged("the bodies of a block can't be decompressed")
	}
	if b.bodies == nil {
		b.bodies = []byte{}
	}
	b.buf = b.bodies
	return nil
}

// sizeHolds reports whether the bodies are as large as the block's header says,
// by which memory is taken: the checksum is of what follows the header.
func (b *block) sizeHolds() bool {
	switch b.codec {
	case S2:
		n, err := s2.DecodedLen(b.stored)
		return err == nil && n == b.size
	case Zstd:
		if len(b.stored) == 0 {
			return b.size == 0
		}
		var frame zstd.Header
		if err := frame.Decode(b.stored); err != nil {
			return false
		}
		if !frame.HasFCS {
			return b.size < 256 // smaller frames don't say
		}
		return frame.FrameContentSize == uint64(b.size)
	}
	return true
}

func errDamaged(what string) error { return fault.New(fault.Invalid, "%s", what) }
