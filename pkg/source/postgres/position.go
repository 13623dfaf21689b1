package postgres

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// position spells the byte offset at in sql as line:column, both from 1, the
// column in characters.
func position(sql string, at int) string {
	at = max(0, min(at, len(sql)))
	before := sql[:at]
	line := strings.Count(before, "\n") + 1
	start := strings.LastIndexByte(before, '\n') + 1
	return fmt.Sprintf("%d:%d", line, utf8.RuneCountInString(before[start:])+1)
}

// characters returns the byte offset of the nth character of s, from 1, as the
// server counts them, and whether there is one.
func characters(s string, n int) (at int, ok bool) {
	for at = range s {
		if n--; n == 0 {
			return at, true
		}
	}
	return len(s), n == 1
}

// unquote returns the name that a token spells.
func unquote(t token) string {
	if t.kind != quoted {
		return t.text
	}
	return strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(t.text, `"`), `"`), `""`, `"`)
}
