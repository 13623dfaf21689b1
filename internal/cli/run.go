package cli

import (
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/longshore/longshore/internal/api"
)

func (a *app) runCommand() *cobra.Command {
	return group("run", "List, show and cancel runs",
		`  longshore run ls --sync orders_daily
  longshore run show 01HW0000000000000000000000`,
		a.listRunsCommand(), a.showRunCommand(), a.cancelRunCommand())
}

var runHeads = []string{"RUN", "OF", "STATE", "BY", "CREATED", "TOOK", "ROWS", "BYTES"}

func runRow(r api.Run) []string {
	return []string{r.ID, runOf(r), r.State, askedBy(r), moment(&r.CreatedAt), span(r.Seconds), count(r.Totals.Rows), size(r.Totals.Bytes)}
}

// runOf is what a run is a run of.
func runOf(r api.Run) string {
	if r.Datasource != "" {
		return r.Kind + " " + r.Name + " of " + r.Datasource
	}
	return r.Kind + " " + r.Name
}

// askedBy is what asked for a run, and what for.
func askedBy(r api.Run) string { return r.Trigger.By + afterComma(r.Trigger.Purpose) }

// purposeOf is what a datasource's run does instead of taking new files.
func purposeOf(r api.Run) string {
	if r.Trigger.Baseline != "" {
		return ""
	}
	return r.Trigger.Purpose
}

// afterComma joins a further word, if there is one.
func afterComma(text string) string {
	if text == "" {
		return ""
	}
	return ", " + text
}

func (a *app) listRunsCommand() *cobra.Command {
	var sync, datasource, backfill, before string
	var limit int
	c := &cobra.Command{
		Use: "ls", Short: "List runs, newest first", Args: cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		Example: `  longshore run ls
  longshore run ls --sync orders_daily --limit 100
  longshore run ls --datasource page_views
  longshore run ls --output json | jq '.runs[] | select(.state == "failed") | .failure.message'`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.api()
			if err != nil {
				return err
			}
			query := url.Values{"limit": {strconv.Itoa(limit)}}
			for name, value := range map[string]string{"sync": sync, "datasource": datasource, "backfill": backfill, "before": before} {
				if value != "" {
					query.Set(name, value)
				}
			}
			var list struct {
				Runs []api.Run `json:"runs"`
				Next string    `json:"next,omitempty"`
			}
			if err := c.get(cmd.Context(), "/runs?"+query.Encode(), &list); err != nil {
				return err
			}
			return a.show(list, func(w io.Writer) {
				var rows [][]string
				for _, r := range list.Runs {
					rows = append(rows, runRow(r))
				}
				columns(w, "no runs", runHeads, rows)
				if list.Next != "" {
					fmt.Fprintf(w, "older ones: --before %s\n", list.Next)
				}
			})
		},
	}
	flags := c.Flags()
	flags.StringVar(&sync, "sync", "", "only runs of this sync")
	flags.StringVar(&datasource, "datasource", "", "only runs of this datasource and its backfills")
	flags.StringVar(&backfill, "backfill", "", "only the run of this backfill")
	flags.StringVar(&before, "before", "", "only runs older than this one")
	flags.IntVar(&limit, "limit", 20, "how many, at most 200")
	_ = c.RegisterFlagCompletionFunc("sync", a.complete(namesOfSyncs))             // fails for unknown flags alone
	_ = c.RegisterFlagCompletionFunc("datasource", a.complete(namesOfDatasources)) // as above
	_ = c.RegisterFlagCompletionFunc("backfill", a.complete(namesOfBackfills))     // as above
	return c
}

