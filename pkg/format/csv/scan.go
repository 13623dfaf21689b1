package csv

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/bits"

	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/internal/window"
)

// walker finds where rows end, as the decoder and its splitter do
// (TestRangesAreTheFile), without cutting them into fields.
type walker struct{ delimiter, quote, escape byte }

// Pass implements window.Rows.
func (k walker) Pass(w *window.Window, until int64, m *format.Mark) error {
	for w.Offset(w.Pos) < until {
		switch err := w.Fill(); {
		case errors.Is(err, window.ErrLong):
			if err := w.SkipLong(m); err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		}
		if err := k.rows(w, until, m); err != nil {
			return err
		}
	}
	return nil
}

// rows passes the rows that begin before Limit, and before until.
func (k walker) rows(w *window.Window, until int64, m *format.Mark) error {
	quote := w.Pos - 1 // the next one, or Limit; before Pos: to be looked for
	for w.Pos < w.Limit && w.Offset(w.Pos) < until {
		end := w.Pos + bytes.IndexByte(w.Buf[w.Pos:w.Limit], '\n') + 1
		if quote < w.Pos {
			quote = w.Limit
			if i := bytes.IndexByte(w.Buf[w.Pos:w.Limit], k.quote); i >= 0 {
				quote = w.Pos + i
			}
		}
		if quote >= end {
			if emptyLine(w.Buf[w.Pos:end]) {
				m.Blanks++
			} else {
				m.Rows++
			}
			m.Lines++
			w.Pos = end
			continue
		}
		data := w.Row()
		if n := k.quick(data[:min(len(data), w.Limit-w.Pos)], quote-w.Pos); n > 0 {
			m.Rows++
			m.Lines += int64(bytes.Count(data[:n], []byte{'\n'}))
			w.Pos += n
		} else if err := k.quotedRow(w, m); err != nil {
			return err
		}
		quote = w.Pos - 1
	}
	return nil
}

func emptyLine(line []byte) bool { return len(line) == 1 || len(line) == 2 && line[0] == '\r' }

// quick returns where the row at the beginning of data ends, whose first quote is
// at i, or 0 where that takes a closer look. It looks at eight bytes at once.
func (k walker) quick(data []byte, i int) (end int) {
	if k.escape != 0 && k.escape != k.quote {
		return 0
	}
	quote := ones * uint64(k.quote)
	quoted := false
	for i+10 <= len(data) {
		word := binary.LittleEndian.Uint64(data[i:])
		found := quotesIn(word, quote)
		if !quoted {
			found |= quotesIn(word, ones*'\n')
		}
		if found == 0 {
			i += 8
			continue
		}
		i += bits.TrailingZeros64(found) >> 3
		switch next := data[i+1]; {
		case !quoted && data[i] == '\n':
			return i + 1
		case !quoted: // one in the midst of a field opens nothing
			quoted = i == 0 || data[i-1] == k.delimiter
			i++
		case next == k.quote:
			i += 2
		case next == k.delimiter, next == '\n', next == '\r' && data[i+2] == '\n':
			quoted = false
			i++
		default:
			return 0
		}
	}
	return 0
}

// quotedRow passes the row at Pos, which has a quote. One that is malformed or
// too long ends with its first line.
func (k walker) quotedRow(w *window.Window, m *format.Mark) error {
	for {
		data := w.Row()
		end, how := k.end(data)
		if how == openQuote && !w.TooLong(len(data)+1) && !w.AtEnd() {
			if err := readTwice(w); err != nil {
				return err
			}
			continue
		}
		lines := 1
		if how == whole {
			lines = bytes.Count(data[:end], []byte{'\n'})
		} else {
			end = lineEnd(w) - w.Pos
		}
		m.Rows++
		m.Lines += int64(lines)
		w.Pos += end
		return nil
	}
}

// readTwice reads on until there is twice as much behind Pos, or no more.
func readTwice(w *window.Window) error {
	for size := w.End - w.Pos; w.End-w.Pos < 2*size && !w.AtEnd() && !w.TooLong(w.End-w.Pos+1); {
		if err := w.More(); err != nil && err != io.EOF {
			return err
		}
	}
	return nil
}

// end returns where the row at the beginning of data ends. The outcome is openQuote
// as well where that depends on what comes behind data.
func (k walker) end(data []byte) (end int, how outcome) {
	feed := -1 // the next line feed at or after i
	for i := 0; i < len(data); {
		if data[i] == k.quote {
			if i, how = k.closed(data, i); how != whole {
				return 0, how
			}
			if data[i] == '\n' {
				return i + 1, whole
			}
			i++
			continue
		}
		if feed < i {
			n := bytes.IndexByte(data[i:], '\n')
			if n < 0 {
				return 0, openQuote
			}
			feed = i + n
		}
		begin := k.opening(data, i, feed)
		if begin < 0 {
			return feed + 1, whole
		}
		i = begin
	}
	return 0, openQuote
}

// opening returns where the next quoted field begins between i, in an unquoted
// one, and the line's end, or -1.
func (k walker) opening(data []byte, i, feed int) int {
	for at := i; ; at++ {
		n := bytes.IndexByte(data[at:feed], k.quote)
		if n < 0 {
			return -1
		}
		if at += n; data[at-1] == k.delimiter {
			return at
		}
	}
}

// closed returns the delimiter or line feed behind the quoted field at i.
func (k walker) closed(data []byte, i int) (end int, how outcome) {
	for i++; ; i++ {
		n := k.special(data[i:])
		if n < 0 {
			return 0, openQuote
		}
		if i += n; data[i] != k.quote || i+1 < len(data) && data[i+1] == k.quote {
			i++ // an escaped character, or the second of two quotes
			if i >= len(data) {
				return 0, openQuote
			}
			continue
		}
		i++
		if i+1 < len(data) && data[i] == '\r' && data[i+1] == '\n' {
			i++
		}
		switch {
		case i >= len(data), i+1 == len(data) && data[i] == '\r':
			return 0, openQuote
		case data[i] != k.delimiter && data[i] != '\n':
			return 0, afterText
		}
		return i, whole
	}
}

// special returns the next quote or escape, or -1.
func (k walker) special(data []byte) int {
	if k.escape == 0 || k.escape == k.quote {
		return bytes.IndexByte(data, k.quote)
	}
	return bytes.IndexAny(data, string([]byte{k.quote, k.escape}))
}
