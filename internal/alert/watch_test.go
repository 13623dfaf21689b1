package alert_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/longshore/longshore/internal/alert"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/fault"
)

func TestMain(m *testing.M) { servertest.Main(m) }

var subject = ledger.Subject{Kind: ledger.Export, Name: "orders"}

// scene is a ledger with a clock that the test moves, a project with one sync,
// and a channel that does as it is told.
type scene struct {
	*ledger.Ledger
	t       *testing.T
	project *def.Project

	mu      sync.Mutex
	now     time.Time
	refusal map[string]error // by receiver; nil is accepted
	tries   int
	sent    []string // "receiver status text"
	logs    *observer.ObservedLogs
}

func newScene(t *testing.T, alerts ...def.Alert) *scene {
	t.Helper()
	s := &scene{t: t, now: noon, refusal: map[string]error{}}
	s.Ledger = ledgertest.New(t, s.clock)
	s.project = &def.Project{
		Syncs:    map[string]*def.Sync{"orders": {Name: "orders", Alerts: alerts}},
		Settings: def.Settings{Channels: map[string]*def.Channel{"ops": {Name: "ops"}}},
	}
	if _, err := s.SaveProject(t.Context(), map[string][]byte{"x": nil}, ""); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *scene) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *scene) advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// refuse sets what a receiver answers.
func (s *scene) refuse(to string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusal[to] = err
}

func (s *scene) Receivers() []string { return []string{"ann", "bob"} }

func (s *scene) Send(_ context.Context, to string, m alert.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries++
	if err := s.refusal[to]; err != nil {
		return err
	}
	s.sent = append(s.sent, to+" "+alert.Status(m)+" "+m.Text)
	return nil
}

// watcher is that of a new leader.
func (s *scene) watcher() *alert.Watcher {
	core, logs := observer.New(zapcore.DebugLevel)
	s.logs = logs
	return alert.NewWatcher(s.Ledger, alert.WatcherConfig{
		Project: func(context.Context, ledger.ProjectID) (*def.Project, error) { return s.project, nil },
		Open:    func(*def.Channel) (alert.Channel, error) { return s, nil },
		Sweep:   time.Millisecond, Retry: time.Second, Log: zap.New(core),
	})
}

// lead has a new leader watch until done says that it may stop.
func (s *scene) lead(what string, done func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	ended := make(chan struct{})
	w := s.watcher()
	go func() { defer close(ended); w.Lead(ctx) }()
	defer func() { cancel(); <-ended }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			s.t.Fatalf("still not: %s", what)
		}
	}
}

func (s *scene) record() ledger.AlertRecord {
	s.t.Helper()
	rec, err := s.Alerts(context.WithoutCancel(s.t.Context()), subject)
	if err != nil {
		s.t.Fatal(err)
	}
	return rec
}

func (s *scene) drained() bool { return len(s.record().Outbox) == 0 }

func (s *scene) messages() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

func (s *scene) attempts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tries
}