func (a *app) showRunCommand() *cobra.Command {
	var wait bool
	c := &cobra.Command{
		Use: "show RUN", Short: "Show a run: progress of its parts, objects, failure", Args: cobra.ExactArgs(1), ValidArgsFunction: a.complete(idsOfRuns),
		Long: "Show a run: progress of its parts, the objects it wrote, or why it failed. With --wait follow it to its end.",
		Example: `  longshore run show 01HW0000000000000000000000
  longshore run show 01HW0000000000000000000000 --wait
  longshore run show 01HW0000000000000000000000 --output json | jq -r '.objects[].key'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.api()
			if err != nil {
				return err
			}
			if wait {
				return a.wait(cmd.Context(), c, args[0])
			}
			var r api.RunDetail
			if err := c.get(cmd.Context(), "/runs/"+escape(args[0]), &r); err != nil {
				return err
			}
			return a.show(r, func(w io.Writer) { printRun(w, r) })
		},
	}
	c.Flags().BoolVarP(&wait, "wait", "w", false, "show progress until the run ends")
	return c
}

func printRun(w io.Writer, r api.RunDetail) {
	state := r.State
	if r.CancelRequested && !r.Ended() {
		state += ", cancel requested"
	}
	failure, lost, failedFiles, quarantined, pace := "", "", "", "", ""
	if r.Kind == "backfill" {
		pace = "longshore backfill status " + r.Name
	}
	if r.Failure != nil {
		failure = r.Failure.Message
	}
	if r.Progress.Stale {
		lost = "Redis does not answer: what runs at the moment is not known"
	}
	if r.Totals.Quarantined > 0 {
		quarantined = count(r.Totals.Quarantined) + " rows"
	}
	if r.Totals.FailedFiles > 0 {
		failedFiles = count(r.Totals.FailedFiles)
	}
	pairs(w, "run", r.ID, "of", runOf(r.Run), "state", state, "failure", failure, "warning", r.Note, "asked by", r.Trigger.By, "baseline", r.Trigger.Baseline, "purpose", purposeOf(r.Run), "tick", moment(r.Trigger.Tick), "after run", r.Trigger.Upstream,
		"definitions", r.Project, "created", moment(&r.CreatedAt), "started", moment(r.StartedAt), "finished", moment(r.FinishedAt),
		"took", span(r.Seconds), "rows", count(r.Progress.Rows), "rows by op", rowsByOp(r.Ops), "bytes", size(r.Progress.Bytes), "quarantined", quarantined,
		"failed files", failedFiles, "parts", fmt.Sprintf("%d of %d done", r.Progress.Done, r.Parts), "pace", pace, "note", lost)
	printParts(w, r.PartProgress)
	printObjects(w, r.Objects)
	if r.Verification != nil {
		fmt.Fprintln(w)
		printVerification(w, r.Verification)
	}
}

// printParts has a column for the wave only where there are several.
func printParts(w io.Writer, parts []api.Part) {
	if len(parts) == 0 {
		return
	}
	waves := parts[len(parts)-1].Wave > 0
	var rows [][]string
	for _, p := range parts {
		why := ""
		if p.Failure != nil {
			why = p.Failure.Message
		}
		row := []string{strconv.Itoa(p.Part), p.State, count(p.Rows), size(p.Bytes), dash(why)}
		if waves {
			row = slices.Insert(row, 1, strconv.Itoa(p.Wave))
		}
		rows = append(rows, row)
	}
	head := []string{"PART", "STATE", "ROWS", "BYTES", "WHY"}
	if waves {
		head = slices.Insert(head, 1, "WAVE")
	}
	fmt.Fprintln(w)
	columns(w, "", head, rows)
}

// everyRow is the op of runs that don't compare, and says nothing.
const everyRow = "all"

// printObjects has a column for the op only where that says something.
func printObjects(w io.Writer, objects []api.Object) {
	if len(objects) == 0 {
		return
	}
	told := slices.ContainsFunc(objects, func(o api.Object) bool { return o.Op != "" && o.Op != everyRow })
	heads := []string{"OBJECT", "OP", "ROWS", "BYTES", "CRC64NVME"}
	if !told {
		heads = slices.Delete(heads, 1, 2)
	}
	var rows [][]string
	for _, o := range objects {
		row := []string{"s3://" + o.Bucket + "/" + o.Key, dash(o.Op), count(o.Rows), size(o.Bytes), dash(o.CRC64NVME)}
		if !told {
			row = slices.Delete(row, 1, 2)
		}
		rows = append(rows, row)
	}
	fmt.Fprintln(w)
	columns(w, "", heads, rows)
}

// rowsByOp is "added 5, changed 2", in that order whatever else there is.
func rowsByOp(ops map[string]int64) string {
	order := []string{"added", "changed", "removed", "unchanged"}
	for _, op := range slices.Sorted(maps.Keys(ops)) {
		if op != everyRow && !slices.Contains(order, op) {
			order = append(order, op)
		}
	}
	var words []string
	for _, op := range order {
		if n, ok := ops[op]; ok {
			words = append(words, op+" "+count(n))
		}
	}
	return strings.Join(words, ", ")
}

func (a *app) cancelRunCommand() *cobra.Command {
	var wait bool
	c := &cobra.Command{
		Use: "cancel RUN", Short: "Ask a run to stop", Args: cobra.ExactArgs(1), ValidArgsFunction: a.complete(idsOfRuns),
		Long:    "Ask a run to stop. It ends soon after; a run that is committing is finished. With --wait the end is waited for.",
		Example: "  longshore run cancel 01HW0000000000000000000000 --wait",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.api()
			if err != nil {
				return err
			}
			var r api.Run
			if err := c.post(cmd.Context(), "/runs/"+escape(args[0])+"/cancel", nil, &r); err != nil {
				return err
			}
			if wait {
				return a.wait(cmd.Context(), c, r.ID)
			}
			return a.show(r, func(w io.Writer) { fmt.Fprintf(w, "run %s was asked to stop\n", r.ID) })
		},
	}
	c.Flags().BoolVarP(&wait, "wait", "w", false, "wait until the run has ended")
	return c
}
