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

	wanted []uint64 // in ascending order: blocks without these hashes are left out; nil wants all
	bare   bool     // the file's rows have no bodies

	blocks  []blockAt // not yet fetched
	here    fetched
	block   block
	coming  fetched    // being fetched
	pending chan error // nil when nothing is being fetched
	cancel  context.CancelFunc
}

// fetched is blocks that stand about together, and the bytes of the file from
// the first one's offset on.
type fetched struct {
	offset int64
	blocks []blockAt // not yet opened
	buffer []byte
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
	if c.wanted != nil {
		if c.blocks = blocksWith(c.blocks, c.wanted); len(c.blocks) == 0 {
			return nil
		}
	}
	c.here = c.cut() // no buffer is free yet, so this changes nothing
	return f.store.Read(ctx, c.file.Name, c.here.offset, c.here.buffer)
}

// blocksWith returns those of some blocks that may have rows of these hashes.
func blocksWith(blocks []blockAt, hashes []uint64) []blockAt {
	var out []blockAt
	for i, b := range blocks {
		for len(hashes) > 0 && hashes[0] < b.first {
			hashes = hashes[1:]
		}
		if len(hashes) == 0 {
			break
		}
		// Rows of the hash that the next block begins with may stand here, too.
		if i+1 == len(blocks) || hashes[0] <= blocks[i+1].first {
			out = append(out, b)
		}
	}
	return out
}

// advance opens the next block.
func (c *Cursor) advance(ctx context.Context) (bool, error) {
	if len(c.here.blocks) == 0 {
		more, err := c.fetch(ctx)
		if !more || err != nil {
			return false, err
		}
	}
	at := c.here.blocks[0]
	c.here.blocks = c.here.blocks[1:]
	if err := c.block.open(c.here.buffer[at.offset-c.here.offset:][:at.size]); err != nil {
		return false, c.damaged(err)
	}
	return true, nil
}

// fetch takes over what is being fetched and begins to fetch what follows it.
func (c *Cursor) fetch(ctx context.Context) (bool, error) {
	c.fetches.give(c.here.buffer)
	c.here = fetched{}
	if c.pending == nil {
		if len(c.blocks) == 0 {
			return false, nil
		}
		c.request(ctx)
	}
	if err := c.wait(); err != nil {
		return false, err
	}
	c.here = c.coming
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

// maxGap is how many bytes between two blocks are rather fetched, too, than asked
// around.
const maxGap = 256 << 10

// cut takes the next blocks that stand about together, with a buffer for them.
func (c *Cursor) cut() (out fetched) {
	out.offset = c.blocks[0].offset
	end := out.offset + c.blocks[0].size
	n := 1
	for ; n < len(c.blocks); n++ {
		b := c.blocks[n]
		if b.offset+b.size-out.offset > c.fetches.size || b.offset-end > maxGap {
			break
		}
		end = b.offset + b.size
	}
	out.blocks, c.blocks = c.blocks[:n], c.blocks[n:]
	out.buffer = c.fetches.buffer(end-out.offset, len(c.blocks) == 0)
	return out
}

// request begins to fetch the next blocks, of which there are some.
func (c *Cursor) request(ctx context.Context) {
	c.coming = c.cut()
	c.fetches.filling++
	ctx, c.cancel = context.WithCancel(ctx)
	from, pending := c.coming, make(chan error, 1)
	c.pending = pending
	go func() { pending <- c.fetches.store.Read(ctx, c.file.Name, from.offset, from.buffer) }()
}

// Head implements Source.
func (c *Cursor) Head() *Head { return &c.block.head }

// Body implements Source.
func (c *Cursor) Body() ([]byte, error) {
	if c.bare {
		return nil, fault.New(fault.Invalid, "read %s: it has no bodies", c.file.Name)
	}
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
