package clickhouse

import (
	"encoding/binary"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/fault"
)

// list is Array and Map: where each value's elements end, then all elements.
type list struct {
	t       arrow.DataType
	element column
}

func (c *list) state(r *proto.Reader) error { return c.element.state(r) }

func (c *list) decode(r *proto.Reader, n int) (arrow.ArrayData, error) {
	ends, err := readBytes(r, n, 8)
	if err != nil {
		return nil, err
	}
	offsets, last := make([]byte, 4*(n+1)), uint64(0)
	for i := range n {
		end := binary.LittleEndian.Uint64(ends[8*i:])
		if end < last || end > maxValues {
			return nil, errTooLarge
		}
		binary.LittleEndian.PutUint32(offsets[4*(i+1):], uint32(end))
		last = end
	}
	elements, err := c.element.decode(r, int(last))
	if err != nil {
		return nil, err
	}
	buffers := []*memory.Buffer{nil, memory.NewBufferBytes(offsets)}
	return array.NewData(c.t, n, buffers, []arrow.ArrayData{elements}, 0, 0), nil
}

// tuple is its elements, a column after the other.
type tuple struct {
	t        arrow.DataType
	elements []column
}

func (c *tuple) state(r *proto.Reader) error {
	for _, e := range c.elements {
		if err := e.state(r); err != nil {
			return err
		}
	}
	return nil
}

func (c *tuple) decode(r *proto.Reader, n int) (arrow.ArrayData, error) {
	children := make([]arrow.ArrayData, len(c.elements))
	for i, e := range c.elements {
		var err error
		if children[i], err = e.decode(r, n); err != nil {
			return nil, err
		}
	}
	return array.NewData(c.t, n, []*memory.Buffer{nil}, children, 0, 0), nil
}

// lowCardinality is a dictionary of values and, for each row, a number in it.
// In one that can hold nulls, the first number means null. We write the values
// out.
type lowCardinality struct {
	dictionary column
	nullable   bool
}

// What the words before dictionary and numbers mean.
const (
	sharedDictionaries = 1 // the only version there is
	globalDictionary   = 1 << 8
	ownDictionary      = 1 << 9
)

func (c *lowCardinality) state(r *proto.Reader) error {
	version, err := r.Int64()
	if err == nil && version != sharedDictionaries {
		err = fault.New(fault.Unknown, "LowCardinality of the unknown version %d", version)
	}
	return err
}

func (c *lowCardinality) decode(r *proto.Reader, n int) (arrow.ArrayData, error) {
	if n == 0 {
		return c.dictionary.decode(r, 0)
	}
	flags, err := r.Int64()
	if err != nil {
		return nil, err
	}
	if flags&globalDictionary != 0 || flags&ownDictionary == 0 || flags&0xff > 3 {
		return nil, fault.New(fault.Unknown, "LowCardinality with the unknown flags %x", flags)
	}
	size, err := r.Int64()
	if err != nil || size < 0 || size > maxValues {
		return nil, orTooLarge(err)
	}
	dictionary, err := c.dictionary.decode(r, int(size))
	if err != nil {
		return nil, err
	}
	if rows, err := r.Int64(); err != nil || rows != int64(n) {
		return nil, orTooLarge(err)
	}
	width := 1 << (flags & 0xff)
	numbers, err := readBytes(r, n, width)
	if err != nil {
		return nil, err
	}
	return c.expand(dictionary, int(size), numbers, width, n)
}

func orTooLarge(err error) error {
	if err != nil {
		return err
	}
	return errTooLarge
}

func (c *lowCardinality) expand(dictionary arrow.ArrayData, size int, numbers []byte, width, n int) (arrow.ArrayData, error) {
	indexes, mask := make([]int, n), make([]byte, n)
	for i := range indexes {
		var word [8]byte
		copy(word[:], numbers[i*width:(i+1)*width])
		index := binary.LittleEndian.Uint64(word[:])
		if index >= uint64(size) {
			return nil, fault.New(fault.Unknown, "LowCardinality has no value %d", index)
		}
		indexes[i] = int(index)
		if c.nullable && index == 0 {
			mask[i] = 1
		}
	}
	values, err := take(dictionary, indexes)
	if err != nil {
		return nil, err
	}
	return withNulls(values, mask), nil
}

// take picks values, which are strings or of one width.
func take(from arrow.ArrayData, indexes []int) (arrow.ArrayData, error) {
	t, buffers := from.DataType(), from.Buffers()
	switch t := t.(type) {
	case *arrow.StringType:
		return takeStrings(buffers[1].Bytes(), buffers[2].Bytes(), indexes)
	case arrow.FixedWidthDataType:
		if width := t.BitWidth() / 8; width > 0 {
			out := make([]byte, len(indexes)*width)
			for i, index := range indexes {
				copy(out[i*width:(i+1)*width], buffers[1].Bytes()[index*width:])
			}
			return newData(from.DataType(), len(indexes), out), nil
		}
	}
	return nil, fault.WithRemedy(fault.New(fault.Invalid, "LowCardinality of %v isn't supported", t), "cast it to the plain type")
}

func takeStrings(offsets, data []byte, indexes []int) (arrow.ArrayData, error) {
	at := func(i int) uint32 { return binary.LittleEndian.Uint32(offsets[4*i:]) }
	total := 0
	for _, index := range indexes {
		total += int(at(index+1) - at(index))
	}
	if total > maxValues {
		return nil, errTooLarge
	}
	ends, out := make([]byte, 4*(len(indexes)+1)), make([]byte, 0, total)
	for i, index := range indexes {
		out = append(out, data[at(index):at(index+1)]...)
		binary.LittleEndian.PutUint32(ends[4*(i+1):], uint32(len(out)))
	}
	return newData(utf8Type, len(indexes), ends, out), nil
}
