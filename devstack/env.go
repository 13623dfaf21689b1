package devstack

import (
	"maps"
	"slices"
	"strings"
)

// WriteEnv writes the stack's variables to a file of NAME=value lines, sorted, which a shell can source and make
// can include. Readers see all of it or nothing.
func (s *Stack) WriteEnv(path string) error {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.env)) {
		b.WriteString(name + "=" + s.env[name] + "\n")
	}
	return writeFile(path, []byte(b.String()))
}
