package front

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/longshore/longshore/devstack/chdb"
	"github.com/longshore/longshore/devstack/native"
)

// codeSyntaxError is SYNTAX_ERROR.
const codeSyntaxError = 62

// query is a statement that needs no data from the client, and the format its result is wanted in.
type query struct {
	sql    string
	format string
	params []chdb.Param
}

// open runs a statement. SELECTs are streamed when the format is the same whether its rows come in one piece or
// in several.
func (s *clientSession) open(q query) (Rows, error) {
	if err := refuse(q.sql); err != nil {
		return nil, err
	}
	class, statements := s.Classify(q.sql)
	switch {
	case statements > 1:
		return nil, &chdb.Error{Code: codeSyntaxError, Name: "SYNTAX_ERROR", Message: "Syntax error (Multi-statements are not allowed)"}
	case firstWord(q.sql) == "":
		return nil, &chdb.Error{Code: codeSyntaxError, Name: "SYNTAX_ERROR", Message: "Syntax error: failed at position 1 (end of query): Empty query"}
	}
	if class == chdb.ReadOnly && concatenates[strings.ToLower(q.format)] {
		rows, err := s.Stream(q.sql, q.format, q.params)
		if !errors.Is(err, chdb.ErrNotStreamable) {
			return rows, err
		}
	}
	data, stats, err := s.Query(q.sql, q.format, q.params)
	if err != nil {
		return nil, err
	}
	if class == chdb.Control && firstWord(q.sql) == "SET" {
		s.sets = append(s.sets, q.sql)
	}
	return &buffered{data: data, stats: stats}, nil
}

// concatenates lists the formats whose pieces make the whole when put one behind the other.
var concatenates = map[string]bool{
	"native": true, "rowbinary": true, "null": true,
	"tsv": true, "tabseparated": true, "tsvraw": true, "tabseparatedraw": true, "csv": true, "lineasstring": true,
	"jsoneachrow": true, "ndjson": true, "jsonlines": true, "jsoncompacteachrow": true,
	"jsonstringseachrow": true, "jsoncompactstringseachrow": true,
}

// buffered is a result that came whole.
type buffered struct {
	data  []byte
	stats chdb.Stats
}

func (b *buffered) Next() ([]byte, error) {
	data := b.data
	b.data = nil
	return data, nil
}

func (b *buffered) Stats() chdb.Stats { return b.stats }
func (b *buffered) Close()            {}

// columns returns the columns of a statement's result without its rows, or none when the statement has no result.
// It runs statements other than SELECT once more.
func (s *clientSession) columns(q query) []native.Column {
	if class, _ := s.Classify(q.sql); class != chdb.ReadOnly {
		return nil
	}
	if columns, err := s.describe("DESCRIBE TABLE ("+trimEnd(q.sql)+"\n)", q.params); err == nil {
		return inserted(columns)
	}
	data, _, err := s.Query(q.sql, "JSONCompact", q.params)
	if err != nil {
		return nil
	}
	var result struct{ Meta []native.Column }
	if json.Unmarshal(data, &result) != nil {
		return nil
	}
	return result.Meta
}

// described is a row of DESCRIBE TABLE.
type described struct {
	native.Column
	defaultKind string // DEFAULT, MATERIALIZED, ALIAS, EPHEMERAL or nothing
}

// describe runs a DESCRIBE statement.
func (s *clientSession) describe(sql string, params []chdb.Param) ([]described, error) {
	data, _, err := s.Query(sql, "JSONCompactEachRow", params)
	if err != nil {
		return nil, err
	}
	var out []described
	for line := range strings.Lines(string(data)) {
		var row []any
		if err := json.Unmarshal([]byte(line), &row); err != nil || len(row) < 3 {
			return nil, fmt.Errorf("read %s: %q", sql, line)
		}
		out = append(out, described{native.Column{Name: fmt.Sprint(row[0]), Type: fmt.Sprint(row[1])}, fmt.Sprint(row[2])})
	}
	return out, nil
}
