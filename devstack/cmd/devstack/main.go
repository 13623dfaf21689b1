// Command devstack runs Redis, S3 and ClickHouse for development and tests, until it gets SIGINT or SIGTERM.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/devstack"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	options, err := parse(os.Args[1:])
	if err == nil {
		err = run(ctx, options)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "devstack:", err)
		os.Exit(1)
	}
}

type options struct {
	config    devstack.Config
	envFile   string
	parent    int
	withStdin bool
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("devstack", flag.ExitOnError)
	flags.StringVar(&o.config.DataDir, "data", ".cache/devstack", "`folder` that the servers keep their data in")
	flags.StringVar(&o.envFile, "env", "", "`file` to write the environment to, once all servers answer (and to remove at the end)")
	flags.IntVar(&o.parent, "parent-pid", 0, "end when the process with this `pid` ends")
	flags.BoolVar(&o.withStdin, "until-stdin-closes", false, "end when standard input ends")
	flags.BoolVar(&o.config.NoBinary, "embedded", false, "run the embedded ClickHouse even where a clickhouse binary is on PATH")
	only := flags.String("only", "", "servers to start, of `redis,s3,clickhouse`; empty means all")
	ports := flags.String("ports", "", "fixed ports, as `name=port,…` with the names redis, s3, clickhouse, clickhouse-http")
	verbose := flags.Bool("v", false, "log to standard error")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if *only != "" {
		o.config.Only = strings.Split(*only, ",")
	}
	if *verbose {
		log, err := zap.NewDevelopment()
		if err != nil {
			return o, err
		}
		o.config.Log = log
	}
	var err error
	if o.envFile != "" { // Start changes the working directory
		if o.envFile, err = filepath.Abs(o.envFile); err != nil {
			return o, err
		}
	}
	o.config.Ports, err = parsePorts(*ports)
	return o, err
}

func parsePorts(text string) (map[string]int, error) {
	ports := map[string]int{}
	for pair := range strings.SplitSeq(text, ",") {
		if pair == "" {
			continue
		}
		name, number, _ := strings.Cut(pair, "=")
		port, err := strconv.Atoi(number)
		if err != nil || port < 1 || port > 65535 {
			return nil, fmt.Errorf("-ports: %q is not name=port", pair)
		}
		ports[name] = port
	}
	return ports, nil
}

func run(ctx context.Context, o options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if o.withStdin {
		go func() {
			defer cancel()
			_, _ = io.Copy(io.Discard, bufio.NewReader(os.Stdin)) // its end is what counts
		}()
	}
	if o.parent != 0 {
		go func() {
			defer cancel()
			waitForEnd(ctx, o.parent)
		}()
	}
	starting, done := context.WithTimeout(ctx, time.Minute)
	defer done()
	stack, err := devstack.Start(starting, o.config)
	if err != nil {
		return err
	}
	if o.envFile != "" {
		if err := stack.WriteEnv(o.envFile); err != nil {
			stack.Close()
			return fmt.Errorf("write environment: %w", err)
		}
		defer os.Remove(o.envFile)
	}
	fmt.Println("devstack: ready")
	<-ctx.Done()
	return stack.Close()
}

// waitForEnd returns when the process with this id is gone.
func waitForEnd(ctx context.Context, pid int) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for syscall.Kill(pid, 0) != syscall.ESRCH {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
