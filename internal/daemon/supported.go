package daemon

import (
	"slices"
	"strings"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/mapping"
)

// supported finds what definitions may say but this version doesn't do.
func supported(p *def.Project) def.Problems {
	var problems def.Problems
	add := func(at def.Position, what, remedy string) {
		problems = append(problems, def.Problem{File: at.File, Line: at.Line, Column: at.Column, Message: what, Remedy: remedy})
	}
	for _, s := range p.Syncs {
		for _, flaw := range mapping.Check(s.Mapping) {
			add(flaw.At, flaw.Err.Error(), "")
		}
	}
	for name := range readConnections(p) {
		if c := p.Connections[name]; c != nil && c.SQL != nil && !c.SQL.CACert.IsZero() {
			add(c.Pos, "a certificate authority of its own is not available for a database that models read in this version",
				"remove CA_CERT and name the file in SSL_CERT_FILE of producers and workers")
		}
	}
	slices.SortFunc(problems, func(a, b def.Problem) int { return strings.Compare(a.Error(), b.Error()) })
	return problems
}

// readConnections returns the names of the connections that models read.
func readConnections(p *def.Project) map[string]bool {
	names := map[string]bool{}
	for _, m := range p.Models {
		names[m.Connection] = true
	}
	return names
}
