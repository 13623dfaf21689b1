package textvalue

import (
	"unicode/utf8"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/schema"
)

// What ClickHouse writes inside arrays, maps and tuples besides JSON. It is read
// where a Scanner is Loose, as ClickHouse reads it: TestDifferences.

// singleQuoted consumes a text in single quotes.
func (s *Scanner) singleQuoted() (text []byte, p Problem) {
	out, data := s.scratch[:0], s.Data
	for i := s.Pos + 1; i < len(data); i++ {
		switch c := data[i]; {
		case c == '\'' && i+1 < len(data) && data[i+1] == '\'':
			out = append(out, '\'')
			i++
		case c == '\'':
			s.Pos, s.scratch = i+1, out
			if !utf8.Valid(out) { // made of \xFF, as the row itself is UTF-8
				return nil, NotUTF8
			}
			return out, OK
		case c == '\\':
			if out, i, p = appendPlainEscape(out, data, i+1); p != OK {
				s.Pos = i
				return nil, p
			}
		default:
			out = append(out, c)
		}
	}
	s.Pos = len(data)
	return nil, Malformed
}

// appendPlainEscape appends what a backslash before data[i] stands for, and
// returns the index of its last byte.
func appendPlainEscape(out, data []byte, i int) ([]byte, int, Problem) {
	if i >= len(data) {
		return out, i, Malformed
	}
	switch c := data[i]; c {
	case 'x':
		var b [1]byte
		if i+2 >= len(data) || unhex(b[:], data[i+1:i+3]) > 0x0F {
			return out, i, Malformed
		}
		return append(out, b[0]), i + 2, OK
	case 'N': // a null, which a text can't hold
		return out, i, OK
	case '\\', '\'', '"', '`', '/':
		return append(out, c), i, OK
	default:
		if control, ok := controls[c]; ok {
			return append(out, control), i, OK
		}
		if c < ' ' {
			return append(out, c), i, OK
		}
		return append(out, '\\', c), i, OK // as in the pattern '100\%'
	}
}

var controls = map[byte]byte{'a': '\a', 'b': '\b', 'e': 0x1B, 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v', '0': 0}

// special appends nan or an infinity, which stand in an array without quotes.
func (n *Nested) special(c *block.Column, s *Scanner) Problem {
	end := s.Pos
	for end < len(s.Data) && (s.Data[end]|0x20 >= 'a' && s.Data[end]|0x20 <= 'z' || end == s.Pos && (s.Data[end] == '-' || s.Data[end] == '+')) {
		end++
	}
	text := s.Data[s.Pos:end]
	if !s.Loose || !n.kind.IsFloat() {
		return Malformed
	}
	if _, p := specialFloat(text); p != OK {
		return Malformed
	}
	s.Pos = end
	return n.parse(c, text)
}

// key consumes the key of a map's entry and the colon after it. One that isn't a
// text stands without quotes: {1:'a'}.
func (n *Nested) key(s *Scanner) (key []byte, p Problem) {
	if c := s.Peek(); !s.Loose || c == '"' || c == '\'' || n.elems[0].kind == schema.String || n.elems[0].kind == schema.FixedString {
		return s.Key()
	}
	start := s.Pos
	for s.Pos < len(s.Data) && s.Data[s.Pos] != ':' {
		s.Pos++
	}
	if key = trim(s.Data[start:s.Pos]); len(key) == 0 || !s.Take(':') {
		return nil, Malformed
	}
	return key, OK
}
