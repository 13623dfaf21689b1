package run_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
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
	"github.com/longshore/longshore/pkg/objstore"
	"github.com/longshore/longshore/pkg/objstore/s3"
)

// faulty is a verb whose commits and clean-ups fail as a test says.
type faulty struct {
	*verb
	commit, clean func() error
}

func (f *faulty) Commit(ctx context.Context, r ledger.Run, plan ledger.Plan, parts []ledger.PartManifest) (ledger.Totals, error) {
	if f.commit != nil {
		if err := f.commit(); err != nil {
			return ledger.Totals{}, err
		}
	}
	return f.verb.Commit(ctx, r, plan, parts)
}

func (f *faulty) Clean(ctx context.Context, r ledger.Run, epoch int) error {
	if f.clean != nil {
		if err := f.clean(); err != nil {
			return err
		}
	}
	return f.verb.Clean(ctx, r, epoch)
}

// A clean-up that is not allowed to do its work doesn't keep the subject from
// ever running again.
func TestARunThatCannotBeCleanedUpEnds(t *testing.T) {
	s := newScene(t, &verb{parts: 1})
	s.as = &faulty{verb: s.verb, clean: func() error { return fault.New(fault.Denied, "grant s3:AbortMultipartUpload") }}
	s.lead()
	s.work(time.Second)
	first, second := s.trigger(), s.trigger()
	s.ended(first.ID)
	if r := s.ended(second.ID); r.State != ledger.Done {
		t.Errorf("the run behind it: got %+v", r)
	}
}

func TestACommitMayAskForANewPlan(t *testing.T) {
	s := newScene(t, &verb{parts: 2})
	var commits atomic.Int32
	s.as = &faulty{verb: s.verb, commit: func() error {
		if commits.Add(1) == 1 {
			return fault.New(fault.Invalid, "rows changed: %w", run.ErrReplan)
		}
		return nil
	}}
	s.lead()
	s.work(time.Second)
	if r := s.ended(s.trigger().ID); r.State != ledger.Done || r.Epoch != 2 || s.verb.plans != 2 {
		t.Errorf("got %+v after %d plans", r, s.verb.plans)
	}
}

