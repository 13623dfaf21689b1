package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
)

const (
	tailBytes      = 64 << 10  // read at once from a file's end: most footers are in there
	maxFooterBytes = 256 << 20 // a footer that is longer is refused
)

// opened is a file whose footer was read and found sound: every chunk lies
// within the file, in the schema's order and of its types.
type opened struct {
	in     format.Input
	footer *meta.Footer
	root   *node
	leaves []*node
}

// open reads and checks the footer of a file. An empty file is one without rows.
func open(in format.Input) (*opened, error) {
	f := &opened{in: in, footer: &meta.Footer{}, root: &node{}}
	if in.Size == 0 {
		return f, nil
	}
	tail, err := f.readFooter()
	if err != nil {
		return nil, err
	}
	if f.footer, err = meta.ReadFooter(tail); err != nil {
		return nil, f.damaged("%w", err)
	}
	if f.root, f.leaves, err = treeOf(f.footer.Schema); err != nil {
		return nil, f.damaged("%w", err)
	}
	dataEnd := in.Size - int64(len(tail)) - 8
	for i := range f.footer.RowGroups {
		if err := f.checkGroup(&f.footer.RowGroups[i], dataEnd); err != nil {
			return nil, f.damaged("row group %d: %w", i, err)
		}
	}
	if forgetsHeaders(f.footer.CreatedBy) {
		f.widen(dataEnd)
	}
	return f, nil
}

// forgetsHeaders reports whether a writer leaves the header of the dictionary out
// of the size of a chunk, as parquet-mr did before its version 1.2.9.
func forgetsHeaders(createdBy string) bool {
	rest, ok := strings.CutPrefix(createdBy, "parquet-mr")
	if !ok {
		return false
	}
	var major, minor, patch int
	_, _ = fmt.Sscanf(rest, " version %d.%d.%d", &major, &minor, &patch) // zeros where it isn't said
	return slices.Compare([]int{major, minor, patch}, []int{1, 2, 9}) < 0
}

// longestHeader is more than the header of a dictionary has, in bytes.
const longestHeader = 100

// widen lets chunks end as much later as a header can have. Their values end
// where the count of them says.
func (f *opened) widen(dataEnd int64) {
	for i := range f.footer.RowGroups {
		for j := range f.footer.RowGroups[i].Chunks {
			c := &f.footer.RowGroups[i].Chunks[j]
			c.Compressed += min(longestHeader, dataEnd-c.Start()-c.Compressed)
		}
	}
}

// damaged returns the error of a file that isn't Parquet, or isn't whole.
func (f *opened) damaged(format string, args ...any) error {
	return fault.New(fault.Invalid, "read parquet %s: %w", f.in.Name, fmt.Errorf(format, args...))
}

// readAt fills b from the file. What the input says stays the error's kind.
func (f *opened) readAt(b []byte, offset int64) error {
	n, err := f.in.At.ReadAt(b, offset)
	switch {
	case n == len(b):
		return nil
	case err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return f.damaged("file ends at byte %d, before byte %d", offset+int64(n), offset+int64(len(b)))
	}
	return fmt.Errorf("read parquet %s at byte %d: %w", f.in.Name, offset, err)
}

// readFooter returns the footer's Thrift.
func (f *opened) readFooter() ([]byte, error) {
	if f.in.Size < 12 {
		return nil, f.damaged("a file of %d bytes is no Parquet", f.in.Size)
	}
	tail := make([]byte, min(tailBytes, f.in.Size))
	if err := f.readAt(tail, f.in.Size-int64(len(tail))); err != nil {
		return nil, err
	}
	end := tail[len(tail)-8:]
	switch string(end[4:]) {
	case meta.Magic:
	case meta.MagicEncrypted:
		return nil, f.damaged("the footer is encrypted")
	default:
		return nil, f.damaged("no %s at its end: not Parquet, or cut", meta.Magic)
	}
	size := int64(binary.LittleEndian.Uint32(end))
	if size > f.in.Size-12 || size > maxFooterBytes {
		return nil, f.damaged("a footer of %d bytes in a file of %d", size, f.in.Size)
	}
	if size+8 <= int64(len(tail)) {
		return tail[int64(len(tail))-8-size : len(tail)-8], nil
	}
	footer := make([]byte, size)
	return footer, f.readAt(footer, f.in.Size-8-size)
}

func (f *opened) checkGroup(g *meta.RowGroup, dataEnd int64) error {
	if g.Rows < 0 || len(g.Chunks) != len(f.leaves) {
		return fmt.Errorf("%d rows in %d chunks, where the schema has %d columns", g.Rows, len(g.Chunks), len(f.leaves))
	}
	for i := range g.Chunks {
		c, leaf := &g.Chunks[i], f.leaves[i]
		switch {
		case c.Encrypted:
			return fmt.Errorf("column %s is encrypted", leaf.dotted())
		case c.FilePath != "":
			return fmt.Errorf("column %s is in another file, %q", leaf.dotted(), c.FilePath)
		case c.Type != leaf.element.Type:
			return fmt.Errorf("column %s is of type %d, where the schema says %d", leaf.dotted(), c.Type, leaf.element.Type)
		case c.Values < 0 || c.Compressed < 0 || c.Values < g.Rows || leaf.rep == 0 && c.Values != g.Rows:
			return fmt.Errorf("column %s has %d values in %d rows", leaf.dotted(), c.Values, g.Rows)
		case c.Start() < int64(len(meta.Magic)) && g.Rows > 0, c.Compressed > math.MaxInt64-c.Start(), c.Start()+c.Compressed > dataEnd:
			return fmt.Errorf("column %s is at bytes %d to %d of %d", leaf.dotted(), c.Start(), c.Start()+c.Compressed, dataEnd)
		}
	}
	return nil
}
