package postgres

import (
	"context"
	"fmt"
	"strings"
)

// blockRange is blocks From up to and without To of a table. Every row version
// lies in one block, so ranges that don't overlap never share a row.
type blockRange struct {
	From int64 `json:"from"`
	// To is zero in the last range, which has no end.
	To int64 `json:"to,omitempty"`
}

// singleTable is a statement of the form
//
//	SELECT … FROM table [[AS] alias] [WHERE condition]
//
// and nothing else around it. Whether the table is one, and whether the select
// list computes row by row, is for the server's plan to prove: see cutBlocks.
type singleTable struct {
	sql       string
	table     string // as written, for to_regclass
	qualifier string // what the columns are qualified with
	where     token  // the zero token where there is none
}

func (s statement) singleTable() (t singleTable, ok bool) {
	tokens := s.tokens
	from := -1
	for i, t := range tokens {
		if t.depth == 0 && t.is("from") {
			from = i
			break
		}
	}
	if !tokens[0].is("select") || from < 0 || s.ordered || s.limited {
		return t, false
	}
	t.sql = s.sql
	rest := tokens[from+1:]
	n := nameLength(rest)
	if n == 0 {
		return t, false
	}
	t.table, t.qualifier = s.sql[rest[0].at:rest[n-1].end], s.sql[rest[n-1].at:rest[n-1].end]
	if rest = rest[n:]; len(rest) > 0 && rest[0].is("as") {
		rest = rest[1:]
	}
	if len(rest) > 0 && isName(rest[0]) && !rest[0].is("where") {
		t.qualifier, rest = s.sql[rest[0].at:rest[0].end], rest[1:]
	}
	if len(rest) == 0 {
		return t, true
	}
	t.where = rest[0]
	return t, rest[0].is("where") && len(rest) > 1 && onlyCondition(rest[1:])
}

// nameLength is how many tokens at the start are a table's name: a.b.c.
func nameLength(tokens []token) int {
	n := 0
	for n < len(tokens) && isName(tokens[n]) {
		n++
		if n+1 >= len(tokens) || !tokens[n].isSymbol(".") {
			return n
		}
		n++
	}
	return 0
}

// isName leaves out the words that begin something else than a table's name
// or an alias; all others that can't be one are refused by what follows them.
func isName(t token) bool {
	return t.kind == quoted || t.kind == word && !t.is("only") && !t.is("lateral") && !t.is("select") && !t.is("as")
}

// onlyCondition reports whether no further clause follows the condition.
func onlyCondition(tokens []token) bool {
	for _, t := range tokens {
		if t.depth > 0 || t.kind != word {
			continue
		}
		switch t.text {
		case "group", "having", "window", "order", "limit", "offset", "fetch", "for", "union", "intersect", "except", "where":
			return false
		}
	}
	return true
}

// within is the statement cut to a range of blocks.
func (t singleTable) within(r blockRange) string {
	var conditions []string
	if r.From > 0 {
		conditions = append(conditions, fmt.Sprintf("%s.ctid >= '(%d,0)'::pg_catalog.tid", t.qualifier, r.From))
	}
	if r.To > 0 {
		conditions = append(conditions, fmt.Sprintf("%s.ctid < '(%d,0)'::pg_catalog.tid", t.qualifier, r.To))
	}
	if len(conditions) == 0 {
		return t.sql
	}
	cut := "WHERE " + strings.Join(conditions, " AND ")
	if t.where.end == 0 {
		return t.sql + "\n" + cut
	}
	return t.sql[:t.where.at] + cut + " AND (" + t.sql[t.where.end:] + "\n)"
}

// cutBlocks cuts a query of one table into ranges of blocks, as equal as they
// come. It returns none unless the server's plans prove that the query reads
// one ordinary table row by row, and that a range reads only its blocks.
func (d *database) cutBlocks(ctx context.Context, s *session, m *model, whole plan, n int) ([]detail, error) {
	t, ok := m.singleTable()
	if !ok || whole.Node != "Seq Scan" || len(whole.Plans) > 0 {
		return nil, nil
	}
	rows, err := s.run(ctx, `SELECT n.nspname, c.relname, `+
		`pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::bigint `+
		`FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace `+
		`WHERE c.oid = pg_catalog.to_regclass(`+quoteText(t.table)+`) AND c.relkind IN ('r', 'm')`)
	if err != nil || len(rows) != 1 || rows[0][0] != whole.Schema || rows[0][1] != whole.Relation {
		return nil, err
	}
	blocks := parseInt(rows[0][2])
	if n = int(min(int64(n), blocks)); n < 2 {
		return nil, nil
	}
	cuts := make([]detail, n)
	for i := range cuts {
		cuts[i].Blocks = &blockRange{From: blocks * int64(i) / int64(n), To: blocks * int64(i+1) / int64(n)}
	}
	cuts[n-1].Blocks.To = 0
	part, err := d.plan(ctx, s, t.within(*cuts[0].Blocks))
	if err != nil || part.Node != "Tid Range Scan" || len(part.Plans) > 0 || part.Relation != whole.Relation {
		return nil, err
	}
	return cuts, nil
}
