package parquet

import "sync"

// heldBlock is the size of the blocks that pages are held in, in bytes: small
// enough that a hundred columns leave little of theirs empty.
const heldBlock = 32 << 10

// blocks are those that hold no page. All encoders share them, so that memory
// goes from column to column and from part to part.
var blocks = sync.Pool{New: func() any { return new([heldBlock]byte) }}

// heldPages is the finished pages of a chunk. It takes as much memory as they
// have bytes, but for the end of a block, and never moves what it has.
type heldPages struct {
	blocks []*[heldBlock]byte
	size   int // bytes held
}

func (h *heldPages) add(p []byte) {
	for len(p) > 0 {
		if h.size == len(h.blocks)*heldBlock {
			h.blocks = append(h.blocks, blocks.Get().(*[heldBlock]byte))
		}
		n := copy(h.blocks[len(h.blocks)-1][h.size%heldBlock:], p)
		h.size += n
		p = p[n:]
	}
}

// take appends all to dst and gives the memory back.
func (h *heldPages) take(dst []byte) []byte {
	for i, b := range h.blocks {
		dst = append(dst, b[:min(heldBlock, h.size-i*heldBlock)]...)
		blocks.Put(b)
		h.blocks[i] = nil
	}
	h.blocks, h.size = h.blocks[:0], 0
	return dst
}
