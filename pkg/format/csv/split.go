package csv

import (
	"context"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/internal/window"
)

// Start implements format.Splitter.
func (Format) Start(ctx context.Context, in format.Input, columns []format.Column, opts format.ReadOptions) (format.ReadOptions, format.Mark, error) {
	if len(columns) == 0 {
		return opts, format.Mark{}, fault.New(fault.Invalid, "read %s: no columns", in.Name)
	}
	w, err := open(in, &opts)
	if err != nil {
		return opts, format.Mark{}, err
	}
	defer w.Release()
	d := newDecoder(ctx, in.Name, w, columns, opts)
	if err := d.begin(); err != nil {
		return opts, format.Mark{}, wrap(in.Name, err)
	}
	opts.CSV.Fields, opts.CSV.Header = d.names, format.HeaderNo
	return opts, format.Mark{Offset: w.Read(), Lines: d.line}, nil
}

// Scan implements format.Splitter.
func (Format) Scan(_ context.Context, in format.Input, opts format.ReadOptions, s format.Stretch) ([]format.Mark, error) {
	marks, err := window.Marks(in.Stream, opts.MaxRowBytes, s, walker{opts.CSV.Delimiter, opts.CSV.Quote, opts.CSV.Escape})
	return marks, wrap(in.Name, err)
}

// enter makes the decoder count from the range's first row on. A blank line is a
// row where it is one field of as many, or where no row fits.
func (d *decoder) enter(from format.Mark) {
	d.row, d.line = from.Rows, from.Lines
	if len(d.targets) == 1 || d.refused && len(d.opts.Refuse) == 0 {
		d.row += from.Blanks
	}
}

// over reports whether the row at Pos is another range's.
func (d *decoder) over() bool {
	r := d.opts.Range
	return r != nil && d.w.Offset(d.w.Pos) >= r.Until
}
