package clickhouse

import "strings"

// Name quotes an identifier.
func Name(name string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(name) + "`"
}

// Names quotes identifiers, with commas between them.
func Names(names ...string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = Name(n)
	}
	return strings.Join(quoted, ", ")
}

// Path quotes a table's name with its database's before it. The database may be
// empty.
func Path(database, table string) string {
	if database == "" {
		return Name(table)
	}
	return Name(database) + "." + Name(table)
}

// Literal quotes text.
func Literal(text string) string {
	return "'" + strings.NewReplacer("\\", "\\\\", "'", "\\'", "\n", "\\n", "\t", "\\t", "\x00", "\\0").Replace(text) + "'"
}
