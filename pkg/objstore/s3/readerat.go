package s3

import (
	"context"
	"io"
	"sync"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
)

const (
	// blockSize is the unit that is cached and asked for, in bytes.
	blockSize = 1 << 20
	// maxAhead is how many blocks one request asks for at most when the reads
	// turn out to be sequential.
	maxAhead = 8
	// largeRead is from how many bytes on a read is a request of its own.
	largeRead = 2 * blockSize
	// minCache is the least number of blocks that are kept.
	minCache = 2 * maxAhead
)

// ReaderAt reads one version of an object at any place, for formats that jump:
// Parquet reads its end first and then several columns side by side. It asks
// for blocks of 1 MiB, keeps the ones used last, asks for up to eight in one
// request where reads follow each other, and never asks twice at the same time.
// Who reads 2 MiB and more at once knows what it needs: that is one request, and
// nothing of it is kept. It may be used by many goroutines. ReadAt's errors are those of Bucket.Open.
type ReaderAt struct {
	ctx    context.Context // of all requests
	bucket *Bucket
	object objstore.Object
	limit  int // blocks

	mu     sync.Mutex
	blocks map[int64]*block // guarded by mu
	clock  int64            // guarded by mu; counts uses
	count  int64            // guarded by mu; requests made
}

// block is a piece of the object, or the promise of one.
type block struct {
	ready chan struct{} // closed when data or err is set
	data  []byte
	err   error
	used  int64 // the clock's time; guarded by ReaderAt.mu
	run   int   // blocks of the request that brought it
}

// ReaderAt returns a reader of the version o, as Head or List gave it. It keeps
// up to memory bytes of the object, but at least 16 MiB when the object is as
// large. It makes no request before the first read. It needs no closing; when
// ctx ends, so do its reads.
func (b *Bucket) ReaderAt(ctx context.Context, o objstore.Object, memory int64) *ReaderAt {
	return &ReaderAt{
		ctx: ctx, bucket: b, object: o, limit: max(minCache, int(memory/blockSize)), blocks: map[int64]*block{},
	}
}

// Size returns the object's size in bytes.
func (r *ReaderAt) Size() int64 { return r.object.Size }

// Requests returns how many requests were made.
func (r *ReaderAt) Requests() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count
}

// ReadAt implements io.ReaderAt.
func (r *ReaderAt) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fault.New(fault.Invalid, "read %s: offset %d", r.object.Key, off)
	}
	if len(p) >= largeRead && off < r.object.Size {
		return r.large(p, off)
	}
	read := 0
	for read < len(p) && off < r.object.Size {
		last := min(off+int64(len(p)-read), r.object.Size) - 1
		data, err := r.block(off/blockSize, last/blockSize)
		if err != nil {
			return read, err
		}
		n := copy(p[read:], data[off%blockSize:])
		read, off = read+n, off+int64(n)
	}
	if read < len(p) {
		return read, io.EOF
	}
	return read, nil
}

// large reads by a request of its own.
func (r *ReaderAt) large(p []byte, off int64) (int, error) {
	r.mu.Lock()
	r.count++
	r.mu.Unlock()
	within := p[:min(int64(len(p)), r.object.Size-off)]
	stream, err := r.bucket.Open(r.ctx, r.object.Key, r.object.ETag, off, int64(len(within)))
	if err != nil {
		return 0, err
	}
	defer stream.Close()
	n, err := io.ReadFull(stream, within)
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

// block returns a block, and asks for those up to last along with it.
func (r *ReaderAt) block(index, last int64) ([]byte, error) {
	r.mu.Lock()
	r.clock++
	b, found := r.blocks[index]
	if found {
		b.used = r.clock
		r.mu.Unlock()
		return b.wait(r.ctx)
	}
	run := r.plan(index, last)
	r.mu.Unlock()
	r.fetch(index, run)
	return run[0].wait(r.ctx)
}

// plan enters the promise of a run of blocks that begins at index and ends
// before a block that is there.
func (r *ReaderAt) plan(index, last int64) []*block {
	n := last - index + 1
	if before, found := r.blocks[index-1]; found {
		n = max(n, 2*int64(before.run)) // sequential: twice what was asked before
	}
	end := min(index+min(n, maxAhead), (r.object.Size+blockSize-1)/blockSize)
	var run []*block
	for i := index; i < end && r.blocks[i] == nil; i++ {
		b := &block{ready: make(chan struct{}), used: r.clock}
		r.blocks[i] = b
		run = append(run, b)
	}
	for _, b := range run {
		b.run = len(run)
	}
	r.count++
	r.evict()
	return run
}

// evict forgets the blocks that were used longest ago. Who reads one keeps it.
func (r *ReaderAt) evict() {
	for len(r.blocks) > r.limit {
		var oldest int64
		var found *block
		for i, b := range r.blocks {
			if b.used < r.clock && (found == nil || b.used < found.used) {
				oldest, found = i, b
			}
		}
		if found == nil {
			return
		}
		delete(r.blocks, oldest)
	}
}

// fetch keeps the promise of a run that begins at index. A block is ready as
// soon as it has arrived. Blocks that failed are forgotten: the next read asks
// again.
func (r *ReaderAt) fetch(index int64, run []*block) {
	offset := index * blockSize
	length := min(int64(len(run))*blockSize, r.object.Size-offset)
	stream, err := r.bucket.Open(r.ctx, r.object.Key, r.object.ETag, offset, length)
	if err == nil {
		defer stream.Close()
	}
	for i, b := range run {
		if err == nil {
			b.data = make([]byte, min(blockSize, length-int64(i)*blockSize))
			_, err = io.ReadFull(stream, b.data)
		}
		if b.err = err; err != nil {
			r.forget(index+int64(i), b)
		}
		close(b.ready)
	}
}

func (r *ReaderAt) forget(index int64, b *block) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.blocks[index] == b {
		delete(r.blocks, index)
	}
}

func (b *block) wait(ctx context.Context) ([]byte, error) {
	select {
	case <-b.ready:
		return b.data, b.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
