package cli

import (
	"io"

	"github.com/spf13/cobra"
)

// listing is a command that shows all of something: a table of what the API answers
// as L.
type listing[L any] struct {
	path    string // of the API
	short   string
	long    string // empty: short says all
	example string
	none    string // in place of a table without rows
	heads   []string
	rows    func(list L) [][]string
}

func (l listing[L]) command(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "ls", Short: l.short, Long: l.long, Example: l.example, Args: cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.api()
			if err != nil {
				return err
			}
			var list L
			if err := c.get(cmd.Context(), l.path, &list); err != nil {
				return err
			}
			return a.show(list, func(w io.Writer) { columns(w, l.none, l.heads, l.rows(list)) })
		},
	}
}

// each returns a row for each item.
func each[T any](items []T, row func(T) []string) [][]string {
	rows := make([][]string, len(items))
	for i, item := range items {
		rows[i] = row(item)
	}
	return rows
}
