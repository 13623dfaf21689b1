package postgres

import (
	"strings"

	"github.com/longshore/longshore/pkg/fault"
)

// copyStatement is the COPY that reads one slice of the model. A query that
// needs neither casts nor a range of keys is copied as it stands.
//
// The model stands between line breaks: it may end in a comment.
func (m *model) copyStatement(d detail) (string, error) {
	sql := m.sql
	if d.Blocks != nil {
		table, ok := m.singleTable()
		if !ok {
			return "", fault.WithRemedy(fault.New(fault.Invalid, "the split is of another query"), "split the query again")
		}
		sql = table.within(*d.Blocks)
	}
	if d.Keys == nil && !m.casts() {
		return "COPY (\n" + sql + "\n) TO STDOUT (FORMAT binary)", nil
	}
	columns := make([]string, len(m.columns))
	for i, c := range m.columns {
		columns[i] = "q." + quoteName(c.name) + c.shape.cast
	}
	query := "SELECT " + strings.Join(columns, ", ") + " FROM (\n" + sql + "\n) q"
	if d.Keys != nil {
		query += " WHERE " + d.Keys.condition()
	}
	return "COPY (" + query + ") TO STDOUT (FORMAT binary)", nil
}

func (m *model) casts() bool {
	for _, c := range m.columns {
		if c.shape.cast != "" {
			return true
		}
	}
	return false
}
