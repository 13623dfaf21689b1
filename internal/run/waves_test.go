package run_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/queue"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/internal/task"
	"github.com/longshore/longshore/pkg/fault"
)

// orderly is a queue that notices parts whose wave's turn hasn't come.
type orderly struct {
	*queue.Client
	s *scene
}

func (q orderly) Enqueue(ctx context.Context, t task.Task) error {
	plan := ledger.Plan{Waves: q.s.verb.waves}
	done, err := q.s.ledger.FinishedParts(ctx, ledger.RunID(t.Run), t.Epoch, 0)
	for part := range q.s.verb.parts {
		if err == nil && plan.Wave(part) < plan.Wave(t.Part) && !slices.Contains(done, part) {
			q.s.t.Errorf("part %d was enqueued before part %d was done", t.Part, part)
		}
	}
	return q.Client.Enqueue(ctx, t)
}

// newWaves is a scene of parts in waves. The conductor compares parts with the
// queue once only: whatever comes later, it must do by itself.
func newWaves(t *testing.T, v *verb) *scene {
	t.Helper()
	for _, parts := range v.waves {
		v.parts += parts
	}
	s := newScene(t, v)
	s.queue = orderly{s.client, s}
	s.cfg.Reconcile = time.Hour
	return s
}

// gates returns what opens the next of some channels. The end of the test opens
// the rest, so that one that failed ends.
func gates(t *testing.T, channels ...chan struct{}) (next func()) {
	opened := 0
	next = func() { close(channels[opened]); opened++ }
	t.Cleanup(func() {
		for opened < len(channels) {
			next()
		}
	})
	return next
}

func TestWavesBeginOneAfterAnother(t *testing.T) {
	s := newWaves(t, &verb{waves: []int{3, 1, 4}})
	s.lead()
	s.work(time.Second)
	s.work(time.Second)
	r := s.ended(s.trigger().ID)
	if r.State != ledger.Done || r.Parts != 8 || r.Totals.Rows != 36 || len(s.verb.done) != 8 {
		t.Errorf("got %+v, done %v", r, s.verb.done)
	}
}

func TestTheSnapshotEndsWithTheFirstWave(t *testing.T) {
	for _, waves := range [][]int{{2}, {2, 2}} {
		t.Run(fmt.Sprint(waves), func(t *testing.T) {
			first, rest := make(chan struct{}), make(chan struct{})
			s := newWaves(t, &verb{waves: waves, held: true, do: func(_ context.Context, p run.Part) error {
				switch p.Index {
				case 1:
					<-first
				case 3:
					<-rest
				}
				return nil
			}})
			s.as = &faulty{verb: s.verb, commit: func() error { <-rest; return nil }}
			s.lead()
			s.work(time.Second)
			goOn := gates(t, first, rest)
			id := s.trigger().ID
			s.until(id, "half through the first wave", func(ledger.Run) bool {
				done, err := s.ledger.FinishedParts(t.Context(), id, 1, 0)
				return err == nil && len(done) == 1
			})
			if n := s.verb.openHolds(); n != 1 {
				t.Errorf("got %d snapshots during the first wave, want one", n)
			}
			goOn()
			s.until(id, "without its snapshot", func(ledger.Run) bool { return s.verb.openHolds() == 0 })
			goOn()
			if r := s.ended(id); r.State != ledger.Done || s.verb.plans != 1 {
				t.Errorf("got %+v after %d plans", r, s.verb.plans)
			}
		})
	}
}

func TestANewLeaderGoesOnWithTheWave(t *testing.T) {
	for _, c := range []struct {
		name  string
		held  bool
		stuck int // the part during which the leader dies
		plans int
	}{
		{"in the first wave", false, 0, 1},
		{"in the second wave", false, 2, 1},
		{"in the first wave of a snapshot", true, 0, 2},
		{"in the second wave after a snapshot", true, 2, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			began, release := make(chan struct{}, 8), make(chan struct{})
			s := newWaves(t, &verb{waves: []int{2, 2}, held: c.held, do: func(_ context.Context, p run.Part) error {
				if p.Index == c.stuck && p.Plan.Epoch == 1 {
					began <- struct{}{}
					<-release
				}
				return nil
			}})
			s.lead()
			s.work(time.Second)
			id := s.trigger().ID
			<-began
			s.depose()
			s.lead()
			goOn := gates(t, release)
			s.until(id, "planned", func(r ledger.Run) bool { return r.Epoch == c.plans })
			goOn()
			r := s.ended(id)
			if r.State != ledger.Done || r.Epoch != c.plans || s.verb.plans != c.plans || r.Totals.Rows != 10 {
				t.Errorf("got %+v after %d plans, want %d", r, s.verb.plans, c.plans)
			}
		})
	}
}

