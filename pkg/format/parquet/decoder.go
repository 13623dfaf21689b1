package parquet

import (
	"context"
	"io"
	"sort"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/textvalue"
	"github.com/longshore/longshore/pkg/schema"
)

const (
	defaultBlockBytes  = 64 << 20
	defaultMaxRowBytes = 64 << 20
	// stretchRows is how many rows are decoded at once: few enough to stay in a
	// core's cache from the page to the block.
	stretchRows = 4096
	// windowBytes is what all columns of a file together read ahead, in bytes.
	windowBytes = 32 << 20
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

	group    int   // index of the open row group
	opened   bool  // readers stand in it
	groupAt  int64 // rows of it that were read
	row      int64 // rows of the file that were read
	bytes    int64 // of the row groups before it
	problems []problem
	bad      []bool // of the stretch
	rejects  []format.Reject
	texts    *rowTexts // made when it is first needed
}

// source is where a column's values come from.
type source struct {
	column format.Column
	path   schema.Path
	shape  *shape // nil where the file doesn't have the field
	nested bool   // an Array or Map: null is an empty one
}

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
		r := newLeafReader(d.file, &d.unpack, leaf, 0)
		d.readers = append(d.readers, r)
		return r
	}
	for _, c := range columns {
		s := source{column: c, path: c.Path}
		if len(c.Path) == 0 {
			s.path = schema.FieldPath(c.Name)
		}
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
	for _, r := range d.readers {
		r.pages.window = max(windowBytes/len(d.readers), 64<<10)
	}
}

// Next implements format.Decoder.
func (d *decoder) Next(dst *block.Block, maxRows int) (int, error) {
	dst.Shape(d.specs)
	d.rejects = d.rejects[:0]
	consumed := 0
	for consumed < maxRows && dst.Bytes() < int64(d.opts.BlockBytes) {
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
		if d.groupAt < g.Rows {
			if !d.opened {
				for _, r := range d.readers {
					r.open(g)
				}
				d.opened = true
			}
			return true, nil
		}
		d.bytes += max(g.TotalBytes, 0)
		d.groupAt, d.opened = 0, false
	}
	return false, nil
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
	d.groupAt += int64(n)
	d.row += int64(n)
	return nil
}

// fill appends n rows to each column, without those that skip marks. What
// doesn't fit is replaced and becomes a problem.
func (d *decoder) fill(dst *block.Block, n int, skip []bool) error {
	for i := range d.columns {
		if err := d.fillColumn(dst.Columns[i], i, n, skip); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) fillColumn(c *block.Column, i, n int, skip []bool) error {
	s := &d.columns[i]
	switch {
	case s.path.IsRow():
		return d.fillRows(c, i, n, skip)
	case s.shape == nil:
		d.fillMissing(c, i, n, skip)
		return nil
	case s.shape.kind == shapeLeaf && s.shape.reader.leaf.rep == 0:
		d.fillFlat(c, i, n, skip)
		return nil
	}
	return d.fillNested(c, i, n, skip)
}

func (d *decoder) fillMissing(c *block.Column, i, n int, skip []bool) {
	fits := d.columns[i].nested || c.AcceptsNull()
	for row := range n {
		if skip != nil && skip[row] {
			continue
		}
		if !fits {
			d.problems = append(d.problems, problem{row, i, textvalue.Missing})
		}
		c.AppendNull()
	}
}

// fillFlat is for leaves outside of lists, which have one entry per row.
func (d *decoder) fillFlat(c *block.Column, i, n int, skip []bool) {
	s := d.columns[i].shape
	e, put := &s.reader.entries, s.column
	rows, value := c.Rows(), 0
	for row := range n {
		present := s.def == 0 || e.def[row] == s.def
		if present {
			value++
		}
		if skip != nil && skip[row] {
			continue
		}
		what := textvalue.OK
		if present {
			what = put(c, e, value-1)
		} else {
			what = s.null(c)
		}
		if what != textvalue.OK {
			d.problems = append(d.problems, problem{row, i, what})
			c.Truncate(rows)
			c.AppendDefault()
		}
		rows++
	}
}

func (d *decoder) fillNested(c *block.Column, i, n int, skip []bool) error {
	s := d.columns[i].shape
	s.rewind()
	for row := range n {
		if !s.startRow() {
			return s.leaves[0].failed(errValues)
		}
		if skip != nil && skip[row] {
			s.skipRow()
			continue
		}
		rows := c.Rows()
		what := s.append(c)
		switch what {
		case textvalue.OK:
			continue
		case broken:
			return s.leaves[0].failed(errValues)
		}
		d.problems = append(d.problems, problem{row, i, what})
		s.backToRow()
		s.skipRow()
		c.Truncate(rows)
		c.AppendDefault()
	}
	return nil
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

// Facts implements format.Decoder.
func (d *decoder) Facts() format.Facts {
	var f format.Facts
	if d.file.in.Size == 0 {
		return f
	}
	used := make([]bool, len(d.file.leaves))
	for _, r := range d.readers {
		used[r.leaf.leaf] = true
	}
	for i := range d.columns {
		s := &d.columns[i]
		if s.shape == nil && !s.path.IsRow() {
			f.Missing = append(f.Missing, s.column.Name)
		}
	}
	f.Unknown = unknown(nil, d.file.root, used)
	sort.Strings(f.Unknown)
	f.Bytes = d.bytes
	if groups := d.file.footer.RowGroups; d.group < len(groups) && d.groupAt > 0 {
		g := &groups[d.group]
		f.Bytes += int64(float64(max(g.TotalBytes, 0)) * float64(d.groupAt) / float64(g.Rows))
	}
	return f
}

// unknown appends the topmost fields below n of which no leaf is used.
func unknown(dst []string, n *node, used []bool) []string {
	for _, c := range n.children {
		switch {
		case !anyUsed(c, used):
			dst = append(dst, c.dotted())
		default:
			if _, _, isList := c.list(); !isList && c.leaf < 0 {
				dst = unknown(dst, c, used)
			}
		}
	}
	return dst
}

func anyUsed(n *node, used []bool) bool {
	if n.leaf >= 0 {
		return used[n.leaf]
	}
	for _, c := range n.children {
		if anyUsed(c, used) {
			return true
		}
	}
	return false
}

// Close implements format.Decoder.
func (d *decoder) Close() error {
	d.unpack.close()
	d.readers, d.columns = nil, nil
	return nil
}
