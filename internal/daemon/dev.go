package daemon

import (
	"context"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"
)

// Dev runs a producer and a worker in one process, for development.
func Dev(ctx context.Context, log *zap.Logger) error {
	producer, err := Load[ProducerConfig]()
	if err != nil {
		return err
	}
	worker, err := Load[WorkerConfig]()
	if err != nil {
		return err
	}
	worker.HealthListen = "off"
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return Producer(ctx, producer, log.Named("producer"), nil) })
	group.Go(func() error { return Worker(ctx, worker, log.Named("worker")) })
	return group.Wait()
}
