package def

import "strings"

// The functions here look at ClickHouse SQL without understanding it: they know
// quotes, brackets and where words end.

// skipQuoted returns the length of the quoted text at the beginning of s, whose
// first byte is the quote. It is false when the quote is never closed. A quote
// inside is doubled or has a backslash before it.
func skipQuoted(s string) (int, bool) {
	quote := s[0]
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			i++
		case s[i] == quote:
			return i + 1, true
		}
	}
	return len(s), false
}

// unquoteIdentifier returns the name in backticks or double quotes at the
// beginning of s, which has n bytes.
func unquoteIdentifier(s string, n int) string {
	q := s[0]
	inner := s[1 : n-1]
	var b strings.Builder
	for i := 0; i < len(inner); i++ {
		if (inner[i] == '\\' || inner[i] == q) && i+1 < len(inner) {
			i++
		}
		b.WriteByte(inner[i])
	}
	return b.String()
}

// span is a part of a text, in bytes from its beginning.
type span struct{ from, to int }

func (s span) of(text string) string { return text[s.from:s.to] }

// trim removes white space from both ends.
func (s span) trim(text string) span {
	for s.from < s.to && isSpace(text[s.from]) {
		s.from++
	}
	for s.to > s.from && isSpace(text[s.to-1]) {
		s.to--
	}
	return s
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// splitCommas cuts text at the commas that stand in no quotes and no brackets.
// The parts are trimmed. Unbalanced text is cut as far as it makes sense; wrong
// tells what is unbalanced, and where.
func splitCommas(text string) (parts []span, wrong string, at int) {
	var open []int
	start := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '\'', '"', '`':
			n, closed := skipQuoted(text[i:])
			if !closed {
				return append(parts, span{start, len(text)}.trim(text)), "the quote " + string(c) + " is never closed", i
			}
			i += n - 1
		case '(', '[', '{':
			open = append(open, i)
		case ')', ']', '}':
			if len(open) == 0 || !pairs(text[open[len(open)-1]], c) {
				return append(parts, span{start, len(text)}.trim(text)), "the bracket " + string(c) + " was never opened", i
			}
			open = open[:len(open)-1]
		case ',':
			if len(open) == 0 {
				parts = append(parts, span{start, i}.trim(text))
				start = i + 1
			}
		}
	}
	parts = append(parts, span{start, len(text)}.trim(text))
	if len(open) > 0 {
		i := open[len(open)-1]
		return parts, "the bracket " + text[i:i+1] + " is never closed", i
	}
	return parts, "", 0
}

func pairs(open, shut byte) bool {
	return open == '(' && shut == ')' || open == '[' && shut == ']' || open == '{' && shut == '}'
}

// unbalanced says what is wrong with the quotes and brackets of an expression;
// nothing when they are in order.
func unbalanced(expr string) string {
	_, wrong, _ := splitCommas(expr)
	return wrong
}

// plainColumns returns the names in a list such as "a, b", "(a, `b`)" or
// "tuple(a)". It is false when the text holds any other expression.
func plainColumns(expr string) ([]string, bool) {
	expr = strings.TrimSpace(expr)
	if rest, ok := strings.CutPrefix(expr, "tuple"); ok && strings.HasPrefix(strings.TrimSpace(rest), "(") {
		expr = strings.TrimSpace(rest)
	}
	if strings.HasPrefix(expr, "(") && strings.HasSuffix(expr, ")") {
		expr = expr[1 : len(expr)-1]
	}
	if strings.TrimSpace(expr) == "" {
		return nil, true
	}
	parts, wrong, _ := splitCommas(expr)
	if wrong != "" {
		return nil, false
	}
	names := make([]string, 0, len(parts))
	for _, p := range parts {
		text := p.of(expr)
		switch {
		case tableShape.MatchString(text):
			names = append(names, text)
		case text != "" && (text[0] == '`' || text[0] == '"'):
			n, closed := skipQuoted(text)
			if !closed || n != len(text) {
				return nil, false
			}
			names = append(names, unquoteIdentifier(text, n))
		default:
			return nil, false
		}
	}
	return names, true
}
