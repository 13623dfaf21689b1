package textvalue

import (
	"encoding/binary"
	"math/bits"
)

// MaxDepth is how deep arrays and objects may be nested in each other.
const MaxDepth = 512

// Scanner walks over JSON in memory. Strings without escapes are slices of Data;
// others are made in a buffer that the next one overwrites. It doesn't check
// that Data is UTF-8.
type Scanner struct {
	Data []byte
	// Pos is where the next token begins, or the mistake after a fatal Problem.
	Pos int
	// Loose takes what ClickHouse writes too: texts in single quotes, tuples in
	// parentheses, NULL.
	Loose bool

	scratch []byte
	depth   int
	ends    []byte // of what Skip is inside
}

// Reset begins with other data.
func (s *Scanner) Reset(data []byte) { s.Data, s.Pos, s.depth = data, 0, 0 }

// Peek skips spaces and returns the byte that follows, or 0 at the end.
func (s *Scanner) Peek() byte {
	for s.Pos < len(s.Data) {
		c := s.Data[s.Pos]
		if c > ' ' {
			return c
		}
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return c
		}
		s.Pos++
	}
	return 0
}

// Take skips spaces and consumes c, if it is next.
func (s *Scanner) Take(c byte) bool {
	if s.Pos < len(s.Data) && s.Data[s.Pos] == c {
		s.Pos++
		return true
	}
	return s.takeBehindSpace(c)
}

func (s *Scanner) takeBehindSpace(c byte) bool {
	if s.Peek() != c || s.Pos >= len(s.Data) {
		return false
	}
	s.Pos++
	return true
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special returns a mask whose lowest bit is in the first byte of w that is a
// quote, a backslash or a control character; 0 if there is none.
func special(w uint64) uint64 {
	quote, slash := w^(ones*'"'), w^(ones*'\\')
	return ((quote-ones)&^quote | (slash-ones)&^slash | (w-ones*0x20)&^w) & highs
}

// textEnd returns the index from i on of the first quote, backslash or control
// character, or len(data).
func textEnd(data []byte, i int) int {
	rest := data[i:]
	for len(rest) >= 8 {
		if m := special(binary.LittleEndian.Uint64(rest)); m != 0 {
			return len(data) - len(rest) + bits.TrailingZeros64(m)>>3
		}
		rest = rest[8:]
	}
	for len(rest) > 0 && rest[0] != '"' && rest[0] != '\\' && rest[0] >= ' ' {
		rest = rest[1:]
	}
	return len(data) - len(rest)
}

// String consumes a text, quotes and all, and returns its content. The mistake
// is at Pos if there is one.
func (s *Scanner) String() (text []byte, p Problem) {
	data, start := s.Data, s.Pos+1
	if data[start-1] == '\'' {
		return s.singleQuoted()
	}
	i := textEnd(data, start)
	switch {
	case i < len(data) && data[i] == '"':
		s.Pos = i + 1
		return data[start:i], OK
	case i < len(data) && data[i] == '\\':
		return s.unescape(start, i)
	}
	s.Pos = i
	return nil, Malformed
}

// number consumes a JSON number and returns it as it is written.
func (s *Scanner) number() (text []byte, p Problem) {
	start := s.Pos
	if s.Pos, p = numberEnd(s.Data, start); p != OK {
		return nil, p
	}
	return s.Data[start:s.Pos], OK
}

// numberEnd returns where the number at i ends, or where it isn't one.
func numberEnd(data []byte, i int) (int, Problem) {
	if data[i] == '-' {
		i++
	}
	first := i
	i = digitsEnd(data, i)
	if i == first || data[first] == '0' && i-first > 1 {
		return i, Malformed
	}
	if i < len(data) && data[i] == '.' {
		point := i + 1
		if i = digitsEnd(data, point); i == point {
			return i, Malformed
		}
	}
	if i < len(data) && data[i]|0x20 == 'e' {
		if i++; i < len(data) && (data[i] == '+' || data[i] == '-') {
			i++
		}
		exponent := i
		if i = digitsEnd(data, i); i == exponent {
			return i, Malformed
		}
	}
	return i, OK
}

func digitsEnd(data []byte, i int) int {
	for i < len(data) && data[i]-'0' <= 9 {
		i++
	}
	return i
}

// word consumes true, false or null.
func (s *Scanner) word(w string) bool {
	if len(s.Data)-s.Pos < len(w) || string(s.Data[s.Pos:s.Pos+len(w)]) != w {
		return false
	}
	s.Pos += len(w)
	return true
}

// null consumes null.
func (s *Scanner) null() bool { return s.word("null") || s.Loose && s.word("NULL") }

func (s *Scanner) down() bool {
	s.depth++
	return s.depth <= MaxDepth
}

// Key consumes the key of an object's member and the colon after it.
func (s *Scanner) Key() (key []byte, p Problem) {
	if c := s.Peek(); c != '"' && !(s.Loose && c == '\'') {
		return nil, Malformed
	}
	if key, p = s.String(); p != OK {
		return nil, p
	}
	if !s.Take(':') {
		return nil, Malformed
	}
	return key, OK
}
