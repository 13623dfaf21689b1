package cli

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/longshore/longshore/internal/api"
)

func (a *app) quarantineCommand() *cobra.Command {
	return group("quarantine", "List, show and replay rows that did not fit their table",
		`  longshore quarantine ls
  longshore quarantine show page_views --limit 5
  longshore quarantine replay page_views --wait`,
		a.listQuarantineCommand(), a.showQuarantineCommand(), a.replayCommand())
}

// reasonOf is what is wrong with rows, column by column.
func reasonOf(errors []api.ColumnError) string {
	var words []string
	for _, e := range errors {
		words = append(words, strings.TrimPrefix(e.Column+": ", ": ")+e.Reason)
	}
	return strings.Join(words, "; ")
}

// quarantined is a datasource's groups, as JSON has them too.
type quarantined struct {
	Datasource string                `json:"datasource"`
	Groups     []api.QuarantineGroup `json:"groups"`
}

func (a *app) listQuarantineCommand() *cobra.Command {
	return &cobra.Command{
		Use: "ls [DATASOURCE]", Short: "List why rows are in quarantine, by reason", Args: cobra.MaximumNArgs(1), ValidArgsFunction: a.complete(namesOfDatasources),
		Long: "List why rows are in quarantine: of a datasource, or of all. Rows that are in the table by now don't count.",
		Example: `  longshore quarantine ls
  longshore quarantine ls page_views
  longshore quarantine ls --output json | jq '.quarantine[].groups[] | {fingerprint, rows}'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.api()
			if err != nil {
				return err
			}
			var list struct {
				Quarantine []quarantined `json:"quarantine"`
			}
			list.Quarantine, err = readQuarantines(cmd.Context(), c, args)
			if err != nil {
				return err
			}
			return a.show(list, func(w io.Writer) { printQuarantines(w, list.Quarantine) })
		},
	}
}

// readQuarantines asks for the named datasource, or for all that import.
func readQuarantines(ctx context.Context, c *client, names []string) ([]quarantined, error) {
	if len(names) == 0 {
		var list struct {
			Datasources []api.Datasource `json:"datasources"`
		}
		if err := c.get(ctx, "/datasources", &list); err != nil {
			return nil, err
		}
		for _, d := range list.Datasources {
			if d.BucketURI != "" {
				names = append(names, d.Name)
			}
		}
	}
	all := make([]quarantined, len(names))
	for i, name := range names {
		all[i].Datasource = name
		if err := c.get(ctx, "/datasources/"+escape(name)+"/quarantine", &all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func printQuarantines(w io.Writer, all []quarantined) {
	var rows [][]string
	for _, q := range all {
		for _, g := range q.Groups {
			rows = append(rows, []string{
				q.Datasource, g.Fingerprint, count(g.Rows), count(g.Files), reasonOf(g.Errors), moment(&g.First), moment(&g.Last),
				g.Example.File + " row " + count(g.Example.Row),
			})
		}
	}
	columns(w, "no rows in quarantine", []string{"DATASOURCE", "FINGERPRINT", "ROWS", "FILES", "REASON", "FIRST", "LAST", "EXAMPLE"}, rows)
}

func (a *app) showQuarantineCommand() *cobra.Command {
	var limit int
	var file, after string
	c := &cobra.Command{
		Use: "show DATASOURCE [FINGERPRINT]", Short: "Show quarantined rows: where they are, their text, what is wrong", Args: cobra.RangeArgs(1, 2), ValidArgsFunction: a.complete(namesOfDatasources),
		Long: "Show quarantined rows by file and row: where they are, their text, and what is wrong with each column. The text is as it stands in the file.",
		Example: `  longshore quarantine show page_views
  longshore quarantine show page_views 5f2c1e0a9b3d4476 --limit 100
  longshore quarantine show page_views --output json | jq -r '.rows[].raw'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.api()
			if err != nil {
				return err
			}
			query := url.Values{"limit": {strconv.Itoa(limit)}}
			for name, value := range map[string]string{"file": file, "after": after, "fingerprint": append(args, "")[1]} {
				if value != "" {
					query.Set(name, value)
				}
			}
			var list struct {
				Rows []api.QuarantinedRow `json:"rows"`
				Next string               `json:"next,omitempty"`
			}
			if err := c.get(cmd.Context(), "/datasources/"+escape(args[0])+"/quarantine/rows?"+query.Encode(), &list); err != nil {
				return err
			}
			return a.show(list, func(w io.Writer) { printQuarantined(w, list.Rows, list.Next) })
		},
	}
	flags := c.Flags()
	flags.IntVar(&limit, "limit", 20, "how many, at most 1000")
	flags.StringVar(&file, "file", "", "only rows of the object with this key")
	flags.StringVar(&after, "after", "", "the next page: what the one before said")
	return c
}

func printQuarantined(w io.Writer, rows []api.QuarantinedRow, next string) {
	if len(rows) == 0 {
		fmt.Fprintln(w, "no rows in quarantine")
	}
	for i, r := range rows {
		if i > 0 {
			fmt.Fprintln(w)
		}
		where := []string{"file", r.File, "row", count(r.Row)}
		if r.Line != nil {
			where = append(where, "line", count(*r.Line), "byte", count(*r.Offset))
		}
		if r.RowGroup != nil {
			where = append(where, "row group", strconv.Itoa(*r.RowGroup))
		}
		for _, e := range r.Errors {
			where = append(where, "error", e.Detail)
		}
		pairs(w, append(where, "fingerprint", r.Fingerprint, "quarantined", moment(&r.At)+" by run "+r.Run, "tried again by", r.ReplayedBy, "text", r.Raw)...)
	}
	if next != "" {
		fmt.Fprintf(w, "\nmore: --after %s\n", next)
	}
}

func (a *app) replayCommand() *cobra.Command {
	var wait bool
	var key string
	request := api.ReplayRequest{By: "manual"}
	c := &cobra.Command{
		Use: "replay DATASOURCE", Short: "Try quarantined rows again, by the schema of now", Args: cobra.ExactArgs(1), ValidArgsFunction: a.complete(namesOfDatasources),
		Long: `Try quarantined rows again after the schema was mended and pushed. Rows that fit
come into the table, once, however often this is called or interrupted; the
others stay, with the reason of now.

It is a run of the datasource, and takes turns with its others.`,
		Example: `  longshore quarantine replay page_views --wait
  longshore quarantine replay page_views --fingerprint 5f2c1e0a9b3d4476
  longshore quarantine replay page_views --file web/2024/05/01.ndjson --output json | jq -r .run.id`,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.api()
			if err != nil {
				return err
			}
			var started api.StartResult
			if err := c.do(cmd.Context(), "POST", "/datasources/"+escape(args[0])+"/quarantine/replay", request, &started, idempotent(key)); err != nil {
				return err
			}
			return a.begun(cmd.Context(), c, started, wait)
		},
	}
	flags := c.Flags()
	flags.StringVar(&request.Fingerprint, "fingerprint", "", "only rows that failed for this reason")
	flags.StringVar(&request.File, "file", "", "only rows of the object with this key")
	flags.BoolVarP(&wait, "wait", "w", false, "show progress until the run ends")
	flags.StringVar(&key, "key", "", "idempotency key: the same key names the same run for ever")
	return c
}

// idempotent is the header of an idempotency key; none where it is empty.
func idempotent(key string) map[string]string {
	if key == "" {
		return nil
	}
	return map[string]string{"Idempotency-Key": key}
}
