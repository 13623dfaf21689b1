package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/longshore/longshore/internal/api"
)

func (a *app) connectionCommand() *cobra.Command {
	return group("connection", "Create, test and list connections",
		`  longshore connection create lake
  longshore connection test lake`,
		a.createCommand(), a.testCommand(), a.connectionsCommand())
}

func (a *app) testCommand() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "test NAME",
		Short: "Try a connection from where the producer runs",
		Long: `Try a connection from where the producer runs, with the producer's secrets.

The file connections/NAME.connection of the project folder is tried if there is
one, else the connection that was pushed. The exit code is 1 when the test fails.`,
		Example: `  longshore connection test lake
  longshore connection test lake --output json | jq .ok`,
		Args: cobra.ExactArgs(1), ValidArgsFunction: a.complete(namesOfConnections),
		RunE: func(cmd *cobra.Command, args []string) error { return a.testConnection(cmd, args[0], dir) },
	}
	c.Flags().StringVar(&dir, "dir", ".", "the project's folder")
	return c
}

func (a *app) testConnection(cmd *cobra.Command, name, dir string) error {
	c, err := a.api()
	if err != nil {
		return err
	}
	path := "connections/" + name + ".connection"
	text, local := readLocal(dir, path)
	if local {
		if err := a.complain(map[string][]byte{path: []byte(text)}); err != nil {
			return err
		}
	}
	var result api.TestResult
	if err := c.post(cmd.Context(), "/connections/"+escape(name)+"/test", api.TestRequest{Definition: text}, &result); err != nil {
		return err
	}
	err = a.show(result, func(w io.Writer) {
		for _, check := range result.Checks {
			fmt.Fprintln(w, strings.TrimSpace(mark(check.OK)+" "+check.Name+" "+check.Detail))
		}
		if result.OK {
			fmt.Fprintf(w, "connection %s works (%s)\n", result.Name, span(result.Seconds))
		}
	})
	if err == nil && !result.OK {
		err = fail(RunFailed, "connection %s does not work: %s", result.Name, result.Message)
	}
	return err
}

func mark(ok bool) string {
	if ok {
		return "ok    "
	}
	return "failed"
}

type connectionList struct {
	Connections []api.Connection `json:"connections"`
}

func (a *app) connectionsCommand() *cobra.Command {
	return listing[connectionList]{
		path: "/connections", short: "List the connections that were pushed", none: "no connections; longshore push makes some",
		example: `  longshore connection ls
  longshore connection ls --output json | jq '.connections[].name'`,
		heads: []string{"NAME", "TYPE", "WHERE", "USED BY"},
		rows: func(list connectionList) [][]string {
			return each(list.Connections, func(c api.Connection) []string {
				return []string{c.Name, c.Type, dash(whereOf(c)), dash(strings.Join(c.UsedBy, ", "))}
			})
		},
	}.command(a)
}

// whereOf is where a connection leads to.
func whereOf(c api.Connection) string {
	var parts []string
	for _, suffix := range []string{"_ENDPOINT", "_URL", "_HOST", "_BUCKET", "_DATABASE"} {
		for _, f := range c.Fields {
			if strings.HasSuffix(f.Key, suffix) {
				parts = append(parts, f.Value)
			}
		}
	}
	return strings.Join(parts, " ")
}
