package textvalue

// Skip consumes a value of any kind and checks its syntax.
func (s *Scanner) Skip() (p Problem) {
	c := s.Peek()
	if c == '{' || c == '[' || c == '(' && s.Loose {
		s.Pos, p = s.skipNested(s.Pos)
		return p
	}
	s.Pos, p = s.skipScalar(s.Pos)
	return p
}

// The functions below take and return positions in Data, not Pos: the processor
// is waiting for them all the time, and they are faster in registers. With a
// Problem, the position is that of the mistake.

// SkipScalarAt returns where the text without escapes or the number at pos ends,
// or -1 where something else stands there.
func (s *Scanner) SkipScalarAt(pos int) int {
	if pos < len(s.Data) {
		switch c := s.Data[pos]; {
		case c == '"':
			if end := textEnd(s.Data, pos+1); end < len(s.Data) && s.Data[end] == '"' {
				return end + 1
			}
		case c == '-' || c-'0' <= 9:
			if end, p := numberEnd(s.Data, pos); p == OK {
				return end
			}
		}
	}
	return -1
}

// skipScalar consumes the text, number or word at pos.
func (s *Scanner) skipScalar(pos int) (int, Problem) {
	if end := s.SkipScalarAt(pos); end >= 0 {
		return end, OK
	}
	s.Pos = pos
	p := Malformed
	if pos < len(s.Data) {
		switch c := s.Data[pos]; {
		case c == '"', c == '\'' && s.Loose:
			_, p = s.String()
		case c == '-' || c-'0' <= 9:
			_, p = s.number()
		case s.word("true"), s.word("false"), s.null():
			p = OK
		}
	}
	return s.Pos, p
}

// space returns the position of the next byte from pos on that isn't a space.
func (s *Scanner) space(pos int) int {
	for pos < len(s.Data) && s.Data[pos] <= ' ' && isSpace(s.Data[pos]) {
		pos++
	}
	return pos
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// skipNested consumes the object or array at pos. What it is inside is kept as
// the bytes that would end it.
func (s *Scanner) skipNested(pos int) (int, Problem) {
	data, ends, p := s.Data, s.ends[:0], OK
	for {
		end := byte(0)
		if pos < len(data) {
			end = s.endOf(data[pos])
		}
		if end != 0 {
			if ends = append(ends, end); s.depth+len(ends) > MaxDepth {
				return pos, TooDeep
			}
			s.ends = ends
			pos = s.space(pos + 1)
			if pos < len(data) && data[pos] == end {
				pos++
				ends = ends[:len(ends)-1]
			} else {
				if end == '}' {
					pos, p = s.skipKey(pos)
				}
				if p != OK {
					return pos, p
				}
				continue
			}
		} else if pos, p = s.skipScalar(pos); p != OK {
			return pos, p
		}
		// Behind a value: ends, then a comma, and perhaps a key.
		for {
			if len(ends) == 0 {
				return pos, OK
			}
			end = ends[len(ends)-1]
			if pos = s.space(pos); pos >= len(data) {
				return pos, Malformed
			}
			if data[pos] != end {
				break
			}
			pos++
			ends = ends[:len(ends)-1]
		}
		if data[pos] != ',' {
			return pos, Malformed
		}
		pos = s.space(pos + 1)
		if end == '}' {
			if pos, p = s.skipKey(pos); p != OK {
				return pos, p
			}
		}
	}
}

// endOf returns the byte that ends what c begins, or 0.
func (s *Scanner) endOf(c byte) byte {
	switch c {
	case '{':
		return '}'
	case '[':
		return ']'
	case '(':
		if s.Loose {
			return ')'
		}
	}
	return 0
}

// skipKey consumes the key at pos, its colon, and spaces behind it.
func (s *Scanner) skipKey(pos int) (int, Problem) {
	if pos >= len(s.Data) || s.Data[pos] != '"' && (s.Data[pos] != '\'' || !s.Loose) {
		return pos, Malformed
	}
	pos, p := s.skipScalar(pos)
	if p != OK {
		return pos, p
	}
	if pos = s.space(pos); pos >= len(s.Data) || s.Data[pos] != ':' {
		return pos, Malformed
	}
	return s.space(pos + 1), OK
}
