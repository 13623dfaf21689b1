package alert

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// Ledger is what a Watcher asks of the ledger.
type Ledger interface {
	Now() time.Time
	CurrentProjectID(ctx context.Context) (ledger.ProjectID, error)
	Subject(ctx context.Context, s ledger.Subject) (ledger.SubjectRecord, error)
	Run(ctx context.Context, id ledger.RunID) (ledger.Run, error)
	History(ctx context.Context, s ledger.Subject) iter.Seq2[ledger.RunID, error]
	Alerts(ctx context.Context, s ledger.Subject) (ledger.AlertRecord, error)
	UpdateAlerts(ctx context.Context, s ledger.Subject, change func(*ledger.AlertRecord) error) (ledger.AlertRecord, error)
	AlertSubjects(ctx context.Context) iter.Seq2[ledger.Subject, error]
	Open(ctx context.Context) iter.Seq2[ledger.RunID, error]
	Backfill(ctx context.Context, name string) (ledger.BackfillRecord, error)
}

// WatcherConfig is what a Watcher works with.
type WatcherConfig struct {
	// Project returns the definitions of a version.
	Project func(ctx context.Context, id ledger.ProjectID) (*def.Project, error)
	// Open opens a channel, with its secrets.
	Open func(c *def.Channel) (Channel, error)
	// Sweep is how often everything is looked at by the clock. Zero is a minute.
	Sweep time.Duration
	// Retry is the pause after the first failure to send; each further one is twice
	// as long, up to 15 minutes. Zero is five seconds.
	Retry time.Duration
	Log   *zap.Logger
}

// Watcher looks at runs and the clock, and sends what there is to say. Only the
// producer that leads runs one.
type Watcher struct {
	ledger Ledger
	cfg    WatcherConfig
	wake   chan struct{}

	mu  sync.Mutex
	due map[ledger.Subject]time.Time // when an outbox that isn't empty is next worth a look; guarded by mu
}

// NewWatcher returns a Watcher for one term of leadership.
func NewWatcher(l Ledger, cfg WatcherConfig) *Watcher {
	if cfg.Sweep == 0 {
		cfg.Sweep = time.Minute
	}
	if cfg.Retry == 0 {
		cfg.Retry = 5 * time.Second
	}
	return &Watcher{ledger: l, cfg: cfg, wake: make(chan struct{}, 1), due: map[ledger.Subject]time.Time{}}
}

// Ended records what there is to say about a run that ended. Lead sends it. To
// call it twice for a run is to call it once.
func (w *Watcher) Ended(ctx context.Context, r ledger.Run) error {
	project, err := w.project(ctx)
	if err != nil || project == nil {
		return err
	}
	subject := r.Owner()
	alerts := watched(project)[subject]
	if len(alerts) == 0 {
		return nil
	}
	return w.look(ctx, project, subject, alerts, &r)
}

// Lead sweeps and sends until ctx ends. What isn't sent by then is the next
// leader's to send.
func (w *Watcher) Lead(ctx context.Context) {
	var swept time.Time
	for ctx.Err() == nil {
		if swept.IsZero() || time.Since(swept) >= w.cfg.Sweep {
			if err := w.Sweep(ctx); err != nil && ctx.Err() == nil {
				w.cfg.Log.Warn("alerts not looked at", zap.Error(err))
			}
			swept = time.Now()
		}
		w.send(ctx)
		w.pause(ctx, w.cfg.Sweep-time.Since(swept))
	}
}

// pause waits for the next delivery that is due, and no longer than d.
func (w *Watcher) pause(ctx context.Context, d time.Duration) {
	w.mu.Lock()
	for _, at := range w.due {
		d = min(d, at.Sub(w.ledger.Now()))
	}
	w.mu.Unlock()
	timer := time.NewTimer(max(d, 0))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-w.wake:
	case <-timer.C:
	}
}

// later has a subject's outbox looked at, at the given time or earlier.
func (w *Watcher) later(s ledger.Subject, at time.Time) {
	w.mu.Lock()
	if known, ok := w.due[s]; !ok || at.Before(known) {
		w.due[s] = at
	}
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Sweep looks at every subject by the clock, those included whose alerts were
// removed.
func (w *Watcher) Sweep(ctx context.Context) error {
	project, err := w.project(ctx)
	if err != nil || project == nil {
		return err
	}
	all := watched(project)
	for s, err := range w.ledger.AlertSubjects(ctx) {
		if err != nil {
			return err
		}
		all[s] = append([]def.Alert{}, all[s]...)
	}
	fills, err := w.backfills(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for s, alerts := range all {
		if err := w.sweep(ctx, project, s, alerts, fills[s]); err != nil {
			errs = append(errs, fault.New(fault.KindOf(err), "alerts of %s: %w", s, err))
		}
	}
	return errors.Join(errs...)
}

// backfills returns the backfills that are under way, by datasource.
func (w *Watcher) backfills(ctx context.Context) (map[ledger.Subject][]ledger.Run, error) {
	all := map[ledger.Subject][]ledger.Run{}
	for id, err := range w.ledger.Open(ctx) {
		if err != nil {
			return nil, err
		}
		r, err := w.ledger.Run(ctx, id)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
		if err == nil && r.Subject.Kind == ledger.Backfill && !r.State.Final() { // else Ended looks at it
			all[r.Owner()] = append(all[r.Owner()], r)
		}
	}
	return all, nil
}

func (w *Watcher) sweep(ctx context.Context, project *def.Project, s ledger.Subject, alerts []def.Alert, fills []ledger.Run) error {
	sub, err := w.ledger.Subject(ctx, s)
	if err != nil {
		return err
	}
	var active *ledger.Run
	if sub.Active != "" {
		r, err := w.ledger.Run(ctx, sub.Active)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if err == nil && !r.State.Final() { // else Ended looks at it
			active = &r
		}
	}
	if err := w.look(ctx, project, s, alerts, active); err != nil {
		return err
	}
	for _, fill := range fills {
		if err := w.look(ctx, project, s, alerts, &fill); err != nil {
			return err
		}
	}
	return nil
}

// project returns the definitions in force; nil before the first push.
func (w *Watcher) project(ctx context.Context) (*def.Project, error) {
	id, err := w.ledger.CurrentProjectID(ctx)
	if err != nil || id == "" {
		return nil, err
	}
	return w.cfg.Project(ctx, id)
}
