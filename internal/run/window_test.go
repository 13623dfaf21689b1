package run_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/queue"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/internal/task"
	"github.com/longshore/longshore/pkg/fault"
)

// long is a verb whose parts come as a stream and are added up as they are done.
type long struct {
	*verb
	pace  func(so run.Far) int                      // nil: as many as there are
	yield func(ctx context.Context, part int) error // nil: none fails
}

func (l *long) Plan(ctx context.Context, r ledger.Run) (*run.Work, error) {
	work, err := l.verb.Plan(ctx, r)
	parts := work.Parts
	work.Plan.Folded, work.Parts = true, nil
	work.Stream = func(ctx context.Context) iter.Seq2[json.RawMessage, error] {
		return func(yield func(json.RawMessage, error) bool) {
			for i, part := range parts {
				if l.yield != nil {
					if err := l.yield(ctx, i); err != nil {
						yield(nil, err)
						return
					}
				}
				if !yield(part, nil) {
					return
				}
			}
		}
	}
	return work, err
}

func (l *long) Commit(_ context.Context, r ledger.Run, _ ledger.Plan, parts []ledger.PartManifest) (ledger.Totals, error) {
	if parts != nil {
		return ledger.Totals{}, fault.New(fault.Invalid, "the commit got %d parts of a folded plan", len(parts))
	}
	return r.Totals, nil
}

func (l *long) Pace(_ context.Context, _ ledger.Run, so run.Far) (int, error) {
	if l.pace == nil {
		return l.parts, nil
	}
	return l.pace(so), nil
}

// counting is a queue that knows the most tasks that it held at a time.
type counting struct {
	*queue.Client
	mu   sync.Mutex
	held map[string]bool // guarded by mu
	most int             // guarded by mu
}

func (q *counting) Enqueue(ctx context.Context, t task.Task) error {
	q.mu.Lock()
	q.held[t.ID()] = true
	q.most = max(q.most, len(q.held))
	q.mu.Unlock()
	return q.Client.Enqueue(ctx, t)
}

func (q *counting) ForgetParts(ctx context.Context, id string, first, n int) error {
	q.mu.Lock()
	for part := first; part < first+n; part++ {
		delete(q.held, task.Task{Run: id, Epoch: 1, Part: part}.ID())
	}
	q.mu.Unlock()
	return q.Client.ForgetParts(ctx, id, first, n)
}

func TestALongRunIsWatchedThroughAWindow(t *testing.T) {
	const parts, window = 900, 512
	s := newScene(t, &verb{parts: parts})
	s.as = &long{verb: s.verb}
	q := &counting{Client: s.client, held: map[string]bool{}}
	s.queue = q
	s.lead()
	s.work(time.Second)
	id := s.trigger().ID
	s.until(id, "half done", func(r ledger.Run) bool { return r.Settled > parts/2 })
	s.depose()
	progress, err := s.client.Progress(t.Context(), string(id))
	if err != nil || len(progress) > window {
		t.Errorf("Redis has the progress of %d parts, %v; want %d at most", len(progress), err, window)
	}
	s.lead()
	r := s.ended(id)
	if r.State != ledger.Done || r.Settled != parts || r.Totals.Rows != parts*(parts+1)/2 {
		t.Errorf("got %+v with %+v", r, r.Failure)
	}
	if q.most > window {
		t.Errorf("got %d tasks in the queue, want %d at most", q.most, window)
	}
	for part, n := range s.verb.done {
		if n != 1 {
			t.Errorf("part %d was done %d times", part, n)
		}
	}
}

// A pacer that lets none begin has what nobody began taken back; what is under way
// goes on.
func TestAPacerHoldsPartsBack(t *testing.T) {
	began, release := make(chan int, 16), make(chan struct{})
	var limit atomic.Int32
	limit.Store(5)
	s := newScene(t, &verb{parts: 8, do: func(_ context.Context, p run.Part) error {
		began <- p.Index
		<-release
		return nil
	}})
	s.as = &long{verb: s.verb, pace: func(run.Far) int { return int(limit.Load()) }}
	s.lead()
	s.work(time.Second) // two at a time
	id := s.trigger().ID
	<-began
	<-began
	waiting := func(want int) func(ledger.Run) bool {
		return func(ledger.Run) bool {
			depths, err := s.client.Depths()
			return err == nil && depths[0].Waiting == want && depths[0].Active == 2
		}
	}
	s.until(id, "ahead by three parts", waiting(3))
	limit.Store(0)
	s.until(id, "taken back", waiting(0))
	goOn := gates(t, release)
	goOn()
	s.until(id, "done with what was under way", func(r ledger.Run) bool { return r.Settled == 2 })
	if len(began) != 0 {
		t.Errorf("part %d was begun while none might", <-began)
	}
	limit.Store(1)
	if r := s.ended(id); r.State != ledger.Done || r.Totals.Rows != 36 {
		t.Errorf("got %+v", r)
	}
}

// A part that halts leaves its slot, without having failed, and is asked for again.
func TestAHaltedPartIsGoneOnWith(t *testing.T) {
	var attempts atomic.Int32
	s := newScene(t, &verb{parts: 2, do: func(_ context.Context, p run.Part) error {
		if p.Index == 1 && attempts.Add(1) < 4 {
			return fmt.Errorf("at row 7: %w", run.ErrHalted)
		}
		return nil
	}})
	s.as = &long{verb: s.verb}
	s.lead()
	s.work(time.Second)
	if r := s.ended(s.trigger().ID); r.State != ledger.Done || attempts.Load() != 4 || r.Totals.Rows != 3 {
		t.Errorf("got %+v after %d attempts", r, attempts.Load())
	}
}

// A plan that takes long is left off when somebody asks the run to stop.
func TestCancelWhilePartsAreYielded(t *testing.T) {
	s := newScene(t, &verb{parts: 9})
	began := make(chan struct{})
	s.as = &long{verb: s.verb, yield: func(ctx context.Context, part int) error {
		if part == 5 {
			close(began)
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}}
	s.lead()
	id := s.trigger().ID
	<-began
	if err := s.ledger.RequestCancel(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if r := s.ended(id); r.State != ledger.Canceled || r.Parts != 0 {
		t.Errorf("got %+v", r)
	}
}

// A stream that breaks off is begun anew if that may help, and fails the run if not.
func TestAStreamThatBreaksOff(t *testing.T) {
	for _, c := range []struct {
		kind  fault.Kind
		state ledger.State
		epoch int
	}{{fault.Temporary, ledger.Done, 2}, {fault.Denied, ledger.Failed, 1}} {
		t.Run(c.kind.String(), func(t *testing.T) {
			var failed atomic.Bool
			s := newScene(t, &verb{parts: 9})
			s.as = &long{verb: s.verb, yield: func(_ context.Context, part int) error {
				if part == 5 && !failed.Swap(true) {
					return fault.New(c.kind, "list the bucket")
				}
				return nil
			}}
			s.lead()
			s.work(time.Second)
			if r := s.ended(s.trigger().ID); r.State != c.state || r.Epoch != c.epoch {
				t.Errorf("got %+v, want %s in epoch %d", r, c.state, c.epoch)
			}
		})
	}
}
