package daemon

import (
	"context"
	"errors"
	"net"
	"sync"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/alert"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ingest"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/internal/schedule"
	"github.com/longshore/longshore/internal/telemetry"
)

// Producer serves the API, and while it leads it starts runs on schedule and
// drives them, until ctx ends. Ready is called with the API's address once it
// is open; it may be nil.
func Producer(ctx context.Context, cfg ProducerConfig, log *zap.Logger, ready func(net.Addr)) error {
	c, err := open(ctx, cfg.Config, export.Config{}, log)
	if err != nil {
		return err
	}
	if cfg.RangeBytes > 0 {
		c.ingest.SplitFiles(int64(cfg.RangeBytes))
	}
	if cfg.ChunkBytes > 0 {
		c.ingest.CutFiles(int64(cfg.ChunkBytes))
	}
	defer c.close()
	lead := &leader{core: c}
	handler, err := lead.api(cfg)
	if err != nil {
		return err
	}
	log.Info("producer starts", zap.String("version", telemetry.Version), zap.String("listen", cfg.Listen))
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return serve(ctx, cfg.Listen, handler, cfg.ShutdownTimeout, ready) })
	group.Go(func() error {
		schedule.NewCandidate(c.ledger, schedule.DefaultTTL, log).Run(ctx, lead.run)
		return nil
	})
	if cfg.ProjectDir != "" {
		group.Go(func() error { return watch(ctx, cfg.ProjectDir, c.ledger, log) })
	}
	group.Go(func() error { return profile(ctx, cfg.Config) })
	err = group.Wait()
	log.Info("producer stopped")
	return err
}

// leader does what only the producer that leads does.
type leader struct {
	*core

	mu        sync.Mutex
	conductor *run.Conductor // nil while this producer doesn't lead; guarded by mu
}

// run leads for one term: until ctx ends.
func (l *leader) run(ctx context.Context, term int64) {
	alerts := alert.NewWatcher(l.ledger, alert.WatcherConfig{Project: l.doors.Project, Open: l.doors.Channel, Log: l.log})
	follower := schedule.NewFollower(l.ledger, schedule.FollowerConfig{Project: l.doors.Project, Started: l.wake, Log: l.log})
	ended := func(ctx context.Context, r ledger.Run) error {
		told := alerts.Ended(ctx, r) // its error may pass; the follower waits out its own
		return errors.Join(told, follower.Ended(ctx, r))
	}
	conductor := run.NewConductor(l.ledger, l.queue, map[ledger.Kind]run.Verb{
		ledger.Export: l.export, ledger.Ingest: l.ingest, ledger.Backfill: l.backfill,
	}, run.Config{Term: term, Ended: ended}, l.log)
	listener := l.ingest.NewListener(func(ctx context.Context, conn *def.Connection, url string) (ingest.Queue, error) {
		return l.doors.Queue(ctx, conn, url)
	}, conductor.Wake)
	ticker := schedule.NewTicker(l.ledger, schedule.Config{
		Project: l.doors.Project, Scan: l.ingest.Scan, Started: conductor.Wake, Log: l.log,
	})
	l.set(conductor)
	defer l.set(nil)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := conductor.Lead(ctx); err != nil {
			l.log.Error("runs are not driven", zap.Error(err))
		}
	})
	wg.Go(func() { ticker.Lead(ctx) })
	wg.Go(func() { alerts.Lead(ctx) })
	wg.Go(func() { listener.Lead(ctx) })
	wg.Wait()
}

func (l *leader) set(c *run.Conductor) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conductor = c
}

// leads reports whether this producer leads.
func (l *leader) leads() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conductor != nil
}

// wake has a new run looked at now, if this producer leads; another one that
// leads finds it within a second.
func (l *leader) wake(id ledger.RunID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conductor != nil {
		l.conductor.Wake(id)
	}
}
