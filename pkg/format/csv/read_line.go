package csv

import (
	"bytes"

	"github.com/longshore/longshore/pkg/format"
)

// field is one field of a row, without its quotes.
type field struct {
	text   []byte
	quoted bool
}

// splitter cuts rows into fields, slowly and completely: for headers, samples,
// and the rows that the decoder's fast way gave up.
type splitter struct {
	delimiter, quote, escape byte
	pad                      bool
	fields                   []field
	unquoted                 []byte // texts whose quotes or escapes were removed; never nil: an empty text is no null
}

func newSplitter(opts format.CSVReadOptions) *splitter {
	return &splitter{delimiter: opts.Delimiter, quote: opts.Quote, escape: opts.Escape, pad: opts.Pad, unquoted: []byte{}}
}

// outcome is how a row ended.
type outcome uint8

const (
	whole     outcome = iota // with a line feed
	openQuote                // inside a quoted field, for lack of data
	afterText                // a quoted field is followed by something else than a delimiter
)

// split cuts the row at the beginning of data into s.fields, which are valid
// until the next call, and returns where the row ends: behind its line feed, or
// for another outcome than whole, behind the first line feed.
func (s *splitter) split(data []byte) (end int, how outcome) {
	s.fields, s.unquoted = s.fields[:0], s.unquoted[:0]
	firstLine := bytes.IndexByte(data, '\n') + 1
	if firstLine == 0 {
		firstLine = len(data)
	}
	for i := 0; ; {
		if i < len(data) && data[i] == s.quote {
			text, next, how := s.quoted(data, i)
			if how != whole {
				return firstLine, how
			}
			s.fields = append(s.fields, field{text, true})
			i = next
		} else {
			start := i
			for i < len(data) && data[i] != s.delimiter && data[i] != '\n' {
				i++
			}
			text := data[start:i]
			if i < len(data) && data[i] == '\n' {
				text = bytes.TrimSuffix(text, []byte{'\r'})
			}
			s.fields = append(s.fields, field{text, false})
		}
		if i >= len(data) {
			return i, whole
		}
		i++
		if data[i-1] == '\n' {
			return i, whole
		}
	}
}

// padded returns the fields of a row that was split, with empty ones at its end
// up to so many if rows are padded.
func (s *splitter) padded(how outcome, fields int) []field {
	for s.pad && how == whole && len(s.fields) < fields {
		s.fields = append(s.fields, field{})
	}
	return s.fields
}

// quoted returns the content of the quoted field at i, and where it ends: on a
// delimiter or line feed, or at the end of data.
func (s *splitter) quoted(data []byte, i int) (text []byte, end int, how outcome) {
	begin := len(s.unquoted)
	i++
	for start := i; i < len(data); {
		c := data[i]
		switch {
		case c == s.escape && s.escape != 0 && s.escape != s.quote && i+1 < len(data):
			s.unquoted = append(append(s.unquoted, data[start:i]...), data[i+1])
			i += 2
			start = i
		case c == s.quote && i+1 < len(data) && data[i+1] == s.quote:
			s.unquoted = append(s.unquoted, data[start:i+1]...)
			i += 2
			start = i
		case c == s.quote:
			s.unquoted = append(s.unquoted, data[start:i]...)
			i++
			if i+1 < len(data) && data[i] == '\r' && data[i+1] == '\n' {
				i++
			}
			if i+1 == len(data) && data[i] == '\r' {
				return nil, 0, openQuote // for lack of its line feed
			}
			if i < len(data) && data[i] != s.delimiter && data[i] != '\n' {
				return nil, 0, afterText
			}
			return s.unquoted[begin:len(s.unquoted):len(s.unquoted)], i, whole
		default:
			i++
		}
	}
	return nil, 0, openQuote
}
