package daemon_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/longshore/longshore/internal/diff"
	"github.com/longshore/longshore/internal/ledger"
)

// leases is where the queue has the tasks that workers do, by the time at which
// they count as lost.
const leases = "asynq:{export}:lease"

// killing kills workers now and then while they have tasks, and a few times the
// producer. What it returns says how many, and how many tasks were done again.
func (p *proof) killing(ctx context.Context, producer *process, workers []*process) (told func() string) {
	client := redis.NewClient(&redis.Options{Addr: p.redis})
	defer client.Close()
	r := rand.New(rand.NewPCG(uint64(len(workers)), 1))
	all, producers, every := workers[:len(workers):len(workers)], 0, max(1, cap(p.begun)/(p.kills+2))
	for n := range p.kills {
		if !p.await(ctx, every) || !p.busy(ctx, client) {
			break
		}
		i := r.IntN(len(workers))
		workers[i].kill()
		if p.hurried {
			p.expire(ctx, client)
		}
		workers[i] = p.worker(i)
		all = append(all, workers[i])
		if n%5 == 3 {
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

// busy waits until a worker has a task.
func (p *proof) busy(ctx context.Context, client *redis.Client) bool {
	for ; ctx.Err() == nil; pause(p.t) {
		n, err := client.ZCard(ctx, leases).Result()
		if err != nil {
			return false
		}
		if n > 0 {
			return true
		}
	}
	return false
}

// expire makes the leases of a killed worker end at once, and not after a
// minute. A worker that lives renews its leases of 30 s each 5 s.
func (p *proof) expire(ctx context.Context, client *redis.Client) {
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline) && ctx.Err() == nil; pause(p.t) {
		old, err := client.ZRangeByScore(ctx, leases, &redis.ZRangeBy{Min: "0", Max: fmt.Sprint(time.Now().Unix() + 22)}).Result()
		if err != nil || len(old) == 0 {
			continue
		}
		for _, task := range old {
			client.ZAddXX(ctx, leases, redis.Z{Score: float64(time.Now().Unix() - 120), Member: task})
		}
		return
	}
}

// attempts returns how many parts the workers did, and how many of them not the
// first time.
func (p *proof) attempts(workers []*process) (parts, again int) {
	for _, w := range workers {
		for line := range strings.Lines(w.log(p.t)) {
			if strings.Contains(line, `"part done"`) {
				parts++
				if !strings.Contains(line, `"retried":0,`) {
					again++
				}
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
		rows := b.Open(ledgerFiles{p.ledger}, diff.Range{}, 1<<20)
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

// ledgerFiles is the state bucket as package diff sees it.
type ledgerFiles struct{ ledger *ledger.Ledger }

func (f ledgerFiles) Create(ctx context.Context, name string) diff.File {
	return f.ledger.NewFile(ctx, name)
}

func (f ledgerFiles) Read(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	return f.ledger.ReadFile(ctx, name, offset, length)
}