func TestCancelStopsTheWave(t *testing.T) {
	for wave, want := range []int{0, 2} {
		t.Run(fmt.Sprint("wave ", wave), func(t *testing.T) {
			began := make(chan struct{}, 8)
			s := newWaves(t, &verb{waves: []int{2, 3}, held: true, do: func(ctx context.Context, p run.Part) error {
				if p.Plan.Wave(p.Index) < wave {
					return nil
				}
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
			if r := s.ended(id); r.State != ledger.Canceled || len(s.verb.done) != want {
				t.Errorf("got %+v, done %v", r, s.verb.done)
			}
			s.until(id, "without its snapshot", func(ledger.Run) bool { return s.verb.openHolds() == 0 })
		})
	}
}

func TestADeadPartOfTheSecondWaveFailsTheRun(t *testing.T) {
	s := newWaves(t, &verb{waves: []int{2, 2}, held: true, do: func(_ context.Context, p run.Part) error {
		if p.Index == 3 {
			return fault.New(fault.Invalid, "a key twice")
		}
		return nil
	}})
	s.lead()
	s.work(time.Second)
	r := s.ended(s.trigger().ID)
	if r.State != ledger.Failed || r.Failure == nil || r.Failure.Part != 3 || len(s.verb.commits) != 0 {
		t.Errorf("got %+v with %+v after %d commits", r, r.Failure, len(s.verb.commits))
	}
}

// A part of the second wave that misses what the first one left asks for all of
// it anew.
func TestTheSecondWaveMayAskForANewPlan(t *testing.T) {
	s := newWaves(t, &verb{waves: []int{2, 2}, held: true, do: func(_ context.Context, p run.Part) error {
		if p.Index == 2 && p.Plan.Epoch == 1 {
			return fault.New(fault.NotFound, "%w: a file is gone", run.ErrReplan)
		}
		return nil
	}})
	s.lead()
	s.work(time.Second)
	if r := s.ended(s.trigger().ID); r.State != ledger.Done || r.Epoch != 2 || s.verb.done[0] != 2 || s.verb.done[2] != 1 {
		t.Errorf("got %+v, done %v", r, s.verb.done)
	}
}

// Only a part of the first wave needs the snapshot, which is gone by then.
func TestASpoiledPartOfAWaveIsDoneAgain(t *testing.T) {
	for _, c := range []struct {
		name  string
		held  bool
		spoil []int
		plans int
		done  map[int]int
	}{
		{"first wave", false, []int{1}, 1, map[int]int{0: 1, 1: 2, 2: 1, 3: 1}},
		{"both waves", false, []int{1, 3}, 1, map[int]int{0: 1, 1: 2, 2: 1, 3: 2}},
		{"second wave after a snapshot", true, []int{3}, 1, map[int]int{0: 1, 1: 1, 2: 1, 3: 2}},
		{"first wave of a snapshot", true, []int{1}, 2, map[int]int{0: 2, 1: 2, 2: 2, 3: 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newWaves(t, &verb{waves: []int{2, 2}, held: c.held, spoil: c.spoil})
			s.cfg.Reconcile = 200 * time.Millisecond // the queue may still hold the task of a part that was done just now
			s.lead()
			s.work(time.Second)
			r := s.ended(s.trigger().ID)
			if r.State != ledger.Done || r.Epoch != c.plans || s.verb.plans != c.plans {
				t.Errorf("got %+v after %d plans, want %d", r, s.verb.plans, c.plans)
			}
			if got := fmt.Sprint(s.verb.done); got != fmt.Sprint(c.done) {
				t.Errorf("done %v, want %v", got, c.done)
			}
		})
	}
}
