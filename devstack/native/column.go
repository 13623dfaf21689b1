package native

import "fmt"

// fixed is a type of so many bytes per value.
type fixed int

func (fixed) state(cursor) error              { return nil }
func (n fixed) data(c cursor, rows int) error { return c.skip(int(n) * rows) }

type stringNode struct{}

func (stringNode) state(cursor) error { return nil }

func (stringNode) data(c cursor, rows int) error { return c.skipStrings(rows) }

// jsonNode is JSON that travels as text, which is what the sessions here ask the engine for.
type jsonNode struct{}

const jsonAsText = 1

func (jsonNode) state(c cursor) error {
	version, err := c.uint64()
	if err == nil && version != jsonAsText {
		return fmt.Errorf("JSON serialization %d: %w", version, ErrType)
	}
	return err
}

func (jsonNode) data(c cursor, rows int) error { return c.skipStrings(rows) }

type nullable struct{ of node }

func (n nullable) state(c cursor) error { return n.of.state(c) }

func (n nullable) data(c cursor, rows int) error {
	if err := c.skip(rows); err != nil {
		return err
	}
	return n.of.data(c, rows)
}

// array is the offsets where each row ends, then all elements.
type array struct{ of node }

func (n array) state(c cursor) error { return n.of.state(c) }

func (n array) data(c cursor, rows int) error {
	if rows == 0 {
		return n.of.data(c, 0)
	}
	if err := c.skip(8 * (rows - 1)); err != nil {
		return err
	}
	elements, err := c.uint64()
	if err != nil {
		return err
	}
	if elements > maxRows {
		return fmt.Errorf("%d array elements: %w", elements, ErrMalformed)
	}
	return n.of.data(c, int(elements))
}

type tuple []node

func (n tuple) state(c cursor) error {
	for _, element := range n {
		if err := element.state(c); err != nil {
			return err
		}
	}
	return nil
}

func (n tuple) data(c cursor, rows int) error {
	for _, element := range n {
		if err := element.data(c, rows); err != nil {
			return err
		}
	}
	return nil
}

// variant is a byte per row that says which type the row has, then the values of each type.
type variant []node

const noVariant = 255

func (n variant) state(c cursor) error {
	mode, err := c.uint64()
	if err != nil {
		return err
	}
	if mode != 0 {
		return fmt.Errorf("variant serialization %d: %w", mode, ErrType)
	}
	return tuple(n).state(c)
}

func (n variant) data(c cursor, rows int) error {
	discriminators, err := c.bytes(rows)
	if err != nil {
		return err
	}
	counts := make([]int, len(n))
	for _, d := range discriminators {
		if d == noVariant {
			continue
		}
		if int(d) >= len(n) {
			return fmt.Errorf("variant %d of %d: %w", d, len(n), ErrMalformed)
		}
		counts[d]++
	}
	for i, element := range n {
		if err := element.data(c, counts[i]); err != nil {
			return err
		}
	}
	return nil
}

// lowCardinality is a dictionary and the index of each row's value in it.
type lowCardinality struct{ keys node }

func newLowCardinality(n node) node {
	if wrapped, ok := n.(nullable); ok {
		n = wrapped.of // the null is the dictionary's first key
	}
	return lowCardinality{n}
}

const (
	indexWidthMask    = 0xff
	hasAdditionalKeys = 1 << 9
	needsGlobalKeys   = 1 << 8
)

func (n lowCardinality) state(c cursor) error {
	_, err := c.uint64() // the version, always 1
	return err
}

func (n lowCardinality) data(c cursor, rows int) error {
	if rows == 0 {
		return nil
	}
	kind, err := c.uint64()
	if err != nil {
		return err
	}
	if kind&hasAdditionalKeys == 0 || kind&needsGlobalKeys != 0 || kind&indexWidthMask > 3 {
		return fmt.Errorf("dictionary kind %#x: %w", kind, ErrType)
	}
	keys, err := c.uint64()
	if err != nil {
		return err
	}
	if keys > maxRows {
		return fmt.Errorf("%d dictionary keys: %w", keys, ErrMalformed)
	}
	if err := n.keys.data(c, int(keys)); err != nil {
		return err
	}
	indexes, err := c.uint64()
	if err != nil {
		return err
	}
	if indexes != uint64(rows) {
		return fmt.Errorf("%d dictionary indexes for %d rows: %w", indexes, rows, ErrMalformed)
	}
	return c.skip(rows << (kind & indexWidthMask))
}
