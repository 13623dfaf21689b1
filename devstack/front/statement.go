package front

import "strings"

// insertStatement is an INSERT whose data comes from the client.
type insertStatement struct {
	head    string // the statement up to its data, without VALUES or FORMAT
	target  string // the table as written, or a table function
	columns string // the column list as written, without brackets; empty when there is none
	format  string // of the data; empty when the statement names none
	dataAt  int    // where inline data starts in the statement
}

// parseInsert takes an INSERT apart. It is not ok for anything that needs no data from the client: other
// statements, INSERT … SELECT, INSERT … FROM INFILE.
func parseInsert(sql string) (insertStatement, bool) {
	l := &lexer{sql: sql}
	if !l.next().is("INSERT") {
		return insertStatement{}, false
	}
	if l.peek().is("INTO") {
		l.next()
	}
	var s insertStatement
	s.target = parseTarget(l)
	if l.peek().text == "(" {
		open := l.peek().start
		inside := lexer{sql: sql, pos: open + 1}
		if first := inside.peek(); first.is("SELECT") || first.is("WITH") || first.text == "(" {
			return insertStatement{}, false
		}
		l.skipBalanced()
		s.columns = strings.TrimSpace(sql[open+1 : max(l.pos-1, open+1)])
	}
	return s, s.parseData(l)
}

// parseTarget reads [TABLE] [FUNCTION] name and returns it.
func parseTarget(l *lexer) string {
	if l.peek().is("TABLE") {
		l.next()
	}
	function := l.peek().is("FUNCTION")
	if function { // INSERT alone has this word
		l.next()
	}
	start := l.peek().start
	skipName(l)
	for l.peek().text == "." {
		l.next()
		skipName(l)
	}
	if function && l.peek().text == "(" {
		l.skipBalanced()
	}
	return strings.TrimSpace(l.sql[start:l.pos])
}

// skipName moves behind a name or a {parameter:Identifier}.
func skipName(l *lexer) {
	if l.peek().text == "{" {
		l.skipBalanced()
		return
	}
	l.next()
}

// parseData reads what follows the columns and reports whether the client has to send the data.
func (s *insertStatement) parseData(l *lexer) bool {
	for {
		t := l.peek()
		switch {
		case t.is("VALUES"):
			s.head, s.format = l.sql[:t.start], "Values"
			l.next()
			s.dataAt = l.pos
			return true
		case t.is("FORMAT"):
			s.head = l.sql[:t.start]
			l.next()
			s.format = l.next().text
			s.dataAt = dataStart(l.sql, l.pos)
			return true
		case t.text == "" || t.text == ";":
			s.head, s.dataAt = l.sql[:t.start], len(l.sql)
			return true
		case t.is("SELECT"), t.is("WITH"), t.is("FROM"), t.is("WATCH"):
			return false
		case t.text == "(":
			inside := lexer{sql: l.sql, pos: t.start + 1}
			if first := inside.peek(); first.is("SELECT") || first.is("WITH") {
				return false
			}
			l.skipBalanced()
		default:
			l.next() // SETTINGS a = 1, b = 2 and the like
		}
	}
}

// dataStart skips a semicolon and the rest of the line behind FORMAT name, where that is blank.
func dataStart(sql string, pos int) int {
	for i := pos; i < len(sql); i++ {
		switch sql[i] {
		case ' ', '\t', '\r', ';':
		case '\n':
			return i + 1
		default:
			return i
		}
	}
	return len(sql)
}

// splitFormat cuts the FORMAT clause out of a statement that returns rows.
func splitFormat(sql string) (rest, format string) {
	l := &lexer{sql: sql}
	depth := 0
	for t := l.next(); t.text != ""; t = l.next() {
		switch {
		case t.text == "(" || t.text == "[" || t.text == "{":
			depth++
		case t.text == ")" || t.text == "]" || t.text == "}":
			depth--
		case depth == 0 && t.is("FORMAT"):
			name := l.peek()
			after := lexer{sql: sql, pos: name.end}
			next := after.peek()
			if name.text != "" && isWord(name.text[0]) && (next.text == "" || next.text == ";" || next.is("SETTINGS")) {
				return sql[:t.start] + " " + sql[name.end:], name.text
			}
		}
	}
	return sql, ""
}

// firstWord returns a statement's first keyword in capitals.
func firstWord(sql string) string { return strings.ToUpper((&lexer{sql: sql}).next().text) }

// trimEnd drops what a statement cannot keep when it becomes a subquery.
func trimEnd(sql string) string { return strings.TrimRight(sql, "; \t\r\n") }
