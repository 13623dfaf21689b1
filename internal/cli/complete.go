package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/longshore/longshore/internal/api"
)

// completeWithin is how long somebody who presses Tab waits for the API.
const completeWithin = 2 * time.Second

// lister returns words to complete with.
type lister func(ctx context.Context, c *client) ([]cobra.Completion, error)

// complete asks the API for words. Where it doesn't answer there are none.
func (a *app) complete(list lister) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		c, err := a.api()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), completeWithin)
		defer cancel()
		words, err := list(ctx, c)
		if err != nil {
			cobra.CompDebugln(err.Error(), false)
		}
		return words, cobra.ShellCompDirectiveNoFileComp
	}
}

func namesOfSyncs(ctx context.Context, c *client) ([]cobra.Completion, error) {
	var list syncList
	err := c.get(ctx, "/syncs", &list)
	var words []cobra.Completion
	for _, s := range list.Syncs {
		words = append(words, cobra.CompletionWithDesc(s.Name, s.Schedule.Text))
	}
	return words, err
}

func namesOfDatasources(ctx context.Context, c *client) ([]cobra.Completion, error) {
	var list datasourceList
	err := c.get(ctx, "/datasources", &list)
	var words []cobra.Completion
	for _, d := range list.Datasources {
		words = append(words, cobra.CompletionWithDesc(d.Name, d.Schedule.Text))
	}
	return words, err
}

func namesOfConnections(ctx context.Context, c *client) ([]cobra.Completion, error) {
	var list connectionList
	err := c.get(ctx, "/connections", &list)
	var words []cobra.Completion
	for _, l := range list.Connections {
		words = append(words, cobra.CompletionWithDesc(l.Name, l.Type))
	}
	return words, err
}

func idsOfRuns(ctx context.Context, c *client) ([]cobra.Completion, error) {
	var list struct {
		Runs []api.Run `json:"runs"`
	}
	err := c.get(ctx, "/runs?limit=20", &list)
	var words []cobra.Completion
	for _, r := range list.Runs {
		words = append(words, cobra.CompletionWithDesc(r.ID, r.Kind+" "+r.Name+", "+r.State))
	}
	return words, err
}
