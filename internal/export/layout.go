package export

import (
	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/format"
)

// layout keeps track of where in an object things are while it is put together.
type layout struct {
	frame    format.Frame
	codec    *compress.Appender
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
	l.add(s.Size, s.Rows, s.Meta)
}

// add is told of a segment's bytes that stand behind all that came before.
func (l *layout) add(size, rows int64, meta []byte) {
	l.segments = append(l.segments, format.Segment{Offset: l.offset, Size: size, Rows: rows, Meta: meta})
	l.offset += size
}

// open writes the opening unless somebody did.
func (l *layout) open(asm *assembler) error {
	if l.opened {
		return nil
	}
	l.opened = true
	return l.framed(asm, l.frame.Opening())
}

// separate writes what stands before the next segment.
func (l *layout) separate(asm *assembler) error {
	if len(l.segments) == 0 {
		return nil
	}
	return l.framed(asm, l.frame.Separator())
}

// tail writes a segment that its part left to the commit.
func (l *layout) tail(asm *assembler, s segment, body []byte) error {
	if err := l.separate(asm); err != nil {
		return err
	}
	l.add(s.Size, s.Rows, s.Meta)
	return asm.write(body)
}

// close writes the object's end.
func (l *layout) close(asm *assembler) error {
	closing, err := l.frame.Closing(l.segments)
	if err != nil {
		return err
	}
	if err := l.framed(asm, closing); err != nil || l.offset > 0 {
		return err
	}
	// No header and no rows: still a valid file of the codec.
	empty, err := l.codec.Append(nil, nil)
	if err != nil {
		return err
	}
	return asm.write(empty)
}

// framed writes bytes of the frame, compressed as a member of their own.
func (l *layout) framed(asm *assembler, body []byte) error {
	member, err := l.member(body)
	if err != nil || len(member) == 0 {
		return err
	}
	l.offset += int64(len(member))
	return asm.write(member)
}

func (l *layout) member(body []byte) ([]byte, error) {
	if len(body) == 0 {
		return nil, nil
	}
	return l.codec.Append(nil, body)
}

// sizeWith returns how large the object is in bytes if another segment follows
// and the end.
func (l *layout) sizeWith(size, rows int64, meta []byte) (int64, error) {
	before := l.frame.Separator()
	switch {
	case !l.opened:
		before = l.frame.Opening()
	case len(l.segments) == 0:
		before = nil
	}
	lead, err := l.member(before)
	if err != nil {
		return 0, err
	}
	at := l.offset + int64(len(lead))
	all := append(l.segments[:len(l.segments):len(l.segments)], format.Segment{Offset: at, Size: size, Rows: rows, Meta: meta})
	closing, err := l.frame.Closing(all)
	if err != nil {
		return 0, err
	}
	end, err := l.member(closing)
	return at + size + int64(len(end)), err
}
