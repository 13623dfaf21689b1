package diff

import (
	"context"

	"github.com/longshore/longshore/pkg/fault"
)

// Cursor reads the rows of a range from a sorted file. It fetches several blocks
// at a time, and the next ones while these are read.
type Cursor struct {
	file    FileInfo
	within  Range
	fetches *fetches // of the cursors that it is read with

	blocks  []blockAt // not yet fetched
	buffer  []byte    // fetched
	data    []byte    // of that, not yet opened
	block   block
	coming  []byte     // being fetched
	pending chan error // nil when nothing is being fetched
	cancel  context.CancelFunc
}

// NewCursor returns a cursor before the first row. It holds about as many bytes
// as memory says, at least two blocks.
func NewCursor(store Store, f FileInfo, within Range, memory int64) *Cursor {
	c := &Cursor{file: f, within: within}
	newFetches(store, []*Cursor{c}, memory)
	return c
}

// Open returns a cursor over each file that may have rows in a range, to be read
// together, as by a Merge. In all they hold about as many bytes as memory says,
// at least a block each (TestMemoryOfManyCursorsIsBounded).
func Open(store Store, files []FileInfo, within Range, memory int64) []Source {
	var cursors []*Cursor
	var all []Source
	for _, f := range files {
		if within.overlaps(f) {
			c := &Cursor{file: f, within: within}
			cursors, all = append(cursors, c), append(all, c)
		}
	}
	newFetches(store, cursors, memory)
	return all
}

// Next implements Source.
func (c *Cursor) Next(ctx context.Context) (bool, error) {
	if !c.fetches.begun {
		if err := c.fetches.begin(ctx); err != nil {
			return false, err
		}
	}
	for {
		ok, err := c.block.next()
		switch {
		case err != nil:
			return false, c.damaged(err)
		case !ok:
			if more, err := c.advance(ctx); !more || err != nil {
				return false, err
			}
		case c.block.head.Hash < c.within.From:
		default:
			return c.within.beforeEnd(c.block.head.Hash), nil
		}
	}
}

// begin reads the index and the first blocks. Cursors that are read together
// begin at a time.
func (c *Cursor) begin(ctx context.Context) (err error) {
	f := c.fetches
	if c.blocks, err = readIndex(ctx, f.store, c.file, c.within); err != nil || len(c.blocks) == 0 {
		return err
	}
	offset, size := c.cut()
	c.buffer = f.buffer(size, len(c.blocks) == 0) // none is free yet, so this changes nothing
	c.data = c.buffer
	return f.store.Read(ctx, c.file.Name, offset, c.buffer)
}

// advance opens the next block.
func (c *Cursor) advance(ctx context.Context) (bool, error) {
	if len(c.data) == 0 {
		more, err := c.fetch(ctx)
		if !more || err != nil {
			return false, err
		}
	}
	rest, err := c.block.open(c.data)
	if err != nil {
		return false, c.damaged(err)
	}
	c.data = rest
	return true, nil
}

// fetch takes over what is being fetched and begins to fetch what follows it.
func (c *Cursor) fetch(ctx context.Context) (bool, error) {
	c.fetches.give(c.buffer)
	c.buffer, c.data = nil, nil
	if c.pending == nil {
		if len(c.blocks) == 0 {
			return false, nil
		}
		c.request(ctx)
	}
	if err := c.wait(); err != nil {
		return false, err
	}
	c.buffer, c.data = c.coming, c.coming
	c.fetches.lookAhead(ctx)
	return true, nil
}

func (c *Cursor) wait() error {
	err := <-c.pending
	c.cancel()
	c.pending = nil
	c.fetches.filling--
	return err
}

// cut takes the next blocks that stand together.
func (c *Cursor) cut() (offset, size int64) {
	offset, size = c.blocks[0].offset, c.blocks[0].size
	n := 1
	for n < len(c.blocks) && size+c.blocks[n].size <= c.fetches.size {
		size += c.blocks[n].size
		n++
	}
	c.blocks = c.blocks[n:]
	return offset, size
}

// request begins to fetch the next blocks, of which there are some.
func (c *Cursor) request(ctx context.Context) {
	offset, size := c.cut()
	c.coming = c.fetches.buffer(size, len(c.blocks) == 0)
	c.fetches.filling++
	ctx, c.cancel = context.WithCancel(ctx)
	into, pending := c.coming, make(chan error, 1)
	c.pending = pending
	go func() { pending <- c.fetches.store.Read(ctx, c.file.Name, offset, into) }()
}

// Head implements Source.
func (c *Cursor) Head() *Head { return &c.block.head }

// Body implements Source.
func (c *Cursor) Body() ([]byte, error) {
	body, err := c.block.body()
	if err != nil {
		return nil, c.damaged(err)
	}
	return body, nil
}

// Close implements Source.
func (c *Cursor) Close() {
	if c.pending == nil {
		return
	}
	c.cancel()
	_ = c.wait() // nobody wants it any more
}

func (c *Cursor) damaged(err error) error {
	return fault.WithRemedy(fault.New(fault.Invalid, "read %s: %w", c.file.Name, err), "restore the object from a version or a backup of the state bucket; for a baseline, --reset-baseline makes a new one")
}
