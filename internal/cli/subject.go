package cli

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/longshore/longshore/internal/api"
)

// subject is what syncs and datasources have in common on the command line.
type subject struct {
	kind  string // sync, datasource
	path  string // of the API
	verb  string // what starts a run: run, sync
	names lister
}

var (
	syncs       = subject{"sync", "/syncs", "run", namesOfSyncs}
	datasources = subject{"datasource", "/datasources", "sync", namesOfDatasources}
)

// escape makes a name one segment of a path.
func escape(name string) string { return url.PathEscape(name) }

// startCommand starts a run.
func (a *app) startCommand(s subject) *cobra.Command {
	var wait bool
	var key string
	request := api.StartRequest{By: "manual"}
	c := &cobra.Command{
		Use:   s.verb + " NAME",
		Short: "Start a run of a " + s.kind,
		Long: "Start a run of a " + s.kind + `. While one is active the new run is queued behind it; when one is
queued already, that one does.

With --wait progress is shown until the run ends, and the exit code is that of
the run. Ctrl-C leaves the run running.`,
		Example: fmt.Sprintf(`  longshore %[1]s %[2]s NAME
  longshore %[1]s %[2]s NAME --wait
  longshore %[1]s %[2]s NAME --key "$(date +%%F)" --output json | jq -r .run.id`, s.kind, s.verb),
		Args: cobra.ExactArgs(1), ValidArgsFunction: a.complete(s.names),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.start(cmd.Context(), s, args[0], request, key, wait)
		},
	}
	c.Flags().BoolVarP(&wait, "wait", "w", false, "show progress until the run ends")
	c.Flags().StringVar(&key, "key", "", "idempotency key: the same key names the same run for ever")
	if s.kind == syncs.kind {
		addBaselineFlags(c, &request)
	}
	return c
}

func (a *app) start(ctx context.Context, s subject, name string, request api.StartRequest, key string, wait bool) error {
	c, err := a.api()
	if err != nil {
		return err
	}
	var started api.StartResult
	err = c.do(ctx, "POST", s.path+"/"+escape(name)+"/runs", request, &started, idempotent(key))
	if err != nil {
		return err
	}
	return a.begun(ctx, c, started, wait)
}

// begun tells of a run that was started, or waits for its end.
func (a *app) begun(ctx context.Context, c *client, started api.StartResult, wait bool) error {
	if started.Note != "" {
		a.say("%s", started.Note)
	}
	if wait {
		return a.wait(ctx, c, started.Run.ID)
	}
	return a.show(started, func(w io.Writer) {
		fmt.Fprintf(w, "run %s of %s %s is %s\n", started.Run.ID, started.Run.Kind, started.Run.Name, started.Run.State+afterComma(started.Run.Trigger.Purpose))
		fmt.Fprintf(w, "Follow it with  longshore run show %s --wait\n", started.Run.ID)
	})
}

// pauseCommands pause and resume a schedule.
func (a *app) pauseCommands(s subject) []*cobra.Command {
	command := func(verb, short string) *cobra.Command {
		return &cobra.Command{
			Use: verb + " NAME", Short: short, Args: cobra.ExactArgs(1), ValidArgsFunction: a.complete(s.names),
			Example: fmt.Sprintf("  longshore %s %s NAME", s.kind, verb),
			RunE: func(cmd *cobra.Command, args []string) error {
				c, err := a.api()
				if err != nil {
					return err
				}
				var schedule api.Schedule
				if err := c.post(cmd.Context(), s.path+"/"+escape(args[0])+"/"+verb, nil, &schedule); err != nil {
					return err
				}
				return a.show(schedule, func(w io.Writer) {
					fmt.Fprintf(w, "%s %s: %s\n", s.kind, args[0], scheduleState(schedule))
				})
			},
		}
	}
	return []*cobra.Command{
		command("pause", "Let runs start by hand only, until resumed"),
		command("resume", "Let the schedule start runs again"),
	}
}

func scheduleState(s api.Schedule) string {
	if s.PausedAt != nil {
		text := s.Text + ", paused since " + moment(s.PausedAt)
		if s.PausedWhy != "" {
			text += " by " + s.PausedWhy
		}
		return text
	}
	if len(s.Next) > 0 {
		return s.Text + ", next " + zoned(s.Next[0])
	}
	return s.Text
}

// paused is since when, why, and how a schedule goes on; nothing where it does.
func paused(s api.Schedule, subject string) string {
	if s.PausedAt == nil {
		return ""
	}
	text := "since " + moment(s.PausedAt)
	if s.PausedWhy != "" {
		text += " by " + s.PausedWhy
	}
	kind, name, _ := strings.Cut(subject, " ")
	return text + "; it goes on with  longshore " + kind + " resume " + name
}

// nextTimes are the next runs of a schedule that isn't paused.
func nextTimes(s api.Schedule) string {
	if s.PausedAt != nil {
		return ""
	}
	return strings.Join(nextRuns(s), ", ")
}

// nextOf is when the next run starts, for a table.
func nextOf(s api.Schedule) string {
	switch {
	case s.PausedWhy != "":
		return "paused: error budget"
	case s.PausedAt != nil:
		return "paused"
	case len(s.Next) > 0:
		return zoned(s.Next[0])
	}
	return "-"
}

// stateOf is what a subject is doing, or did last.
func stateOf(a api.Activity) string {
	switch {
	case a.Active != nil && a.Queued != nil:
		return a.Active.State + ", one queued"
	case a.Active != nil:
		return a.Active.State
	case a.Last != nil:
		return a.Last.State + " " + moment(a.Last.FinishedAt)
	}
	return "-"
}

// printActivity prints the runs of a subject.
func printActivity(w io.Writer, a api.Activity) {
	var rows [][]string
	for _, r := range []*api.Run{a.Active, a.Queued, a.Last} {
		if r != nil {
			rows = append(rows, runRow(*r))
		}
	}
	fmt.Fprintln(w)
	columns(w, "no runs yet", runHeads, rows)
}

func section(w io.Writer, title, text string) {
	if text != "" {
		fmt.Fprintf(w, "\n%s\n%s\n", title, strings.TrimRight(text, "\n"))
	}
}
