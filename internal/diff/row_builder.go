package diff

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/fault"
)

// RowBuilder decodes rows that Rows encoded, into records of its schema. It is
// used by one goroutine.
type RowBuilder struct {
	rows         *Rows
	mem          memory.Allocator
	builders     []array.Builder // one for each of rows.columns
	readers      []valueReader
	dictionaries []*dictionaryReader // in the order in which restore meets them
	width        int                 // of a row's fixed part, in bytes
	length       int
	held         int  // bytes
	full         bool // a dictionary has more values than its index has numbers
}

// NewBuilder returns a builder of rows that r, or a Rows of columns of the same
// names and kinds, encoded. The caller releases it.
func (r *Rows) NewBuilder() *RowBuilder {
	b := &RowBuilder{rows: r, mem: memory.DefaultAllocator}
	for _, f := range r.forms {
		to := array.NewBuilder(b.mem, f.storage)
		b.builders = append(b.builders, to)
		b.readers = append(b.readers, f.newReader(b, to))
		b.width += f.width
	}
	return b
}

// Append decodes a row. The error is Invalid for bytes that Rows doesn't write,
// and for integers or decimals that are too large for the column's type: the
// builder is then as it was before. It is also Invalid once a dictionary has
// more values than its index type has numbers; such a builder may only be
// released.
func (b *RowBuilder) Append(encoded []byte) error {
	if n, fits := scanTuple(encoded, b.rows.forms); n != len(encoded) || !fits {
		return b.rows.rowFlaw(encoded)
	}
	readTuple(encoded, b.readers, b.builders)
	b.length++
	b.held += b.width + len(encoded)
	if b.full {
		return fault.New(fault.Invalid, "row %d: a dictionary of the record has too many values for its index", b.length)
	}
	return nil
}

// Len returns how many rows the builder holds.
func (b *RowBuilder) Len() int { return b.length }

// Bytes returns about how many bytes of memory the rows take.
func (b *RowBuilder) Bytes() int { return b.held }

// NewRecord returns the rows, which the caller releases, and empties the
// builder.
func (b *RowBuilder) NewRecord() arrow.Record {
	schema := b.rows.schema
	columns := make([]arrow.Array, len(b.builders))
	dictionaries := b.dictionaries
	for i, c := range b.rows.columns {
		built := b.builders[i].NewArray()
		data := b.restore(built.Data(), schema.Field(c.index).Type, &dictionaries)
		columns[c.index] = array.MakeFromData(data)
		data.Release()
		built.Release()
	}
	rec := array.NewRecord(schema, columns, int64(b.length))
	for _, c := range columns {
		c.Release()
	}
	b.length, b.held = 0, 0
	return rec
}

// restore turns an array's storage into the type t that the schema has:
// indices into dictionaries, entries into maps. Dictionaries are taken in order.
// The caller releases the result.
func (b *RowBuilder) restore(data arrow.ArrayData, t arrow.DataType, dictionaries *[]*dictionaryReader) arrow.ArrayData {
	if d, ok := t.(*arrow.DictionaryType); ok {
		values := (*dictionaries)[0].newDictionary()
		defer values.Release()
		*dictionaries = (*dictionaries)[1:]
		return array.NewDataWithDictionary(d, data.Len(), data.Buffers(), data.NullN(), data.Offset(), values.Data().(*array.Data))
	}
	nested, ok := t.(arrow.NestedType)
	if !ok {
		data.Retain()
		return data
	}
	var children []arrow.ArrayData
	for i, field := range nested.Fields() {
		child := b.restore(data.Children()[i], field.Type, dictionaries)
		defer child.Release()
		children = append(children, child)
	}
	return array.NewData(t, data.Len(), data.Buffers(), children, data.NullN(), data.Offset())
}

// Release frees the builder and the rows in it. It is safe to call twice.
func (b *RowBuilder) Release() {
	for _, to := range b.builders {
		to.Release()
	}
	for _, d := range b.dictionaries {
		d.values.Release()
	}
	b.builders, b.dictionaries = nil, nil
}
