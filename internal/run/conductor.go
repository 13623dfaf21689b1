package run

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/queue"
	"github.com/longshore/longshore/internal/task"
	"github.com/longshore/longshore/pkg/fault"
)

// Queue is what the Conductor asks of the queue. Package queue's Client is one.
type Queue interface {
	Enqueue(ctx context.Context, t task.Task) error
	State(t task.Task) (queue.State, string, error)
	Withdraw(t task.Task) error
	Recall(t task.Task) error
	Progress(ctx context.Context, run string) (map[int]queue.Progress, error)
	Forget(ctx context.Context, run string) error
	ForgetParts(ctx context.Context, run string, first, n int) error
	Listen(ctx context.Context, wake func(run string))
}

// Config sets the Conductor's pace.
type Config struct {
	// Term is the leadership's number. A run that was moved under a later term is
	// somebody else's: whatever we found out about it before counts no more.
	Term int64
	// Scan is how often it looks for open runs and for what became of their parts
	// when nobody tells it. Zero is a second.
	Scan time.Duration
	// Reconcile is how often it compares the open parts with the queue. Zero is
	// ten seconds.
	Reconcile time.Duration
	// Stale is how long an attempt may be silent before its part is given to
	// another worker. Zero is 15 seconds.
	Stale time.Duration
	// PlanPatience is for how long planning is tried again when the error may
	// pass. A try that took longer is not repeated: who made it was patient
	// already. Zero is ten seconds.
	PlanPatience time.Duration
	// Ended is called with each run that ended, before the next of its subject
	// begins. After a crash it may be called again. It may be nil. An error that may
	// pass holds up the subject for a while; any other is logged.
	Ended func(ctx context.Context, r ledger.Run) error
}

func (c Config) withDefaults() Config {
	if c.Scan == 0 {
		c.Scan = time.Second
	}
	if c.Reconcile == 0 {
		c.Reconcile = 10 * time.Second
	}
	if c.Stale == 0 {
		c.Stale = 15 * time.Second
	}
	if c.PlanPatience == 0 {
		c.PlanPatience = 10 * time.Second
	}
	return c
}

// Conductor drives all open runs. Only the producer that leads runs one.
type Conductor struct {
	ledger *ledger.Ledger
	queue  Queue
	verbs  map[ledger.Kind]Verb
	cfg    Config
	log    *zap.Logger

	mu    sync.Mutex
	wakes map[ledger.RunID]chan struct{} // of the runs being driven; guarded by mu
	holds map[ledger.RunID]io.Closer     // snapshots that this process keeps; guarded by mu
	scan  chan struct{}                  // wakes the scan for open runs
}

// NewConductor returns a Conductor that does nothing until Lead.
func NewConductor(l *ledger.Ledger, q Queue, verbs map[ledger.Kind]Verb, cfg Config, log *zap.Logger) *Conductor {
	return &Conductor{
		ledger: l, queue: q, verbs: verbs, cfg: cfg.withDefaults(), log: log,
		wakes: map[ledger.RunID]chan struct{}{}, holds: map[ledger.RunID]io.Closer{}, scan: make(chan struct{}, 1),
	}
}

// Wake has the Conductor look at a run, or for new ones, now rather than soon.
func (c *Conductor) Wake(id ledger.RunID) {
	c.mu.Lock()
	wake := c.wakes[id]
	c.mu.Unlock()
	if wake == nil {
		wake = c.scan
	}
	select {
	case wake <- struct{}{}:
	default: // it is about to look already
	}
}

// Lead drives open runs until ctx ends, and leaves them as they are: the next
// leader goes on.
func (c *Conductor) Lead(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { c.queue.Listen(ctx, func(run string) { c.Wake(ledger.RunID(run)) }) })
	tick := time.NewTicker(c.cfg.Scan)
	defer tick.Stop()
	for {
		if err := c.startOpen(ctx, &wg); err != nil && ctx.Err() == nil {
			c.log.Warn("open runs not listed", zap.Error(err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-c.scan:
		}
	}
}

// startOpen starts to drive every open run that isn't driven yet.
func (c *Conductor) startOpen(ctx context.Context, wg *sync.WaitGroup) error {
	for id, err := range c.ledger.Open(ctx) {
		if err != nil {
			return err
		}
		wake, fresh := c.adopt(id)
		if !fresh {
			continue
		}
		wg.Go(func() {
			defer c.abandon(id)
			c.drive(ctx, id, wake)
		})
	}
	return nil
}

func (c *Conductor) adopt(id ledger.RunID) (wake chan struct{}, fresh bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if wake, ok := c.wakes[id]; ok {
		return wake, false
	}
	wake = make(chan struct{}, 1)
	c.wakes[id] = wake
	return wake, true
}

func (c *Conductor) abandon(id ledger.RunID) {
	c.release(id)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.wakes, id)
}

