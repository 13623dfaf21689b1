package servertest

import (
	"context"
	"os/exec"
	"strconv"
	"testing"

	"github.com/redis/go-redis/v9"
)

// Redis starts an empty Redis 7 for this test and returns its address, host:port. It starts in milliseconds, so
// tests do not share it.
func Redis(t testing.TB) (addr string) {
	t.Helper()
	addr, _ = StartRedis(t)
	return addr
}

// StartRedis is Redis with a hand on the process. Every write is on disk before it is acknowledged, so a killed
// server comes back with all of it; FLUSHALL loses it.
func StartRedis(t testing.TB) (addr string, server *Server) {
	t.Helper()
	return own(t, "Redis", startRedis)
}

func startRedis() (string, *Server, error) {
	at, err := newSite("redis", "redis-server")
	if err != nil {
		return "", nil, err
	}
	server := &Server{
		name: "redis",
		dir:  at.dir,
		command: func() *exec.Cmd {
			return exec.Command(at.program, "--bind", "127.0.0.1", "--port", strconv.Itoa(at.port), "--dir", at.dir,
				"--maxmemory-policy", "noeviction", "--save", "", "--appendonly", "yes", "--appendfsync", "always")
		},
		ready: func(ctx context.Context) error {
			client := redis.NewClient(&redis.Options{Addr: at.addr})
			defer client.Close()
			return client.Ping(ctx).Err()
		},
	}
	return at.addr, server, server.start(context.Background())
}
