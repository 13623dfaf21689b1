package servertest

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func TestRedisKeepsItsDataWhenKilled(t *testing.T) {
	addr, server := StartRedis(t)
	client := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1})
	t.Cleanup(func() { client.Close() })
	if err := client.Set(t.Context(), "key", "value", 0).Err(); err != nil {
		t.Fatal(err)
	}
	server.Kill(t)
	if err := client.Ping(t.Context()).Err(); err == nil {
		t.Fatal("a killed server answered")
	}
	server.Restart(t)
	if got, err := client.Get(t.Context(), "key").Result(); err != nil || got != "value" {
		t.Fatalf("after the restart got %q, %v, want value", got, err)
	}
}

func TestPausedServerIsSilentUntilResumed(t *testing.T) {
	addr, server := StartRedis(t)
	client := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1, ContextTimeoutEnabled: true})
	t.Cleanup(func() { client.Close() })
	server.Pause(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := client.Ping(ctx).Err(); err == nil {
		t.Fatal("a paused server answered")
	}
	server.Resume(t)
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Fatalf("a resumed server did not answer: %v", err)
	}
}

func TestRedisIsFreshForEachTest(t *testing.T) {
	one, other := Redis(t), Redis(t)
	if one == other {
		t.Fatalf("two tests got the same server, %s", one)
	}
}
