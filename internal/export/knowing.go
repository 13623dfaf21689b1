package export

import (
	"context"
	"sync"

	"github.com/zeebo/xxh3"

	"github.com/longshore/longshore/internal/diff"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/run"
)

// known is the baseline that a plan compares with, as parts that read rows hold
// it: those that a worker does at a time share it.
type known struct {
	users int // guarded by the mutex of knowledge
	learn sync.Mutex
	rows  *diff.Known // guarded by learn; nil until somebody needs it
}

// knowledge is what the parts under way know.
type knowledge struct {
	mu  sync.Mutex
	all map[uint64]*known // guarded by mu; by the plan's salt
}

func (k *knowledge) acquire(salt uint64) *known {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.all[salt] == nil {
		if k.all == nil {
			k.all = map[uint64]*known{}
		}
		k.all[salt] = new(known)
	}
	k.all[salt].users++
	return k.all[salt]
}

func (k *knowledge) release(salt uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.all[salt].users--; k.all[salt].users == 0 {
		delete(k.all, salt)
	}
}

// rangesAlone is into how many ranges the baseline of a run with one part is
// cut: they are read side by side.
const rangesAlone = 4

// know returns what a part that reads rows knows of the baseline, and a function
// to call when it needs that no more. It is nil where rows can't be found in the
// baseline, or have to be carried to the comparison nevertheless.
func (e *Export) know(ctx context.Context, p run.Part, sh *shape, c *comparing) (*diff.Known, func(), error) {
	if c.Recoded || c.Use != ledger.CompareBaseline {
		return nil, func() {}, nil
	}
	b, err := e.baseline(ctx, sh.job.sync.Name, c)
	if b == nil || err != nil {
		return nil, func() {}, err
	}
	salt, ranges := salt(p), c.Sorters
	if ranges == 0 {
		ranges = rangesAlone
	}
	shared := e.knowledge.acquire(salt)
	release := func() { e.knowledge.release(salt) }
	shared.learn.Lock()
	defer shared.learn.Unlock()
	if shared.rows == nil {
		rows, err := diff.Learn(ctx, Files{e.ledger}, b, ranges, salt, e.cfg.DiffMemory/2)
		if err != nil {
			release()
			return nil, nil, err
		}
		shared.rows = rows
	}
	return shared.rows, release, nil
}

// salt is what marks of rows depend on: another plan has others.
func salt(p run.Part) uint64 {
	return xxh3.HashStringSeed(string(p.Run.ID), uint64(p.Plan.Epoch))
}
