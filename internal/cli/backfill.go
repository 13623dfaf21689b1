package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/def"
)

func (a *app) backfillCommand() *cobra.Command {
	return group("backfill", "Bring old files of a datasource in, at a pace of their own",
		`  longshore backfill plan page_views --to 2024-01-01
  longshore backfill create page_views --to 2024-01-01 --name old_views
  longshore backfill status old_views --wait`,
		a.createBackfillCommand(), a.planBackfillCommand(), a.listBackfillsCommand(), a.statusBackfillCommand(),
		a.steerBackfillCommand("pause", "Let no part of a backfill begin",
			"Let no part of a backfill begin. Parts under way end before their next chunk, and go on from there with\n`backfill resume`. Its files stay claimed meanwhile."),
		a.steerBackfillCommand("resume", "Let a paused backfill go on", "Let a paused backfill go on, from where it was left off."),
		a.steerBackfillCommand("cancel", "Stop a backfill for good",
			"Stop a backfill for good. What is in the table stays; files that it did not finish are free for the\ndatasource, or for another backfill. With --wait the end is waited for."))
}

// chosen is the flags that choose files.
type chosen struct{ uri, from, to string }

func (f *chosen) add(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.uri, "uri", "", "s3://bucket/pattern in the datasource's bucket (default the datasource's files)")
	flags.StringVar(&f.from, "from", "", "only files modified then or later, such as 2024-01-31 or \"2024-01-31 08:00\" (UTC)")
	flags.StringVar(&f.to, "to", "", "only files modified before, likewise")
	for _, name := range []string{"uri", "from", "to"} {
		_ = c.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions) // fails for unknown flags alone
	}
}

// into adds what was chosen to a request.
func (f *chosen) into(r *api.BackfillRequest) (err error) {
	r.URI = f.uri
	if r.From, err = timeFlag("from", f.from); err != nil {
		return err
	}
	r.To, err = timeFlag("to", f.to)
	return err
}

// timeFlag reads a flag that is a day or a moment; nil where it is empty.
func timeFlag(flag, text string) (*time.Time, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no time was given
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05Z", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return &at, nil
		}
	}
	return nil, fail(Invalid, "--%s is %q; write a day such as 2024-01-31, or a time such as \"2024-01-31 08:00\" (UTC)", flag, text)
}

