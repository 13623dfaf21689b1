package run_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap/zaptest"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
	"github.com/longshore/longshore/internal/queue"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/internal/task"
	"github.com/longshore/longshore/pkg/fault"
)

func TestMain(m *testing.M) { servertest.Main(m) }

var subject = ledger.Subject{Kind: ledger.Export, Name: "orders"}

// verb is a subject whose parts do what a test says. It stands for export and
// ingest, on a real ledger and a real queue.
type verb struct {
	parts int
	waves []int
	held  bool
	do    func(ctx context.Context, p run.Part) error

	mu      sync.Mutex
	plans   int            // guarded by mu
	holds   int            // open snapshots; guarded by mu
	done    map[int]int    // how often each part was done; guarded by mu
	commits [][]string     // attempts that each commit got; guarded by mu
	spoil   []int          // parts that the next commit finds spoiled; guarded by mu
	cleaned map[int]string // epoch → state when it was cleaned; guarded by mu
}

func (v *verb) Plan(context.Context, ledger.Run) (*run.Work, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.plans++
	work := &run.Work{Plan: ledger.Plan{Held: v.held, Waves: v.waves, Queue: task.QueueExport, TaskKind: string(task.ExportPart), Shared: []byte(`{}`)}}
	if v.held {
		v.holds++
		work.Hold = snapshot{v}
	}
	for i := range v.parts {
		work.Parts = append(work.Parts, fmt.Append(nil, i))
	}
	return work, nil
}

// snapshot is what a verb's plan holds open.
type snapshot struct{ v *verb }

func (s snapshot) Close() error {
	s.v.mu.Lock()
	defer s.v.mu.Unlock()
	s.v.holds--
	return nil
}

func (v *verb) openHolds() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.holds
}

func (v *verb) Commit(_ context.Context, _ ledger.Run, _ ledger.Plan, parts []ledger.PartManifest) (ledger.Totals, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if spoiled := v.spoil; len(spoiled) > 0 {
		v.spoil = nil
		return ledger.Totals{}, &run.SpoiledError{Parts: spoiled, Err: io.ErrUnexpectedEOF}
	}
	var total ledger.Totals
	var attempts []string
	for _, p := range parts {
		total.Add(p.Totals)
		attempts = append(attempts, p.Attempt)
	}
	v.commits = append(v.commits, attempts)
	return total, nil
}

func (v *verb) Clean(_ context.Context, r ledger.Run, epoch int) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.cleaned[epoch] = string(r.State)
	return nil
}

