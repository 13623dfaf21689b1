package def

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Position is a place in a project file.
type Position struct {
	File   string // slash path relative to the project folder
	Line   int    // from 1
	Column int    // from 1, in bytes
}

// String returns "file:line".
func (p Position) String() string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

// Problem is one mistake in one project file.
type Problem struct {
	File    string `json:"file"`             // slash path relative to the project folder
	Line    int    `json:"line"`             // from 1
	Column  int    `json:"column"`           // from 1, in bytes; 0 when the whole line is meant
	Message string `json:"message"`          // what is wrong
	Remedy  string `json:"remedy,omitempty"` // what would be right
}

// Error returns "file:line: what is wrong, what would be right".
func (p Problem) Error() string {
	text := fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message)
	if p.Remedy != "" {
		text += ", " + p.Remedy
	}
	return text
}

// Problems are all mistakes of a project, sorted by file, line and column.
type Problems []Problem

// Error returns one line per problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Err returns the problems as an error, nil when there are none.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

// add records a problem at a position.
func (ps *Problems) add(at Position, remedy, format string, args ...any) {
	*ps = append(*ps, Problem{
		File: at.File, Line: max(at.Line, 1), Column: at.Column,
		Message: fmt.Sprintf(format, args...), Remedy: remedy,
	})
}

func (ps Problems) sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(
			strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column), strings.Compare(a.Message, b.Message),
		)
	})
}
