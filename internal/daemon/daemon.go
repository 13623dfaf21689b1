// Package daemon puts the parts together: a producer, a worker, or both in one
// process. The programs under cmd only read the environment and call it; tests
// call it too.
package daemon

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/connection"
	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ingest"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/queue"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore/s3"
)

// core is what a producer and a worker have in common.
type core struct {
	log    *zap.Logger
	redis  redis.UniversalClient
	queue  *queue.Client
	ledger *ledger.Ledger
	doors  *connection.Opener
	export *export.Export
	ingest *ingest.Ingest
	// backfill shares what ingest opens.
	backfill *ingest.Backfill
}

// open connects nothing yet: a server that is down is waited for by what needs
// it.
func open(ctx context.Context, cfg Config, exports export.Config, log *zap.Logger) (*core, error) {
	bucket, prefix, err := state(ctx, cfg.State)
	if err != nil {
		return nil, err
	}
	queue.LogTo(log)
	c := &core{log: log, redis: queue.Open(cfg.Queue), ledger: ledger.New(bucket, prefix, cfg.Now)}
	c.queue = queue.NewClient(c.redis)
	c.doors = connection.New(c.ledger, connection.Secrets{Dir: cfg.SecretsDir}, cfg.ClickHouse)
	c.export = export.New(c.ledger, c.exportDoors(), exports, log)
	c.ingest = ingest.New(c.ledger, c.ingestDoors(), log)
	c.backfill = ingest.NewBackfill(c.ingest)
	return c, nil
}

// state opens the bucket of the ledger.
func state(ctx context.Context, cfg StateConfig) (*s3.Bucket, string, error) {
	name, prefix, err := s3.ParseURI(cfg.URI)
	if err != nil {
		return nil, "", fault.New(fault.Invalid, "LONGSHORE_STATE_URI: %w", err)
	}
	b, err := s3.Open(ctx, s3.Config{
		Name: "LONGSHORE_STATE_URI", Bucket: name, Region: cfg.Region, Endpoint: cfg.Endpoint, PathStyle: cfg.PathStyle,
		AccessKey: cfg.AccessKey, SecretKey: s3.NewSecret(cfg.Secret),
	})
	if err != nil {
		return nil, "", fault.WithRemedy(err, "for the state bucket that is LONGSHORE_S3_REGION and its neighbours in docs/configuration.md")
	}
	return b, prefix, nil
}

func (c *core) close() error {
	return errors.Join(c.doors.Close(), c.redis.Close())
}

// serve answers HTTP until ctx ends, and then finishes the requests under way.
// The address it listens on is told to ready.
func serve(ctx context.Context, address string, h http.Handler, grace time.Duration, ready func(net.Addr)) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	if ready != nil {
		ready(listener.Addr())
	}
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err = server.Shutdown(stop)
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
