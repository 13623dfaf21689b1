package parquet

import (
	"context"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
)

// Row implements format.RowReader. It reads the row's group from its beginning to
// the row, and no other.
func (Format) Row(ctx context.Context, in format.Input, row int64, opts format.ReadOptions) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	file, err := open(in)
	if err != nil {
		return nil, err
	}
	d := &decoder{ctx: ctx, file: file, opts: opts, groupAt: row - 1}
	defer d.Close()
	groups := file.footer.RowGroups
	for d.group < len(groups) && d.groupAt >= groups[d.group].Rows {
		d.groupAt -= groups[d.group].Rows
		d.group++
	}
	if d.group == len(groups) || row < 1 {
		return nil, fault.New(fault.Invalid, "read %s: it has no row %d", in.Name, row)
	}
	if err := d.renderStretch(1); err != nil {
		return nil, err
	}
	text, err := d.texts.row(nil, 0)
	most := opts.MaxRowBytes
	if most <= 0 {
		most = defaultMaxRowBytes
	}
	if err == nil && len(text) > most {
		err = fault.New(fault.Invalid, "read %s: %w", in.Name, format.ErrRowTooLong)
	}
	return text, err
}
