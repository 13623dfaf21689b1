package diff

import "context"

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
