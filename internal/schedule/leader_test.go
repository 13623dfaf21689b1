package schedule_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/schedule"
	"github.com/longshore/longshore/pkg/fault"
)

// leases is a lease in memory that can be cut off from a candidate, so that
// takeovers can be timed by a synthetic clock. The real record's swap is tested
// in package ledger.
type leases struct {
	mu   sync.Mutex
	held ledger.Lease
}

func (l *leases) Lease(context.Context) (ledger.Lease, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held, nil
}

func (l *leases) SwapLease(_ context.Context, read, next ledger.Lease) (ledger.Lease, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held != read {
		return ledger.Lease{}, fault.New(fault.Conflict, "swapped")
	}
	l.held = next
	return next, nil
}

// mortal is a candidate's view of the leases, which dies with the candidate.
type mortal struct {
	*leases
	dead atomic.Bool
}

func (m *mortal) Lease(ctx context.Context) (ledger.Lease, error) {
	if m.dead.Load() {
		return ledger.Lease{}, fault.New(fault.Temporary, "killed")
	}
	return m.leases.Lease(ctx)
}

func (m *mortal) SwapLease(ctx context.Context, read, next ledger.Lease) (ledger.Lease, error) {
	if m.dead.Load() {
		return ledger.Lease{}, fault.New(fault.Temporary, "killed")
	}
	return m.leases.SwapLease(ctx, read, next)
}

func TestAnotherProducerTakesOverWithin30Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := &leases{}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var leading atomic.Int32
		began := make(chan int, 10)
		views := []*mortal{{leases: shared}, {leases: shared}}
		var wg sync.WaitGroup
		for i, view := range views {
			c := schedule.NewCandidate(view, 0, zap.NewNop())
			wg.Go(func() {
				c.Run(ctx, func(ctx context.Context, _ int64) {
					if leading.Add(1) > 1 {
						t.Error("two producers lead")
					}
					began <- i
					<-ctx.Done()
					leading.Add(-1)
				})
			})
		}
		first := <-began
		time.Sleep(time.Minute) //nolint:forbidigo // synthetic time
		synctest.Wait()
		select {
		case i := <-began:
			t.Fatalf("producer %d took over from a healthy leader", i)
		default:
		}
		killed := time.Now()
		views[first].dead.Store(true)
		second := <-began
		if second == first {
			t.Errorf("the dead producer %d leads again", first)
		}
		if took := time.Since(killed); took > 30*time.Second {
			t.Errorf("takeover after %s, want at most 30s", took)
		}
		stop()
		wg.Wait()
		if lease, _ := shared.Lease(t.Context()); !lease.Released() {
			t.Errorf("the lease was not released: %+v", lease)
		}
	})
}

func TestAReleasedLeaseIsTakenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := &leases{}
		lead := func(ctx context.Context, began chan<- time.Time) {
			schedule.NewCandidate(shared, 0, zap.NewNop()).Run(ctx, func(ctx context.Context, _ int64) {
				began <- time.Now()
				<-ctx.Done()
			})
		}
		one, stopOne := context.WithCancel(t.Context())
		two, stopTwo := context.WithCancel(t.Context())
		defer stopTwo()
		began := make(chan time.Time, 2)
		var wg sync.WaitGroup
		wg.Go(func() { lead(one, began) })
		<-began
		wg.Go(func() { lead(two, began) })
		time.Sleep(5 * time.Second) //nolint:forbidigo // synthetic time
		stopOne()
		stopped := time.Now()
		if took := (<-began).Sub(stopped); took > 2*time.Second {
			t.Errorf("the next leader began after %s", took)
		}
		stopTwo()
		wg.Wait()
	})
}

// forgetful loses the answer of a swap now and then, after it was made.
type forgetful struct {
	*leases
	swaps atomic.Int32
	lose  func(swap int32) bool
}

func (f *forgetful) SwapLease(ctx context.Context, read, next ledger.Lease) (ledger.Lease, error) {
	held, err := f.leases.SwapLease(ctx, read, next)
	if n := f.swaps.Add(1); err == nil && f.lose(n) {
		return ledger.Lease{}, fault.New(fault.Temporary, "connection reset")
	}
	return held, err
}

// A leader whose renewal was made, and the answer lost, goes on leading: the runs
// that it drives hold snapshots. A candidate takes what is its own already.
func TestALostAnswerDoesNotEndLeadership(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &forgetful{leases: &leases{}, lose: func(swap int32) bool { return swap == 1 || swap%5 == 0 }}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		began := make(chan time.Time, 10)
		start := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() {
			schedule.NewCandidate(store, 0, zap.NewNop()).Run(ctx, func(ctx context.Context, _ int64) {
				began <- time.Now()
				<-ctx.Done()
			})
		})
		if waited := (<-began).Sub(start); waited > 5*time.Second {
			t.Errorf("the candidate waited %s for itself", waited)
		}
		time.Sleep(10 * time.Minute) //nolint:forbidigo // synthetic time
		synctest.Wait()
		if n := len(began); n != 0 {
			t.Errorf("the leader lost its lease to itself %d times", n)
		}
		stop()
		wg.Wait()
	})
}
