package postgres

import (
	"math/bits"
	"sync"

	"github.com/apache/arrow/go/v15/arrow/memory"
)

const (
	smallestClass = 6  // 64 bytes, Arrow's alignment
	largestClass  = 26 // larger buffers are left to the collector
	keptPerClass  = 64
)

// recycler is an allocator that hands the buffers of released batches out
// again. A batch that is never released costs only its memory's reuse. Buffers
// are not cleared.
type recycler struct {
	mu   sync.Mutex
	free [largestClass + 1][][]byte // guarded by mu; by size as a power of two
}

var _ memory.Allocator = (*recycler)(nil)

// Allocate implements memory.Allocator.
func (r *recycler) Allocate(size int) []byte {
	class := max(smallestClass, bits.Len(uint(max(size, 1)-1)))
	if class > largestClass {
		return make([]byte, size)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.free[class]); n > 0 {
		b := r.free[class][n-1]
		r.free[class] = r.free[class][:n-1]
		return b[:size]
	}
	return make([]byte, size, 1<<class)
}

// Reallocate implements memory.Allocator.
func (r *recycler) Reallocate(size int, b []byte) []byte {
	if size <= cap(b) {
		return b[:size]
	}
	larger := r.Allocate(size)
	copy(larger, b)
	r.Free(b)
	return larger
}

// Free implements memory.Allocator.
func (r *recycler) Free(b []byte) {
	class := bits.Len(uint(cap(b))) - 1
	if class < smallestClass || class > largestClass || cap(b) != 1<<class {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.free[class]) < keptPerClass {
		r.free[class] = append(r.free[class], b[:0])
	}
}