func (v *verb) Part(ctx context.Context, p run.Part) (ledger.Totals, json.RawMessage, error) {
	if v.do != nil {
		if err := v.do(ctx, p); err != nil {
			return ledger.Totals{}, nil, err
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.done[p.Index]++
	return ledger.Totals{Rows: int64(p.Index + 1)}, nil, nil
}

// scene is a producer and workers around one ledger and one Redis.
type scene struct {
	t      *testing.T
	ledger *ledger.Ledger
	client *queue.Client
	verb   *verb
	redis  string
	leads  context.CancelFunc
	led    chan struct{}

	// What the conductor gets; newScene sets it, and a test may wrap it.
	as    run.Verb
	queue run.Queue
	cfg   run.Config
}

func newScene(t *testing.T, v *verb) *scene {
	t.Helper()
	v.done, v.cleaned = map[int]int{}, map[int]string{}
	s := &scene{t: t, ledger: ledgertest.New(t, nil), verb: v, redis: servertest.Redis(t)}
	s.client = s.connect()
	s.as, s.queue = v, s.client
	s.cfg = run.Config{Scan: 50 * time.Millisecond, Reconcile: 200 * time.Millisecond, Stale: 3 * time.Second, PlanPatience: 2 * time.Second}
	return s
}

func (s *scene) connect() *queue.Client {
	r := queue.Open(queue.Config{Addrs: []string{s.redis}})
	s.t.Cleanup(func() { r.Close() })
	if err := r.FlushDB(s.t.Context()).Err(); err != nil {
		s.t.Fatal(err)
	}
	return queue.NewClient(r)
}

// lead starts a producer's conductor.
func (s *scene) lead() {
	ctx, cancel := context.WithCancel(s.t.Context())
	s.leads, s.led = cancel, make(chan struct{})
	c := run.NewConductor(s.ledger, s.queue, map[ledger.Kind]run.Verb{ledger.Export: s.as}, s.cfg, zaptest.NewLogger(s.t))
	go func() {
		defer close(s.led)
		_ = c.Lead(ctx)
	}()
	s.t.Cleanup(s.depose)
}

// depose stops the producer that leads, with everything it had in memory.
func (s *scene) depose() {
	s.leads()
	<-s.led
}

// work starts a worker, and returns what stops it.
func (s *scene) work(grace time.Duration) (stop func()) {
	r := queue.Open(queue.Config{Addrs: []string{s.redis}})
	h := &run.Parts{Ledger: s.ledger, Report: queue.NewClient(r), Workers: map[ledger.Kind]run.Worker{ledger.Export: s.verb}, Log: zaptest.NewLogger(s.t)}
	w := queue.NewWorker(r, queue.WorkerConfig{Queues: map[string]int{task.QueueExport: 2}, Grace: grace, Log: zaptest.NewLogger(s.t)}, h)
	ctx, cancel := context.WithCancel(s.t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := w.Run(ctx); err != nil {
			s.t.Error(err)
		}
		r.Close()
	}()
	stop = sync.OnceFunc(func() { cancel(); <-ended })
	s.t.Cleanup(stop)
	return stop
}

func (s *scene) trigger() ledger.Run {
	s.t.Helper()
	r, err := s.ledger.Create(s.t.Context(), subject, "1-00000000", ledger.Trigger{By: "manual"}, "")
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// until polls the run until it is as wanted.
func (s *scene) until(id ledger.RunID, what string, ok func(ledger.Run) bool) ledger.Run {
	s.t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for {
		r, err := s.ledger.Run(s.t.Context(), id)
		if err != nil {
			s.t.Fatal(err)
		}
		if ok(r) {
			return r
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("run is still not %s: %+v", what, r)
		}
		select {
		case <-s.t.Context().Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *scene) ended(id ledger.RunID) ledger.Run {
	s.t.Helper()
	return s.until(id, "ended", func(r ledger.Run) bool { return r.State.Final() })
}

// closed waits until an ended run is cleaned up behind.
func (s *scene) closed(id ledger.RunID) {
	s.t.Helper()
	s.until(id, "closed", func(ledger.Run) bool {
		for open, err := range s.ledger.Open(s.t.Context()) {
			if err != nil {
				s.t.Fatal(err)
			}
			if open == id {
				return false
			}
		}
		return true
	})
}

func TestRunGoesThrough(t *testing.T) {
	s := newScene(t, &verb{parts: 5})
	s.lead()
	s.work(time.Second)
	first, second := s.trigger(), s.trigger()
	r := s.ended(first.ID)
	if r.State != ledger.Done || r.Totals.Rows != 15 || r.Parts != 5 || r.Epoch != 1 {
		t.Errorf("got %+v", r)
	}
	if r := s.ended(second.ID); r.State != ledger.Done || r.StartedAt.Before(first.CreatedAt) {
		t.Errorf("the queued run: got %+v", r)
	}
	s.closed(second.ID)
	if r.FinishedAt.IsZero() || s.verb.cleaned[1] != string(ledger.Done) {
		t.Errorf("got %+v, cleaned %v", r, s.verb.cleaned)
	}
}

func TestARunWithoutPartsIsDone(t *testing.T) {
	s := newScene(t, &verb{})
	s.lead()
	if r := s.ended(s.trigger().ID); r.State != ledger.Done || len(s.verb.commits) != 1 {
		t.Errorf("got %+v after %d commits", r, len(s.verb.commits))
	}
}

func TestABadPartFailsTheRunAtOnce(t *testing.T) {
	s := newScene(t, &verb{parts: 3, do: func(_ context.Context, p run.Part) error {
		if p.Index == 1 {
			return fault.New(fault.Invalid, "column\nage is no number")
		}
		return nil
	}})
	s.lead()
	s.work(time.Second)
	r := s.ended(s.trigger().ID)
	if r.State != ledger.Failed || r.Failure == nil || r.Failure.Part != 1 || r.Failure.Message != "column age is no number" || r.Failure.Kind != "invalid" {
		t.Errorf("got %+v with %+v", r, r.Failure)
	}
	if len(s.verb.commits) != 0 {
		t.Error("a failed run was committed")
	}
}

func TestATemporaryErrorIsTriedAgain(t *testing.T) {
	var mu sync.Mutex
	tries := 0
	s := newScene(t, &verb{parts: 1, do: func(context.Context, run.Part) error {
		mu.Lock()
		defer mu.Unlock()
		if tries++; tries < 3 {
			return fault.New(fault.Temporary, "connection refused")
		}
		return nil
	}})
	s.lead()
	s.work(time.Second)
	if r := s.ended(s.trigger().ID); r.State != ledger.Done || tries != 3 {
		t.Errorf("got %+v after %d tries", r, tries)
	}
}

func TestCancelStopsTheWorkers(t *testing.T) {
	began := make(chan struct{}, 8)
	s := newScene(t, &verb{parts: 4, do: func(ctx context.Context, _ run.Part) error {
		began <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}})
	s.lead()
	s.work(time.Second)
	id := s.trigger().ID
	<-began
	if err := s.ledger.RequestCancel(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if r := s.ended(id); r.State != ledger.Canceled || len(s.verb.done) != 0 {
		t.Errorf("got %+v, done %v", r, s.verb.done)
	}
}

func TestANewLeaderFinishesTheRun(t *testing.T) {
	release := make(chan struct{})
	s := newScene(t, &verb{parts: 4, do: func(_ context.Context, p run.Part) error {
		if p.Index > 1 {
			<-release
		}
		return nil
	}})
	s.lead()
	s.work(time.Second)
	id := s.trigger().ID
	s.until(id, "running", func(r ledger.Run) bool { return r.State == ledger.Running })
	s.depose()
	close(release)
	s.lead()
	if r := s.ended(id); r.State != ledger.Done || r.Totals.Rows != 10 || s.verb.plans != 1 {
		t.Errorf("got %+v after %d plans", r, s.verb.plans)
	}
}

func TestASnapshotThatDiedWithItsLeaderIsPlannedAnew(t *testing.T) {
	release := make(chan struct{})
	s := newScene(t, &verb{parts: 2, held: true, do: func(ctx context.Context, p run.Part) error {
		if p.Plan.Epoch == 1 {
			select {
			case <-release:
			case <-ctx.Done():
			}
			return fault.New(fault.Temporary, "the old snapshot")
		}
		return nil
	}})
	s.lead()
	s.work(time.Second)
	id := s.trigger().ID
	s.until(id, "running", func(r ledger.Run) bool { return r.State == ledger.Running })
	s.depose()
	s.lead()
	s.until(id, "planned anew", func(r ledger.Run) bool { return r.Epoch == 2 })
	close(release)
	if r := s.ended(id); r.State != ledger.Done || r.Totals.Rows != 3 || s.verb.plans != 2 {
		t.Errorf("got %+v after %d plans", r, s.verb.plans)
	}
	s.closed(id)
	if _, ok := s.verb.cleaned[1]; !ok {
		t.Error("the first epoch was not cleaned up")
	}
}

func TestAFlushedRedisLosesNothing(t *testing.T) {
	release := make(chan struct{})
	s := newScene(t, &verb{parts: 6, do: func(context.Context, run.Part) error { <-release; return nil }})
	s.lead()
	id := s.trigger().ID
	s.until(id, "running", func(r ledger.Run) bool { return r.State == ledger.Running })
	s.connect() // flushes
	s.work(time.Second)
	close(release)
	if r := s.ended(id); r.State != ledger.Done || r.Totals.Rows != 21 {
		t.Errorf("got %+v", r)
	}
}

func TestASpoiledPartIsDoneAgain(t *testing.T) {
	s := newScene(t, &verb{parts: 3, spoil: []int{1}})
	s.lead()
	s.work(time.Second)
	if r := s.ended(s.trigger().ID); r.State != ledger.Done || r.Totals.Rows != 6 {
		t.Errorf("got %+v", r)
	}
	if s.verb.done[1] != 2 || s.verb.done[0] != 1 {
		t.Errorf("done %v, want part 1 twice and part 0 once", s.verb.done)
	}
}

func TestADrainedWorkerGivesItsPartsBack(t *testing.T) {
	var mu sync.Mutex
	var attempts []string
	began := make(chan struct{}, 8)
	s := newScene(t, &verb{parts: 1})
	s.verb.do = func(ctx context.Context, p run.Part) error {
		mu.Lock()
		attempts = append(attempts, p.Attempt)
		first := len(attempts) == 1
		mu.Unlock()
		began <- struct{}{}
		if first {
			<-ctx.Done() // its worker is told to stop
			return ctx.Err()
		}
		return nil
	}
	s.lead()
	stop := s.work(100 * time.Millisecond)
	id := s.trigger().ID
	<-began
	stop()
	s.work(time.Second)
	if r := s.ended(id); r.State != ledger.Done {
		t.Errorf("got %+v", r)
	}
	if len(slices.Compact(attempts)) != 2 {
		t.Errorf("got attempts %v, want two", attempts)
	}
}
