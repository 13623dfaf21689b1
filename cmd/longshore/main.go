// Command longshore is what a person types: it makes projects, pushes them to a
// producer, starts runs and watches them. See docs/cli.md.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata"

	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/cli"
	"github.com/longshore/longshore/internal/daemon"
	"github.com/longshore/longshore/internal/telemetry"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, cli.Options{Version: telemetry.Version, Dev: dev})
	stop()
	os.Exit(code)
}

// dev runs a producer and a worker side by side.
func dev(ctx context.Context, o cli.DevOptions) error {
	producer, err := daemon.Load[daemon.ProducerConfig]()
	if err != nil {
		return err
	}
	worker, err := daemon.Load[daemon.WorkerConfig]()
	if err != nil {
		return err
	}
	producer.Listen, worker.HealthListen = o.Listen, ""
	if o.Dir != "" {
		producer.ProjectDir = o.Dir
	}
	log, err := telemetry.NewLog(producer.Log)
	if err != nil {
		return err
	}
	defer log.Sync() //nolint:errcheck // standard error can't be synced on every system
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return daemon.Producer(ctx, producer, log, nil) })
	group.Go(func() error { return daemon.Worker(ctx, worker, log) })
	return group.Wait()
}