// ended tells a new leader of a run's end, twice as after a crash.
func (s *scene) ended(id ledger.RunID, state ledger.State) {
	s.t.Helper()
	r := *run(state, 1, rows(1))
	r.ID, r.Subject = id, subject
	for range 2 {
		if err := s.watcher().Ended(s.t.Context(), r); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *scene) want(messages ...string) {
	s.t.Helper()
	if got := s.messages(); !slices.Equal(got, messages) {
		s.t.Errorf("got %q, want %q", got, messages)
	}
}

var failing = def.Alert{When: def.RunFailed, To: []string{"ops"}}

// A receiver that has a message doesn't get it again because another one can't.
func TestEachReceiverGetsAMessageOnce(t *testing.T) {
	s := newScene(t, failing)
	s.refuse("bob", fault.New(fault.Temporary, "no line"))
	s.ended("A", ledger.Failed)
	s.lead("the first try is recorded", func() bool { return s.record().Outbox[0].Tries == 1 })
	s.lead("nothing is sent before its time", func() bool { return s.attempts() == 2 })
	s.want("ann firing sync orders failed: no such table")
	s.refuse("bob", nil)
	s.advance(time.Second)
	s.lead("the outbox is empty", s.drained)
	s.want("ann firing sync orders failed: no such table", "bob firing sync orders failed: no such table")
}

// A recovery doesn't overtake its message.
func TestARecoveryWaitsForItsMessage(t *testing.T) {
	s := newScene(t, failing)
	for _, to := range s.Receivers() {
		s.refuse(to, fault.New(fault.Denied, "who are you"))
	}
	s.ended("A", ledger.Failed)
	s.ended("B", ledger.Done)
	s.lead("the first try is recorded", func() bool { return s.record().Outbox[0].Tries == 1 })
	if rec := s.record(); len(rec.Outbox) != 2 || rec.Outbox[1].Tries != 0 || !rec.Outbox[0].Next.After(noon.Add(time.Second)) {
		t.Fatalf("got %+v, want the recovery untried, and a long pause after a denial", rec.Outbox)
	}
	s.refuse("ann", nil)
	s.refuse("bob", nil)
	s.advance(time.Hour)
	s.lead("the outbox is empty", s.drained)
	s.want("ann firing sync orders failed: no such table", "bob firing sync orders failed: no such table",
		"ann resolved sync orders succeeded again", "bob resolved sync orders succeeded again")
}

// A channel that asks for a pause gets it, whatever our own would be.
func TestRetryAfterIsHonoured(t *testing.T) {
	s := newScene(t, failing)
	s.refuse("ann", fault.New(fault.Throttled, "slow down: %w", &alert.ThrottledError{After: 17 * time.Minute}))
	s.ended("A", ledger.Failed)
	s.lead("the first try is recorded", func() bool { return s.record().Outbox[0].Tries == 1 })
	if next := s.record().Outbox[0].Next; !next.Equal(noon.Add(17*time.Minute)) || s.attempts() != 1 {
		t.Errorf("got %s after %d tries, want 17 minutes after the first", next, s.attempts())
	}
}

// What can't be sent for a day is dropped, and said so in the log.
func TestAMessageIsGivenUpAfterADay(t *testing.T) {
	s := newScene(t, failing)
	s.refuse("ann", errors.New("gone"))
	s.ended("A", ledger.Failed)
	s.advance(25 * time.Hour)
	s.lead("the outbox is empty", s.drained)
	if s.logs.FilterMessage("alert dropped: it can't be sent").Len() != 1 {
		t.Errorf("got %v", s.logs.All())
	}
}

func TestFreshnessGoesByTheClock(t *testing.T) {
	s := newScene(t, def.Alert{When: def.Freshness, Duration: 24 * time.Hour, To: []string{"ops"}})
	sweep := func() {
		t.Helper()
		if err := s.watcher().Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	sweep()
	s.advance(24 * time.Hour)
	sweep()
	if rec := s.record(); len(rec.Outbox) != 0 {
		t.Fatalf("after a day: got %+v", rec)
	}
	s.advance(time.Second)
	sweep()
	sweep()
	if rec := s.record(); len(rec.Outbox) != 1 || !strings.Contains(rec.Outbox[0].Message.Text, "no successful run for 24h0m1s, more than 24h") {
		t.Fatalf("after more than a day: got %+v, want one message", rec)
	}
	r := ledger.Run{ID: "A", Subject: subject, State: ledger.Done, FinishedAt: s.clock()}
	if err := s.watcher().Ended(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	sweep()
	if rec := s.record(); len(rec.Outbox) != 2 || !rec.Outbox[1].Message.Resolved {
		t.Fatalf("after a success: got %+v, want the recovery", rec)
	}
}

// A rule that is removed while it is told of is taken back, so that no incident
// stays open for ever.
func TestARemovedRuleIsTakenBack(t *testing.T) {
	s := newScene(t, failing)
	s.ended("A", ledger.Failed)
	s.lead("the outbox is empty", s.drained)
	s.project.Syncs["orders"].Alerts = nil
	s.lead("the rule is gone", func() bool { return len(s.record().Rules) == 0 && s.drained() })
	s.want("ann firing sync orders failed: no such table", "bob firing sync orders failed: no such table",
		"ann resolved sync orders is no longer watched for failed", "bob resolved sync orders is no longer watched for failed")
}

// Rows are compared with a run from before the alert was defined.
func TestARunBeforeTheAlertIsComparedWith(t *testing.T) {
	s := newScene(t, def.Alert{When: def.RowDrop, Percent: 50, To: []string{"ops"}})
	old, err := s.Create(t.Context(), subject, "1-00000000", ledger.Trigger{By: "manual"}, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.UpdateRun(t.Context(), old.ID, func(r *ledger.Run) error {
		r.State, r.Totals, r.FinishedAt = ledger.Done, rows(1000), noon
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	s.ended("A", ledger.Done)
	if rec := s.record(); len(rec.Outbox) != 1 || !strings.Contains(rec.Outbox[0].Message.Text, "had 1 rows, 99.9% fewer than the 1000 of the run before") {
		t.Errorf("got %+v", rec)
	}
}
