package textvalue

import (
	"unicode/utf16"
	"unicode/utf8"
)

// unescape finishes a text that begins at start and has its first backslash at i.
func (s *Scanner) unescape(start, i int) (text []byte, p Problem) {
	data := s.Data
	out := append(s.scratch[:0], data[start:i]...)
	for i < len(data) {
		switch c := data[i]; {
		case c == '"':
			s.Pos, s.scratch = i+1, out
			return out, OK
		case c == '\\':
			if out, i, p = appendEscape(out, data, i); p != OK {
				s.Pos = i
				return nil, p
			}
		case c < ' ':
			s.Pos = i
			return nil, Malformed
		default:
			out = append(out, c)
			i++
		}
	}
	s.Pos = len(data)
	return nil, Malformed
}

// appendEscape appends what the escape at i stands for, and returns where it ends.
func appendEscape(out, data []byte, i int) ([]byte, int, Problem) {
	if i+1 >= len(data) {
		return out, i, Malformed
	}
	switch c := data[i+1]; c {
	case '"', '\\', '/':
		return append(out, c), i + 2, OK
	case 'b':
		return append(out, '\b'), i + 2, OK
	case 'f':
		return append(out, '\f'), i + 2, OK
	case 'n':
		return append(out, '\n'), i + 2, OK
	case 'r':
		return append(out, '\r'), i + 2, OK
	case 't':
		return append(out, '\t'), i + 2, OK
	case 'u':
		return appendUnicode(out, data, i)
	}
	return out, i, Malformed
}

// appendUnicode appends the rune of \u12ab, or of a surrogate pair. Half a pair
// stands for nothing that UTF-8 could hold.
func appendUnicode(out, data []byte, i int) ([]byte, int, Problem) {
	r, ok := hex4(data, i+2)
	if !ok {
		return out, i, Malformed
	}
	if !utf16.IsSurrogate(r) {
		return utf8.AppendRune(out, r), i + 6, OK
	}
	if i+7 >= len(data) || data[i+6] != '\\' || data[i+7] != 'u' {
		return out, i, NotUTF8
	}
	low, ok := hex4(data, i+8)
	if !ok {
		return out, i, Malformed
	}
	if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
		return out, i, NotUTF8
	}
	return utf8.AppendRune(out, r), i + 12, OK
}

func hex4(data []byte, i int) (rune, bool) {
	if i+4 > len(data) {
		return 0, false
	}
	var b [2]byte
	bad := unhex(b[:], data[i:i+4])
	return rune(b[0])<<8 | rune(b[1]), bad <= 0x0F
}