// drive takes a run from step to step until it is closed, another run's turn
// comes first, or ctx ends. Errors that may pass are waited out.
func (c *Conductor) drive(ctx context.Context, id ledger.RunID, wake <-chan struct{}) {
	delay := c.cfg.Scan
	for ctx.Err() == nil {
		began := time.Now()
		over, err := c.step(ctx, id, wake)
		if time.Since(began) > delay {
			delay = c.cfg.Scan // it went well for a while: this is another trouble
		}
		switch {
		case over:
			return
		case err == nil:
			delay = c.cfg.Scan
			continue
		case fault.Is(err, fault.Conflict): // somebody changed the record; read it again
		case ctx.Err() == nil:
			c.log.Warn("run is held up", zap.String("run", string(id)), zap.Stringer("kind", fault.KindOf(err)), zap.Error(err))
		}
		c.pause(ctx, wake, delay)
		delay = min(2*delay, 30*time.Second)
	}
}

func (c *Conductor) pause(ctx context.Context, wake <-chan struct{}, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-wake:
	case <-timer.C:
	}
}

// step does what the run's state calls for. It returns over when the run needs
// nothing more from this drive.
func (c *Conductor) step(ctx context.Context, id ledger.RunID, wake <-chan struct{}) (over bool, err error) {
	r, err := c.ledger.Run(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return true, nil // its creator is between two puts, or it was withdrawn
	}
	if err != nil {
		return false, err
	}
	verb, ok := c.verbs[r.Subject.Kind]
	if !ok {
		return false, fault.New(fault.Invalid, "run %s: no verb for a %s", id, r.Subject.Kind)
	}
	if r.State != ledger.Queued && !r.State.Final() && r.Term != c.cfg.Term {
		if r, err = c.claim(ctx, id); err != nil {
			return false, err
		}
	}
	switch r.State {
	case ledger.Queued:
		return c.admit(ctx, r)
	case ledger.Planning:
		return false, c.plan(ctx, r, verb)
	case ledger.Running:
		return false, c.watch(ctx, r, verb, wake)
	case ledger.Committing:
		return false, c.commit(ctx, r, verb)
	}
	if err := c.close(ctx, r, verb); err != nil {
		return false, err
	}
	return true, nil
}

// move changes a run on behalf of this leader. The error is a Conflict when a
// later one has the run. See TestADeposedLeaderMovesNoRun.
func (c *Conductor) move(ctx context.Context, id ledger.RunID, change func(*ledger.Run) error) (ledger.Run, error) {
	return c.ledger.UpdateRun(ctx, id, func(r *ledger.Run) error {
		if r.Term > c.cfg.Term {
			return fault.New(fault.Conflict, "run %s is driven by the leader of term %d; this is term %d", id, r.Term, c.cfg.Term)
		}
		r.Term = c.cfg.Term
		return change(r)
	})
}

// claim takes a run over from the leader of a former term. The error is a
// Conflict when that is a later one.
func (c *Conductor) claim(ctx context.Context, id ledger.RunID) (ledger.Run, error) {
	return c.move(ctx, id, func(*ledger.Run) error { return nil })
}

// admit starts a run whose turn it is.
func (c *Conductor) admit(ctx context.Context, r ledger.Run) (over bool, err error) {
	stop, err := c.ledger.CancelRequested(ctx, r.ID)
	if err != nil {
		return false, err
	}
	if stop {
		return false, c.end(ctx, r, ledger.Canceled, nil)
	}
	sub, err := c.ledger.Subject(ctx, r.Subject)
	if err != nil {
		return false, err
	}
	if sub.Active != r.ID {
		return true, c.admitOrphan(ctx, r, sub) // the scan comes back to it
	}
	_, err = c.move(ctx, r.ID, func(r *ledger.Run) error {
		r.State, r.StartedAt = ledger.Planning, c.ledger.Now()
		return nil
	})
	return false, err
}

