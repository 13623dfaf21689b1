package export

import (
	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/format"
)

// layout keeps track of where in the object things are while it is put together.
type layout struct {
	frame    format.Frame
	codec    compress.Codec
	opened   bool // the opening is in the object
	offset   int64
	segments []format.Segment
}

// place adds a segment that its part uploaded. Segments without pieces are
// placed by tail.
func (l *layout) place(s segment) {
	if s.Slot < 0 {
		return
	}
	l.opened = true
	l.offset += s.Lead
	l.add(s)
}

func (l *layout) add(s segment) {
	l.segments = append(l.segments, format.Segment{Offset: l.offset, Size: s.Size, Rows: s.Rows, Meta: s.Meta})
	l.offset += s.Size
}

// tail writes a segment that its part left to the commit, behind a separator
// unless it is the first.
func (l *layout) tail(asm *assembler, s segment, body []byte) error {
	if len(l.segments) > 0 {
		if err := l.framed(asm, l.frame.Separator()); err != nil {
			return err
		}
	}
	l.add(s)
	return asm.write(body)
}

// framed writes bytes of the frame, compressed as a member of their own.
func (l *layout) framed(asm *assembler, body []byte) error {
	l.opened = true
	if len(body) == 0 {
		return nil
	}
	member, err := compress.Member(nil, body, l.codec, 0)
	if err != nil {
		return err
	}
	l.offset += int64(len(member))
	return asm.write(member)
}
