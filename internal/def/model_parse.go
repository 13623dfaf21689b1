package def

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxParts is the most parts a definition may ask for.
const maxParts = 1024

// parseModelYAML reads models/NAME.yaml.
func parseModelYAML(ps *Problems, file, name string, content []byte) *Model {
	top, ok := parseYAML(ps, file, content, modelKeys)
	if !ok {
		return nil
	}
	m := &Model{Name: name, ID: name, Pos: Position{file, 1, 1}}
	o := top.object()
	m.header(o)
	if text, at := o.needText("sql", "add sql: | and the query"); text != "" {
		m.SQL = checkSQL(ps, at, text)
	}
	return m
}

// header reads all keys but sql.
func (m *Model) header(o *object) {
	readID(o, &m.ID)
	o.text("description", &m.Description)
	m.at = map[string]Position{"primary_key": o.at}
	m.Connection, m.at["connection"] = o.needText("connection", "add connection: and the name of a postgres, mysql or clickhouse connection")
	if n, ok := o.get("primary_key"); ok {
		m.PrimaryKey, m.at["primary_key"] = n.names(), n.at
	}
	if n, ok := o.get("partition"); ok {
		m.Partition = parsePartition(n)
	}
}

// readID reads a stable id. Ids become parts of object keys.
func readID(o *object, into *string) {
	n, ok := o.get("id")
	if !ok {
		return
	}
	*into = n.text()
	if *into != "" && (!nameShape.MatchString(*into) || len(*into) > maxName) {
		n.fail("use letters, digits, _ and -, 100 at most", "%s is %q", n.label, *into)
	}
}

// names reads a list of different names, or one text with commas.
func (n node) names() []string {
	var out []string
	for _, item := range n.items() {
		text := item.text()
		for name := range strings.SplitSeq(text, ",") {
			name = strings.TrimSpace(name)
			switch {
			case name == "" && text != "":
				item.fail("remove a comma", "a name in %s is empty", n.label)
			case name == "":
			case contains(out, name):
				item.fail("remove one of them", "%s names %q twice", n.label, name)
			default:
				out = append(out, name)
			}
		}
	}
	if n.isList() && len(n.items()) == 0 {
		n.fail("name at least one, or remove the key", "%s is an empty list", n.label)
	}
	return out
}

func parsePartition(n node) *Partition {
	if !n.isObject() {
		return &Partition{Column: strings.TrimSpace(n.text())}
	}
	o := n.object()
	p := &Partition{}
	p.Column, _ = o.needText("column", "add column: and the column to cut by")
	var count int64
	o.count("count", 1, maxParts, &count)
	p.Count = int(count)
	return p
}

var headerLine = regexp.MustCompile(`^--[ \t]*([a-z_]+:(?:[ \t].*)?)$`)

// parseModelSQL reads models/NAME.sql: comment lines "-- key: value" and a
// query. The header ends with the first line that is no comment; comments in it
// that are not of that shape are prose.
func parseModelSQL(ps *Problems, file, name string, content []byte) *Model {
	if !utf8.Valid(content) {
		ps.add(Position{file, 1, 1}, "save it as UTF-8", "the file is not UTF-8 text")
		return nil
	}
	text := strings.ReplaceAll(strings.TrimPrefix(string(content), "\ufeff"), "\r\n", "\n")
	lines := strings.Split(text, "\n")
	header := make([]string, 0, 8)
	for _, line := range lines {
		if !strings.HasPrefix(line, "--") && strings.TrimSpace(line) != "" {
			break
		}
		if m := headerLine.FindStringSubmatch(line); m != nil {
			line = m[1]
		} else {
			line = ""
		}
		header = append(header, line)
	}
	top, ok := parseYAML(ps, file, []byte(strings.Join(header, "\n")), sqlHeaderKeys())
	if !ok {
		return nil
	}
	top.doc.shift = len("-- ")
	m := &Model{Name: name, ID: name, Pos: Position{file, 1, 1}}
	if top.ast == nil {
		ps.add(m.Pos, "begin the file with a line such as -- connection: my-database", "connection is missing")
	} else {
		m.header(top.object())
	}
	query := strings.Join(lines[len(header):], "\n")
	m.SQL = checkSQL(ps, Position{file, min(len(header)+1, len(lines)), 1}, query)
	return m
}

// sqlHeaderKeys are the model's keys that a .sql file has in comments.
func sqlHeaderKeys() []Key {
	var keys []Key
	for _, k := range modelKeys {
		if k.Path != "sql" {
			keys = append(keys, k)
		}
	}
	return keys
}

var (
	sqlComment = regexp.MustCompile(`^(\s+|--[^\n]*(\n|$)|#[^\n]*(\n|$)|/\*(?s:.*?)\*/)+`)
	sqlWord    = regexp.MustCompile(`^[A-Za-z]+`)
	queryWords = []string{"SELECT", "WITH", "VALUES", "TABLE", "FROM", "SHOW"}
)

// checkSQL returns the query without outer space and final semicolon. It reports
// what is no query: the database would find all else.
func checkSQL(ps *Problems, at Position, text string) string {
	query := strings.TrimSpace(text)
	for strings.HasSuffix(query, ";") {
		query = strings.TrimSpace(strings.TrimSuffix(query, ";"))
	}
	start := strings.TrimLeft(query[len(sqlComment.FindString(query)):], "(")
	start = start[len(sqlComment.FindString(start)):]
	word := strings.ToUpper(sqlWord.FindString(start))
	switch {
	case query == "" || start == "":
		ps.add(at, "write a SELECT", "the model has no query")
	case !contains(queryWords, word):
		ps.add(at, "begin with SELECT or WITH", "the SQL begins with %q, which is no query", firstWord(start))
	}
	return query
}
