package postgres

import "strings"

// tokenKind says what a token of SQL is.
type tokenKind uint8

const (
	word   tokenKind = iota // identifier or keyword, text in lower case
	quoted                  // "identifier", text as written
	text                    // string constant of any spelling
	number
	symbol // one character
)

// token is a word of SQL; white space and comments are not.
type token struct {
	kind    tokenKind
	text    string
	at, end int // byte offsets
	depth   int // how many parentheses are open around it
}

func (t token) is(keyword string) bool { return t.kind == word && t.text == keyword }

func (t token) isSymbol(s string) bool { return t.kind == symbol && t.text == s }

// scan cuts SQL into tokens. It never fails: what is wrong with the SQL is for
// the server to say. An unclosed quote or comment reaches to the end.
func scan(sql string) []token {
	var tokens []token
	depth := 0
	for i := 0; i < len(sql); {
		if end := skipBlank(sql, i); end > i {
			i = end
			continue
		}
		t := token{at: i}
		t.kind, t.end = next(sql, i)
		t.text = sql[t.at:t.end]
		switch {
		case t.kind == word:
			t.text = strings.ToLower(t.text)
		case t.isSymbol(")"):
			depth--
		}
		t.depth = depth
		if t.isSymbol("(") {
			depth++
		}
		tokens = append(tokens, t)
		i = t.end
	}
	return tokens
}

// skipBlank returns the end of the white space or comment at i, or i.
func skipBlank(sql string, i int) int {
	rest := sql[i:]
	switch {
	case strings.ContainsRune(" \t\r\n\f\v", rune(sql[i])):
		return i + 1
	case strings.HasPrefix(rest, "--"):
		if n := strings.IndexAny(rest, "\r\n"); n >= 0 {
			return i + n
		}
		return len(sql)
	case strings.HasPrefix(rest, "/*"):
		return endOfComment(sql, i)
	}
	return i
}

// endOfComment returns the end of the block comment at i. They nest.
func endOfComment(sql string, i int) int {
	depth := 0
	for i < len(sql) {
		switch {
		case strings.HasPrefix(sql[i:], "/*"):
			depth++
			i += 2
		case strings.HasPrefix(sql[i:], "*/"):
			depth--
			i += 2
			if depth == 0 {
				return i
			}
		default:
			i++
		}
	}
	return i
}

// next returns the kind and the end of the token at i.
func next(sql string, i int) (tokenKind, int) {
	c := sql[i]
	escapes := (c == 'e' || c == 'E') && i+1 < len(sql) && sql[i+1] == '\''
	switch {
	case c == '\'':
		return text, endOfQuote(sql, i, false)
	case escapes:
		return text, endOfQuote(sql, i+1, true)
	case c == '"':
		return quoted, endOfQuote(sql, i, false)
	case c == '$':
		if end := endOfDollarQuote(sql, i); end > i {
			return text, end
		}
		return symbol, i + 1
	case isDigit(c):
		return number, endWhile(sql, i, func(c byte) bool { return isWord(c) || c == '.' })
	case isWord(c):
		return word, endWhile(sql, i, func(c byte) bool { return isWord(c) || c == '$' })
	}
	return symbol, i + 1
}

// endOfQuote returns the end of the quoted thing that opens at i. A doubled
// quote stands for one; a backslash hides a quote where escapes is set.
func endOfQuote(sql string, i int, escapes bool) int {
	quote := sql[i]
	for i++; i < len(sql); i++ {
		switch {
		case escapes && sql[i] == '\\':
			i++
		case sql[i] == quote && i+1 < len(sql) && sql[i+1] == quote:
			i++
		case sql[i] == quote:
			return i + 1
		}
	}
	return len(sql)
}

// endOfDollarQuote returns the end of the $tag$…$tag$ at i, or i where there is
// none.
func endOfDollarQuote(sql string, i int) int {
	tag := endWhile(sql, i+1, isWord)
	if tag >= len(sql) || sql[tag] != '$' || tag > i+1 && isDigit(sql[i+1]) {
		return i
	}
	mark := sql[i : tag+1]
	n := strings.Index(sql[tag+1:], mark)
	if n < 0 {
		return len(sql)
	}
	return tag + 1 + n + len(mark)
}

func endWhile(sql string, i int, holds func(byte) bool) int {
	for i < len(sql) && holds(sql[i]) {
		i++
	}
	return i
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isWord holds for every byte of an identifier; letters beyond ASCII count.
func isWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c) || c >= 0x80
}

func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// quoteText spells a string constant that is read alike under any setting of
// standard_conforming_strings.
func quoteText(s string) string {
	s = strings.ReplaceAll(s, `'`, `''`)
	if strings.Contains(s, `\`) {
		return ` E'` + strings.ReplaceAll(s, `\`, `\\`) + `'`
	}
	return `'` + s + `'`
}
