package front

import (
	"fmt"
	"slices"
	"strings"

	"github.com/longshore/longshore/devstack/chdb"
	"github.com/longshore/longshore/devstack/native"
)

// insertSettings completes the settings of an INSERT. With a deduplication token every block of the client must
// stay a block, or a repetition would be cut differently and slip through; without one, or for data that does not come
// in blocks, the engine may join them. Asynchronous inserts are made synchronous: the answer comes after the data is
// stored either way.
func insertSettings(statement insertStatement, settings []setting, inBlocks bool) []setting {
	settings = slices.DeleteFunc(slices.Clone(settings), func(v setting) bool {
		return v.name == "async_insert" || v.name == "wait_for_async_insert"
	})
	given := func(name string) bool {
		return slices.ContainsFunc(settings, func(v setting) bool { return v.name == name })
	}
	hasToken := given("insert_deduplication_token") || strings.Contains(strings.ToLower(statement.head), "insert_deduplication_token")
	if !hasToken || !inBlocks {
		return settings
	}
	for _, name := range []string{"min_insert_block_size_rows", "min_insert_block_size_bytes"} {
		if !given(name) {
			settings = append(settings, setting{name: name, value: "0"})
		}
	}
	return settings
}

// codeNoSuchColumn is NO_SUCH_COLUMN_IN_TABLE.
const codeNoSuchColumn = 16

// target returns the columns that an INSERT takes, in the order of its column list.
func (s *clientSession) target(statement insertStatement, params []chdb.Param) ([]native.Column, error) {
	columns, err := s.describe("DESCRIBE TABLE "+statement.target, params)
	if err != nil {
		return nil, err
	}
	if statement.columns == "" {
		return inserted(columns), nil
	}
	names, plain := columnNames(statement.columns)
	if !plain {
		columns, err = s.describe("DESCRIBE TABLE (SELECT "+statement.columns+" FROM "+statement.target+")", params)
		return inserted(columns), err
	}
	out := make([]native.Column, 0, len(names))
	for _, name := range names {
		at := slices.IndexFunc(columns, func(c described) bool { return c.Name == name })
		if at < 0 {
			return nil, &chdb.Error{Code: codeNoSuchColumn, Name: "NO_SUCH_COLUMN_IN_TABLE",
				Message: fmt.Sprintf("No such column %s in table %s", name, statement.target)}
		}
		out = append(out, columns[at].Column)
	}
	return out, nil
}

// inserted drops the columns that an INSERT without a column list does not take.
func inserted(columns []described) []native.Column {
	var out []native.Column
	for _, c := range columns {
		if c.defaultKind == "" || c.defaultKind == "DEFAULT" {
			out = append(out, c.Column)
		}
	}
	return out
}

// columnNames reads a column list. It is not plain when it computes columns, as in "* EXCEPT a".
func columnNames(list string) (names []string, plain bool) {
	l := &lexer{sql: list}
	for {
		name := unquote(l.next().text)
		for l.peek().text == "." {
			l.next()
			name += "." + unquote(l.next().text)
		}
		names = append(names, name)
		switch t := l.next(); t.text {
		case "":
			return names, !slices.Contains(names, "*")
		case ",":
		default:
			return nil, false
		}
	}
}

// unquote returns the name inside backticks or double quotes.
func unquote(text string) string {
	if len(text) < 2 || text[0] != '`' && text[0] != '"' || text[len(text)-1] != text[0] {
		return text
	}
	quote := text[:1]
	inner := strings.ReplaceAll(text[1:len(text)-1], quote+quote, quote)
	return strings.NewReplacer(`\\`, `\`, `\`+quote, quote).Replace(inner)
}