// orphaned is how long after its creation a run without a place among those of
// its subject is taken for one whose creator died.
const orphaned = time.Minute

func (c *Conductor) admitOrphan(ctx context.Context, r ledger.Run, sub ledger.SubjectRecord) error {
	if sub.Queued == r.ID || c.ledger.Now().Sub(r.CreatedAt) < orphaned {
		return nil
	}
	if err := c.ledger.Admit(ctx, r); !errors.Is(err, ledger.ErrAlreadyQueued) {
		return err
	}
	return nil
}

// end moves a run to a final state.
func (c *Conductor) end(ctx context.Context, r ledger.Run, state ledger.State, why *ledger.Failure) error {
	_, err := c.move(ctx, r.ID, func(r *ledger.Run) error {
		r.State, r.Failure, r.FinishedAt = state, why, c.ledger.Now()
		return nil
	})
	return err
}

// close cleans up behind an ended run and lets the next of its subject begin.
// Its state was final before, so that no worker begins anything for it anew.
func (c *Conductor) close(ctx context.Context, r ledger.Run, verb Verb) error {
	c.release(r.ID)
	for epoch := 1; epoch <= r.Epoch; epoch++ {
		if err := c.clean(ctx, r, verb, epoch); err != nil {
			return err
		}
	}
	if err := c.tell(ctx, r); err != nil {
		return err
	}
	if err := c.queue.Forget(ctx, string(r.ID)); err != nil {
		c.log.Warn("progress kept", zap.String("run", string(r.ID)), zap.Error(err)) // it expires
	}
	if err := c.ledger.Close(ctx, r); err != nil {
		return err
	}
	c.log.Info("run ended", zap.String("run", string(r.ID)), zap.Stringer("subject", r.Subject), zap.String("state", string(r.State)),
		zap.Int64("rows", r.Totals.Rows), zap.Int64("bytes", r.Totals.Bytes), zap.Duration("took", r.FinishedAt.Sub(r.CreatedAt)))
	c.Wake("") // the queued run, if there is one
	return nil
}

// cleanFor is how long after a run's end it is tried to clean up behind it. The
// next run of its subject waits meanwhile.
const cleanFor = 10 * time.Minute

// clean removes what an epoch left behind. What can't be removed, because a
// grant is missing or the store is gone, doesn't hold up the subject for ever.
func (c *Conductor) clean(ctx context.Context, r ledger.Run, verb Verb, epoch int) error {
	err := verb.Clean(ctx, r, epoch)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if fault.KindOf(err).Retryable() && c.ledger.Now().Sub(r.FinishedAt) < cleanFor {
		return err
	}
	c.log.Warn("leftovers kept", zap.String("run", string(r.ID)), zap.Int("epoch", epoch), zap.Error(err))
	return nil
}

// tell says that a run ended to who asked for it.
func (c *Conductor) tell(ctx context.Context, r ledger.Run) error {
	if c.cfg.Ended == nil {
		return nil
	}
	err := c.cfg.Ended(ctx, r)
	if err == nil || ctx.Err() != nil || fault.KindOf(err).Retryable() && c.ledger.Now().Sub(r.FinishedAt) < cleanFor {
		return err
	}
	c.log.Error("end of run not told", zap.String("run", string(r.ID)), zap.Error(err))
	return nil
}

func (c *Conductor) hold(id ledger.RunID, h io.Closer) {
	c.release(id)
	if h == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.holds[id] = h
}

func (c *Conductor) holding(id ledger.RunID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.holds[id] != nil
}

func (c *Conductor) release(id ledger.RunID) {
	c.mu.Lock()
	h := c.holds[id]
	delete(c.holds, id)
	c.mu.Unlock()
	if h == nil {
		return
	}
	if err := h.Close(); err != nil {
		c.log.Warn("snapshot not released", zap.String("run", string(id)), zap.Error(err))
	}
}
