package ingest

import (
	"context"
	"sync"

	"github.com/longshore/longshore/internal/clickhouse"
)

// judgement is what the beginning of a file is judged by: the same for all of
// its ranges.
type judgement struct {
	datasource string
	file       clickhouse.FileVersion
	begunBy    string // the run whose definitions it is read with
}

func judgementOf(rec clickhouse.FileRecord) judgement {
	return judgement{rec.Datasource, rec.Version(), rec.RunID}
}

// judgementsKept is of how many files it is remembered: more than a worker has
// ranges of in hand.
const judgementsKept = 64

// judgements remembers why files were refused, or that they weren't, so that not
// every range reads the beginning of its file. The zero value is ready.
type judgements struct {
	mu    sync.Mutex
	known map[judgement]refusal       // guarded by mu
	order []judgement                 // of known, the oldest first; guarded by mu
	busy  map[judgement]chan struct{} // files that are being judged: closed when it is over; guarded by mu
}

// turn waits until nobody judges the file. Who then finds it not known judges it,
// and calls done when that is over.
func (k *judgements) turn(ctx context.Context, rec clickhouse.FileRecord) (done func(), err error) {
	of := judgementOf(rec)
	for {
		k.mu.Lock()
		busy, taken := k.busy[of]
		if !taken {
			break
		}
		k.mu.Unlock()
		select {
		case <-busy:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	defer k.mu.Unlock()
	if k.busy == nil {
		k.busy = map[judgement]chan struct{}{}
	}
	over := make(chan struct{})
	k.busy[of] = over
	return func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.busy, of)
		close(over)
	}, nil
}

func (k *judgements) of(rec clickhouse.FileRecord) (why refusal, known bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	why, known = k.known[judgementOf(rec)]
	return why, known
}

func (k *judgements) remember(rec clickhouse.FileRecord, why refusal) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil {
		k.known = map[judgement]refusal{}
	}
	of := judgementOf(rec)
	if _, known := k.known[of]; !known {
		k.order = append(k.order, of)
	}
	k.known[of] = why
	for len(k.order) > judgementsKept {
		delete(k.known, k.order[0])
		k.order = k.order[1:]
	}
}
