package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/longshore/longshore/internal/api"
)

func (a *app) alertCommand() *cobra.Command {
	return group("alert", "List, mute and unmute alerts",
		`  longshore alert ls
  longshore alert mute sync/orders_daily --for 2h --reason "the database moves"`,
		a.listAlertsCommand(), a.muteCommand(), a.unmuteCommand())
}

// alertList is what the API answers to a list of alerts.
type alertList struct {
	Alerts []api.Alerts `json:"alerts"`
}

func (a *app) listAlertsCommand() *cobra.Command {
	return listing[alertList]{
		path: "/alerts", short: "List where alerts stand", none: "no alerts; longshore.yaml defines them",
		long: `List where the alerts of syncs and datasources stand: a line for each that fires,
with the time since when, and one for each sync or datasource where none does,
with what was said last.`,
		example: `  longshore alert ls
  longshore alert ls --output json | jq -r '.alerts[] | select(any(.rules[]; .firing)) | .kind + "/" + .name'`,
		heads: []string{"OF", "STATE", "RULE", "SINCE", "MUTED UNTIL", "MESSAGE"},
		rows: func(list alertList) (rows [][]string) {
			for _, s := range list.Alerts {
				rows = append(rows, alertRows(s)...)
			}
			return rows
		},
	}.command(a)
}

// alertRows has a row for each rule that fires, or one for none.
func alertRows(s api.Alerts) [][]string {
	name, muted := s.Kind+"/"+s.Name, "-"
	if s.Mute != nil {
		muted = moment(&s.Mute.Until)
		if s.Mute.Reason != "" {
			muted += " (" + s.Mute.Reason + ")"
		}
	}
	var rows [][]string
	for _, r := range s.Rules {
		if !r.Firing {
			continue
		}
		state := "firing"
		if !r.Announced {
			state = "firing, not told"
		}
		rows = append(rows, []string{name, state, r.Rule, moment(r.Since), muted, r.Text})
	}
	if rows != nil {
		return rows
	}
	since, said := "-", "-"
	if s.Last != nil {
		since, said = moment(&s.Last.At), s.Last.Status+": "+s.Last.Text
	}
	state := "fine"
	if slices.ContainsFunc(s.Rules, func(r api.AlertRule) bool { return r.Announced }) {
		state = "fine, not told"
	}
	return [][]string{{name, state, "-", since, muted, said}}
}

// subjectPath is where the API has the alerts of KIND/NAME.
func subjectPath(arg string) (string, error) {
	kind, name, _ := strings.Cut(arg, "/")
	if kind != syncs.kind && kind != datasources.kind || name == "" {
		return "", fail(Invalid, "%q names no sync or datasource; write sync/NAME or datasource/NAME", arg)
	}
	return "/alerts/" + kind + "/" + escape(name), nil
}

func subjectsOfAlerts(ctx context.Context, c *client) ([]cobra.Completion, error) {
	var list alertList
	err := c.get(ctx, "/alerts", &list)
	var words []cobra.Completion
	for _, s := range list.Alerts {
		state := alertRows(s)[0][1]
		if s.Mute != nil {
			state += ", muted until " + moment(&s.Mute.Until)
		}
		words = append(words, cobra.CompletionWithDesc(s.Kind+"/"+s.Name, state))
	}
	return words, err
}

func printMute(w io.Writer, s api.Alerts) {
	if s.Mute == nil {
		fmt.Fprintf(w, "%s %s is not muted\n", s.Kind, s.Name)
		return
	}
	fmt.Fprintf(w, "%s %s is muted until %s\n", s.Kind, s.Name, moment(&s.Mute.Until))
	if len(s.Rules) == 0 {
		fmt.Fprintln(w, "It has no alerts at the moment.")
	}
}
