package parquet

import (
	"sort"

	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
)

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
		if s.isMissing() {
			f.Missing = append(f.Missing, s.column.Name)
		}
	}
	f.Unknown = unknown(nil, d.file.root, used)
	sort.Strings(f.Unknown)
	f.Bytes = d.bytes
	f.Rows = d.file.footer.Rows
	if groups := d.file.footer.RowGroups; d.group < len(groups) && d.groupAt > 0 {
		g := &groups[d.group]
		f.Bytes += int64(float64(groupBytes(g)) * float64(d.groupAt) / float64(g.Rows))
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

// groupBytes returns how much of the file a row group takes. Compression is a
// matter of the file's inside: its bytes are those that are consumed.
func groupBytes(g *meta.RowGroup) int64 {
	var n int64
	for i := range g.Chunks {
		n += g.Chunks[i].Compressed
	}
	return n
}
