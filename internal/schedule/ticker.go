package schedule

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// Ledger is what a Ticker and a Follower ask of the ledger.
type Ledger interface {
	Now() time.Time
	CurrentProjectID(ctx context.Context) (ledger.ProjectID, error)
	Subject(ctx context.Context, s ledger.Subject) (ledger.SubjectRecord, error)
	UpdateSubject(ctx context.Context, s ledger.Subject, change func(*ledger.SubjectRecord) error) (ledger.SubjectRecord, error)
	Run(ctx context.Context, id ledger.RunID) (ledger.Run, error)
	Create(ctx context.Context, s ledger.Subject, project ledger.ProjectID, by ledger.Trigger, key string) (ledger.Run, error)
}

// Config is what a Ticker works with.
type Config struct {
	// Project returns the definitions of a version.
	Project func(ctx context.Context, id ledger.ProjectID) (*def.Project, error)
	// Scan looks for new files of a datasource and returns how many a run would
	// take. It records the backlog.
	Scan func(ctx context.Context, id ledger.ProjectID, datasource string) (files int, err error)
	// Started is called with each run that was created.
	Started func(ledger.RunID)
	Log     *zap.Logger
}

// Ticker starts the runs whose time has come. Only the producer that leads runs one.
type Ticker struct {
	ledger Ledger
	cfg    Config

	mu   sync.Mutex
	last map[ledger.Subject]dealt     // newest tick dealt with, as the ledger has it; guarded by mu
	busy map[ledger.Subject]bool      // a tick is being dealt with; guarded by mu
	rest map[ledger.Subject]time.Time // when a subject that failed is looked at again; guarded by mu
}

// dealt is the newest tick of a clock that was dealt with.
type dealt struct {
	clock string // what Clock says of the schedule
	tick  time.Time
}

// restAfter is how long a subject is left alone whose run couldn't be started:
// its bucket would be listed, and its tables described, every second.
const restAfter = 15 * time.Second

// NewTicker returns a Ticker for one term of leadership.
func NewTicker(l Ledger, cfg Config) *Ticker {
	return &Ticker{ledger: l, cfg: cfg, last: map[ledger.Subject]dealt{}, busy: map[ledger.Subject]bool{}, rest: map[ledger.Subject]time.Time{}}
}

// Lead calls Tick every second until ctx ends.
func (t *Ticker) Lead(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for ok := true; ok; ok = sleep(ctx, time.Second) {
		if err := t.tick(ctx, wg.Go); err != nil && ctx.Err() == nil {
			t.cfg.Log.Warn("schedules not looked at", zap.Error(err))
		}
	}
}

// Tick starts every run that is due at the ledger's time, and returns when all
// are started. What can't be started is logged and tried again by a later Tick.
func (t *Ticker) Tick(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	return t.tick(ctx, wg.Go)
}

// tick hands each due subject to a goroutine of its own, so that the slow
// listing of one bucket doesn't hold up the others.
func (t *Ticker) tick(ctx context.Context, spawn func(func())) error {
	id, err := t.ledger.CurrentProjectID(ctx)
	if err != nil || id == "" {
		return err
	}
	project, err := t.cfg.Project(ctx, id)
	if err != nil {
		return err
	}
	for subject, s := range schedules(project) {
		if !t.begin(subject) {
			continue
		}
		spawn(func() {
			defer t.end(subject)
			if err := t.consider(ctx, id, subject, s); err != nil && ctx.Err() == nil {
				t.cfg.Log.Warn("run not started", zap.Stringer("subject", subject), zap.Error(err))
				t.leaveAlone(subject)
			}
		})
	}
	return nil
}

// schedules returns those of everything that runs.
func schedules(p *def.Project) map[ledger.Subject]def.Schedule {
	all := map[ledger.Subject]def.Schedule{}
	for name, s := range p.Syncs {
		all[ledger.Subject{Kind: ledger.Export, Name: name}] = s.Schedule
	}
	for name, d := range p.Datasources {
		if d.Import != nil {
			all[ledger.Subject{Kind: ledger.Ingest, Name: name}] = d.Import.Schedule
		}
	}
	return all
}

