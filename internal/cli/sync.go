package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/longshore/longshore/internal/api"
)

func (a *app) syncCommand() *cobra.Command {
	c := group("sync", "Run, list and show syncs: models that become files",
		`  longshore sync ls
  longshore sync run orders_daily --wait`,
		a.startCommand(syncs), a.listSyncsCommand(), a.showSyncCommand())
	c.AddCommand(a.pauseCommands(syncs)...)
	return c
}

// addBaselineFlags lets a run do something else with the baseline than compare.
func addBaselineFlags(c *cobra.Command, r *api.StartRequest) {
	c.Flags().BoolVar(&r.FullResync, "full-resync", false, "send every row, whatever was sent before (mode insert or diff)")
	c.Flags().BoolVar(&r.ResetBaseline, "reset-baseline", false, "take the rows of now as sent, and write nothing (mode insert or diff)")
	c.MarkFlagsMutuallyExclusive("full-resync", "reset-baseline")
	c.Long += `

A sync in mode insert or diff compares its rows with those that it sent last, its
baseline. With --full-resync it sends every row all the same; in mode diff also
those that are gone since. With --reset-baseline it writes nothing: the rows of
now count as sent. Both leave a new baseline. Where another run is queued that
does something else, the command fails, and says which.`
	c.Example += `
  longshore sync run NAME --full-resync --wait
  longshore sync run NAME --reset-baseline`
}

type syncList struct {
	Syncs []api.Sync `json:"syncs"`
}

func (a *app) listSyncsCommand() *cobra.Command {
	return listing[syncList]{
		path: "/syncs", short: "List syncs with schedule and last run", none: "no syncs; longshore push makes some",
		example: `  longshore sync ls
  longshore sync ls --output json | jq '.syncs[] | select(.last.state == "failed") | .name'`,
		heads: []string{"NAME", "MODEL", "MODE", "DESTINATION", "SCHEDULE", "NEXT", "STATE"},
		rows: func(list syncList) [][]string {
			return each(list.Syncs, func(s api.Sync) []string {
				return []string{s.Name, s.Model, s.Mode, destination(s), s.Schedule.Text, nextOf(s.Schedule), stateOf(s.Activity)}
			})
		},
	}.command(a)
}

func destination(s api.Sync) string {
	if s.Bucket != "" {
		return s.Connection + ":" + s.Bucket + "/" + s.Path
	}
	return s.Connection + ":" + s.Path
}

func (a *app) showSyncCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Show a sync: definition, schedule and runs", Args: cobra.ExactArgs(1), ValidArgsFunction: a.complete(namesOfSyncs),
		Example: `  longshore sync show orders_daily
  longshore sync show orders_daily --output json | jq .schedule.next`,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.api()
			if err != nil {
				return err
			}
			var s api.SyncDetail
			if err := c.get(cmd.Context(), "/syncs/"+escape(args[0]), &s); err != nil {
				return err
			}
			return a.show(s, func(w io.Writer) { printSync(w, s) })
		},
	}
}

// baselineOf is what the next run compares with, for syncs that compare.
func baselineOf(s api.SyncDetail) string {
	switch b := s.Baseline; {
	case b != nil:
		return fmt.Sprintf("%s of run %s, %s", plural(int(b.Rows), "row"), b.Run, moment(&b.CommittedAt))
	case s.Mode != "all":
		return "none yet: the next run sends every row"
	}
	return ""
}

func printSync(w io.Writer, s api.SyncDetail) {
	format := s.Format
	if s.Compression != "none" {
		format += ", " + s.Compression
	}
	pairs(w, "sync", s.Name, "description", s.Description, "model", s.Model+" on "+s.Source, "primary key", strings.Join(s.PrimaryKey, ", "),
		"mode", s.Mode, "destination", destination(s.Sync), "format", format, "columns", strings.Join(s.Columns, ", "),
		"parallelism", strconv.Itoa(s.Parallelism), "schedule", s.Schedule.Text, "paused", paused(s.Schedule, "sync "+s.Name), "next runs", nextTimes(s.Schedule), "baseline", baselineOf(s))
	printActivity(w, s.Activity)
	section(w, s.File.Path, s.File.Text)
	section(w, s.ModelFile.Path, s.ModelFile.Text)
}
