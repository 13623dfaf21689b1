package diff

import (
	"context"

	"golang.org/x/sync/errgroup"
)

const (
	// maxFetch is the most that is fetched at a time, in bytes.
	maxFetch = 8 << 20
	// maxAhead is how many fetches of cursors that are read together are under way,
	// or wait for their rows to be wanted.
	maxAhead = 16
)

// fetches is what cursors that are read together have in common: their memory.
// Each has a buffer that it reads from. A few buffers more are filled ahead of
// time, for those cursors that will want theirs first: the indexes tell which.
// So cursors can be many without each having two buffers.
type fetches struct {
	store   Store
	cursors []*Cursor
	size    int64    // of a buffer, in bytes; one block may be larger
	ahead   int      // how many buffers are filled ahead of time
	filling int      // how many are
	free    [][]byte // of that size
	begun   bool
	err     error // why they couldn't begin
}

// newFetches shares memory out, in bytes.
func newFetches(store Store, cursors []*Cursor, memory int64) {
	f := &fetches{store: store, cursors: cursors, ahead: min(len(cursors), maxAhead)}
	f.size = min(memory/int64(max(len(cursors)+f.ahead, 1)), maxFetch)
	for _, c := range cursors {
		c.fetches = f
	}
}

// begin reads the indexes and fetches each cursor's first blocks.
func (f *fetches) begin(ctx context.Context) error {
	if f.begun {
		return f.err
	}
	f.begun = true
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxAhead)
	for _, c := range f.cursors {
		group.Go(func() error { return c.begin(ctx) })
	}
	f.err = group.Wait()
	return f.err
}

// lookAhead begins to fetch what will be wanted first.
func (f *fetches) lookAhead(ctx context.Context) {
	for f.filling < f.ahead {
		c := f.due()
		if c == nil {
			return
		}
		c.request(ctx)
	}
}

// due returns the cursor whose next fetch is wanted first, nil where all that is
// left is on its way.
func (f *fetches) due() (first *Cursor) {
	for _, c := range f.cursors {
		if len(c.blocks) == 0 || c.pending != nil {
			continue
		}
		if first == nil || c.blocks[0].first < first.blocks[0].first {
			first = c
		}
	}
	return first
}

// buffer returns a buffer for so many bytes. The last one of a file is no larger
// than that.
func (f *fetches) buffer(size int64, last bool) []byte {
	switch n := len(f.free); {
	case size > f.size:
	case n > 0:
		b := f.free[n-1]
		f.free = f.free[:n-1]
		return b[:size]
	case !last:
		return make([]byte, size, f.size)
	}
	return make([]byte, size)
}

// give takes a buffer back.
func (f *fetches) give(b []byte) {
	if b != nil && int64(cap(b)) == f.size {
		f.free = append(f.free, b)
	}
}
