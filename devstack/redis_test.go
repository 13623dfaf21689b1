package devstack_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

func TestRedis(t *testing.T) {
	c, ctx := redis.NewClient(&redis.Options{Addr: stack.Env()["LONGSHORE_REDIS_ADDR"]}), t.Context()
	t.Cleanup(func() { c.Close() })
	if err := c.Set(ctx, "brief", "x", 50*time.Millisecond).Err(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the key expires", func() bool { return errors.Is(c.Get(ctx, "brief").Err(), redis.Nil) })
	policy, err := c.ConfigGet(ctx, "maxmemory-policy").Result()
	if err != nil || policy["maxmemory-policy"] != "noeviction" {
		t.Errorf("got %v %v", policy, err)
	}
}

// TestAsynq runs a task, a retry of it and a unique lock through the queue that Longshore uses.
func TestAsynq(t *testing.T) {
	address := asynq.RedisClientOpt{Addr: stack.Env()["LONGSHORE_REDIS_ADDR"]}
	client := asynq.NewClient(address)
	t.Cleanup(func() { client.Close() })
	done := make(chan string, 1)
	server := asynq.NewServer(address, asynq.Config{
		Concurrency: 2, LogLevel: asynq.FatalLevel, TaskCheckInterval: 10 * time.Millisecond, DelayedTaskCheckInterval: 10 * time.Millisecond,
		RetryDelayFunc: func(int, error, *asynq.Task) time.Duration { return 0 },
	})
	err := server.Start(asynq.HandlerFunc(func(ctx context.Context, task *asynq.Task) error {
		if n, _ := asynq.GetRetryCount(ctx); n == 0 {
			return context.DeadlineExceeded
		}
		done <- string(task.Payload())
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer server.Shutdown()
	if _, err := client.Enqueue(asynq.NewTask("kind", []byte("payload")), asynq.Unique(time.Minute), asynq.TaskID("one"), asynq.Retention(time.Minute)); err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-done:
		if got != "payload" {
			t.Errorf("got %q", got)
		}
	case <-time.After(time.Minute):
		t.Fatal("the task was not run within a minute")
	}
	inspector := asynq.NewInspector(address)
	defer inspector.Close()
	eventually(t, "the task is completed", func() bool {
		info, err := inspector.GetTaskInfo("default", "one")
		return err == nil && info.State == asynq.TaskStateCompleted && info.Retried == 1
	})
	if _, err := inspector.GetQueueInfo("default"); err != nil {
		t.Error(err)
	}
}
