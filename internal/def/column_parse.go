package def

import (
	"strings"

	"github.com/longshore/longshore/pkg/schema"
)

// located is a text that came from lines of a file.
type located struct {
	file    string
	text    string
	numbers []int // line in the file of each line of text
}

// at returns the position of a byte of the text.
func (l located) at(offset int) Position {
	before := l.text[:offset]
	line := strings.Count(before, "\n")
	return Position{l.file, l.numbers[line], offset - strings.LastIndexByte(before, '\n')}
}

// locate joins a block. Lines that hold a comment become empty.
func (b *block) locate(file string) located {
	lines := make([]string, len(b.lines))
	for i, l := range b.lines {
		if t := strings.TrimSpace(l); !strings.HasPrefix(t, "#") && !strings.HasPrefix(t, "--") {
			lines[i] = l
		}
	}
	return located{file, strings.Join(lines, "\n"), b.numbers}
}

// parseColumns reads the columns of a SCHEMA block.
func parseColumns(ps *Problems, in located) []Column {
	parts, wrong, offset := splitCommas(in.text)
	if wrong != "" {
		ps.add(in.at(offset), "close it", "%s", wrong)
	}
	var columns []Column
	for i, part := range parts {
		if part.from == part.to {
			if i < len(parts)-1 {
				ps.add(in.at(part.from), "remove a comma", "a column is empty")
			}
			continue
		}
		p := columnParser{in: in, pos: part.from, end: part.to, problems: ps}
		if c, ok := p.column(); ok {
			columns = append(columns, c)
		}
	}
	return columns
}

// columnParser reads one column:
//
//	name Type `json:$.path` DEFAULT expr CODEC(...)
//
// where the last three are optional and may come in any order.
type columnParser struct {
	in       located
	pos, end int
	problems *Problems
}

func (p *columnParser) rest() string { return p.in.text[p.pos:p.end] }

func (p *columnParser) skipSpace() {
	for p.pos < p.end && isSpace(p.in.text[p.pos]) {
		p.pos++
	}
}

func (p *columnParser) fail(at int, remedy, format string, args ...any) bool {
	p.problems.add(p.in.at(at), remedy, format, args...)
	return false
}

func (p *columnParser) column() (Column, bool) {
	c := Column{Pos: p.in.at(p.pos)}
	if !p.name(&c) || !p.columnType(&c) {
		return c, false
	}
	for p.skipSpace(); p.pos < p.end; p.skipSpace() {
		if !p.clause(&c) {
			return c, false
		}
	}
	if need, have := c.JSONPath.Arrays(), arrayDepth(c.Type); need > have {
		p.problems.add(c.Pos, "use Array("+c.Type.String()+")", "column %s: the path %s has %d × [:] and the type %s has %d × Array", c.Name, c.JSONPath, need, c.Type, have)
	}
	return c, true
}

func arrayDepth(t schema.Type) int {
	n := 0
	for t.Kind == schema.Array {
		t, n = t.Elem(0), n+1
	}
	return n
}

func (p *columnParser) name(c *Column) bool {
	rest := p.rest()
	if rest[0] == '`' || rest[0] == '"' {
		n, closed := skipQuoted(rest)
		if !closed {
			return p.fail(p.pos, "close it", "the quote of a column's name is never closed")
		}
		c.Name = unquoteIdentifier(rest, n)
		p.pos += n
	} else {
		n := 0
		for n < len(rest) && isWord(rest[n]) {
			n++
		}
		c.Name = rest[:n]
		if n == 0 || n < len(rest) && !isSpace(rest[n]) {
			return p.fail(p.pos, "write `name` Type `json:$.path`", "a column begins with its name, not with %q", firstWord(rest))
		}
		p.pos += n
	}
	if strings.HasPrefix(c.Name, "json:") {
		return p.fail(p.pos, "write `name` Type `json:$.path`", "a column has a path but no name")
	}
	if strings.TrimSpace(c.Name) == "" {
		return p.fail(p.pos, "give it a name", "a column's name is empty")
	}
	p.skipSpace()
	return true
}

func isWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func firstWord(s string) string {
	fields := strings.Fields(s)
	if len(fields) == 0 {
		return s
	}
	return fields[0]
}

// clauses are the words that may follow a type. Those with a reason are known
// to ClickHouse and not to Longshore.
var clauses = map[string]string{
	"DEFAULT": "", "CODEC": "",
	"MATERIALIZED": "rows are inserted with all columns", "ALIAS": "rows are inserted with all columns",
	"EPHEMERAL": "rows are inserted with all columns", "TTL": "use ENGINE_TTL", "COMMENT": "use a line that begins with #",
	"NULL": "use Nullable(Type)", "NOT": "types are not null unless Nullable",
}

