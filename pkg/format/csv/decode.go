package csv

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/internal/window"
	"github.com/longshore/longshore/pkg/format/textvalue"
	"github.com/longshore/longshore/pkg/schema"
)

// decoder reads one file. A row goes one of two ways: the fast one appends each
// field as its end is found; what it can't place it takes back, and the slow way
// finds out why.
type decoder struct {
	ctx     context.Context
	name    string
	w       *window.Window
	columns []format.Column
	specs   []block.Spec
	opts    format.ReadOptions
	split   *splitter

	targets []target // by field of the file
	byCol   []int    // by column: its field in the file, or -1
	names   []string // of the fields, where the file has a header
	missing []int    // the columns without a field
	unknown []string // the fields without a column
	refused bool     // every row is rejected: by the options, or because a missing column takes no null

	row, line int64 // rows and lines before Pos
	filled    int   // rows in the block being filled
	rejects   []format.Reject
	stop      int64  // where in the file the next row is another block's
	scratch   []byte // of the fast way: a text whose doubled quotes are single
}

// target is where a field of the file goes.
type target struct {
	column *block.Column // of the block being filled; nil for an unknown field
	parse  textvalue.Parser
	index  int     // of the column; -1 for an unknown field
	nulls  bool    // the column keeps nulls
	empty  bool    // an empty field is an empty text, not a null
	also   *target // the next column that reads the same field
}

func newDecoder(ctx context.Context, name string, w *window.Window, columns []format.Column, opts format.ReadOptions) *decoder {
	d := &decoder{ctx: ctx, name: name, w: w, columns: columns, opts: opts, split: newSplitter(opts.CSV)}
	for _, c := range columns {
		d.specs = append(d.specs, block.Spec{Name: c.Name, Type: c.Type, Optional: c.Default})
	}
	return d
}

// begin decides whether there is a header and maps fields to columns.
func (d *decoder) begin() error {
	names, err := d.header()
	if err != nil {
		return err
	}
	d.names = names
	places := make(map[string][]int, len(names)) // of a name in the header
	for i, name := range names {
		places[name] = append(places[name], i)
	}
	d.targets = make([]target, d.findFields(names, places))
	d.refused = len(d.opts.Refuse) > 0
	for i := range d.targets {
		d.targets[i].index = -1
	}
	for col, at := range d.byCol {
		if at < 0 {
			d.missing = append(d.missing, col)
			if c := d.columns[col]; !c.Type.TakesNull() && !c.Default {
				d.refused = true
			}
			continue
		}
		d.aim(col, at)
	}
	for i, name := range names {
		if d.targets[i].index < 0 && name != "" && places[name][0] == i {
			d.unknown = append(d.unknown, name)
		}
	}
	slices.Sort(d.unknown)
	if r := d.opts.Range; r != nil {
		d.enter(r.From)
	}
	return nil
}

// findFields decides which field of the file each column reads, given where the
// header has each name, and returns how many fields there are. Without names they
// are in the order of the columns.
func (d *decoder) findFields(names []string, places map[string][]int) (fields int) {
	d.byCol = make([]int, len(d.columns))
	readers := make(map[string]int, len(d.columns)) // columns before, by the name they read
	for i, c := range d.columns {
		switch {
		case names != nil:
			name := pathName(c)
			d.byCol[i] = placeOf(places[name], readers[name])
			readers[name]++
		case c.ByName:
			d.byCol[i] = -1
		default:
			d.byCol[i] = fields
			fields++
		}
	}
	if names != nil {
		return len(names)
	}
	return fields
}

// placeOf returns which of the fields of one name the n-th column of that name
// reads, from 0: the n-th of several, else the first. It is -1 where there is none.
func placeOf(places []int, n int) int {
	switch {
	case len(places) == 0:
		return -1
	case n < len(places):
		return places[n]
	}
	return places[0]
}

// aim lets field at go to a column, besides those that it goes to already.
func (d *decoder) aim(col, at int) {
	c := d.columns[col]
	t := target{index: col, parse: textvalue.For(c.Type), nulls: c.Type.TakesNull() || c.Default}
	t.empty = c.Type.Base().Kind == schema.String && !t.nulls
	if first := d.targets[at]; first.index >= 0 {
		t.also = &first
	}
	d.targets[at] = t
}

// Next implements format.Decoder.
func (d *decoder) Next(dst *block.Block, maxRows int) (consumed int, err error) {
	d.rejects = d.rejects[:0]
	d.stop = d.w.Offset(d.w.Pos) + int64(d.opts.BlockBytes)
	dst.Shape(d.specs)
	if err := d.ctx.Err(); err != nil {
		return 0, wrap(d.name, err)
	}
	d.bind(dst)
	d.filled = 0
	start := d.row
	for rows := 0; rows < maxRows; {
		if err := d.fill(); err != nil {
			switch {
			case errors.Is(err, window.ErrLong):
				if err = d.rejectLong(); err == nil {
					rows = int(d.row - start)
					continue
				}
			case err == io.EOF && d.row > start:
				return int(d.row - start), nil
			}
			return 0, wrap(d.name, err)
		}
		if err := d.rows(dst, maxRows-rows); err != nil {
			return 0, wrap(d.name, err)
		}
		rows = int(d.row - start)
		if d.full() {
			break
		}
	}
	return int(d.row - start), nil
}

// fill has a row of the file, or of the range, begin at Pos.
func (d *decoder) fill() error {
	if d.over() {
		return io.EOF
	}
	return d.w.Fill()
}

// full reports whether the block has taken as much of the file as it may.
func (d *decoder) full() bool { return d.w.Offset(d.w.Pos) >= d.stop }

func (d *decoder) bind(dst *block.Block) {
	for _, col := range d.missing {
		if d.columns[col].Default {
			dst.Columns[col].Omit()
		}
	}
	for i := range d.targets {
		for t := &d.targets[i]; t != nil && t.index >= 0; t = t.also {
			t.column = dst.Columns[t.index]
		}
	}
}

// Rejected implements format.Decoder.
func (d *decoder) Rejected() []format.Reject { return d.rejects }

// Facts implements format.Decoder.
func (d *decoder) Facts() format.Facts {
	f := format.Facts{Unknown: d.unknown, Bytes: d.w.Read(), Lines: d.line, Delimiter: d.opts.CSV.Delimiter, Fields: d.names}
	if r := d.opts.Range; r != nil {
		f.Bytes -= r.From.Offset
		f.Lines -= r.From.Lines
	}
	for _, col := range d.missing {
		f.Missing = append(f.Missing, d.columns[col].Name)
	}
	return f
}

// Close implements format.Decoder.
func (d *decoder) Close() error {
	d.w.Release()
	d.rejects, d.scratch, d.split.unquoted = nil, nil, nil
	return nil
}
