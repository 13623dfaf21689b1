package clickhouse

import (
	"fmt"
	"slices"
	"strings"
)

// deduplicationSettings make a table remember tokens for as many blocks and as
// long as a run may rest between an append and its repetition. Servers have
// windows of 0 to 10,000 blocks, and of an hour to a week, by default. The settings of
// replicated tables are no harm to others, and count where a server replicates
// what doesn't say so.
var deduplicationSettings = []Setting{
	{Name: "non_replicated_deduplication_window", Value: "10000"},
	{Name: "replicated_deduplication_window", Value: "10000"},
	{Name: "replicated_deduplication_window_seconds", Value: "2592000"}, // 30 days
}

// Create returns the statement that makes the table if there is none. The
// deduplication windows are added to its settings, unless these name them.
func (t Table) Create() string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE IF NOT EXISTS %s%s\n(\n", Path(t.Database, t.Name), onCluster(t.Cluster))
	var entries []string
	for _, c := range t.Columns {
		entries = append(entries, "    "+t.definition(c))
	}
	for _, i := range t.Indexes {
		entries = append(entries, fmt.Sprintf("    INDEX %s %s TYPE %s GRANULARITY %d", Name(i.Name), i.Expr, i.Type, i.Granularity))
	}
	b.WriteString(strings.Join(entries, ",\n"))
	fmt.Fprintf(&b, "\n)\nENGINE = %s", t.engineClause())
	clause := func(keyword, expression string) {
		if expression != "" {
			fmt.Fprintf(&b, "\n%s %s", keyword, expression)
		}
	}
	clause("PARTITION BY", t.PartitionKey)
	clause("PRIMARY KEY", tuple(t.PrimaryKey))
	if !t.isFront() {
		clause("ORDER BY", orderBy(t.SortingKey))
	}
	clause("TTL", t.TTL)
	if !t.isFront() {
		clause("SETTINGS", t.settings())
	}
	if t.Comment != "" {
		clause("COMMENT", Literal(t.Comment))
	}
	return b.String()
}

// definition spells a column of the table. One that keeps no rows compresses none.
func (t Table) definition(c Column) string {
	text := Name(c.Name) + " " + c.Type.String()
	if c.Default != "" {
		text += " DEFAULT " + c.Default
	}
	if c.Materialized != "" {
		text += " MATERIALIZED " + c.Materialized
	}
	if c.Codec != "" && !t.isFront() {
		text += " CODEC(" + c.Codec + ")"
	}
	return text
}

func (t Table) engineClause() string {
	name, parameters, given := strings.Cut(strings.TrimSpace(t.Engine), "(")
	switch {
	case given:
		return name + "(" + parameters
	case t.Version != "":
		return t.engine() + "(" + Name(t.Version) + ")"
	}
	return t.engine()
}

func (t Table) settings() string {
	var out []string
	given := func(name string) bool {
		return slices.ContainsFunc(t.Settings, func(s Setting) bool { return s.Name == name })
	}
	for _, s := range t.Settings {
		out = append(out, s.Name+" = "+s.Value)
	}
	for _, s := range deduplicationSettings {
		if !given(s.Name) {
			out = append(out, s.Name+" = "+s.Value)
		}
	}
	return strings.Join(out, ", ")
}

// orderBy returns an expression that may be a list, for ORDER BY.
func orderBy(keys string) string {
	if keys == "" {
		return "tuple()"
	}
	return tuple(keys)
}

// tuple puts a list of several expressions in parentheses. "a, b" is one; "f(a, b)"
// and "(a, b)" are none.
func tuple(list string) string {
	depth, quote := 0, byte(0)
	for i := 0; i < len(list); i++ {
		switch c := list[i]; {
		case quote != 0:
			switch c {
			case '\\':
				i++
			case quote:
				quote = 0
			}
		case c == '\'' || c == '`' || c == '"':
			quote = c
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case c == ',' && depth == 0:
			return "(" + list + ")"
		}
	}
	return list
}

func onCluster(cluster string) string {
	if cluster == "" {
		return ""
	}
	return " ON CLUSTER " + Name(cluster)
}

// AddColumn returns the statement that adds a column to the table's end if there
// is none of that name.
func (t Table) AddColumn(c Column) string {
	return fmt.Sprintf("ALTER TABLE %s%s ADD COLUMN IF NOT EXISTS %s", Path(t.Database, t.Name), onCluster(t.Cluster), t.definition(c))
}
