package ingest

import (
	"slices"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/pkg/format"
)

// chunking says where the chunks of files end. Each chunk is one INSERT. It is so
// many rows, or the rows that take so many bytes of the file, decompressed, where
// those are fewer, and it is decoded and sent in blocks, each with its share of
// both. The values stand in the file ledger with every file that was begun, and
// hold for it ever after.
type chunking struct {
	ChunkRows   int64  `json:"chunk_rows"`
	ChunkBytes  int64  `json:"chunk_bytes"`
	ChunkBlocks uint32 `json:"chunk_blocks,omitempty"`
}

// What a chunk is made of, unless CutFiles says another size: as much as
// ClickHouse's own readers make one part of.
const (
	blockRows  = 1 << 16
	blockBytes = 16 << 20

	chunkBlocks = 16
	chunkBytes  = chunkBlocks * blockBytes
)

// MaxChunkBytes is the most that CutFiles takes.
const MaxChunkBytes = 1 << 30

// wholeBlocks is how many times a block's share a chunk has at most that can't be
// sent in several blocks.
const wholeBlocks = 4

// CutFiles has chunks of files take so many bytes at most: 16 MiB for each block
// of a chunk; 256 MiB unless it is called. ClickHouse holds a chunk in memory
// before it stores it. It is called before the first run. Files that were begun keep
// their chunks.
func (i *Ingest) CutFiles(bytes int64) {
	i.chunkBlocks = min(max(bytes, blockBytes), MaxChunkBytes) / blockBytes
}

// chunking returns where the chunks of files end that are begun now.
func (i *Ingest) chunking(j *job) chunking {
	blocks := i.chunkBlocks
	c := chunking{ChunkBlocks: uint32(blocks)}
	if j.house.Sharded() || !streamed(j.columns) {
		blocks, c.ChunkBlocks = min(blocks, wholeBlocks), 1
	}
	c.ChunkRows, c.ChunkBytes = blocks*blockRows, blocks*blockBytes
	return c
}

// streamed reports whether rows of these columns can be sent in several blocks as
// one chunk. That the server is to fill in a DEFAULT is said by a null, of which
// a column that can't be null has none, and one that takes nulls has another.
func streamed(columns []format.Column) bool {
	return !slices.ContainsFunc(columns, func(c format.Column) bool {
		return c.Default && (c.Type.IsNullable() || !c.Type.CanBeNullable())
	})
}

// A file whose rows all go to quarantine is cut into smaller chunks: each row is
// there as text, twice. It must never change, or tokens would name other rows.
const refusedShare = 16

// cut is how one pass over a file makes its chunks: of so many blocks, each of so
// many rows or bytes at most.
type cut struct {
	blocks      int
	rows, bytes int64
}

// chunkingOf returns where the chunks of a file end that was begun.
func chunkingOf(rec clickhouse.FileRecord) chunking {
	return chunking{rec.ChunkRows, rec.ChunkBytes, rec.ChunkBlocks}
}

// into returns how the chunks of a file are made that is read into some columns.
func (c chunking) into(columns []format.Column, refused bool) cut {
	share := max(int64(c.ChunkBlocks), 1)
	out := cut{blocks: int(share)}
	switch {
	case refused:
		out.blocks, share = 1, refusedShare
	case !streamed(columns):
		out.blocks = 1
	}
	out.rows, out.bytes = max(c.ChunkRows/share, 1), max(c.ChunkBytes/share, 1)
	return out
}
