package cli

import (
	"io"
	"regexp"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/longshore/longshore/internal/api"
)

func (a *app) muteCommand() *cobra.Command {
	var lasts, until, reason string
	c := &cobra.Command{
		Use:   "mute KIND/NAME",
		Short: "Send no alerts about a sync or datasource for a while",
		Long: `Send no alerts about a sync or datasource for a while: --for a duration such as
90m, 2h or 3d, or --until a time. Where its alerts stand is followed all the same.
When the mute ends, what fires then is said once, and so is that something ended
which was told of before. To mute again is to change the end.

Times are UTC, unless they have a zone: 2024-05-01T18:00:00+02:00.`,
		Example: `  longshore alert mute sync/orders_daily --for 2h --reason "the database moves"
  longshore alert mute datasource/page_views --until "2024-05-01 18:00"`,
		Args: cobra.ExactArgs(1), ValidArgsFunction: a.complete(subjectsOfAlerts),
		RunE: func(cmd *cobra.Command, args []string) error {
			request, err := muteRequest(lasts, until)
			if err != nil {
				return err
			}
			request.Reason = reason
			return a.setMute(cmd, args[0], "mute", request)
		},
	}
	flags := c.Flags()
	flags.StringVar(&lasts, "for", "", "how long, such as 90m, 2h or 3d")
	flags.StringVar(&until, "until", "", "when it ends, such as \"2024-05-01 18:00\" (UTC)")
	flags.StringVar(&reason, "reason", "", "why, for others who look")
	c.MarkFlagsMutuallyExclusive("for", "until")
	c.MarkFlagsOneRequired("for", "until")
	_ = c.RegisterFlagCompletionFunc("for", cobra.FixedCompletions([]string{"30m", "1h", "2h", "8h", "1d"}, cobra.ShellCompDirectiveNoFileComp)) // fails for unknown flags alone
	for _, name := range []string{"until", "reason"} {
		_ = c.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions) // as above
	}
	return c
}

func (a *app) unmuteCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "unmute KIND/NAME",
		Short:   "End a mute",
		Long:    "End a mute. What fires is said within a minute, and so is the end of what was told of before.",
		Example: `  longshore alert unmute sync/orders_daily`,
		Args:    cobra.ExactArgs(1), ValidArgsFunction: a.complete(subjectsOfAlerts),
		RunE: func(cmd *cobra.Command, args []string) error { return a.setMute(cmd, args[0], "unmute", nil) },
	}
}

// setMute asks the API to mute or unmute.
func (a *app) setMute(cmd *cobra.Command, arg, verb string, request any) error {
	path, err := subjectPath(arg)
	if err != nil {
		return err
	}
	c, err := a.api()
	if err != nil {
		return err
	}
	var alerts api.Alerts
	if err := c.post(cmd.Context(), path+"/"+verb, request, &alerts); err != nil {
		return err
	}
	return a.show(alerts, func(w io.Writer) { printMute(w, alerts) })
}

// muteRequest reads the two ways to give an end, of which one is empty.
func muteRequest(lasts, until string) (*api.MuteRequest, error) {
	if until != "" {
		for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05Z", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04"} {
			if at, err := time.Parse(layout, until); err == nil {
				return &api.MuteRequest{Until: &at}, nil
			}
		}
		return nil, fail(Invalid, "--until is %q; write a time such as \"2024-05-01 18:00\" (UTC) or 2024-05-01T18:00:00+02:00", until)
	}
	d, ok := muteDuration(lasts)
	if !ok {
		return nil, fail(Invalid, "--for is %q; write a duration of up to 366 days such as 90m, 2h or 3d", lasts)
	}
	return &api.MuteRequest{Seconds: int64(d / time.Second)}, nil
}

var daysShape = regexp.MustCompile(`^([0-9]{1,3})d$`)

// muteDuration reads what time.ParseDuration reads, and whole days.
func muteDuration(text string) (time.Duration, bool) {
	const day = 24 * time.Hour
	if m := daysShape.FindStringSubmatch(text); m != nil {
		days, _ := strconv.Atoi(m[1]) // three digits
		return time.Duration(days) * day, days >= 1 && days <= 366
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d >= time.Second && d <= 366*day
}
