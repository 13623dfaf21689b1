package def

import (
	"strings"
	"unicode/utf8"
)

// entry is one "KEY value" line, or a "KEY >" line and the block below it.
type entry struct {
	key   string
	value string // one line, without its quotes
	at    Position
	block *block // set when the line ends in >
}

// block is the lines below "KEY >", without fences. Lines keep their text as it
// stands in the file.
type block struct {
	lines   []string
	numbers []int // of each line in the file, from 1
}

// text returns the block with common indentation removed and outer empty lines
// cut.
func (b *block) text() string {
	indent := -1
	for _, l := range b.lines {
		if strings.TrimSpace(l) != "" {
			n := len(l) - len(strings.TrimLeft(l, " \t"))
			if indent < 0 || n < indent {
				indent = n
			}
		}
	}
	out := make([]string, len(b.lines))
	for i, l := range b.lines {
		out[i] = strings.TrimRight(l[min(max(indent, 0), len(l)):], " \t")
	}
	return strings.Trim(strings.Join(out, "\n"), "\n")
}

// lineReader reads a file of "KEY value" lines.
type lineReader struct {
	file     string
	lines    []string
	next     int
	known    []string
	problems *Problems
}

// readEntries splits a file into entries. It reports lines that are none,
// unknown keys and repeated keys, and leaves those out.
//
// A block whose first line is indented ends at the first line that is not. A
// block that begins at the margin, or in a ``` fence, ends at the first line at
// the margin that begins with a key.
func readEntries(ps *Problems, file string, content []byte, known []string) []entry {
	if !utf8.Valid(content) {
		ps.add(Position{file, 1, 1}, "save it as UTF-8", "the file is not UTF-8 text")
		return nil
	}
	text := strings.TrimPrefix(string(content), "\ufeff")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	r := &lineReader{file: file, lines: strings.Split(text, "\n"), known: known, problems: ps}
	var out []entry
	first := map[string]Position{}
	for r.next < len(r.lines) {
		e, ok := r.entry()
		if !ok {
			continue
		}
		if at, again := first[e.key]; again {
			ps.add(e.at, "remove one of them", "%s is given twice, first in line %d", e.key, at.Line)
			continue
		}
		first[e.key] = e.at
		out = append(out, e)
	}
	return out
}

// entry reads the next line and the block below it. It is false for empty lines,
// comments and mistakes.
func (r *lineReader) entry() (entry, bool) {
	line := r.lines[r.next]
	r.next++
	trimmed := strings.TrimSpace(line)
	if trimmed == "" || strings.HasPrefix(trimmed, "#") || strings.HasPrefix(trimmed, "```") {
		return entry{}, false
	}
	at := Position{r.file, r.next, len(line) - len(strings.TrimLeft(line, " \t")) + 1}
	key, value := trimmed, ""
	if i := strings.IndexAny(trimmed, " \t"); i > 0 {
		key, value = trimmed[:i], strings.TrimSpace(trimmed[i:])
	}
	e := entry{key: key, value: value, at: at}
	if value == ">" {
		e.value, e.block = "", r.block()
	}
	if !contains(r.known, key) {
		r.problems.add(at, didYouMean("key", key, r.known), "unknown key %q", key)
		return entry{}, false
	}
	if e.block == nil {
		e.value = unquote(value)
	}
	return e, true
}

func (r *lineReader) block() *block {
	b := &block{}
	indented, fenced, begun := false, false, false
	for ; r.next < len(r.lines); r.next++ {
		line := r.lines[r.next]
		trimmed := strings.TrimSpace(line)
		if strings.HasPrefix(trimmed, "```") {
			fenced, begun = !fenced, true
			if !fenced {
				r.next++
				break
			}
			continue
		}
		if trimmed != "" && !begun {
			begun, indented = true, isIndented(line)
		}
		if trimmed != "" && !fenced && !isIndented(line) && (indented || r.startsKey(trimmed)) {
			break
		}
		b.lines = append(b.lines, line)
		b.numbers = append(b.numbers, r.next+1)
	}
	return b
}

func isIndented(line string) bool { return line[0] == ' ' || line[0] == '\t' }

// startsKey reports whether a line at the margin ends a block that is there too:
// its first word is a key, or is spelt like one and nearly is.
func (r *lineReader) startsKey(trimmed string) bool {
	word := strings.Fields(trimmed)[0]
	if contains(r.known, word) {
		return true
	}
	if len(word) < 5 || strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
		return false
	}
	near, ok := nearest(word, r.known)
	return ok && distance(word, near) <= 2
}

// unquote removes one pair of quotes around a value that has no such quote
// inside.
func unquote(v string) string {
	if len(v) < 2 || v[0] != v[len(v)-1] || (v[0] != '"' && v[0] != '\'') {
		return v
	}
	inner := v[1 : len(v)-1]
	if strings.IndexByte(inner, v[0]) >= 0 {
		return v
	}
	return inner
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}
