package ingest

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/event"
	"github.com/longshore/longshore/internal/ledger"
)

// Queue is what an ingest asks of a queue of events. Package event's is one.
type Queue interface {
	Receive(ctx context.Context) ([]event.Message, error)
	Delete(ctx context.Context, messages []event.Message) error
}

const (
	// queuesLook is how often the definitions are asked which queues there are.
	queuesLook = 5 * time.Second
	// queueRest is how long a queue that failed is left alone, at first and at most.
	queueRest, queueRestMost = 2 * time.Second, time.Minute
)

// source is a queue and the connection whose account reads it.
type source struct{ url, connection string }

// Listener takes events from the queues that definitions name. Only the producer
// that leads runs one.
type Listener struct {
	ingest *Ingest
	queue  func(ctx context.Context, c *def.Connection, url string) (Queue, error)
	// started is called with each run that events led to.
	started func(ledger.RunID)
}

// NewListener returns a Listener for one term of leadership.
func (i *Ingest) NewListener(queue func(ctx context.Context, c *def.Connection, url string) (Queue, error), started func(ledger.RunID)) *Listener {
	return &Listener{i, queue, started}
}

// Lead listens to the queues of the definitions in force until ctx ends.
func (l *Listener) Lead(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	stops := map[source]context.CancelFunc{}
	for ok := true; ok; ok = rest(ctx, queuesLook) {
		_, _, fed, err := l.feeds(ctx)
		if err != nil {
			if ctx.Err() == nil {
				l.ingest.log.Warn("queues of events not looked for", zap.Error(err))
			}
			continue
		}
		for s, stop := range stops {
			if fed[s] == nil {
				stop()
				delete(stops, s)
			}
		}
		for s := range fed {
			if stops[s] == nil {
				listening, stop := context.WithCancel(ctx)
				stops[s] = stop
				wg.Go(func() { l.listen(listening, s) })
			}
		}
	}
	for _, stop := range stops {
		stop()
	}
}

// feeds returns the definitions in force, and the datasources that each queue is for.
func (l *Listener) feeds(ctx context.Context) (id ledger.ProjectID, p *def.Project, fed map[source][]string, err error) {
	if id, err = l.ingest.ledger.CurrentProjectID(ctx); err != nil || id == "" {
		return id, nil, nil, err
	}
	if p, err = l.ingest.doors.Project(ctx, id); err != nil {
		return id, nil, nil, err
	}
	fed = map[source][]string{}
	for name, d := range p.Datasources {
		if d.Import != nil && d.Import.Events != nil && d.Import.Events.Queue != "" {
			s := source{d.Import.Events.Queue, d.Import.Connection}
			fed[s] = append(fed[s], name)
		}
	}
	return id, p, fed, nil
}

func (l *Listener) listen(ctx context.Context, s source) {
	delay := queueRest
	for ctx.Err() == nil {
		err := l.receive(ctx, s)
		if err == nil {
			delay = queueRest
			continue
		}
		if ctx.Err() == nil {
			l.ingest.log.Warn("events not taken", zap.String("queue", s.url), zap.Error(err))
		}
		rest(ctx, delay)
		delay = min(2*delay, queueRestMost)
	}
}

// receive takes messages and deletes them once the runs that they lead to are
// recorded. Until then the queue gives them again.
func (l *Listener) receive(ctx context.Context, s source) error {
	_, p, _, err := l.feeds(ctx)
	if err != nil || p == nil {
		return err
	}
	queue, err := l.queue(ctx, p.Connections[s.connection], s.url)
	if err != nil {
		return err
	}
	messages, err := queue.Receive(ctx)
	if err != nil || len(messages) == 0 {
		return err
	}
	var objects []event.Object
	for _, m := range messages {
		found, err := event.Parse(m.Body)
		if err != nil {
			l.ingest.log.Warn("event not understood", zap.String("queue", s.url), zap.Error(err))
		}
		objects = append(objects, found...)
	}
	if err := l.hint(ctx, s, objects); err != nil {
		return err
	}
	return queue.Delete(ctx, messages)
}

// hint tells of objects to the datasources of now: the wait for messages was long.
func (l *Listener) hint(ctx context.Context, s source, objects []event.Object) error {
	id, _, fed, err := l.feeds(ctx)
	if err != nil || len(objects) == 0 {
		return err
	}
	for _, name := range fed[s] {
		run, failed := l.ingest.Hint(ctx, id, name, objects)
		if failed != nil {
			err = failed // the others hear of it all the same
		} else if run != "" {
			l.started(run)
		}
	}
	return err
}

// rest waits and reports whether ctx goes on.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
