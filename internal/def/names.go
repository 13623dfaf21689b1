package def

import (
	"regexp"
	"strings"
)

// maxName is the longest name, in bytes. Names become parts of object keys,
// task ids and table names.
const maxName = 100

var (
	nameShape  = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_-]*$`)
	tableShape = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// checkName reports a name that a thing of this kind can't have.
func checkName(ps *Problems, at Position, k Kind, name string) {
	shape, remedy := nameShape, "use letters, digits, _ and -"
	if k == DatasourceFile {
		shape, remedy = tableShape, "use letters, digits and _, a letter or _ first: it names a table"
	}
	if !shape.MatchString(name) {
		ps.add(at, remedy, "%q is no valid name of a %s", name, k)
	}
	if len(name) > maxName {
		ps.add(at, "use at most 100 bytes", "the name of this %s has %d bytes", k, len(name))
	}
	if k == DatasourceFile && strings.HasSuffix(strings.ToLower(name), "_quarantine") {
		ps.add(at, "choose a name that does not end in _quarantine", "%s is reserved for the rows that do not fit another table", name)
	}
}
