package ndjson

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/internal/window"
	"github.com/longshore/longshore/pkg/format/textvalue"
)

// decoder reads one file. A row is walked once, along the tree of the columns'
// paths; a row that fails is taken back and walked again to find all that is
// wrong with it.
type decoder struct {
	ctx     context.Context
	name    string
	w       *window.Window
	columns []format.Column
	specs   []block.Spec
	opts    format.ReadOptions

	root     *node
	leaves   []*leaf // by column
	wholeRow bool    // a column reads $: no field is unknown
	unknown  []string

	s       textvalue.Scanner
	scope   uint64 // of what is being read: see leaf.mark
	scopes  uint64 // given out so far
	filled  int    // rows in the block being filled
	row     int64  // rows before Pos
	line    int64  // lines before Pos
	failed  *failure
	rejects []format.Reject
	stop    int64 // where in the file the next row is another block's
}

// Next implements format.Decoder.
func (d *decoder) Next(dst *block.Block, maxRows int) (consumed int, err error) {
	d.rejects = d.rejects[:0]
	d.stop = d.w.Offset(d.w.Pos) + int64(d.opts.BlockBytes)
	dst.Shape(d.specs)
	if err := d.ctx.Err(); err != nil {
		return 0, wrap(d.name, err)
	}
	for i, l := range d.leaves {
		l.bind(dst.Columns[i])
		l.inBlock = false
	}
	defer d.omit(dst)
	d.filled = 0
	start := d.row
	for consumed < maxRows {
		err := d.fill()
		if errors.Is(err, window.ErrLong) {
			err = d.rejectLong()
		} else if err == nil {
			d.rows(dst, maxRows-consumed)
		}
		consumed = int(d.row - start)
		switch {
		case err == io.EOF && consumed > 0:
			return consumed, nil
		case err != nil:
			return 0, wrap(d.name, err)
		case d.full():
			return consumed, nil
		}
	}
	return consumed, nil
}

// omit leaves the columns with a DEFAULT out of a block whose rows all lack them.
func (d *decoder) omit(dst *block.Block) {
	for i, l := range d.leaves {
		if d.columns[i].Default && !l.inBlock {
			dst.Columns[i].Omit()
		}
	}
}

// full reports whether the block has taken as much of the file as it may.
func (d *decoder) full() bool { return d.w.Offset(d.w.Pos) >= d.stop }

// Rejected implements format.Decoder.
func (d *decoder) Rejected() []format.Reject { return d.rejects }

// Facts implements format.Decoder.
func (d *decoder) Facts() format.Facts {
	f := format.Facts{Bytes: d.w.Read(), Lines: d.line}
	if r := d.opts.Range; r != nil {
		f.Bytes -= r.From.Offset
		f.Lines -= r.From.Lines
	}
	if !d.wholeRow {
		f.Unknown = slices.Clone(d.unknown)
		slices.Sort(f.Unknown)
	}
	for i, l := range d.leaves {
		if !l.present && d.row > 0 {
			f.Missing = append(f.Missing, d.columns[i].Name)
		}
	}
	return f
}

// Close implements format.Decoder.
func (d *decoder) Close() error {
	d.w.Release()
	d.s, d.rejects, d.root = textvalue.Scanner{}, nil, nil
	return nil
}