// afterDefault are the clauses that end an expression; other words are part of
// it: DEFAULT NOT a, DEFAULT NULL.
var afterDefault = map[string]string{"CODEC": "", "TTL": "", "COMMENT": ""}

// until returns the end of the text before the next path or one of the stops.
func (p *columnParser) until(stops map[string]string) int {
	text := p.in.text
	depth := 0
	for i := p.pos; i < p.end; i++ {
		switch c := text[i]; {
		case c == '`' && depth == 0 && i > p.pos && strings.HasPrefix(text[i:p.end], "`json:"):
			return i
		case c == '\'' || c == '"' || c == '`':
			n, _ := skipQuoted(text[i:p.end])
			i += n - 1
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case depth == 0 && isWord(c) && !isWord(text[max(i-1, 0)]):
			word := text[i:p.end]
			n := 0
			for n < len(word) && isWord(word[n]) {
				n++
			}
			if _, ok := stops[strings.ToUpper(word[:n])]; ok && i > p.pos {
				return i
			}
			i += n - 1
		}
	}
	return p.end
}

func (p *columnParser) columnType(c *Column) bool {
	start := p.pos
	end := p.until(clauses)
	if start < p.end && p.in.text[start] == '`' {
		end = start
	}
	text := strings.TrimSpace(p.in.text[start:end])
	if text == "" {
		return p.fail(min(start, p.end-1), "write `name` Type `json:$.path`", "column %s has no type", c.Name)
	}
	t, err := schema.ParseType(text)
	if err != nil {
		message, remedy := explain(err)
		if remedy == "" {
			remedy = "write a ClickHouse type such as String or UInt64"
		}
		return p.fail(start, remedy, "column %s: %s", c.Name, message)
	}
	c.Type, p.pos = t, end
	return true
}

func (p *columnParser) clause(c *Column) bool {
	start, rest := p.pos, p.rest()
	if rest[0] == '`' {
		return p.path(c)
	}
	n := 0
	for n < len(rest) && isWord(rest[n]) {
		n++
	}
	word := strings.ToUpper(rest[:n])
	why, known := clauses[word]
	switch {
	case !known:
		return p.fail(start, "write `json:$.path`, DEFAULT expr or CODEC(...)", "column %s: %q is unexpected after the type", c.Name, firstWord(rest))
	case why != "":
		return p.fail(start, why, "column %s: %s is not supported", c.Name, word)
	}
	p.pos += n
	stops := clauses
	if word == "DEFAULT" {
		stops = afterDefault
	}
	end := p.until(stops)
	text := strings.TrimSpace(p.in.text[p.pos:end])
	p.pos = end
	if word == "DEFAULT" {
		return p.setDefault(c, start, text)
	}
	return p.setCodec(c, start, text)
}

func (p *columnParser) setDefault(c *Column, start int, expr string) bool {
	switch {
	case c.Default != "":
		return p.fail(start, "remove one of them", "column %s has two defaults", c.Name)
	case expr == "":
		return p.fail(start, "write DEFAULT expr", "column %s: DEFAULT has no expression", c.Name)
	}
	c.Default = expr
	return true
}

func (p *columnParser) setCodec(c *Column, start int, text string) bool {
	switch {
	case c.Codec != "":
		return p.fail(start, "remove one of them", "column %s has two codecs", c.Name)
	case len(text) < 3 || text[0] != '(' || text[len(text)-1] != ')' || strings.TrimSpace(text[1:len(text)-1]) == "":
		return p.fail(start, "write for example CODEC(Delta, ZSTD(1))", "column %s: CODEC has no list in brackets", c.Name)
	}
	c.Codec = strings.TrimSpace(text[1 : len(text)-1])
	return true
}

func (p *columnParser) path(c *Column) bool {
	start := p.pos
	n, closed := skipQuoted(p.rest())
	if !closed {
		return p.fail(start, "close it", "column %s: the backtick of the path is never closed", c.Name)
	}
	text, isPath := strings.CutPrefix(unquoteIdentifier(p.rest(), n), "json:")
	p.pos += n
	if !isPath {
		return p.fail(start, "write `json:$.path`", "column %s: %q is unexpected after the type", c.Name, text)
	}
	if c.JSONPath != nil {
		return p.fail(start, "remove one of them", "column %s has two paths", c.Name)
	}
	path, err := schema.ParsePath(text)
	if err != nil {
		message, _ := explain(err)
		return p.fail(start, "write for example `json:$.a.b`", "column %s: path %q: %s", c.Name, text, message)
	}
	c.JSONPath = path
	return true
}
