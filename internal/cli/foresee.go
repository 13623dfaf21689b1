package cli

import (
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/longshore/longshore/internal/api"
)

func (a *app) planDatasourceCommand() *cobra.Command {
	var limit int
	c := &cobra.Command{
		Use:   "plan NAME [FILE]",
		Short: "Show what new files would change: columns added, missing or retyped, rows quarantined",
		Long: `Show what ingesting files would do to a datasource's table, and write nothing:
which columns would be added, with type and evidence, which are missing or of
another type, and which rows would be quarantined.

FILE is a key, or s3://bucket/path with the patterns of IMPORT_BUCKET_URI. Without
it the newest files are looked at that are not in yet. Of each file the first
chunk is read, as an ingest does before it appends the first row.`,
		Example: `  longshore datasource plan page_views
  longshore datasource plan page_views web/2024/05/01.ndjson
  longshore datasource plan page_views 's3://shop-lake/next/*.csv' --output json | jq '.files[].outcome'`,
		Args: cobra.RangeArgs(1, 2), ValidArgsFunction: a.complete(namesOfDatasources),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.api()
			if err != nil {
				return err
			}
			query := url.Values{"limit": {fmt.Sprint(limit)}}
			if len(args) > 1 {
				query.Set("file", args[1])
			}
			var plan struct {
				Files []api.PlannedFile `json:"files"`
			}
			if err := c.get(cmd.Context(), "/datasources/"+escape(args[0])+"/plan?"+query.Encode(), &plan); err != nil {
				return err
			}
			return a.show(plan, func(w io.Writer) { printPlan(w, plan.Files) })
		},
	}
	c.Flags().IntVar(&limit, "limit", 5, "how many files to look at, the newest first; at most 50")
	return c
}

func printPlan(w io.Writer, files []api.PlannedFile) {
	if len(files) == 0 {
		fmt.Fprintln(w, "no file that is not in yet")
	}
	for i, f := range files {
		if i > 0 {
			fmt.Fprintln(w)
		}
		printPlannedFile(w, f)
	}
}

func printPlannedFile(w io.Writer, f api.PlannedFile) {
	state := ""
	if f.Ingested {
		state = ", ingested already"
	}
	fmt.Fprintf(w, "%s (%s%s): %s\n", printable(f.Key), size(f.Bytes), state, printable(outcome(f)))
	var rows [][]string
	for _, c := range f.Changes {
		change := c.Change
		if c.Likely != "" {
			change += " (renamed: " + c.Likely + "?)"
		}
		rows = append(rows, []string{"  " + change, c.Column, c.Type, c.Path, c.Evidence})
	}
	if len(rows) > 0 {
		columns(w, "", []string{"  CHANGE", "COLUMN", "TYPE", "PATH", "WHY"}, rows)
	}
	if f.RowsSampled == 0 {
		return
	}
	fmt.Fprintf(w, "  %s looked at, %s would be quarantined\n", plural(int(f.RowsSampled), "row"), count(f.Quarantine.Rows))
	for _, r := range f.Quarantine.Reasons {
		fmt.Fprintf(w, "    %s: %s\n", plural(int(r.Rows), "row"), printable(strings.TrimSpace(r.Column+" "+r.Reason)))
	}
	for _, s := range f.Samples {
		fmt.Fprintf(w, "    row %s: %s: %s\n", count(s.Row), printable(strings.Join(s.Errors, "; ")), printable(s.Raw))
	}
}

// outcome says in a few words what becomes of a file.
func outcome(f api.PlannedFile) string {
	switch {
	case f.Outcome == api.OutcomeFails:
		return "can't be ingested: " + f.Reason
	case f.Outcome == api.OutcomeQuarantined:
		return "all rows would be quarantined: " + f.Reason
	case f.ColumnsAdded > 0:
		return "would be appended, with " + plural(f.ColumnsAdded, "new column")
	}
	return "would be appended"
}
