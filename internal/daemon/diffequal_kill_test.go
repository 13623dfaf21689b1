package daemon_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/longshore/longshore/internal/diff"
	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/task"
)

// leases is where the queue has the tasks that workers do.
const leases = "asynq:{export}:lease"

// partsAtOnce is how many tasks a worker does at a time.
const partsAtOnce = 2

// killing kills workers now and then while they have tasks, and a few times the
// producer. What it returns says how many, and how many tasks were done again.
func (p *proof) killing(ctx context.Context, producer *process, workers []*process) (told func() string) {
	client := redis.NewClient(&redis.Options{Addr: p.redis})
	defer client.Close()
	r := rand.New(rand.NewPCG(uint64(len(workers)), 1))
	all, producers, every := workers[:len(workers):len(workers)], 0, max(1, cap(p.begun)/(p.kills+2))
	for n := range p.kills {
		if !p.await(ctx, every) || !p.busy(ctx, client, partsAtOnce*(len(workers)-1)+1) {
			break
		}
		i := r.IntN(len(workers))
		workers[i].kill()
		workers[i] = p.worker(i)
		all = append(all, workers[i])
		if n%6 == 3 {
			producer.kill()
			producer = p.start("producer")
			producers++
		}
	}
	return func() string {
		parts, again := p.attempts(all)
		if killed := len(all) - len(workers); killed < p.kills {
			p.t.Errorf("got %d workers killed, want %d", killed, p.kills)
		}
		return fmt.Sprintf("%d workers and %d producers killed; %d parts done, %d of them again", len(all)-len(workers), producers, parts, again)
	}
}

// await waits for so many runs more. It is false when there is nothing to wait for.
func (p *proof) await(ctx context.Context, runs int) bool {
	for range runs {
		select {
		case <-p.begun:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// busy waits until so many tasks are being done, though not for ever: at the end
// of the rounds there may be fewer.
func (p *proof) busy(ctx context.Context, client *redis.Client, tasks int) bool {
	for deadline := time.Now().Add(20 * time.Second); ctx.Err() == nil; {
		n, err := client.ZCard(ctx, leases).Result()
		if err != nil {
			return false
		}
		if int(n) >= tasks || time.Now().After(deadline) {
			return true
		}
		select {
		case <-ctx.Done():
		case <-time.After(2 * time.Millisecond):
		}
	}
	return false
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
