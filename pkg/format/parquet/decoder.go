package parquet

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
	"github.com/longshore/longshore/pkg/format/textvalue"
	"github.com/longshore/longshore/pkg/schema"
)

const (
	defaultBlockBytes  = 64 << 20
	defaultMaxRowBytes = 64 << 20
	// stretchRows is how many rows are decoded at once: few enough to stay in a
	// core's cache from the page to the block.
	stretchRows = 4096
	// windowBytes is what all columns of a file together read ahead, in bytes. A
	// store takes as long for a request as for a MiB, so one should be for several.
	windowBytes = 24 << 20
	// leastWindow is what a column reads at once at least, in bytes.
	leastWindow = 64 << 10
)

// Decoder implements format.Reader.
func (Format) Decoder(ctx context.Context, in format.Input, columns []format.Column, opts format.ReadOptions) (format.Decoder, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	file, err := open(in)
	if err != nil {
		return nil, err
	}
	d := &decoder{ctx: ctx, file: file, opts: opts}
	if d.opts.BlockBytes <= 0 {
		d.opts.BlockBytes = defaultBlockBytes
	}
	if d.opts.MaxRowBytes <= 0 {
		d.opts.MaxRowBytes = defaultMaxRowBytes
	}
	d.plan(columns)
	return d, nil
}

// decoder reads a file stretch by stretch: the same rows of all columns, from
// pages into typed values and from there into the block.
type decoder struct {
	ctx     context.Context
	file    *opened
	opts    format.ReadOptions
	unpack  unpacker
	specs   []block.Spec
	columns []source
	readers []*leafReader // of the leaves that some column needs

	sizes []int64 // scratch of window

	group    int   // index of the open row group
	opened   bool  // readers stand in it
	groupAt  int64 // rows of it that were read
	row      int64 // rows of the file that were read, or are not of the range
	bytes    int64 // of the row groups before it
	problems []problem
	bad      []bool // of the stretch
	rejects  []format.Reject
	refused  int64     // bytes of the rejects, where all rows are
	texts    *rowTexts // made when it is first needed
}

// source is where a column's values come from.
type source struct {
	column format.Column
	path   schema.Path
	shape  *shape // nil where the file doesn't have the field
	nested bool   // an Array or Map: null is an empty one
}

// isMissing reports whether no row of the file has the column.
func (s *source) isMissing() bool { return s.shape == nil && !s.path.IsRow() }

// problem is a value that doesn't fit.
type problem struct {
	row    int // of the stretch
	column int // -1 is the row as a whole
	what   textvalue.Problem
}

// plan decides how each column is read.
func (d *decoder) plan(columns []format.Column) {
	b := shaper{leaves: d.file.leaves, readers: make([]*leafReader, len(d.file.leaves))}
	b.open = func(leaf *node) *leafReader {
		r := newLeafReader(d.file, &d.unpack, leaf)
		d.readers = append(d.readers, r)
		return r
	}
	for _, c := range columns {
		s := source{column: c, path: pathOf(&c, d.file.root)}
		kind := c.Type.Base().Kind
		s.nested = kind == schema.Array || kind == schema.Map
		if s.path.IsRow() {
			for _, leaf := range d.file.leaves {
				b.reader(leaf)
			}
		} else {
			s.shape = b.shape(d.file.root, s.path, c.Type)
		}
		d.columns = append(d.columns, s)
		d.specs = append(d.specs, block.Spec{Name: c.Name, Type: c.Type, Optional: c.Default})
	}
}

// pathOf returns where a column's values are. A name with dots that no field has
// means the fields of structs.
func pathOf(c *format.Column, root *node) schema.Path {
	path := c.Path
	if len(path) == 0 {
		path = schema.FieldPath(c.Name)
	}
	if len(path) != 1 || path[0].Kind != schema.StepField || root.child(path[0].Field) != nil {
		return path
	}
	var out schema.Path
	for _, name := range strings.Split(path[0].Field, ".") {
		out = append(out, schema.Step{Field: name})
	}
	return out
}

