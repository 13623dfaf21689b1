package parquet

import (
	"slices"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
)

const (
	defaultGroupRows  = 1 << 20
	defaultGroupBytes = 64 << 20
)

// Encoder implements format.Writer.
func (Format) Encoder(schema *arrow.Schema, opts format.WriteOptions) (format.Encoder, error) {
	l, err := layoutOf(schema)
	if err != nil {
		return nil, err
	}
	codec, err := codecOf(opts.Compression)
	if err != nil {
		return nil, err
	}
	pack, err := newCompressor(codec)
	if err != nil {
		return nil, err
	}
	e := &encoder{layout: l, groupRows: opts.RowGroupRows, groupBytes: opts.RowGroupBytes}
	if e.groupRows <= 0 {
		e.groupRows = defaultGroupRows
	}
	if e.groupBytes <= 0 {
		e.groupBytes = defaultGroupBytes
	}
	for i := range l.leaves {
		e.columns = append(e.columns, newChunkWriter(&l.leaves[i], pack))
	}
	return e, nil
}

// encoder writes whole row groups. Rows of the group that isn't full are held as
// encoded pages.
type encoder struct {
	layout     *layout
	columns    []*chunkWriter
	checked    *arrow.Schema // a schema that was found equal
	groupRows  int64
	groupBytes int64
	rows       int64 // of the open row group
	written    int64 // bytes of the segment so far
	footer     meta.Footer
}

// Encode implements format.Encoder.
func (e *encoder) Encode(dst []byte, rows arrow.Record) ([]byte, error) {
	if err := e.check(rows.Schema()); err != nil {
		return dst, err
	}
	for from, n := int64(0), rows.NumRows(); from < n; {
		to := min(n, from+e.groupRows-e.rows)
		for _, c := range e.columns {
			if err := c.append(rows.Column(c.leaf.column), int(from), int(to)); err != nil {
				return dst, err
			}
		}
		e.rows += to - from
		from = to
		if e.rows >= e.groupRows || e.size() >= e.groupBytes {
			var err error
			if dst, err = e.endGroup(dst); err != nil {
				return dst, err
			}
		}
	}
	return dst, nil
}

func (e *encoder) check(schema *arrow.Schema) error {
	if schema == e.checked {
		return nil
	}
	fields := e.layout.schema.Fields()
	if schema.NumFields() != len(fields) {
		return fault.New(fault.Invalid, "encode parquet: got a batch of %d columns, want %d", schema.NumFields(), len(fields))
	}
	for i, f := range schema.Fields() {
		if f.Name != fields[i].Name || !arrow.TypeEqual(f.Type, fields[i].Type) {
			return fault.New(fault.Invalid, "encode parquet: got a batch with column %s %s, want %s %s", f.Name, f.Type, fields[i].Name, fields[i].Type)
		}
	}
	e.checked = schema
	return nil
}

// size returns how much of the open row group is held, in bytes.
func (e *encoder) size() int64 {
	var n int64
	for _, c := range e.columns {
		n += c.size()
	}
	return n
}

// endGroup appends the open row group to dst.
func (e *encoder) endGroup(dst []byte) ([]byte, error) {
	if e.rows == 0 {
		return dst, nil
	}
	dst = slices.Grow(dst, int(e.size()))
	from := len(dst)
	base := int64(len(meta.Magic)) + e.written - int64(from) // offset of dst's first byte
	group := meta.RowGroup{Rows: e.rows, Offset: int64(len(meta.Magic)) + e.written}
	for _, c := range e.columns {
		var chunk meta.Chunk
		var err error
		if dst, chunk, err = c.end(dst, base); err != nil {
			return dst, err
		}
		group.TotalBytes += chunk.Uncompressed
		group.Chunks = append(group.Chunks, chunk)
	}
	group.Compressed = int64(len(dst) - from)
	e.written += group.Compressed
	e.footer.Rows += e.rows
	e.footer.RowGroups = append(e.footer.RowGroups, group)
	e.rows = 0
	return dst, nil
}

// Flush implements format.Encoder. The meta is a footer without a schema. Its
// offsets are right where the segment is the first of an object, after the magic.
func (e *encoder) Flush(dst []byte) (out, m []byte, err error) {
	dst, err = e.endGroup(dst)
	if err != nil || len(e.footer.RowGroups) == 0 {
		return dst, nil, err
	}
	return dst, meta.AppendFooter(nil, &e.footer), nil
}
