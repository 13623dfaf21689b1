package diff

import (
	"context"

	"github.com/longshore/longshore/pkg/fault"
)

// Cursor reads the rows of a range from a sorted file. It fetches several blocks
// at a time, and the next ones while these are read.
type Cursor struct {
	store  Store
	file   FileInfo
	within Range
	memory int64 // bytes, for two fetches

	blocks  []blockAt // not yet fetched
	opened  bool      // the index is read
	data    []byte    // fetched, not yet opened
	block   block
	pending chan fetched // nil when nothing is being fetched
	cancel  context.CancelFunc
}

type fetched struct {
	data []byte
	err  error
}

// NewCursor returns a cursor before the first row. It holds about as many bytes
// as memory says, at least two blocks.
func NewCursor(store Store, f FileInfo, within Range, memory int64) *Cursor {
	return &Cursor{store: store, file: f, within: within, memory: memory}
}

// Next implements Source.
func (c *Cursor) Next(ctx context.Context) (bool, error) {
	if !c.opened {
		blocks, err := readIndex(ctx, c.store, c.file, c.within)
		if err != nil {
			return false, err
		}
		c.blocks, c.opened = blocks, true
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
	if c.pending == nil {
		c.request(ctx)
	}
	if c.pending == nil {
		return false, nil
	}
	got := <-c.pending
	c.cancel()
	c.pending = nil
	if got.err != nil {
		return false, got.err
	}
	c.data = got.data
	c.request(ctx)
	return true, nil
}

// request begins to fetch the next blocks that stand together.
func (c *Cursor) request(ctx context.Context) {
	if len(c.blocks) == 0 {
		return
	}
	n, size := 1, c.blocks[0].size
	for n < len(c.blocks) && size+c.blocks[n].size <= c.memory/2 {
		size += c.blocks[n].size
		n++
	}
	offset := c.blocks[0].offset
	c.blocks = c.blocks[n:]
	ctx, c.cancel = context.WithCancel(ctx)
	pending := make(chan fetched, 1)
	c.pending = pending
	go func() {
		data, err := c.store.Read(ctx, c.file.Name, offset, size)
		pending <- fetched{data, err}
	}()
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
	<-c.pending
	c.pending = nil
}

func (c *Cursor) damaged(err error) error {
	return fault.WithRemedy(fault.New(fault.Invalid, "read %s: %w", c.file.Name, err), "restore the object from a version or a backup of the state bucket; for a baseline, --reset-baseline makes a new one")
}

// Chain is sources one after the other: the files of one level of a baseline,
// whose ranges follow each other.
type Chain struct {
	sources []Source // the first is the present one
}

// NewChain returns a source over the rows of all; every row of one stands before
// those of the next.
func NewChain(sources ...Source) *Chain { return &Chain{sources: sources} }

// Next implements Source.
func (c *Chain) Next(ctx context.Context) (bool, error) {
	for len(c.sources) > 0 {
		ok, err := c.sources[0].Next(ctx)
		if ok || err != nil {
			return ok, err
		}
		c.sources[0].Close()
		c.sources = c.sources[1:]
	}
	return false, nil
}

// Head implements Source.
func (c *Chain) Head() *Head { return c.sources[0].Head() }

// Body implements Source.
func (c *Chain) Body() ([]byte, error) { return c.sources[0].Body() }

// Close implements Source.
func (c *Chain) Close() {
	for _, s := range c.sources {
		s.Close()
	}
}
