// Package queue is the way from a producer to its workers, over asynq on Redis.
// It is the only package that knows asynq.
//
// What must stay true:
//
//   - The queue is not the record. Redis may be flushed at any time: State then
//     answers Absent, and the producer enqueues again what the ledger has open.
//   - A task can run twice at the same moment: asynq doesn't stop a handler whose
//     lease was lost. Handlers make their outcome count once, by the ledger.
//   - The kind of a handler's error decides what happens next; see verdict.
package queue

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/longshore/longshore/internal/task"
	"github.com/longshore/longshore/pkg/fault"
)

const (
	// maxRetries is how often the queue tries a task again after its first
	// attempt. With the delays of retryDelay that spans about ten minutes.
	maxRetries = 14
	// timeout is the longest that one attempt may take. It only frees the slot
	// of a handler that hangs for ever; parts are far shorter.
	timeout = 7 * 24 * time.Hour
)

// State is where the queue has a task.
type State string

// The states of a task in the queue.
const (
	Absent  State = "absent"  // never enqueued, forgotten, or done
	Waiting State = "waiting" // for a free worker, or for its next attempt
	Active  State = "active"  // a worker has it
	Dead    State = "dead"    // its attempts are spent
)

// Client is the producer's side. It is safe for concurrent use.
type Client struct {
	redis     redis.UniversalClient
	inspector *asynq.Inspector
}

// NewClient returns a client over an open Redis connection, which stays the
// caller's to close.
func NewClient(r redis.UniversalClient) *Client {
	return &Client{redis: r, inspector: asynq.NewInspectorFromRedisClient(r)}
}

// Enqueue puts a task into its queue. A task that is there already, in whatever
// state, stays as it is, and that is a success.
func (c *Client) Enqueue(ctx context.Context, t task.Task) error {
	msg := asynq.NewTask(string(t.Kind), t.Encode())
	// An asynq client remembers which queues it made known, but not that Redis was
	// flushed since; a new one makes ours known again. See TestAFlushedQueueIsKnownAgain.
	client := asynq.NewClientFromRedisClient(c.redis)
	_, err := client.EnqueueContext(ctx, msg, asynq.TaskID(t.ID()), asynq.Queue(t.Queue),
		asynq.MaxRetry(maxRetries), asynq.Timeout(timeout))
	if errors.Is(err, asynq.ErrTaskIDConflict) {
		return nil
	}
	if err != nil {
		return classify(err, "enqueue task %s", t.ID())
	}
	return nil
}

// State says where the queue has a task, and for a dead one why.
func (c *Client) State(t task.Task) (State, string, error) {
	info, err := c.inspector.GetTaskInfo(t.Queue, t.ID())
	if errors.Is(err, asynq.ErrTaskNotFound) || errors.Is(err, asynq.ErrQueueNotFound) {
		return Absent, "", nil
	}
	if err != nil {
		return "", "", classify(err, "look up task %s", t.ID())
	}
	switch info.State {
	case asynq.TaskStateActive:
		return Active, "", nil
	case asynq.TaskStateArchived:
		return Dead, info.LastErr, nil
	case asynq.TaskStateCompleted:
		return Absent, "", nil
	}
	return Waiting, "", nil
}

// Withdraw takes a task out of the queue, or tells the worker that has it to
// stop. It doesn't wait for the worker.
func (c *Client) Withdraw(t task.Task) error {
	err := c.inspector.DeleteTask(t.Queue, t.ID())
	if err == nil || errors.Is(err, asynq.ErrTaskNotFound) || errors.Is(err, asynq.ErrQueueNotFound) {
		return nil
	}
	if err := c.inspector.CancelProcessing(t.ID()); err != nil {
		return classify(err, "withdraw task %s", t.ID())
	}
	return nil
}

// Recall takes a task out of the queue that no worker has. One that a worker has
// goes on.
func (c *Client) Recall(t task.Task) error {
	err := c.inspector.DeleteTask(t.Queue, t.ID())
	if err == nil || errors.Is(err, asynq.ErrTaskNotFound) || errors.Is(err, asynq.ErrQueueNotFound) {
		return nil
	}
	if state, _, unknown := c.State(t); unknown == nil && state == Active {
		return nil
	}
	return classify(err, "recall task %s", t.ID())
}

// Depth is how many tasks of a queue are in which state.
type Depth struct {
	Queue   string `json:"queue"`
	Waiting int    `json:"waiting"`
	Active  int    `json:"active"`
	Dead    int    `json:"dead"`
}

// Depths returns the depth of every queue.
func (c *Client) Depths() ([]Depth, error) {
	known, err := c.inspector.Queues()
	if err != nil {
		return nil, classify(err, "list queues")
	}
	var all []Depth
	for _, name := range task.Queues() {
		if !slices.Contains(known, name) { // it had no task yet
			all = append(all, Depth{Queue: name})
			continue
		}
		info, err := c.inspector.GetQueueInfo(name)
		if err != nil {
			return nil, classify(err, "look up queue %s", name)
		}
		all = append(all, Depth{Queue: name, Waiting: info.Pending + info.Scheduled + info.Retry, Active: info.Active, Dead: info.Archived})
	}
	return all, nil
}

// Workers returns how many worker processes Redis knows of.
func (c *Client) Workers() (int, error) {
	servers, err := c.inspector.Servers()
	if err != nil {
		return 0, classify(err, "look up workers")
	}
	seen := map[string]bool{}
	for _, s := range servers {
		seen[s.Host+"/"+time.Duration(s.PID).String()] = true
	}
	return len(seen), nil
}

// Slots returns how many tasks of a queue workers do at a time.
func (c *Client) Slots(queue string) (slots int, err error) {
	servers, err := c.inspector.Servers()
	if err != nil {
		return 0, classify(err, "look up workers")
	}
	for _, s := range servers {
		if s.Queues[queue] > 0 && s.Status == "active" {
			slots += s.Concurrency
		}
	}
	return slots, nil
}

// Ping reports whether Redis answers.
func (c *Client) Ping(ctx context.Context) error {
	if err := c.redis.Ping(ctx).Err(); err != nil {
		return classify(err, "ping")
	}
	return nil
}

func classify(err error, format string, args ...any) error {
	kind := fault.KindOf(err)
	if kind == fault.Unknown {
		kind = fault.Temporary // a queue's trouble is the network's or the server's
	}
	args = append(args, err)
	return fault.WithRemedy(fault.New(kind, "redis: "+format+": %w", args...), "check LONGSHORE_REDIS_ADDR and that Redis is up")
}
