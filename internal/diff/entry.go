package diff

import (
	"bytes"
	"context"
)

// Head is what is compared of a row.
type Head struct {
	// Hash is HashKey(Key).
	Hash uint64
	// Key is the primary key in the canonical encoding.
	Key []byte
	// Row is the hash of the body. It is zero where bodies don't matter.
	Row RowHash
	// Gone marks a row that a level of a baseline takes away.
	Gone bool
}

// compare orders rows: by hash, then by key.
func (h *Head) compare(o *Head) int {
	switch {
	case h.Hash < o.Hash:
		return -1
	case h.Hash > o.Hash:
		return 1
	}
	return bytes.Compare(h.Key, o.Key)
}

// Source is rows in order. It is used by one goroutine.
type Source interface {
	// Next goes to the next row, and says whether there is one.
	Next(ctx context.Context) (bool, error)
	// Head returns the present row's head, which is valid until Next.
	Head() *Head
	// Body returns the present row's body, which is valid until Next.
	Body() ([]byte, error)
	// Close frees what the source holds, and waits for what it is fetching.
	Close()
}

// Range is a range of hashes: From is in it, To isn't. A To of zero is the end
// of all hashes.
type Range struct {
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
}

// Ranges cuts all hashes into n ranges of about the same number of rows.
func Ranges(n int) []Range {
	out := make([]Range, n)
	width := ^uint64(0)/uint64(n) + 1 // of n = 1: zero, which is the end
	for i := range out {
		out[i] = Range{From: uint64(i) * width, To: uint64(i+1) * width}
	}
	out[n-1].To = 0
	return out
}

func (r Range) beforeEnd(hash uint64) bool { return r.To == 0 || hash < r.To }

// overlaps reports whether a file may have rows in the range.
func (r Range) overlaps(f FileInfo) bool {
	return f.Rows > 0 && f.Last >= r.From && r.beforeEnd(f.First)
}
