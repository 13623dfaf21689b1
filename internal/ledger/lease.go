package ledger

import (
	"context"
	"time"

	"github.com/longshore/longshore/pkg/fault"
)

// Lease is the record of who leads. It is renewed by swapping in a higher Beat;
// who sees the same Beat for the whole of TTL, by a clock of its own, may take
// over. So clocks of different machines needn't agree.
type Lease struct {
	Holder string        `json:"holder"` // the process's id
	Host   string        `json:"host"`
	Term   int64         `json:"term"` // counts leaders from 1
	Beat   int64         `json:"beat"` // counts renewals; zero once released
	TTL    time.Duration `json:"ttl"`
	At     time.Time     `json:"at"` // of the renewal, for people

	version string // to swap by
}

// Released reports whether nobody leads: the last leader stepped down, or there
// never was one.
func (l Lease) Released() bool { return l.Beat == 0 }

// Lease reads who leads.
func (l *Ledger) Lease(ctx context.Context) (Lease, error) {
	var lease Lease
	version, err := l.get(ctx, leaseKey, &lease)
	lease.version = version
	return lease, ignoreNotFound(err)
}

// SwapLease replaces the lease that was read by the next one. The error is a
// Conflict when somebody else swapped first.
func (l *Ledger) SwapLease(ctx context.Context, read, next Lease) (Lease, error) {
	next.At = l.now()
	next.version = ""
	if err := l.swap(ctx, leaseKey, read.version, next); err != nil {
		return Lease{}, err
	}
	held, err := l.Lease(ctx)
	if err == nil && (held.Holder != next.Holder || held.Beat != next.Beat) {
		return Lease{}, fault.New(fault.Conflict, "lease: %s took it", held.Holder)
	}
	return held, err
}

const leaseKey = "leader.json"
