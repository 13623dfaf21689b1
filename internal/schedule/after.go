package schedule

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// FollowerConfig is what a Follower works with.
type FollowerConfig struct {
	// Project returns the definitions of a version.
	Project func(ctx context.Context, id ledger.ProjectID) (*def.Project, error)
	// Started is called with each run that was created. It may be nil.
	Started func(ledger.RunID)
	// Retry is the pause after a first error that may pass; each further one is
	// twice as long, up to 30 seconds. Zero is a second.
	Retry time.Duration
	Log   *zap.Logger
}

// Follower starts the runs of syncs that run after another sync or datasource.
type Follower struct {
	ledger Ledger
	cfg    FollowerConfig
}

// NewFollower returns a Follower over the ledger.
func NewFollower(l Ledger, cfg FollowerConfig) *Follower {
	if cfg.Retry == 0 {
		cfg.Retry = time.Second
	}
	return &Follower{ledger: l, cfg: cfg}
}

// Ended starts a run, by the definitions now in force, of each sync that runs
// after r's subject, if r calls for it. It must be called before the next run of
// that subject begins. To call it twice for a run is to call it once, whoever
// calls. Errors that may pass are waited out: after an error, a run may be
// missing that nobody makes up for.
func (f *Follower) Ended(ctx context.Context, r ledger.Run) error {
	if !calls(r) {
		return nil
	}
	var id ledger.ProjectID
	var project *def.Project
	err := f.patiently(ctx, r, func() (err error) {
		if id, err = f.ledger.CurrentProjectID(ctx); err != nil || id == "" {
			return err
		}
		project, err = f.cfg.Project(ctx, id)
		return err
	})
	if err != nil || project == nil {
		return err
	}
	var errs []error
	for _, s := range followers(project, r.Owner()) {
		errs = append(errs, f.patiently(ctx, r, func() error { return f.start(ctx, id, s, r) }))
	}
	return errors.Join(errs...)
}

// calls reports whether a run that ended calls for runs after it: it succeeded,
// and a datasource's, or a backfill's, ingested a file at least.
func calls(r ledger.Run) bool {
	return r.State == ledger.Done && (r.Subject.Kind == ledger.Export || r.BroughtFiles())
}

// followers returns what runs after a subject, by name.
func followers(p *def.Project, upstream ledger.Subject) []ledger.Subject {
	var all []ledger.Subject
	for name, s := range p.Syncs {
		if s.Schedule.Kind == def.After && Upstream(s.Schedule) == upstream {
			all = append(all, ledger.Subject{Kind: ledger.Export, Name: name})
		}
	}
	slices.SortFunc(all, func(a, b ledger.Subject) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Upstream returns what a schedule waits for, zero where it is another kind.
func Upstream(s def.Schedule) ledger.Subject {
	switch up := s.After; {
	case s.Kind != def.After:
		return ledger.Subject{}
	case up.Datasource != "":
		return ledger.Subject{Kind: ledger.Ingest, Name: up.Datasource}
	default:
		return ledger.Subject{Kind: ledger.Export, Name: up.Sync}
	}
}

var (
	errSettled = errors.New("this run was dealt with")
	errStart   = errors.New("a run is to be created")
)

// settled reports whether the end of r was dealt with. As the ends of a subject's
// runs are told in order, the newest that was is enough to know them all; those of
// backfills come between.
func settled(rec ledger.SubjectRecord, r ledger.Run) bool {
	return rec.LastUpstream == r.ID || rec.LastBackfills.Has(r.ID)
}

// settle notes that the end of r was dealt with.
func settle(rec *ledger.SubjectRecord, r ledger.Run) {
	if r.Subject.Kind == ledger.Backfill {
		rec.LastBackfills = rec.LastBackfills.With(r.ID)
		return
	}
	rec.LastUpstream = r.ID
}

// start creates the run of s after r. That no run is needed, because one
// is queued or the schedule is paused, is recorded in the same swap that finds
// it out: what is queued may begin before r's end is told again.
func (f *Follower) start(ctx context.Context, id ledger.ProjectID, s ledger.Subject, r ledger.Run) error {
	_, err := f.ledger.UpdateSubject(ctx, s, func(rec *ledger.SubjectRecord) error {
		switch {
		case settled(*rec, r):
			return errSettled
		case rec.Queued == "" && rec.PausedAt.IsZero():
			return errStart
		}
		settle(rec, r)
		return nil
	})
	switch {
	case errors.Is(err, errSettled):
		return nil
	case !errors.Is(err, errStart):
		return err
	}
	next, err := f.ledger.Create(ctx, s, id, ledger.Trigger{By: "after", Upstream: r.ID}, "after "+string(r.ID))
	if err != nil && !errors.Is(err, ledger.ErrAlreadyQueued) { // one that was queued just now does too
		return err
	}
	if err == nil && f.cfg.Started != nil {
		f.cfg.Started(next.ID)
	}
	_, err = f.ledger.UpdateSubject(ctx, s, func(rec *ledger.SubjectRecord) error {
		settle(rec, r)
		return nil
	})
	return err
}

// patiently repeats do while its error may pass and ctx goes on.
func (f *Follower) patiently(ctx context.Context, r ledger.Run, do func() error) error {
	for delay := f.cfg.Retry; ; delay = min(2*delay, 30*time.Second) {
		err := do()
		if err == nil || ctx.Err() != nil || !fault.KindOf(err).Retryable() {
			return err
		}
		f.cfg.Log.Warn("what runs after it is held up", zap.String("run", string(r.ID)), zap.Stringer("subject", r.Subject), zap.Error(err))
		if !sleep(ctx, delay) {
			return err
		}
	}
}
