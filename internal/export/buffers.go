package export

import "sync"

// buffers are large ones that are used again, by whichever part comes next: what
// a part of gigabytes allocates is what it has in memory at a time. The collector
// takes those that nobody uses.
type buffers struct{ pool sync.Pool }

var (
	pieceBuffers buffers // of pieceSize
	chunkBuffers buffers // of chunkBuffer
)

// take returns an empty buffer of that capacity at least.
func (b *buffers) take(size int) []byte {
	if buf, ok := b.pool.Get().(*[]byte); ok && cap(*buf) >= size {
		return (*buf)[:0]
	}
	return make([]byte, 0, size)
}

// put takes a buffer back, whose content nobody reads any more.
func (b *buffers) put(buf []byte) {
	if cap(buf) > 0 {
		b.pool.Put(&buf)
	}
}

// reusable returns the buffer of a chunk, empty, for the next. One that had to
// hold a row larger than any chunk is left to the collector.
func (w *writer) reusable(buf []byte) []byte {
	large := chunkBuffer
	if w.grouped {
		large = 2 * groupSize
	}
	if cap(buf) > large {
		return nil
	}
	return buf[:0]
}

// giveBack leaves a writer's buffers to the next one. Those of row groups are
// too large to be kept for it.
func (w *writer) giveBack() {
	all := [][]byte{w.chunk.data}
	for len(w.free) > 0 {
		all = append(all, <-w.free)
	}
	w.chunk.data = nil
	for _, buf := range all {
		if !w.grouped && cap(buf) == chunkBuffer {
			chunkBuffers.put(buf)
		}
	}
}
