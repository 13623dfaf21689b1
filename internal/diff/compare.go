package diff

import (
	"context"
)

// Op is what became of a row.
type Op int

// The ops. Those before Unchanged are what mode diff writes, in this order.
const (
	Added Op = iota
	Changed
	Removed
	Unchanged
	// Gone is a row that the baseline takes away, and that isn't there now either.
	Gone
)

// String returns the op as object names and manifests have it.
func (o Op) String() string {
	return [...]string{"added", "changed", "removed", "unchanged", "gone"}[o]
}

// Compare holds rows against those of a baseline and calls visit for each key,
// in order, with the row that is to be sent: the present one, or the baseline's
// where there is none. Both sources stand before their first row. Rows that are
// gone may be among the baseline's; they are no rows of it, but keys.
//
// Rows of the baseline that found has are present, and unchanged: visit gets the
// baseline's row.
//
// A row whose key another present row has is given to twice instead, and visit
// is called for the first of them; so the caller can say which keys are meant.
func Compare(ctx context.Context, present, baseline Source, found *Found, visit func(Op, Source) error, twice func(*Head)) error {
	c := comparison{present: present, baseline: baseline, found: found, twice: twice}
	if err := c.begin(ctx); err != nil {
		return err
	}
	for c.old || c.now {
		order := c.order()
		if c.times > 0 && order >= 0 {
			if err := c.nextFound(ctx, order, visit); err != nil {
				return err
			}
			continue
		}
		if order > 0 { // the baseline's key comes first
			op := Removed
			if baseline.Head().Gone {
				op = Gone
			}
			if err := visit(op, baseline); err != nil {
				return err
			}
			if err := c.nextOld(ctx); err != nil {
				return err
			}
			continue
		}
		op := Added
		if order == 0 && !baseline.Head().Gone {
			op = Unchanged
			if present.Head().Row != baseline.Head().Row {
				op = Changed
			}
		}
		if err := visit(op, present); err != nil {
			return err
		}
		if order == 0 {
			if err := c.nextOld(ctx); err != nil {
				return err
			}
		}
		if err := c.nextNow(ctx); err != nil {
			return err
		}
	}
	return nil
}

// comparison is two sources going forward together.
type comparison struct {
	present, baseline Source
	now, old          bool // whether each has a row
	last              Head // the present row's; owns its key
	found             *Found
	times             int // how often the baseline's row was found
	twice             func(*Head)
}

func (c *comparison) begin(ctx context.Context) (err error) {
	if c.now, err = c.present.Next(ctx); err != nil {
		return err
	}
	c.remember()
	return c.nextOld(ctx)
}

// order compares the keys; a source without a row comes last.
func (c *comparison) order() int {
	switch {
	case !c.old:
		return -1
	case !c.now:
		return 1
	}
	return c.present.Head().compare(c.baseline.Head())
}

func (c *comparison) nextOld(ctx context.Context) (err error) {
	c.old, err = c.baseline.Next(ctx)
	c.times = 0
	if h := c.baseline.Head; c.old && c.found != nil && !h().Gone {
		c.times = c.found.times(h())
	}
	return err
}

// nextFound visits a row of the baseline that was found. Another present row of
// that key is one too many.
func (c *comparison) nextFound(ctx context.Context, order int, visit func(Op, Source) error) error {
	if c.times > 1 {
		c.twice(c.baseline.Head())
	}
	if order == 0 {
		c.twice(&c.last)
		if err := c.nextNow(ctx); err != nil {
			return err
		}
	}
	if err := visit(Unchanged, c.baseline); err != nil {
		return err
	}
	return c.nextOld(ctx)
}

// nextNow goes to the next present row with another key.
func (c *comparison) nextNow(ctx context.Context) (err error) {
	for {
		if c.now, err = c.present.Next(ctx); err != nil || !c.now {
			return err
		}
		if c.present.Head().compare(&c.last) != 0 {
			c.remember()
			return nil
		}
		c.twice(&c.last)
	}
}

func (c *comparison) remember() {
	if c.now {
		h := c.present.Head()
		c.last.Hash, c.last.Key = h.Hash, append(c.last.Key[:0], h.Key...)
	}
}

// Counts is how many rows of each op there are.
type Counts [Gone + 1]int64

// Present is how many rows the present result has.
func (c Counts) Present() int64 { return c[Added] + c[Changed] + c[Unchanged] }

// Add adds o to c.
func (c *Counts) Add(o Counts) {
	for op := range c {
		c[op] += o[op]
	}
}
