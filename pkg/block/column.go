package block

import (
	"encoding/binary"

	"github.com/longshore/longshore/pkg/schema"
)

// Column is the values of one column of a block. It is used by one goroutine.
type Column struct {
	// Name is the column's name in the table; empty inside other columns.
	Name string
	// Type is the column's type in the table.
	Type schema.Type

	kind     schema.Kind // of Type.Base()
	mode     mode
	optional bool             // see Optional; never with a Nullable type
	size     int              // bytes of a value; 0 if they differ
	data     []byte           // values; in Array and Map, ends of rows
	nulls    []byte           // mode withNulls: 1 where a row is null
	starts   []int            // String: where each value begins in data
	keys     []uint32         // mode distinct: an index into elems[0], by row
	wire     []byte           // mode distinct: what EachNative shows beside elems
	elems    []*Column        // Array: 1, Map: 2, Tuple: any, mode distinct: 1
	dict     *dictionary      // mode distinct
	enum     map[string]int16 // Enum: numbers by name
	rows     int              // Tuple
	nulled   int              // optional: how many rows are null
	nullable bool             // Type.TakesNull
	nullKey  bool             // mode distinct: key 0 stands for null
	left     bool             // see Omit
	uniform  bool             // see Uniform
}

// mode says what surrounds the values of a column.
type mode uint8

const (
	plain mode = iota
	// withNulls is Nullable(T), and optional T.
	withNulls
	// distinct is LowCardinality(T) and LowCardinality(Nullable(T)).
	distinct
)

// NewColumn returns an empty column. The type is one that schema.ParseType returns.
func NewColumn(name string, t schema.Type) *Column {
	c := &Column{Name: name, Type: t, nullable: t.TakesNull()}
	for t.Kind == schema.SimpleAggregateFunction {
		t = t.Elem(0)
	}
	base := t.Base()
	c.kind = base.Kind
	switch t.Kind {
	case schema.LowCardinality:
		c.mode = distinct
		c.elems = []*Column{NewColumn("", base)}
		c.dict = new(dictionary)
		c.nullKey = t.IsNullable()
		c.resetDictionary()
		return c
	case schema.Nullable:
		c.mode = withNulls
	}
	c.size = base.FixedSize()
	for _, e := range base.Elems {
		c.elems = append(c.elems, NewColumn("", e))
	}
	if base.Values != nil {
		c.enum = make(map[string]int16, len(base.Values))
		for _, v := range base.Values {
			c.enum[v.Name] = v.Number
		}
	}
	return c
}

// Optional makes AppendNull legal in an empty column whose type isn't Nullable,
// because the table has a DEFAULT for it. Such a column is sent as T while none
// of its rows is null, as Nullable(T) when some are, and not at all when all
// are; the server then fills in the DEFAULT. A type that can't be Nullable (Array,
// Map, Tuple) is sent with its own default, empty, when some rows are null.
func (c *Column) Optional() {
	if c.Type.IsNullable() {
		return
	}
	c.optional = true
	if c.mode == distinct {
		c.nullKey = true
		c.resetDictionary()
		return
	}
	c.mode = withNulls
}

// Rows returns how many values the column holds.
func (c *Column) Rows() int {
	switch {
	case c.mode == distinct:
		return len(c.keys)
	case c.size > 0:
		return len(c.data) / c.size
	case c.kind == schema.String:
		return len(c.starts)
	case c.kind == schema.Tuple:
		return c.rows
	}
	return len(c.data) / 8
}

// Elem returns the i-th column inside an Array, Map or Tuple.
func (c *Column) Elem(i int) *Column { return c.elems[i] }

// Elems returns how many columns are inside an Array, Map or Tuple.
func (c *Column) Elems() int {
	if c.mode == distinct {
		return 0
	}
	return len(c.elems)
}

// AcceptsNull reports whether a null has a place in the column: in Nullable and
// Optional columns, and in an Array or Map as no elements.
func (c *Column) AcceptsNull() bool { return c.optional || c.nullable }

// Defaulted returns how many rows of an Optional column are null.
func (c *Column) Defaulted() int { return c.nulled }

// Omit leaves the column out of the block, whose rows all lack it, so that the
// server fills in its DEFAULT also where the type is Nullable. Until the next
// Reset, only nulls may be appended.
func (c *Column) Omit() { c.left = true }

// Uniform has the column be sent as one type, whatever its rows: an Optional one
// as Nullable(T), even if none or all of them are null. It ends with Reset.
func (c *Column) Uniform() { c.uniform = true }

// Reset removes all rows and keeps the buffers.
func (c *Column) Reset() {
	c.left, c.uniform = false, false
	c.data, c.nulls, c.starts, c.keys = c.data[:0], c.nulls[:0], c.starts[:0], c.keys[:0]
	c.rows, c.nulled = 0, 0
	if c.mode == distinct {
		c.resetDictionary()
		return
	}
	for _, e := range c.elems {
		e.Reset()
	}
}

// Truncate removes all rows but the first rows, and whatever was appended to
// columns inside for a row that wasn't ended. It does nothing to a column that
// has no more than these.
func (c *Column) Truncate(rows int) {
	if c.mode == distinct {
		c.truncateKeys(rows)
		return
	}
	if rows < len(c.nulls) {
		if c.optional {
			for _, null := range c.nulls[rows:] {
				c.nulled -= int(null)
			}
		}
		c.nulls = c.nulls[:rows]
	}
	switch {
	case c.size > 0:
		c.data = c.data[:min(rows*c.size, len(c.data))]
	case c.kind == schema.String:
		if rows < len(c.starts) {
			c.data, c.starts = c.data[:c.starts[rows]], c.starts[:rows]
		}
	case c.kind == schema.Tuple:
		c.rows = min(rows, c.rows)
		for _, e := range c.elems {
			e.Truncate(c.rows)
		}
	default:
		c.data = c.data[:min(rows*8, len(c.data))]
		for _, e := range c.elems {
			e.Truncate(c.end(len(c.data)/8 - 1))
		}
	}
}

// end returns where row i of an Array or Map ends among the elements. Row -1
// ends at 0.
func (c *Column) end(i int) int {
	if i < 0 {
		return 0
	}
	return int(binary.LittleEndian.Uint64(c.data[i*8:]))
}

// Bytes returns how much the column holds, in bytes.
func (c *Column) Bytes() int64 {
	n := int64(len(c.data) + len(c.nulls) + 4*len(c.keys) + 8*len(c.starts))
	for _, e := range c.elems {
		n += e.Bytes()
	}
	return n
}
