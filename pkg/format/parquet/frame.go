package parquet

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
)

const createdBy = "longshore"

// Frame implements format.Writer.
func (Format) Frame(schema *arrow.Schema, opts format.WriteOptions) (format.Frame, error) {
	if _, err := codecOf(opts.Compression); err != nil {
		return nil, err
	}
	l, err := layoutOf(schema)
	if err != nil {
		return nil, err
	}
	return frame{elements: l.elements}, nil
}

// frame is a file's magic and footer.
type frame struct {
	elements []meta.Element
}

// Opening implements format.Frame.
func (frame) Opening() []byte { return []byte(meta.Magic) }

// Separator implements format.Frame. Row groups need none.
func (frame) Separator() []byte { return nil }

// Closing implements format.Frame: one footer for the row groups of all segments.
func (f frame) Closing(segments []format.Segment) ([]byte, error) {
	footer := meta.Footer{Version: 2, Schema: f.elements, CreatedBy: createdBy}
	for i, s := range segments {
		if err := join(&footer, s); err != nil {
			return nil, fault.New(fault.Invalid, "close parquet: segment %d: %w", i, err)
		}
	}
	out := meta.AppendFooter(nil, &footer)
	if len(out) > math.MaxInt32 {
		return nil, fault.New(fault.Invalid, "close parquet: a footer of %d bytes for %d row groups is longer than Parquet allows",
			len(out), len(footer.RowGroups))
	}
	out = binary.LittleEndian.AppendUint32(out, uint32(len(out)))
	return append(out, meta.Magic...), nil
}

// join adds the row groups of a segment, moved to where it stands.
func join(footer *meta.Footer, s format.Segment) error {
	if s.Rows == 0 && len(s.Meta) == 0 {
		return nil
	}
	part, err := meta.ReadFooter(s.Meta)
	if err != nil {
		return err
	}
	if part.Rows != s.Rows {
		return fault.New(fault.Invalid, "its metadata is of %d rows, the segment has %d", part.Rows, s.Rows)
	}
	shift := s.Offset - int64(len(meta.Magic))
	for _, g := range part.RowGroups {
		g.Offset += shift
		for i := range g.Chunks {
			c := &g.Chunks[i]
			if end := c.Start() + c.Compressed - int64(len(meta.Magic)); end > s.Size {
				return fault.New(fault.Invalid, "its metadata goes to byte %d, the segment has %d", end, s.Size)
			}
			if c.DictionaryOffset > 0 {
				c.DictionaryOffset += shift
			}
			c.DataPageOffset += shift
		}
		footer.RowGroups = append(footer.RowGroups, g)
	}
	footer.Rows += part.Rows
	return nil
}
