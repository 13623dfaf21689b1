package textvalue

// Skip consumes a value of any kind and checks its syntax.
func (s *Scanner) Skip() Problem {
	switch c := s.Peek(); {
	case c == '{' || c == '[' || c == '(' && s.Loose:
		return s.skipNested()
	default:
		return s.skipScalar(c)
	}
}

// skipScalar consumes the text, number or word that begins with c.
func (s *Scanner) skipScalar(c byte) (p Problem) {
	switch {
	case c == '"':
		i := textEnd(s.Data, s.Pos+1)
		if i < len(s.Data) && s.Data[i] == '"' {
			s.Pos = i + 1
			return OK
		}
		_, p = s.String()
		return p
	case c == '-' || c-'0' <= 9:
		_, p = s.number()
		return p
	case c == 't' && s.word("true"), c == 'f' && s.word("false"), s.null():
		return OK
	case c == '\'' && s.Loose:
		_, p = s.String()
		return p
	}
	return Malformed
}

// skipNested consumes an object or array. What it is inside is kept as the bytes
// that would end it.
func (s *Scanner) skipNested() Problem {
	s.ends = s.ends[:0]
	for {
		c := s.Peek()
		if end := endOf(c); end != 0 && (c != '(' || s.Loose) {
			if s.ends = append(s.ends, end); s.depth+len(s.ends) > MaxDepth {
				return TooDeep
			}
			s.Pos++
			if !s.Take(end) {
				if p := s.skipKey(); p != OK {
					return p
				}
				continue
			}
			s.ends = s.ends[:len(s.ends)-1]
		} else if p := s.skipScalar(c); p != OK {
			return p
		}
		more, p := s.behindValue()
		if p != OK || !more {
			return p
		}
	}
}

// endOf returns the byte that ends what c begins, or 0.
func endOf(c byte) byte {
	switch c {
	case '{':
		return '}'
	case '[':
		return ']'
	case '(':
		return ')'
	}
	return 0
}

// behindValue consumes what stands between a value and the next: ends, a comma,
// a key. It returns false behind the last end.
func (s *Scanner) behindValue() (more bool, p Problem) {
	for len(s.ends) > 0 {
		if s.Take(',') {
			return true, s.skipKey()
		}
		if !s.Take(s.ends[len(s.ends)-1]) {
			return false, Malformed
		}
		s.ends = s.ends[:len(s.ends)-1]
	}
	return false, OK
}

// skipKey consumes a key and its colon, if what s is inside is an object.
func (s *Scanner) skipKey() Problem {
	if s.ends[len(s.ends)-1] != '}' {
		return OK
	}
	c := s.Peek()
	if c != '"' && (c != '\'' || !s.Loose) {
		return Malformed
	}
	if p := s.skipScalar(c); p != OK {
		return p
	}
	if !s.Take(':') {
		return Malformed
	}
	return OK
}
