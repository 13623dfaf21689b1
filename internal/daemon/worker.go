package daemon

import (
	"context"
	"net/http"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/queue"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/internal/telemetry"
)

// Worker does parts of runs until ctx ends and its work is drained.
func Worker(ctx context.Context, cfg WorkerConfig, log *zap.Logger) error {
	limitMemory(log)
	c, err := open(ctx, cfg.Config, export.Config{DiffMemory: int64(cfg.DiffMemory)}, log)
	if err != nil {
		return err
	}
	defer c.close()
	parts := &run.Parts{
		Ledger: c.ledger, Report: c.queue, Log: log,
		Workers: map[ledger.Kind]run.Worker{ledger.Export: c.export, ledger.Ingest: c.ingest, ledger.Backfill: c.backfill},
	}
	worker := queue.NewWorker(c.redis, queue.WorkerConfig{Queues: cfg.Queues, Grace: cfg.ShutdownTimeout, Log: log}, parts)
	log.Info("worker starts", zap.String("version", telemetry.Version), zap.Any("queues", cfg.Queues))
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return worker.Run(ctx) })
	if cfg.HealthListen != "" && cfg.HealthListen != "off" {
		group.Go(func() error { return serve(ctx, cfg.HealthListen, c.health(), cfg.ShutdownTimeout, nil) })
	}
	group.Go(func() error { return profile(ctx, cfg.Config) })
	err = group.Wait()
	log.Info("worker stopped")
	return err
}

// health answers whether the process is up, and whether it can reach its queue
// and its ledger.
func (c *core) health() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := c.ready(r.Context()); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusOK)
	})
	return mux
}

func (c *core) ready(ctx context.Context) error {
	if err := c.queue.Ping(ctx); err != nil {
		return err
	}
	_, err := c.ledger.CurrentProjectID(ctx)
	return err
}
