package queue

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/longshore/longshore/internal/task"
)

const (
	progressKey    = "longshore:progress:" // + run; a hash by part
	eventsChannel  = "longshore:events"
	progressExpiry = 24 * time.Hour
)

// Progress is how far an attempt at a part has come. It lives in Redis only:
// good for a progress bar and for missing a worker, no good for counting.
type Progress struct {
	Part    int       `json:"part"`
	Epoch   int       `json:"epoch"`
	Round   int       `json:"round"`
	Attempt string    `json:"attempt"`
	Rows    int64     `json:"rows"`
	Bytes   int64     `json:"bytes"`
	At      time.Time `json:"at"` // by the worker's clock
	// Seen counts the reports of the attempt from 1: whoever sees it stand still
	// knows that the worker is gone, without comparing clocks.
	Seen int64 `json:"seen"`
}

// Report tells how far a task has come.
func (c *Client) Report(ctx context.Context, t task.Task, p Progress) error {
	p.Part, p.Epoch, p.Round, p.At = t.Part, t.Epoch, t.Round, time.Now().UTC()
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	key := progressKey + t.Run
	pipe := c.redis.Pipeline()
	pipe.HSet(ctx, key, strconv.Itoa(p.Part), body)
	pipe.Expire(ctx, key, progressExpiry)
	if _, err := pipe.Exec(ctx); err != nil {
		return classify(err, "report progress of task %s", t.ID())
	}
	return nil
}

// Progress returns what the parts of a run reported last, by part.
func (c *Client) Progress(ctx context.Context, run string) (map[int]Progress, error) {
	fields, err := c.redis.HGetAll(ctx, progressKey+run).Result()
	if err != nil {
		return nil, classify(err, "read progress of run %s", run)
	}
	parts := make(map[int]Progress, len(fields))
	for _, body := range fields {
		var p Progress
		if err := json.Unmarshal([]byte(body), &p); err == nil {
			parts[p.Part] = p
		}
	}
	return parts, nil
}

// Forget drops a run's progress.
func (c *Client) Forget(ctx context.Context, run string) error {
	if err := c.redis.Del(ctx, progressKey+run).Err(); err != nil {
		return classify(err, "forget progress of run %s", run)
	}
	return nil
}

// ForgetParts drops the progress of n parts of a run.
func (c *Client) ForgetParts(ctx context.Context, run string, first, n int) error {
	fields := make([]string, n)
	for i := range fields {
		fields[i] = strconv.Itoa(first + i)
	}
	if err := c.redis.HDel(ctx, progressKey+run, fields...).Err(); err != nil {
		return classify(err, "forget progress of run %s", run)
	}
	return nil
}

// Notify wakes whoever listens: something happened to a run. It is a hint, and
// may get lost.
func (c *Client) Notify(ctx context.Context, run string) error {
	if err := c.redis.Publish(ctx, eventsChannel, run).Err(); err != nil {
		return classify(err, "notify of run %s", run)
	}
	return nil
}

// Listen calls wake with the id of each run that something happens to, until
// ctx ends. It reconnects by itself; hints sent meanwhile are lost.
func (c *Client) Listen(ctx context.Context, wake func(run string)) {
	sub := c.redis.Subscribe(ctx, eventsChannel)
	defer sub.Close()
	messages := sub.Channel()
	for {
		select {
		case <-ctx.Done():
			return
		case msg, ok := <-messages:
			if !ok {
				return
			}
			wake(msg.Payload)
		}
	}
}

func attemptID() string { return ulid.Make().String() }
