package front

import "strings"

// token is a piece of a statement: a word, a quoted name or string, or one other character.
type token struct {
	start, end int
	text       string // as written
}

func (t token) is(keyword string) bool { return strings.EqualFold(t.text, keyword) }

// lexer cuts a statement into tokens, without comments and white space.
type lexer struct {
	sql string
	pos int
}

// next returns the next token; at the end its text is empty and start is the statement's length.
func (l *lexer) next() token {
	l.skipSpace()
	start := l.pos
	if start >= len(l.sql) {
		return token{start: len(l.sql), end: len(l.sql)}
	}
	switch c := l.sql[start]; {
	case c == '\'' || c == '`' || c == '"':
		l.pos = endOfQuoted(l.sql, start)
	case isWord(c):
		for l.pos < len(l.sql) && isWord(l.sql[l.pos]) {
			l.pos++
		}
	default:
		l.pos++
	}
	return token{start: start, end: l.pos, text: l.sql[start:l.pos]}
}

// peek returns the next token without moving.
func (l *lexer) peek() token {
	pos := l.pos
	t := l.next()
	l.pos = pos
	return t
}

// skipBalanced moves behind the bracket that closes the one at the current position.
func (l *lexer) skipBalanced() {
	for depth := 0; ; {
		switch t := l.next(); t.text {
		case "(", "{", "[":
			depth++
		case ")", "}", "]":
			if depth--; depth <= 0 {
				return
			}
		case "":
			return
		}
	}
}

func (l *lexer) skipSpace() {
	for l.pos < len(l.sql) {
		rest := l.sql[l.pos:]
		switch {
		case strings.IndexByte(" \t\r\n\f\v", rest[0]) >= 0:
			l.pos++
		case strings.HasPrefix(rest, "--"), strings.HasPrefix(rest, "#!"), strings.HasPrefix(rest, "# "):
			l.pos += lineEnd(rest)
		case strings.HasPrefix(rest, "/*"):
			l.pos += commentEnd(rest)
		default:
			return
		}
	}
}

func lineEnd(s string) int {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		return i + 1
	}
	return len(s)
}

func commentEnd(s string) int {
	if i := strings.Index(s[2:], "*/"); i >= 0 {
		return i + 4
	}
	return len(s)
}

func isWord(c byte) bool {
	return c == '_' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// endOfQuoted returns the position behind the quoted text at start; a doubled quote does not end it.
func endOfQuoted(s string, start int) int {
	quote := s[start]
	for i := start + 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case quote:
			if i+1 < len(s) && s[i+1] == quote {
				i++
				continue
			}
			return i + 1
		}
	}
	return len(s)
}
