package schedule

import (
	"context"
	"os"
	"time"

	"github.com/oklog/ulid/v2"
	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// Leases is where producers agree on who leads. Package ledger's Ledger is one.
type Leases interface {
	Lease(ctx context.Context) (ledger.Lease, error)
	SwapLease(ctx context.Context, read, next ledger.Lease) (ledger.Lease, error)
}

// DefaultTTL is how long a leader may be silent before another producer takes
// over. Together with the pace of candidates that is well under 30 seconds.
const DefaultTTL = 12 * time.Second

// Candidate is a producer that leads when nobody else does.
type Candidate struct {
	leases Leases
	ttl    time.Duration
	me     ledger.Lease
	log    *zap.Logger
}

// NewCandidate returns a candidate that does nothing until Run. Zero is DefaultTTL.
func NewCandidate(leases Leases, ttl time.Duration, log *zap.Logger) *Candidate {
	if ttl == 0 {
		ttl = DefaultTTL
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return &Candidate{leases: leases, ttl: ttl, me: ledger.Lease{Holder: ulid.Make().String(), Host: host, TTL: ttl}, log: log}
}

// Run waits until nobody leads, then calls lead with the number of its term,
// which is higher than all before, and so on until ctx ends. The context of lead
// ends when the leadership is lost, before anybody else can
// have it; lead must then return. On a regular end the leadership is released,
// so that the next producer needn't wait.
func (c *Candidate) Run(ctx context.Context, lead func(ctx context.Context, term int64)) {
	for {
		held, err := c.wait(ctx)
		if err != nil {
			return // ctx ended
		}
		c.log.Info("this producer leads", zap.Int64("term", held.Term), zap.String("holder", c.me.Holder))
		c.lead(ctx, held, lead)
		if ctx.Err() != nil {
			return
		}
	}
}

// wait returns when this candidate holds the lease. The only error is ctx's.
func (c *Candidate) wait(ctx context.Context) (ledger.Lease, error) {
	var seen ledger.Lease
	var since time.Time // when seen was first seen, by our clock
	for {
		lease, err := c.leases.Lease(ctx)
		switch {
		case err != nil:
			c.complain(ctx, "lease not read", err)
		case lease.Released() || lease.Holder == c.me.Holder || !since.IsZero() && same(lease, seen) && time.Since(since) >= max(lease.TTL, c.ttl):
			next := c.me
			next.Term, next.Beat = lease.Term+1, 1
			held, err := c.leases.SwapLease(ctx, lease, next)
			if err == nil {
				return held, nil
			}
			c.complain(ctx, "lease not taken", err)
			since = time.Time{}
		case !same(lease, seen) || since.IsZero():
			seen, since = lease, time.Now()
		}
		if !sleep(ctx, c.ttl/8) {
			return ledger.Lease{}, ctx.Err()
		}
	}
}

func same(a, b ledger.Lease) bool {
	return a.Holder == b.Holder && a.Term == b.Term && a.Beat == b.Beat
}

// lead runs the callback and renews the lease meanwhile.
func (c *Candidate) lead(ctx context.Context, held ledger.Lease, do func(context.Context, int64)) {
	leading, stop := context.WithCancel(ctx)
	defer stop()
	term, ended := held.Term, make(chan struct{})
	go func() {
		defer close(ended)
		do(leading, term)
	}()
	held = c.renew(leading, held)
	stop()
	<-ended
	if held.Holder == c.me.Holder {
		c.release(context.WithoutCancel(ctx), held)
	}
}

// renew keeps the lease until ctx ends or the lease is lost. It returns the
// lease as it was last held, or the zero Lease. It gives up a while before
// others may take over, so that two never lead.
func (c *Candidate) renew(ctx context.Context, held ledger.Lease) ledger.Lease {
	renewed := time.Now()
	for sleep(ctx, c.ttl/4) {
		next := held
		next.Beat++
		attempt, cancel := context.WithTimeout(ctx, c.ttl/4)
		start := time.Now()
		swapped, err := c.leases.SwapLease(attempt, held, next)
		cancel()
		switch {
		case err == nil:
			held, renewed = swapped, start
		case ctx.Err() != nil:
		case fault.Is(err, fault.Conflict) && c.adopt(ctx, &held):
		case fault.Is(err, fault.Conflict):
			c.log.Warn("leadership lost", zap.Error(err))
			return ledger.Lease{}
		case time.Since(renewed) > c.ttl/2:
			c.log.Warn("leadership given up: the lease can't be renewed", zap.Error(err))
			return ledger.Lease{}
		default:
			c.complain(ctx, "lease not renewed", err)
		}
	}
	return held
}

// adopt finds out whether a renewal was refused because of our own, whose answer
// was lost, and takes that for held. When it was made isn't known, so it doesn't
// count as made now.
func (c *Candidate) adopt(ctx context.Context, held *ledger.Lease) bool {
	ctx, cancel := context.WithTimeout(ctx, c.ttl/8)
	defer cancel()
	lease, err := c.leases.Lease(ctx)
	if err != nil || lease.Holder != held.Holder || lease.Term != held.Term {
		return false
	}
	*held = lease
	return true
}

// release lets another producer lead at once.
func (c *Candidate) release(ctx context.Context, held ledger.Lease) {
	ctx, cancel := context.WithTimeout(ctx, c.ttl/4)
	defer cancel()
	next := held
	next.Beat = 0
	if _, err := c.leases.SwapLease(ctx, held, next); err != nil {
		c.log.Warn("lease not released", zap.Error(err)) // it runs out
	}
}

func (c *Candidate) complain(ctx context.Context, what string, err error) {
	if ctx.Err() == nil && !fault.Is(err, fault.Conflict) {
		c.log.Warn(what, zap.Error(err))
	}
}

// sleep waits and reports whether ctx goes on.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
