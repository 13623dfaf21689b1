package postgres

import (
	"strings"
)

// copyStatement is the COPY that reads one slice of the model. A query that
// needs no casts and no range is copied as it stands.
//
// The model stands between line breaks: it may end in a comment.
func (m *model) copyStatement(d detail) string {
	sql := m.sql
	if d.SQL != "" {
		sql = d.SQL
	}
	var b strings.Builder
	b.WriteString("COPY (")
	if m.casts() || d.Where != "" {
		b.WriteString("SELECT ")
		for i, c := range m.columns {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString("q." + quoteName(c.name) + c.shape.cast)
		}
		b.WriteString(" FROM (\n" + sql + "\n) q")
		if d.Where != "" {
			b.WriteString(" WHERE " + d.Where)
		}
	} else {
		b.WriteString("\n" + sql + "\n")
	}
	b.WriteString(") TO STDOUT (FORMAT binary)")
	return b.String()
}

func (m *model) casts() bool {
	for _, c := range m.columns {
		if c.shape.cast != "" {
			return true
		}
	}
	return false
}
