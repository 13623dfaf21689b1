package clickhouse

import (
	"strconv"
	"strings"
)

// typeName is a type as the server spells it: Array(Nullable(String)).
type typeName struct {
	name string
	args []string // between the outer parentheses, cut at their commas
	all  string
}

func parseType(s string) typeName {
	s = strings.TrimSpace(s)
	open := strings.IndexByte(s, '(')
	if open < 0 || !strings.HasSuffix(s, ")") {
		return typeName{name: s, all: s}
	}
	return typeName{name: s[:open], args: splitArgs(s[open+1 : len(s)-1]), all: s}
}

// splitArgs cuts at commas that are in no parentheses and no quotes.
func splitArgs(s string) []string {
	var args []string
	depth, start := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\'', '`':
			i = skipQuoted(s, i) - 1
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				args = append(args, strings.TrimSpace(s[start:i]))
				start = i + 1
			}
		}
	}
	return append(args, strings.TrimSpace(s[start:]))
}

// skipQuoted returns the end of the quoted thing at i; a backslash hides what
// follows it, a doubled quote is one.
func skipQuoted(s string, i int) int {
	quote := s[i]
	for i++; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			i++
		case s[i] == quote:
			return i + 1
		}
	}
	return len(s)
}

// unquote returns what the quoted string spells.
func unquote(s string) string {
	if len(s) < 2 {
		return s
	}
	quote := s[0]
	var b strings.Builder
	for i := 1; i < len(s)-1; i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s)-1:
			i++
			b.WriteByte(unescape(s[i]))
		case s[i] == quote:
			i++
			b.WriteByte(quote)
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

func unescape(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 't':
		return '\t'
	case 'r':
		return '\r'
	case '0':
		return 0
	}
	return c
}

func (t typeName) arg(i int) string {
	if i >= 0 && i < len(t.args) {
		return t.args[i]
	}
	return ""
}

func (t typeName) number(i int) int {
	n, _ := strconv.Atoi(t.arg(i)) // zero is no size that the server has
	return n
}

// named cuts "`a b` Int8" into name and type; an argument without a name gets
// its place as one.
func named(arg string, place int) (name, rest string) {
	var end int
	switch {
	case strings.HasPrefix(arg, "`"):
		end = skipQuoted(arg, 0)
	default:
		end = strings.IndexAny(arg, " (")
	}
	if end <= 0 || end >= len(arg) || arg[end] != ' ' {
		return strconv.Itoa(place), arg
	}
	name = arg[:end]
	if name[0] == '`' {
		name = unquote(name)
	}
	return name, strings.TrimSpace(arg[end:])
}

// labels is the numbers and names of an Enum.
func (t typeName) labels() map[int16]string {
	out := make(map[int16]string, len(t.args))
	for _, arg := range t.args {
		if !strings.HasPrefix(arg, "'") {
			continue
		}
		end := skipQuoted(arg, 0)
		_, number, _ := strings.Cut(arg[end:], "=")
		n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 16)
		if err == nil {
			out[int16(n)] = unquote(arg[:end])
		}
	}
	return out
}