func (t *Ticker) begin(s ledger.Subject) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.busy[s] || t.ledger.Now().Before(t.rest[s]) {
		return false
	}
	t.busy[s] = true
	return true
}

func (t *Ticker) leaveAlone(s ledger.Subject) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rest[s] = t.ledger.Now().Add(restAfter)
}

func (t *Ticker) end(s ledger.Subject) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.busy, s)
}

// consider starts a run of the subject if one is due.
func (t *Ticker) consider(ctx context.Context, id ledger.ProjectID, subject ledger.Subject, s def.Schedule) error {
	now := t.ledger.Now()
	last, err := t.lastTick(ctx, subject, s, now)
	if err != nil {
		return err
	}
	tick, due, err := Due(s, last, now)
	if err != nil || tick.IsZero() {
		return err
	}
	rec, err := t.ledger.Subject(ctx, subject)
	if err != nil {
		return err
	}
	switch {
	case !rec.PausedAt.IsZero():
	case due:
		if err := t.start(ctx, id, rec, s, tick); err != nil {
			return err
		}
	default:
		t.cfg.Log.Info("missed, and not made up for", zap.Stringer("subject", subject), zap.Time("tick", tick))
	}
	return t.dealtWith(ctx, subject, dealt{Clock(s), tick})
}

// start creates the run of a tick. A datasource that looks for files once a
// minute gets a run only when there are some, and one run at a time.
func (t *Ticker) start(ctx context.Context, id ledger.ProjectID, rec ledger.SubjectRecord, s def.Schedule, tick time.Time) error {
	switch {
	case s.Kind != def.Auto:
	case rec.Active != "":
		// Runs that events lead to may follow each other without a gap. The listing,
		// which finds what no event told of, then queues behind one.
		active, err := t.ledger.Run(ctx, rec.Active)
		if err != nil || len(active.Trigger.Keys) == 0 {
			return err
		}
	default:
		files, err := t.cfg.Scan(ctx, id, rec.Subject.Name)
		if err != nil || files == 0 {
			return err
		}
	}
	by := ledger.Trigger{By: "schedule", Tick: tick}
	r, err := t.ledger.Create(ctx, rec.Subject, id, by, fmt.Sprintf("tick %d", tick.Unix()))
	if errors.Is(err, ledger.ErrAlreadyQueued) {
		if !r.Trigger.Regular() {
			return fault.New(fault.Temporary, "run %s is queued, and takes no new files", r.ID)
		}
		return nil // the queued run does for this tick too
	}
	if err == nil && t.cfg.Started != nil {
		t.cfg.Started(r.ID)
	}
	return err
}

// lastTick returns the newest tick that was dealt with. A cron schedule that is
// new, or was changed, begins to count now: times that weren't on it when they
// came are not missed. An interval goes on from the last run.
func (t *Ticker) lastTick(ctx context.Context, subject ledger.Subject, s def.Schedule, now time.Time) (time.Time, error) {
	clock := Clock(s)
	t.mu.Lock()
	last, known := t.last[subject]
	t.mu.Unlock()
	if known && last.clock == clock {
		return last.tick, nil
	}
	rec, err := t.ledger.Subject(ctx, subject)
	if err != nil {
		return time.Time{}, err
	}
	if rec.Clock == clock {
		t.remember(subject, dealt{clock, rec.LastTick})
		return rec.LastTick, nil
	}
	if s.Kind == def.Cron {
		return now, t.dealtWith(ctx, subject, dealt{clock, now})
	}
	return rec.LastTick, t.dealtWith(ctx, subject, dealt{clock, rec.LastTick})
}

// dealtWith records a tick, or that there is a new schedule or none.
func (t *Ticker) dealtWith(ctx context.Context, subject ledger.Subject, d dealt) error {
	_, err := t.ledger.UpdateSubject(ctx, subject, func(rec *ledger.SubjectRecord) error {
		rec.Clock = d.clock
		if d.tick.After(rec.LastTick) {
			rec.LastTick = d.tick
		}
		return nil
	})
	if err == nil {
		t.remember(subject, d)
	}
	return err
}

func (t *Ticker) remember(s ledger.Subject, d dealt) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last[s] = d
}
