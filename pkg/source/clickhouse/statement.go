package clickhouse

import (
	"strings"

	"github.com/longshore/longshore/pkg/fault"
)

// statement is a model's SQL, as far as its words tell what it is.
type statement struct {
	sql string // up to its last word: no semicolon, no comment after it
	// ordered and limited are set when ORDER BY, and LIMIT or what is like it,
	// stand outside parentheses.
	ordered, limited bool
}

// parse looks at the model. The error is Invalid where the statement can't be
// one that only reads; all else is for the server to say.
func parse(sql string) (statement, error) {
	words, end := scan(sql)
	if len(words) == 0 {
		return statement{}, fault.WithRemedy(fault.New(fault.Invalid, "the SQL is empty"), "write one SELECT statement")
	}
	if first := words[0].text; first != "select" && first != "with" {
		return statement{}, fault.WithRemedy(fault.New(fault.Invalid, "the SQL begins with %q", first),
			"a model is one statement that begins with SELECT or WITH")
	}
	s := statement{sql: sql[:end]}
	anywhere := strings.HasPrefix(strings.TrimSpace(sql), "(")
	for i, w := range words {
		if w.depth > 0 && !anywhere {
			continue
		}
		switch w.text {
		case "by":
			s.ordered = s.ordered || i > 0 && words[i-1].text == "order"
		case "limit", "offset", "fetch", "top":
			s.limited = true
		}
	}
	return s, nil
}

// scanned is a word outside quotes and comments, in lower case.
type scanned struct {
	text  string
	depth int
}

// scan returns the words of sql, and where the last thing that is no comment,
// space or semicolon ends.
func scan(sql string) (words []scanned, end int) {
	depth := 0
	for i := 0; i < len(sql); {
		c := sql[i]
		switch {
		case strings.IndexByte(" \t\r\n\f\v;", c) >= 0:
			i++
			continue
		case strings.HasPrefix(sql[i:], "--"), c == '#' && i+1 < len(sql) && (sql[i+1] == ' ' || sql[i+1] == '!'):
			i = until(sql, i, "\n")
			continue
		case strings.HasPrefix(sql[i:], "/*"):
			i = until(sql, i+2, "*/")
			continue
		case c == '\'' || c == '"' || c == '`':
			i = skipQuoted(sql, i)
		case isWord(c):
			start := i
			for i < len(sql) && isWord(sql[i]) {
				i++
			}
			words = append(words, scanned{strings.ToLower(sql[start:i]), depth})
		default:
			switch c {
			case '(':
				depth++
			case ')':
				depth--
			}
			i++
		}
		end = i
	}
	return words, end
}

// until returns the end of the next mark after i.
func until(sql string, i int, mark string) int {
	if n := strings.Index(sql[i:], mark); n >= 0 {
		return i + n + len(mark)
	}
	return len(sql)
}

func isWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80
}

func quoteName(name string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(name) + "`"
}

func quoteText(s string) string {
	return "'" + strings.NewReplacer("\\", "\\\\", "'", "\\'").Replace(s) + "'"
}
