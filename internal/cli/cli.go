package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/def"
)

// Options is what the command can't know by itself. All may be zero.
type Options struct {
	// Version is the build's; empty is "dev".
	Version string
	// Env looks up environment variables; nil is os.Getenv.
	Env func(name string) string
	// Dev runs a producer and a worker until ctx ends. Nil is a build without.
	Dev func(ctx context.Context, o DevOptions) error
	// Poll is how often a run is looked at while waiting. Zero is a second.
	Poll time.Duration
	// Tell is how often progress is told where there is no bar. Zero is five
	// seconds.
	Tell time.Duration
}

func (o Options) withDefaults() Options {
	if o.Version == "" {
		o.Version = "dev"
	}
	if o.Env == nil {
		o.Env = os.Getenv
	}
	if o.Poll == 0 {
		o.Poll = time.Second
	}
	if o.Tell == 0 {
		o.Tell = 5 * time.Second
	}
	return o
}

const (
	defaultAPI = "http://127.0.0.1:8080"
	envAPI     = "LONGSHORE_API"
	envToken   = "LONGSHORE_API_TOKEN" //nolint:gosec // the name of a variable
)

// app is one execution of the command.
type app struct {
	Options
	stdin          io.Reader
	stdout, stderr io.Writer

	address, token, output string // flags
}

// Run executes the command line in args, without the program's name, until it
// is done or ctx ends, and returns the exit code.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, o Options) int {
	a := &app{Options: o.withDefaults(), stdin: stdin, stdout: stdout, stderr: stderr}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	ran, err := root.ExecuteContextC(ctx)
	a.explain(ran, err)
	return int(codeOf(err))
}

// explain prints an error in one line, or a line per mistake.
func (a *app) explain(ran *cobra.Command, err error) {
	if err == nil || err.Error() == "" {
		return
	}
	var p *api.Problem
	if errors.As(err, &p) && len(p.Problems) > 0 && p.Problems[0].Line > 0 {
		for _, m := range p.Problems {
			a.say("%s", def.Problem(m).Error())
		}
	}
	var f *failure
	if errors.As(err, &f) {
		a.say("longshore: %s", printable(err.Error())) // it may quote somebody else's server
		return
	}
	a.say("longshore: %s", err)
	a.say("%s --help says more", ran.CommandPath())
}

// say prints a line to standard error.
func (a *app) say(format string, args ...any) { fmt.Fprintf(a.stderr, format+"\n", args...) }

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "longshore",
		Short: "Move data between SQL databases, S3-compatible storage and ClickHouse",
		Long: `Move data between SQL databases, S3-compatible storage and ClickHouse.

A project is a folder of plain files: connections, models, syncs, datasources.
Push it to a producer, and its runs start by schedule or by hand.

` + codesHelp + `

Environment:
  LONGSHORE_API        the address of the API; the same as --api
  LONGSHORE_API_TOKEN  what the API wants to see; the same as --token
  NO_COLOR             anything: no colors`,
		Example: `  longshore init shop && cd shop
  longshore push --dry-run
  longshore sync run orders_daily --wait`,
		SilenceErrors: true, SilenceUsage: true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if a.output != "table" && a.output != "json" {
				return fail(Invalid, "--output is %q; use table or json", a.output)
			}
			return nil
		},
	}
	flags := root.PersistentFlags()
	flags.StringVar(&a.address, "api", "", "address of the API (default LONGSHORE_API, else "+defaultAPI+")")
	flags.StringVar(&a.token, "token", "", "token of the API (default LONGSHORE_API_TOKEN)")
	flags.StringVarP(&a.output, "output", "o", "table", "table for people, json for programs")
	_ = root.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"table", "json"}, cobra.ShellCompDirectiveNoFileComp)) // fails for unknown flags alone
	root.AddCommand(a.initCommand(), a.devCommand(), a.connectionCommand(), a.previewCommand(), a.pushCommand(),
		a.syncCommand(), a.datasourceCommand(), a.backfillCommand(), a.quarantineCommand(), a.verifyCommand(), a.runCommand(), a.alertCommand(), a.queueCommand(), a.versionCommand())
	return root
}

// api returns the client for the flags and the environment.
func (a *app) api() (*client, error) {
	address, token := a.address, a.token
	if address == "" {
		address = a.Env(envAPI)
	}
	if address == "" {
		address = defaultAPI
	}
	if token == "" {
		token = a.Env(envToken)
	}
	return newClient(address, def.NewSecret(token))
}

// group is a command that only has others below it.
func group(use, short, example string, below ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Example: example, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(below...)
	return c
}

// Command returns the tree of commands, for documents made of it.
func Command() *cobra.Command { return (&app{Options: Options{}.withDefaults()}).root() }
