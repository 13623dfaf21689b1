// Command worker does parts of runs: it reads, encodes and uploads, or fetches,
// decodes and appends. Start as many as there is work for. It is configured by
// the environment: see docs/configuration.md.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata"

	"github.com/longshore/longshore/internal/daemon"
	"github.com/longshore/longshore/internal/telemetry"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	cfg, err := daemon.Load[daemon.WorkerConfig]()
	if err != nil {
		return err
	}
	log, err := telemetry.NewLog(cfg.Log)
	if err != nil {
		return err
	}
	defer log.Sync() //nolint:errcheck // standard error can't be synced on every system
	return daemon.Worker(ctx, cfg, log)
}
