package export

import "sync"

// buffers are large ones of one size that are used again, by whichever part
// comes next: what a part of gigabytes allocates is what it has in memory at a
// time. Once no part runs, the collector takes them.
type buffers struct {
	size int // bytes

	mu    sync.Mutex
	users int      // guarded by mu
	free  [][]byte // guarded by mu
}

// bufferSlack is what a buffer has beyond what goes into it as a rule, in bytes:
// how much is encoded at a time is an estimate, and a piece may get a lead.
const bufferSlack = 512 << 10

var (
	pieceBuffers = &buffers{size: pieceSize + bufferSlack}
	chunkBuffers = &buffers{size: chunkSize + bufferSlack}
)

// open has buffers kept until close is called as often.
func (b *buffers) open() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.users++
}

func (b *buffers) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.users--; b.users == 0 {
		b.free = nil
	}
}

// take returns an empty buffer of that capacity at least.
func (b *buffers) take(size int) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n := len(b.free); n > 0 && size <= b.size {
		buf := b.free[n-1]
		b.free[n-1] = nil
		b.free = b.free[:n-1]
		return buf
	}
	return make([]byte, 0, max(size, b.size))
}

// put takes a buffer back, whose content nobody reads any more. One of another
// size, because a row was larger than any buffer, is left to the collector.
func (b *buffers) put(buf []byte) {
	if cap(buf) != b.size {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.users > 0 {
		b.free = append(b.free, buf[:0])
	}
}

// reusable returns the buffer of a chunk, empty, for the next.
func (w *writer) reusable(buf []byte) []byte {
	if cap(buf) != w.buffers.size {
		return nil
	}
	return buf[:0]
}

// giveBack leaves a writer's buffers to the next one.
func (w *writer) giveBack() {
	w.buffers.put(w.chunk.data)
	w.chunk.data = nil
	for len(w.free) > 0 {
		w.buffers.put(<-w.free)
	}
}