// A commit that can't reach its store is canceled while it has no intent; with
// one, it can only be finished.
func TestAHeldUpCommitIsCanceledBeforeItsIntent(t *testing.T) {
	for _, intended := range []bool{false, true} {
		t.Run(fmt.Sprintf("intent %v", intended), func(t *testing.T) {
			s := newScene(t, &verb{parts: 1})
			var asked atomic.Int32
			var back atomic.Bool
			s.as = &faulty{verb: s.verb, commit: func() error {
				if asked.Add(1); !back.Load() {
					return fault.New(fault.Temporary, "connection refused")
				}
				return nil
			}}
			s.lead()
			s.work(time.Second)
			id := s.trigger().ID
			s.until(id, "committing", func(r ledger.Run) bool { return r.State == ledger.Committing })
			if intended {
				if err := s.ledger.SaveIntent(t.Context(), id, "upload"); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.ledger.RequestCancel(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			want := ledger.Canceled
			if intended {
				want = ledger.Done
				before := asked.Load()
				s.until(id, "tried again", func(ledger.Run) bool { return asked.Load() > before+1 })
				back.Store(true)
			}
			if r := s.ended(id); r.State != want {
				t.Errorf("got %+v, want %s", r, want)
			}
		})
	}
}

// A part is done, and a twin of its attempt failed for good: the part is done.
func TestADeadTwinDoesNotFailAPartThatIsDone(t *testing.T) {
	release := make(chan struct{})
	s := newScene(t, &verb{parts: 2, do: func(_ context.Context, p run.Part) error {
		if p.Index == 1 {
			<-release
		}
		return nil
	}})
	s.lead()
	s.work(time.Second)
	id := s.trigger().ID
	s.until(id, "half done", func(ledger.Run) bool {
		done, err := s.ledger.FinishedParts(t.Context(), id, 1, 0)
		return err == nil && len(done) == 1
	})
	h := &run.Parts{Ledger: s.ledger, Report: s.client, Log: zaptest.NewLogger(t)}
	late := task.Task{Run: string(id), Epoch: 1, Part: 0}
	if err := h.Dead(t.Context(), late, fault.New(fault.NotFound, "the upload is gone")); err != nil {
		t.Fatal(err)
	}
	// One that was recorded before the part was done counts as little.
	if err := s.ledger.KillPart(t.Context(), id, 1, ledger.Failure{Kind: "not_found", Part: 0}); err != nil {
		t.Fatal(err)
	}
	close(release)
	if r := s.ended(id); r.State != ledger.Done {
		t.Errorf("got %+v with %+v", r, r.Failure)
	}
}

// mute is a worker process that takes parts and is never heard of again.
type mute struct{ took atomic.Int32 }

func (m *mute) Handle(ctx context.Context, _ task.Task, _ string) error {
	m.took.Add(1)
	<-ctx.Done()
	return ctx.Err()
}

func (*mute) Dead(context.Context, task.Task, error) error { return nil }

// A part whose workers all die fails the run in the end.
func TestAPartThatSilencesItsWorkersIsGivenUp(t *testing.T) {
	s := newScene(t, &verb{parts: 1})
	s.cfg = run.Config{Scan: 10 * time.Millisecond, Reconcile: 10 * time.Millisecond, Stale: 10 * time.Millisecond}
	r := queue.Open(queue.Config{Addrs: []string{s.redis}})
	defer r.Close()
	m := &mute{}
	w := queue.NewWorker(r, queue.WorkerConfig{Queues: map[string]int{task.QueueExport: 16}, Log: zaptest.NewLogger(t)}, m)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	s.lead()
	got := s.ended(s.trigger().ID)
	if got.State != ledger.Failed || got.Failure == nil || !strings.Contains(got.Failure.Message, "silent") || m.took.Load() < 2 {
		t.Errorf("got %+v with %+v after %d workers", got, got.Failure, m.took.Load())
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// gaveUp is a queue that archived the first task of each part by itself.
type gaveUp struct{ *queue.Client }

func (q gaveUp) State(t task.Task) (queue.State, string, error) {
	if t.Round == 0 {
		return queue.Dead, "context canceled", nil
	}
	return q.Client.State(t)
}

// The queue archives a task whose last attempt was told to stop with its
// worker. That is no failure of the part.
func TestATaskThatTheQueueGaveUpIsAskedForAgain(t *testing.T) {
	s := newScene(t, &verb{parts: 1})
	s.queue = gaveUp{s.client}
	s.lead()
	s.work(time.Second)
	if r := s.ended(s.trigger().ID); r.State != ledger.Done {
		t.Errorf("got %+v with %+v", r, r.Failure)
	}
}

// A worker that stops closes what its parts use: what they say then is no reason
// to fail the run.
func TestAPartThatStumblesWhileItStopsIsDoneAgain(t *testing.T) {
	began := make(chan struct{}, 2)
	var attempts atomic.Int32
	s := newScene(t, &verb{parts: 1, do: func(ctx context.Context, _ run.Part) error {
		began <- struct{}{}
		if attempts.Add(1) > 1 {
			return nil
		}
		<-ctx.Done()
		return fault.New(fault.Invalid, "sql: database is closed")
	}})
	s.lead()
	stop := s.work(100 * time.Millisecond)
	id := s.trigger().ID
	<-began
	stop()
	s.work(time.Second)
	if r := s.ended(id); r.State != ledger.Done {
		t.Errorf("got %+v with %+v", r, r.Failure)
	}
}

// A run whose creator died before it had a place among those of its subject gets
// one.
func TestARunWhoseCreatorDiedIsDriven(t *testing.T) {
	s := newScene(t, &verb{parts: 1})
	store := servertest.MinIO(t)
	b := ledgertest.Bucket(t, store, store.NewBucket(t))
	then := func() time.Time { return time.Now().Add(-time.Hour) }
	s.ledger = ledger.New(b, "", nil)
	_, err := ledger.New(noSubjects{b}, "", then).Create(t.Context(), subject, "1-00000000", ledger.Trigger{By: "manual"}, "")
	if err == nil {
		t.Fatal("the creator survived")
	}
	var id ledger.RunID
	for open, err := range s.ledger.Open(t.Context()) {
		if id = open; err != nil {
			t.Fatal(err)
		}
	}
	s.lead()
	s.work(time.Second)
	if r := s.ended(id); r.State != ledger.Done {
		t.Errorf("got %+v", r)
	}
}

// noSubjects is a bucket that takes all records but those of subjects.
type noSubjects struct{ *s3.Bucket }

func (b noSubjects) Put(ctx context.Context, key string, body []byte, o objstore.PutOptions) (objstore.Object, error) {
	if strings.HasPrefix(key, "subjects/") {
		return objstore.Object{}, fault.New(fault.Temporary, "killed")
	}
	return b.Bucket.Put(ctx, key, body, o)
}
