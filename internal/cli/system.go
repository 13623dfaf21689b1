package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/longshore/longshore/internal/api"
)

// DevOptions say how to run a producer and a worker in one process.
type DevOptions struct {
	// Dir is a project's folder, which is pushed when it changes; empty is none.
	Dir string
	// Listen is the address of the API.
	Listen string
}

// defaultListen is reached from this machine alone, and so needs no token.
const defaultListen = "127.0.0.1:8080"

func (a *app) devCommand() *cobra.Command {
	var o DevOptions
	c := &cobra.Command{
		Use:   "dev [DIR]",
		Short: "Run a producer and a worker in this process",
		Long: `Run a producer and a worker in this process, until Ctrl-C. With DIR the project
in that folder is pushed whenever it changes.

The servers that they need are named by the environment, as for the daemons:
LONGSHORE_STATE_URI and the LONGSHORE_S3_… keys, LONGSHORE_REDIS_ADDR,
LONGSHORE_CLICKHOUSE_URL.`,
		Example: `  longshore dev
  longshore dev ./shop --listen 127.0.0.1:9090`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.Dev == nil {
				return fail(Invalid, "this build can't run a producer")
			}
			if len(args) > 0 {
				o.Dir = args[0]
			}
			for _, otherwise := range []string{a.Env("LONGSHORE_LISTEN"), defaultListen} {
				if o.Listen == "" {
					o.Listen = otherwise
				}
			}
			a.say("the API is at http://%s; Ctrl-C stops it", o.Listen)
			if err := a.Dev(cmd.Context(), o); err != nil {
				return fail(RunFailed, "%w", err)
			}
			return nil
		},
	}
	c.Flags().StringVar(&o.Listen, "listen", "", "address of the API (default LONGSHORE_LISTEN, else "+defaultListen+")")
	return c
}

func (a *app) queueCommand() *cobra.Command {
	return group("queue", "Show queues and workers", "  longshore queue ls", &cobra.Command{
		Use: "ls", Short: "List queues with what waits in them", Args: cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		Example: `  longshore queue ls
  longshore queue ls --output json | jq .workers`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.api()
			if err != nil {
				return err
			}
			var q api.Queues
			if err := c.get(cmd.Context(), "/queues", &q); err != nil {
				return err
			}
			return a.show(q, func(w io.Writer) {
				var rows [][]string
				for _, d := range q.Queues {
					rows = append(rows, []string{d.Queue, strconv.Itoa(d.Waiting), strconv.Itoa(d.Active), strconv.Itoa(d.Dead)})
				}
				columns(w, "no queues", []string{"QUEUE", "WAITING", "ACTIVE", "DEAD"}, rows)
				fmt.Fprintf(w, "%s\n", plural(q.Workers, "worker"))
			})
		},
	})
}

type versionResult struct {
	Version  string       `json:"version"`
	API      string       `json:"api"`
	Producer *api.Version `json:"producer"` // null when it doesn't answer
}

// versionWithin is how long the producer has to say its version.
const versionWithin = 3 * time.Second

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Show the versions of this command and of the producer", Args: cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		Example: `  longshore version
  longshore version --output json | jq -r .producer.version`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.api()
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), versionWithin)
			defer cancel()
			result := versionResult{Version: a.Version, API: c.base}
			var producer api.Version
			why := c.get(ctx, "/version", &producer)
			if why == nil {
				result.Producer = &producer
			}
			return a.show(result, func(w io.Writer) {
				fmt.Fprintln(w, "longshore", a.Version)
				if why != nil {
					fmt.Fprintln(w, "producer:", why)
					return
				}
				pairs(w, "producer", producer.Version+" at "+c.base, "leader", dash(producer.Leader), "definitions", dash(producer.Project), "you are", producer.Caller)
			})
		},
	}
}
