// Package window is a file's text seen through a buffer that moves over it, a
// number of whole lines at a time.
//
//	       Pos        Limit     End
//	┌───────┬───────────┬────────┬──────────┐
//	│ read  │ whole     │ begin  │ padding  │
//	│       │ lines     │ of one │ of LFs   │
//	└───────┴───────────┴────────┴──────────┘
//
// What must stay true: bytes before Limit end in a line feed, one that is added
// in memory if the file doesn't end in one, and Pad line feeds stand behind End, so that who
// looks for the end of a line needs no other bound.
package window

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"unicode/utf8"
)

const (
	// Pad is how many line feeds are kept behind End.
	Pad = 64
	// initial is the size of the buffer before a longer line makes it grow.
	initial = 512 << 10
)

// Window is a moving view of a stream. Its fields are the reader's to look at;
// it moves Pos itself.
type Window struct {
	Buf []byte
	Pos int
	// Limit is the end of the last whole line, and End that of what was read.
	Limit, End int
	// Valid is set when the bytes from Pos to Limit are known to be UTF-8.
	Valid bool

	in    io.Reader
	base  int64 // where Buf begins in the file, in bytes
	err   error // of in; io.EOF at its end
	added bool  // the last line feed isn't the file's
	max   int   // of a line, in bytes
}

// buffers are those of windows that were released and didn't grow.
var buffers = sync.Pool{New: func() any { return new(make([]byte, initial+Pad)) }}

// New returns a window at the beginning of in that holds lines up to longest bytes.
func New(in io.Reader, longest int) *Window { return NewAt(in, longest, 0) }

// NewAt is New for a stream that begins at an offset of the file.
func NewAt(in io.Reader, longest int, offset int64) *Window {
	return &Window{in: in, max: longest, base: offset, Buf: *buffers.Get().(*[]byte)}
}

// Offset returns where the byte at i of Buf stands in the file.
func (w *Window) Offset(i int) int64 { return w.base + int64(i) }

// Read returns how many bytes of the file are behind Pos.
func (w *Window) Read() int64 {
	n := w.base + int64(w.Pos)
	if w.added && w.Pos == w.End {
		n--
	}
	return n
}

// Release frees the buffer. Nothing can be read afterwards.
func (w *Window) Release() {
	w.base = w.Read()
	if len(w.Buf) == initial+Pad {
		buf := w.Buf
		buffers.Put(&buf)
	}
	w.Buf, w.Pos, w.Limit, w.End, w.added, w.err = nil, 0, 0, 0, false, io.EOF
}

// Head returns the whole lines among the first bytes of the file, or the first
// bytes of one that is longer; the same however the stream arrives. Before it,
// Pos has moved behind a byte order mark at most.
func (w *Window) Head() []byte {
	head := w.Buf[w.Pos:max(w.Pos, min(w.End, initial/4))]
	if i := bytes.LastIndexByte(head, '\n'); i >= 0 {
		head = head[:i+1]
	}
	return head
}

// Row returns what there is of the row at Pos, cut where a row is too long. How
// much is read beyond that depends on the stream, and nothing else may.
func (w *Window) Row() []byte { return w.Buf[w.Pos:min(w.End, w.Pos+w.max)] }

// TooLong reports whether so many bytes are more than a line may have.
func (w *Window) TooLong(n int) bool { return n > w.max }

// AtEnd reports whether nothing follows End.
func (w *Window) AtEnd() bool { return w.err != nil }

// ErrLong is returned by Fill when a line, or what More asked for, is longer
// than the window may become.
var ErrLong = errors.New("longer than the window")

// Fill moves on so that at least one line begins at Pos. It returns io.EOF when
// Pos is at the end of the file, and the stream's error where it failed.
func (w *Window) Fill() error {
	for w.Pos >= w.Limit {
		if err := w.More(); err != nil {
			return err
		}
	}
	return nil
}

// More reads on behind End, keeping everything from Pos on. Indexes into Buf
// move with Pos. At the end of the file it returns io.EOF.
func (w *Window) More() error {
	if w.err != nil {
		return w.finish()
	}
	w.slide()
	if w.End-w.Pos >= w.max {
		return ErrLong
	}
	if len(w.Buf)-Pad-w.End < len(w.Buf)/4 {
		w.grow()
	}
	scanned, idle := w.End, 0
	for w.End < len(w.Buf)-Pad && w.err == nil {
		n, err := w.in.Read(w.Buf[w.End : len(w.Buf)-Pad])
		w.End += n
		w.err = err
		if idle++; n > 0 {
			idle = 0
		}
		if idle > 100 {
			w.err = io.ErrNoProgress
		}
		if w.End-scanned >= initial/4 {
			break
		}
	}
	if w.err != nil && w.err != io.EOF {
		return w.err
	}
	w.endLine()
	w.advance(scanned)
	if w.err != nil && w.End == scanned {
		return w.finish()
	}
	return nil
}

func (w *Window) finish() error {
	if w.err == io.EOF && w.Pos < w.Limit {
		return io.EOF // of More; Fill doesn't come here
	}
	return w.err
}

// slide moves what isn't read yet to the beginning of the buffer.
func (w *Window) slide() {
	if w.Pos == 0 {
		return
	}
	copy(w.Buf, w.Buf[w.Pos:w.End])
	w.base += int64(w.Pos)
	w.Limit, w.End, w.Pos = max(w.Limit-w.Pos, 0), w.End-w.Pos, 0
}

func (w *Window) grow() {
	buf := make([]byte, 2*len(w.Buf))
	copy(buf, w.Buf[:w.End])
	w.Buf = buf
}

// endLine adds the line feed that the file's last line lacks, and the padding.
func (w *Window) endLine() {
	if w.err == io.EOF && w.End > 0 && w.Buf[w.End-1] != '\n' {
		w.Buf[w.End] = '\n'
		w.End++
		w.added = true
	}
	for i := w.End; i < min(w.End+Pad, len(w.Buf)); i++ {
		w.Buf[i] = '\n'
	}
}

// advance sets Limit, given where the bytes begin that were read just now.
func (w *Window) advance(scanned int) {
	before := w.Limit
	if i := bytes.LastIndexByte(w.Buf[scanned:w.End], '\n'); i >= 0 {
		w.Limit = scanned + i + 1
	}
	from := max(before, w.Pos)
	if before <= w.Pos {
		w.Valid = true
	}
	w.Valid = w.Valid && (from >= w.Limit || utf8.Valid(w.Buf[from:w.Limit]))
}

// SkipLine moves Pos behind the next line feed without holding what is before
// it, and returns how many bytes that was. It returns io.EOF if none follows.
func (w *Window) SkipLine() (skipped int64, err error) {
	for {
		if i := bytes.IndexByte(w.Buf[w.Pos:w.End], '\n'); i >= 0 {
			w.Pos += i + 1
			return skipped + int64(i) + 1, nil
		}
		skipped += int64(w.End - w.Pos)
		w.Pos = w.End
		if w.Limit < w.Pos {
			w.Limit = w.Pos
		}
		if err := w.More(); err != nil {
			return skipped, err
		}
	}
}
