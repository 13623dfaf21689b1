package diff

import (
	"context"
	"encoding/binary"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"

	"github.com/longshore/longshore/pkg/fault"
)

// Store is where sorted files are.
type Store interface {
	// Create begins a file, which nobody sees before its Close.
	Create(ctx context.Context, name string) File
	// Read fills a buffer with a file's bytes from an offset on. It may be called by
	// several goroutines.
	Read(ctx context.Context, name string, offset int64, into []byte) error
}

// File is a file being written.
type File interface {
	io.Writer
	Close() error
	// Abort leaves nothing of the file; after Close it does nothing.
	Abort() error
}

// FileInfo is what must be known of a sorted file to read it.
type FileInfo struct {
	Name string `json:"name"`
	Rows int64  `json:"rows"` // those that are gone included
	Gone int64  `json:"gone,omitempty"`
	// Bytes is the file's size, Index that of the index at its end.
	Bytes int64 `json:"bytes"`
	Index int64 `json:"index"`
	// First and Last are the hashes of the first and the last row.
	First uint64 `json:"first"`
	Last  uint64 `json:"last"`
	// Heads is a file with the same rows without their bodies, for who doesn't want
	// these. Nil where there is none.
	Heads *FileInfo `json:"heads,omitempty"`
}

// Names returns the names of the file and of that of its heads.
func (f *FileInfo) Names() []string {
	if f.Heads == nil {
		return []string{f.Name}
	}
	return []string{f.Name, f.Heads.Name}
}

// indexEntry is first hash uint64 │ offset uint64 │ size uint32 │ rows uint32. The
// index ends with XXH3-64 of its entries.
const indexEntry = 8 + 8 + 4 + 4

// Writer writes a sorted file. Rows must come in order.
type Writer struct {
	file  File
	info  FileInfo
	block *blockWriter
	index []byte
	buf   []byte
}

// NewWriter begins a file. Close or Abort ends it.
func NewWriter(ctx context.Context, store Store, name string, codec Codec) (*Writer, error) {
	block, err := newBlockWriter(codec)
	if err != nil {
		return nil, err
	}
	return &Writer{file: store.Create(ctx, name), info: FileInfo{Name: name}, block: block}, nil
}

// Add appends a row, of which it keeps nothing.
func (w *Writer) Add(h *Head, body []byte) error {
	if w.info.Rows == 0 {
		w.info.First = h.Hash
	}
	w.info.Rows++
	if h.Gone {
		w.info.Gone++
	}
	w.info.Last = h.Hash
	w.block.add(h, body)
	if !w.block.full() {
		return nil
	}
	return w.flush()
}

func (w *Writer) flush() error {
	rows, first := w.block.rows, w.block.first
	w.buf = w.block.encode(w.buf[:0])
	w.index = binary.BigEndian.AppendUint64(w.index, first)
	w.index = binary.BigEndian.AppendUint64(w.index, uint64(w.info.Bytes))
	w.index = binary.BigEndian.AppendUint32(w.index, uint32(len(w.buf)))
	w.index = binary.BigEndian.AppendUint32(w.index, rows)
	w.info.Bytes += int64(len(w.buf))
	_, err := w.file.Write(w.buf)
	return err
}

// Close makes the file visible. A file without rows isn't made: its info has no
// name.
func (w *Writer) Close() (FileInfo, error) {
	if w.info.Rows == 0 {
		return FileInfo{}, w.file.Abort()
	}
	if w.block.rows > 0 {
		if err := w.flush(); err != nil {
			return FileInfo{}, err
		}
	}
	w.index = binary.BigEndian.AppendUint64(w.index, xxh3.Hash(w.index))
	w.info.Index = int64(len(w.index))
	w.info.Bytes += w.info.Index
	if _, err := w.file.Write(w.index); err != nil {
		return FileInfo{}, err
	}
	return w.info, w.file.Close()
}

// Abort leaves nothing of a file that isn't closed.
func (w *Writer) Abort() error { return w.file.Abort() }

// blockAt is where a block is.
type blockAt struct {
	first  uint64
	offset int64
	size   int64
}

// readIndex finds the blocks that may have rows in a range. They stand together.
func readIndex(ctx context.Context, store Store, f FileInfo, r Range) ([]blockAt, error) {
	damaged := fault.New(fault.Invalid, "read %s: its index is damaged", f.Name)
	entries := f.Index - 8
	if entries < 0 || entries%indexEntry != 0 || f.Index > f.Bytes {
		return nil, damaged
	}
	data := make([]byte, f.Index)
	if err := store.Read(ctx, f.Name, f.Bytes-f.Index, data); err != nil {
		return nil, err
	}
	if xxh3.Hash(data[:entries]) != binary.BigEndian.Uint64(data[entries:]) {
		return nil, damaged
	}
	var blocks []blockAt
	end := int64(0) // of the block before
	for at := int64(0); at < entries; at += indexEntry {
		b := blockAt{
			first:  binary.BigEndian.Uint64(data[at:]),
			offset: int64(binary.BigEndian.Uint64(data[at+8:])),
			size:   int64(binary.BigEndian.Uint32(data[at+16:])),
		}
		if b.offset != end || b.size > f.Bytes-f.Index-end {
			return nil, damaged
		}
		end += b.size
		if !r.beforeEnd(b.first) {
			break
		}
		// The block before one that begins at or before From has no row in the range
		// unless both begin with it.
		if len(blocks) > 0 && b.first < r.From {
			blocks = blocks[:0]
		}
		blocks = append(blocks, b)
	}
	return blocks, nil
}

// zstdDecoder decompresses in the caller's goroutine, and may be used by several.
var zstdDecoder = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(1<<32))
	if err != nil {
		panic(err) // the options are fixed
	}
	return d
})
