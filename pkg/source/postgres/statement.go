package postgres

import (
	"github.com/longshore/longshore/pkg/fault"
)

// statement is a model's SQL, as far as its words tell what it is.
type statement struct {
	// sql is the model up to its last word: no semicolon, no comment after it.
	// Positions in it are positions in the model.
	sql    string
	tokens []token
	// ordered is set when the result may have an order that somebody asked for.
	ordered bool
	// limited is set when LIMIT, OFFSET or FETCH may cut the result.
	limited bool
}

// parse looks at the model. The error is Invalid where the statement can't be
// one that only reads; all else is for the server to say.
func parse(sql string) (statement, error) {
	tokens := scan(sql)
	for len(tokens) > 0 && tokens[len(tokens)-1].isSymbol(";") {
		tokens = tokens[:len(tokens)-1]
	}
	if len(tokens) == 0 {
		return statement{}, fault.WithRemedy(fault.New(fault.Invalid, "the SQL is empty"), "write one SELECT statement")
	}
	s := statement{sql: sql[:tokens[len(tokens)-1].end], tokens: tokens}
	if err := s.checkReads(); err != nil {
		return statement{}, err
	}
	s.findOrder()
	return s, nil
}

func (s statement) checkReads() error {
	for _, t := range s.tokens {
		switch {
		case t.isSymbol("("):
			continue
		case t.is("select"), t.is("with"), t.is("values"), t.is("table"):
			return nil
		}
		return fault.WithRemedy(
			fault.New(fault.Invalid, "the SQL begins with %q at %s", s.sql[t.at:t.end], position(s.sql, t.at)),
			"a model is one statement that begins with SELECT, WITH, VALUES or TABLE")
	}
	return nil
}

// findOrder looks for ORDER BY and LIMIT outside parentheses; where the whole
// statement stands in parentheses, anywhere.
func (s *statement) findOrder() {
	anywhere := s.tokens[0].isSymbol("(")
	for i, t := range s.tokens {
		if t.depth > 0 && !anywhere {
			continue
		}
		switch {
		case t.is("by") && i > 0 && s.tokens[i-1].is("order"):
			s.ordered = true
		case t.is("limit"), t.is("offset"), t.is("fetch"):
			s.limited = true
		}
	}
}

// functions returns the names that are called like functions, in lower case,
// each once.
func (s statement) functions() []string {
	var names []string
	seen := map[string]bool{}
	for i, t := range s.tokens[1:] {
		name := s.tokens[i]
		if t.isSymbol("(") && (name.kind == word || name.kind == quoted) && !seen[name.text] {
			seen[name.text] = true
			names = append(names, unquote(name))
		}
	}
	return names
}
