package daemon_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/longshore/longshore/internal/diff"
	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/task"
)

// trap is a request that is held up, of whichever worker makes it first, until
// that worker is dead.
type trap struct {
	hold
	worker int // set once it is reached
}

// fatal are the requests at which a worker is killed. Every part makes each.
var fatal = []func() matcher{
	request(http.MethodPut, "/runs/RUN/e[0-9]+/part/[0-9]+.json$"), // what it did
	request(http.MethodPut, ""),                                    // anything that it writes
}

// begin counts a run that begins, and sets a trap where a worker is to die.
func (p *proof) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begun++
	all := len(p.tables) * p.rounds
	if every := max(1, all/(p.kills+2)); p.begun%every == 0 && p.set < p.kills {
		p.traps <- p.setTrap(p.set)
		p.set++
	}
}

// setTrap sets the n-th trap. Half of them let the request through, and lose the
// answer.
func (p *proof) setTrap(n int) *trap {
	t := &trap{hold: hold{lost: true, made: n/len(fatal)%2 == 1, reached: make(chan struct{}), release: make(chan struct{})}}
	var taken atomic.Bool
	for i, door := range p.doors {
		is, here := fatal[n%len(fatal)](), t.hold
		here.match = func(r *http.Request) bool {
			if !is(r) || !taken.CompareAndSwap(false, true) {
				return false
			}
			t.worker = i
			return true
		}
		door.add(&here)
	}
	return t
}

// killing kills the workers that come to a trap, and a few times the producer.
// What it returns says how many, and how many tasks were done again.
func (p *proof) killing(ctx context.Context, producer *process, workers []*process) (told func() string) {
	all, killed, producers := slices.Clone(workers), 0, 0
	for killed < p.kills {
		var t *trap
		select {
		case t = <-p.traps:
		case <-ctx.Done():
		}
		if t == nil || !t.kills(ctx, workers) {
			break
		}
		workers[t.worker] = p.worker(t.worker)
		all = append(all, workers[t.worker])
		if killed%6 == 3 {
			producer.kill()
			producer = p.start("producer")
			producers++
		}
		killed++
	}
	return func() string {
		if killed < p.kills {
			p.t.Errorf("got %d workers killed, want %d", killed, p.kills)
		}
		parts, again := p.attempts(all)
		if killed > 0 && again == 0 {
			p.t.Errorf("got no part done again after %d workers were killed", killed)
		}
		return fmt.Sprintf("%d workers and %d producers killed; %d parts done, %d of them again", killed, producers, parts, again)
	}
}

// kills waits until a worker is in the trap, and kills it.
func (t *trap) kills(ctx context.Context, workers []*process) bool {
	select {
	case <-t.reached:
	case <-ctx.Done():
		return false
	}
	workers[t.worker].kill()
	close(t.release)
	return true
}

// attempts returns how many parts the workers did, and how many of them had been
// asked for before: the queue or the producer found that a worker was gone, or the
// producer was, and its snapshot with it.
func (p *proof) attempts(workers []*process) (parts, again int) {
	for _, w := range workers {
		for line := range strings.Lines(w.log(p.t)) {
			var said struct {
				Msg, Task string
				Retried   int
			}
			if json.Unmarshal([]byte(line), &said) != nil || said.Msg != "part done" {
				continue
			}
			_, epoch, _, round, err := task.ParseID(said.Task)
			if err != nil {
				p.t.Error(err)
			}
			parts++
			if said.Retried > 0 || round > 0 || epoch > 1 {
				again++
			}
		}
	}
	return parts, again
}

// readBaselines reads all versions of a sync's baseline, row by row.
func (p *proof) readBaselines(ctx context.Context, sync string, runs []ledger.RunID) error {
	for i, run := range runs {
		var b diff.Baseline
		if err := p.ledger.BaselineOf(ctx, sync, run, &b); err != nil {
			return err
		}
		rows := b.Open(export.Files{Ledger: p.ledger}, diff.Range{}, 1<<20)
		var n int64
		for {
			more, err := rows.Next(ctx)
			if err == nil && more {
				_, err = rows.Body()
			}
			if err != nil {
				rows.Close()
				return fmt.Errorf("baseline %d of %d, %s: %w", i, len(runs), run, err)
			}
			if !more {
				break
			}
			n++
		}
		rows.Close()
		if n != b.Rows {
			return fmt.Errorf("baseline %d of %d, %s: got %d rows, it says %d", i, len(runs), run, n, b.Rows)
		}
	}
	var head diff.Baseline
	at, err := p.ledger.Baseline(ctx, sync, &head)
	if err == nil && at != runs[len(runs)-1] {
		err = fmt.Errorf("the baseline is of run %s, want %s", at, runs[len(runs)-1])
	}
	return err
}