func (a *app) createBackfillCommand() *cobra.Command {
	var files chosen
	var key, rate string
	var wait bool
	request := api.BackfillRequest{By: "manual"}
	c := &cobra.Command{
		Use: "create DATASOURCE", Short: "Create a backfill, which begins at once", Args: cobra.ExactArgs(1), ValidArgsFunction: a.complete(namesOfDatasources),
		Long: `Create a backfill, which begins at once: it claims the files that are not in yet, and workers of the queue
"backfill" ingest them while the datasource's own runs keep their pace. It waits while ClickHouse has too
much to do: see --max-parts and --max-merges.

With --wait progress is shown until it ends, and the exit code is that of its end. Ctrl-C leaves it running.`,
		Example: `  longshore backfill create page_views
  longshore backfill create page_views --uri 's3://landing/archive/2023/**/*.csv.gz' --name views_2023 --wait
  longshore backfill create page_views --to 2024-01-01 --max-bytes-per-second 50MiB --key "$(date +%F)"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			request.Datasource = args[0]
			if err := files.into(&request); err != nil {
				return err
			}
			if rate != "" {
				n, ok := def.ParseSize(rate)
				if !ok || n < 1 {
					return fail(Invalid, "--max-bytes-per-second is %q; write a number of bytes such as 50MiB", rate)
				}
				request.MaxBytesPerSecond = n
			}
			return a.createBackfill(cmd.Context(), request, key, wait)
		},
	}
	files.add(c)
	flags := c.Flags()
	flags.StringVar(&request.Name, "name", "", "what to call it (default the datasource's name with a number)")
	flags.Int64Var(&request.MaxParts, "max-parts", 0, "wait while a partition of the table has so many active parts (default 300)")
	flags.Int64Var(&request.MaxMerges, "max-merges", 0, "wait while so many merges of the table are under way (default 16)")
	flags.StringVar(&rate, "max-bytes-per-second", "", "of files as stored, on average, such as 50MiB (default as fast as it goes)")
	flags.StringVar(&key, "key", "", "idempotency key: the same key names the same backfill for ever")
	flags.BoolVarP(&wait, "wait", "w", false, "show progress until it ends")
	return c
}

func (a *app) createBackfill(ctx context.Context, request api.BackfillRequest, key string, wait bool) error {
	c, err := a.api()
	if err != nil {
		return err
	}
	headers := map[string]string{}
	if key != "" {
		headers["Idempotency-Key"] = key
	}
	var b api.Backfill
	if err := c.do(ctx, "POST", "/backfills", request, &b, headers); err != nil {
		return err
	}
	if wait {
		return a.waitBackfill(ctx, c, b.Name)
	}
	return a.show(b, func(w io.Writer) {
		fmt.Fprintf(w, "backfill %s of %s is %s\n", b.Name, b.Datasource, b.State)
		fmt.Fprintf(w, "Follow it with  longshore backfill status %s --wait\n", b.Name)
	})
}

func (a *app) planBackfillCommand() *cobra.Command {
	var files chosen
	c := &cobra.Command{
		Use: "plan DATASOURCE", Short: "Say what a backfill would do, without doing it", Args: cobra.ExactArgs(1), ValidArgsFunction: a.complete(namesOfDatasources),
		Long: `Say what a backfill would do, without doing it: how many files, bytes and rows are not in yet, how long they
would take, and how many INSERTs they are. Files are listed for up to 90 seconds.

Rows and time are estimated from the datasource's backfills or runs so far. Where these took in too little, the
beginnings of up to 16 files, chosen evenly, are read and decoded for up to 20 seconds. It says which.`,
		Example: `  longshore backfill plan page_views
  longshore backfill plan page_views --uri 's3://landing/archive/**' --from 2023-01-01 --to 2024-01-01`,
		RunE: func(cmd *cobra.Command, args []string) error {
			request := api.BackfillRequest{Datasource: args[0]}
			if err := files.into(&request); err != nil {
				return err
			}
			c, err := a.api()
			if err != nil {
				return err
			}
			var p api.BackfillPlan
			if err := c.post(cmd.Context(), "/backfills/plan", request, &p); err != nil {
				return err
			}
			return a.show(p, func(w io.Writer) { printBackfillPlan(w, p) })
		},
	}
	files.add(c)
	return c
}

func printBackfillPlan(w io.Writer, p api.BackfillPlan) {
	rows, takes, unreadable := "", "unknown", ""
	if p.Rows != nil {
		rows = "about " + count(*p.Rows)
		if *p.Quarantined > 0 {
			rows += ", " + count(*p.Quarantined) + " of them for quarantine"
		}
	}
	if p.Seconds != nil {
		takes = fmt.Sprintf("%s to %s, at about %s/s%s", span(*p.SecondsLow), span(*p.SecondsHigh), size(int64(p.BytesPerSecond)), slotsText(p))
	}
	if p.Sample != nil && p.Sample.Unreadable > 0 {
		unreadable = fmt.Sprintf("%d of the sample: %s", p.Sample.Unreadable, p.Sample.Why)
	}
	pairs(w, "files", foundText(p.Found), "in already", several(p.Found.Known, "file"), "claimed by others", several(p.Found.Held, "file"),
		"rows", rows, "takes", takes, "rests on", basisText(p), "unreadable", unreadable,
		"parts", "about "+count(p.Parts), "inserts", count(p.Inserts)+" at least")
}

// basisText is what an estimate rests on.
func basisText(p api.BackfillPlan) string {
	switch {
	case p.RateOf == "backfills":
		return "the datasource's " + plural(p.Runs, "backfill") + " so far"
	case p.RateOf == "runs":
		return "the datasource's last " + plural(p.Runs, "run")
	case p.Sample != nil:
		return fmt.Sprintf("a sample of %s, %s: %s", plural(p.Sample.Files, "file"), size(p.Sample.Bytes), plural(int(p.Sample.Rows), "row"))
	}
	return "nothing: there was nothing to read"
}

// slotsText is how many workers' slots an estimate by a sample counts with.
func slotsText(p api.BackfillPlan) string {
	switch {
	case p.Sample == nil:
		return ""
	case p.Slots == 0:
		return " with one slot; no worker serves the queue backfill at present"
	}
	return " with " + plural(p.Slots, "slot")
}

// foundText is what a listing found.
func foundText(f api.BackfillFound) string {
	text := plural(int(f.Files), "file") + ", " + size(f.Bytes)
	if !f.Complete {
		text += " so far; there are more"
	}
	return text
}

// several counts things, and is empty where there are none.
func several(n int64, thing string) string {
	if n == 0 {
		return ""
	}
	return plural(int(n), thing)
}

type backfillList struct {
	Backfills []api.Backfill `json:"backfills"`
}

func (a *app) listBackfillsCommand() *cobra.Command {
	return listing[backfillList]{
		path: "/backfills", short: "List backfills with state and progress", none: "no backfills",
		example: `  longshore backfill ls
  longshore backfill ls --output json | jq '.backfills[] | select(.state == "throttled") | .throttled.why'`,
		heads: []string{"NAME", "DATASOURCE", "STATE", "DONE", "FILES", "BYTES", "LEFT", "CREATED"},
		rows: func(list backfillList) [][]string {
			return each(list.Backfills, func(b api.Backfill) []string {
				return []string{b.Name, b.Datasource, b.State, share(b), count(b.Done.Files), size(b.Done.Bytes), dash(leftText(b)), moment(&b.CreatedAt)}
			})
		},
	}.command(a)
}

func (a *app) statusBackfillCommand() *cobra.Command {
	var wait bool
	c := &cobra.Command{
		Use: "status NAME", Short: "Show how far a backfill is, and why it waits", Args: cobra.ExactArgs(1), ValidArgsFunction: a.complete(namesOfBackfills),
		Long: `Show how far a backfill is: files, bytes, rows, how long the rest takes, and why it waits where it does.
With --wait follow it to its end; the exit code is then that of its end.`,
		Example: `  longshore backfill status views_2023
  longshore backfill status views_2023 --wait
  longshore backfill status views_2023 --output json | jq .seconds_left`,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.api()
			if err != nil {
				return err
			}
			if wait {
				return a.waitBackfill(cmd.Context(), c, args[0])
			}
			var b api.Backfill
			if err := c.get(cmd.Context(), "/backfills/"+escape(args[0]), &b); err != nil {
				return err
			}
			return a.show(b, func(w io.Writer) { printBackfill(w, b) })
		},
	}
	c.Flags().BoolVarP(&wait, "wait", "w", false, "show progress until it ends")
	return c
}

func (a *app) steerBackfillCommand(verb, short, long string) *cobra.Command {
	var wait bool
	c := &cobra.Command{
		Use: verb + " NAME", Short: short, Long: long, Args: cobra.ExactArgs(1), ValidArgsFunction: a.complete(namesOfBackfills),
		Example: "  longshore backfill " + verb + " views_2023",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.api()
			if err != nil {
				return err
			}
			var b api.Backfill
			if err := c.post(cmd.Context(), "/backfills/"+escape(args[0])+"/"+verb, nil, &b); err != nil {
				return err
			}
			if wait {
				return a.waitBackfill(cmd.Context(), c, b.Name)
			}
			return a.show(b, func(w io.Writer) { fmt.Fprintf(w, "backfill %s: %s\n", b.Name, strings.Join(backfillWords(b), ", ")) })
		},
	}
	if verb == "cancel" {
		c.Flags().BoolVarP(&wait, "wait", "w", false, "wait until it has ended")
	}
	return c
}

func namesOfBackfills(ctx context.Context, c *client) ([]cobra.Completion, error) {
	var list backfillList
	err := c.get(ctx, "/backfills", &list)
	var words []cobra.Completion
	for _, b := range list.Backfills {
		words = append(words, cobra.CompletionWithDesc(b.Name, b.Datasource+", "+b.State))
	}
	return words, err
}