// Next implements format.Decoder.
func (d *decoder) Next(dst *block.Block, maxRows int) (int, error) {
	dst.Shape(d.specs)
	for i := range d.columns {
		if s := &d.columns[i]; s.isMissing() && s.column.Default {
			dst.Columns[i].Omit()
		}
	}
	d.rejects, d.refused = d.rejects[:0], 0
	consumed := 0
	for consumed < maxRows && dst.Bytes()+d.refused < int64(d.opts.BlockBytes) {
		if err := d.ctx.Err(); err != nil {
			return 0, err
		}
		more, err := d.openGroup()
		if err != nil {
			return 0, err
		}
		if !more {
			break
		}
		n, err := d.stretch(maxRows-consumed, int64(d.opts.BlockBytes)-dst.Bytes())
		if err != nil {
			return 0, err
		}
		if err := d.decode(dst, n); err != nil {
			return 0, err
		}
		consumed += n
	}
	if consumed == 0 && maxRows > 0 {
		return 0, io.EOF
	}
	return consumed, nil
}

// openGroup makes the readers stand in a row group with rows left.
func (d *decoder) openGroup() (more bool, err error) {
	for groups := d.file.footer.RowGroups; d.group < len(groups); d.group++ {
		g := &groups[d.group]
		if !d.within(g) {
			d.row += g.Rows
			continue
		}
		if d.groupAt < g.Rows {
			if !d.opened {
				window := d.window(g)
				for _, r := range d.readers {
					r.open(g, window)
				}
				d.opened = true
			}
			return true, nil
		}
		d.bytes += groupBytes(g)
		d.groupAt, d.opened = 0, false
	}
	return false, nil
}

// window returns how much of a column of a row group is read at once, in bytes: of
// the small ones all, and of the large ones as much as the others leave.
func (d *decoder) window(g *meta.RowGroup) int64 {
	d.sizes = d.sizes[:0]
	for _, r := range d.readers {
		d.sizes = append(d.sizes, g.Chunks[r.leaf.leaf].Compressed)
	}
	slices.Sort(d.sizes)
	left, share := int64(windowBytes), int64(windowBytes)
	for i, size := range d.sizes {
		share = left / int64(len(d.sizes)-i)
		if size > share {
			break
		}
		left -= size
	}
	return max(share, leastWindow)
}

// stretch returns how many rows come next: as many as all readers have in their
// pages, and as fit in so many bytes on average.
func (d *decoder) stretch(rows int, budget int64) (int, error) {
	left := d.file.footer.RowGroups[d.group].Rows - d.groupAt
	n := int(min(int64(rows), left, stretchRows))
	rowBytes := int64(1)
	for _, r := range d.readers {
		most, err := r.stretch()
		if err != nil {
			return 0, err
		}
		n = min(n, most)
		rowBytes += int64(r.rowBytes)
	}
	return max(1, min(n, int(budget/rowBytes)+1)), nil
}

// decode appends n rows to dst, but for those that don't fit.
func (d *decoder) decode(dst *block.Block, n int) error {
	for _, r := range d.readers {
		if err := r.load(n); err != nil {
			return err
		}
	}
	if len(d.opts.Refuse) > 0 {
		return d.refuse(n)
	}
	rows := dst.Rows()
	d.problems = d.problems[:0]
	d.findLongRows(n)
	if err := d.fill(dst, n, nil); err != nil {
		return err
	}
	if len(d.problems) > 0 {
		if err := d.reject(n); err != nil {
			return err
		}
		dst.Truncate(rows)
		if err := d.fill(dst, n, d.bad); err != nil {
			return err
		}
	}
	d.consume(n)
	return nil
}

func (d *decoder) consume(n int) {
	d.groupAt += int64(n)
	d.row += int64(n)
}

// findLongRows notes the rows that have more bytes than MaxRowBytes. Most often
// the pages at hand are too small for one.
func (d *decoder) findLongRows(n int) {
	most := 0
	for _, r := range d.readers {
		most += max(len(r.data), len(r.own))
	}
	if most <= d.opts.MaxRowBytes {
		return
	}
	sums := make([]int, n)
	for _, r := range d.readers {
		r.rowSizes(sums)
	}
	for row, sum := range sums {
		if sum > d.opts.MaxRowBytes {
			d.problems = append(d.problems, problem{row, -1, rowTooLong})
		}
	}
}

// rowTooLong is the problem of a row beyond MaxRowBytes.
const rowTooLong textvalue.Problem = 0xFD

// Rejected implements format.Decoder.
func (d *decoder) Rejected() []format.Reject { return d.rejects }

// Close implements format.Decoder.
func (d *decoder) Close() error {
	d.unpack.close()
	d.readers, d.columns = nil, nil
	return nil
}
