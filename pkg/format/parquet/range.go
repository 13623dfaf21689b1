package parquet

import "github.com/longshore/longshore/pkg/format/parquet/internal/meta"

// within reports whether a row group begins in the range that is read: each
// group is in one range, wherever ranges are cut.
func (d *decoder) within(g *meta.RowGroup) bool {
	r := d.opts.Range
	if r == nil {
		return true
	}
	var start int64
	for i := range g.Chunks {
		if at := g.Chunks[i].Start(); i == 0 || at < start {
			start = at
		}
	}
	return r.From.Offset <= start && start < r.Until
}
