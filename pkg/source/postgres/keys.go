package postgres

import (
	"context"
	"fmt"
	"strings"
)

// keyRange is the rows of a result whose key is at least From and below To.
// The bounds are the server's text for values of Type.
type keyRange struct {
	Column string `json:"column"`
	Type   string `json:"type"`
	// From is nil in the first range, To in the last.
	From *string `json:"from,omitempty"`
	To   *string `json:"to,omitempty"`
}

// condition is the range as a condition on the result, called q. Nulls are in
// the first range.
func (k keyRange) condition() string {
	column := "q." + quoteName(k.Column)
	bound := func(operator string, value *string) string {
		return column + " " + operator + " " + quoteText(*value) + "::" + k.Type
	}
	switch {
	case k.From == nil && k.To == nil:
		return "true"
	case k.From == nil:
		return "(" + bound("<", k.To) + " OR " + column + " IS NULL)"
	case k.To == nil:
		return bound(">=", k.From)
	}
	return bound(">=", k.From) + " AND " + bound("<", k.To)
}

// cutKeys cuts the result into ranges of a column that hold about as many rows
// each. A column that a volatile function may have made isn't cut: a row could
// fall into another range each time.
func (d *database) cutKeys(ctx context.Context, s *session, m *model, key, n int, rows int64) ([]detail, error) {
	column := m.columns[key]
	if column.number == 0 {
		volatile, err := callsVolatile(ctx, s, m.functions())
		if err != nil || volatile {
			return nil, err
		}
	}
	var bounds []string
	var err error
	if rows >= splitRows { // of fewer, all are asked: statistics are the table's, not the result's
		bounds, err = boundsFromStatistics(ctx, s, column, n)
	}
	if err == nil && len(bounds) == 0 {
		bounds, err = boundsFromSample(ctx, s, m, key, n, rows)
	}
	if err != nil {
		return nil, err
	}
	typeName, err := s.run(ctx, fmt.Sprintf("SELECT pg_catalog.format_type(%d, -1)", column.oid))
	if err != nil {
		return nil, err
	}
	var cuts []detail
	var from *string
	for _, b := range bounds {
		if from == nil || *from != b {
			cuts = append(cuts, detail{Keys: &keyRange{Column: column.name, Type: typeName[0][0], From: from, To: &b}})
			from = &b
		}
	}
	return append(cuts, detail{Keys: &keyRange{Column: column.name, Type: typeName[0][0], From: from}}), nil
}

// callsVolatile reports whether a name is that of a volatile function. A name
// that several functions share counts if any of them is.
func callsVolatile(ctx context.Context, s *session, names []string) (bool, error) {
	if len(names) == 0 {
		return false, nil
	}
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = quoteText(name)
	}
	rows, err := s.run(ctx, "SELECT 1 FROM pg_catalog.pg_proc WHERE provolatile = 'v' AND proname IN ("+
		strings.Join(list, ",")+") LIMIT 1")
	return len(rows) > 0, err
}

// boundsFromStatistics returns n-1 bounds from what ANALYZE found out about the
// table's column that the key is, and none where it knows too little: a column
// with few, frequent values has no useful histogram.
func boundsFromStatistics(ctx context.Context, s *session, c resultColumn, n int) ([]string, error) {
	if c.number == 0 {
		return nil, nil
	}
	rows, err := s.run(ctx, fmt.Sprintf(
		`WITH known AS (`+
			`SELECT st.histogram_bounds::text::text[] AS b FROM pg_catalog.pg_stats st `+
			`JOIN pg_catalog.pg_namespace n ON n.nspname = st.schemaname `+
			`JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = st.tablename `+
			`JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = st.attname `+
			`WHERE c.oid = %d AND a.attnum = %d AND NOT st.inherited `+
			`AND (SELECT coalesce(sum(f), 0) FROM unnest(st.most_common_freqs) AS f) < 0.3) `+
			`SELECT b[1 + (array_length(b, 1) - 1) * i / %d] FROM known, generate_series(1, %d) AS i `+
			`WHERE array_length(b, 1) > %d ORDER BY i`, c.table, c.number, n, n-1, n))
	return firstColumn(rows), err
}

// sampleSize is how many keys bounds are chosen from.
const sampleSize = 50_000

// boundsFromSample runs the query once and returns n-1 bounds from a sample of
// its keys. The error is the server's where the type has no order.
func boundsFromSample(ctx context.Context, s *session, m *model, key, n int, rows int64) ([]string, error) {
	column := "q." + quoteName(m.columns[key].name)
	fractions := make([]string, n-1)
	for i := range fractions {
		fractions[i] = fmt.Sprintf("%.6f", float64(i+1)/float64(n))
	}
	share := min(1, sampleSize/float64(max(rows, 1)))
	found, err := s.run(ctx, fmt.Sprintf(
		"SELECT pg_catalog.unnest(pg_catalog.percentile_disc(ARRAY[%s]::float8[]) WITHIN GROUP (ORDER BY %s))::text "+
			"FROM (\n%s\n) q WHERE %s IS NOT NULL AND pg_catalog.random() < %.9f",
		strings.Join(fractions, ","), column, m.sql, column, share))
	return firstColumn(found), err
}

func firstColumn(rows [][]string) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r[0]
	}
	return out
}
