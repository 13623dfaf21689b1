package devstack

import (
	"context"
	"fmt"
	"strings"

	"github.com/alicebob/miniredis/v2"
	redisserver "github.com/alicebob/miniredis/v2/server"
)

type redisServer struct{ mini *miniredis.Miniredis }

// startRedis starts a Redis that forgets everything when it ends.
func startRedis(_ context.Context, _ Config, ports portMap) (server, error) {
	mini := miniredis.NewMiniRedis()
	mini.ClockTTL(true) // keys expire by the clock, as in a real Redis
	if err := mini.StartAddr(ports.address(Redis)); err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if err := mini.Server().Register("CONFIG", configCommand); err != nil {
		mini.Close()
		return nil, fmt.Errorf("register CONFIG: %w", err)
	}
	return &redisServer{mini}, nil
}

// redisConfig is what CONFIG GET says. The embedded Redis never evicts and never saves.
var redisConfig = map[string]string{"maxmemory-policy": "noeviction", "maxmemory": "0", "appendonly": "no", "save": ""}

// configCommand answers CONFIG GET, which miniredis lacks.
func configCommand(c *redisserver.Peer, _ string, args []string) {
	if len(args) < 2 || !strings.EqualFold(args[0], "GET") {
		c.WriteError("ERR only CONFIG GET is supported")
		return
	}
	var found []string
	for _, name := range args[1:] {
		if value, ok := redisConfig[strings.ToLower(name)]; ok {
			found = append(found, strings.ToLower(name), value)
		}
	}
	c.WriteMapLen(len(found) / 2)
	for _, s := range found {
		c.WriteBulk(s)
	}
}

func (r *redisServer) env(into map[string]string) { into["LONGSHORE_REDIS_ADDR"] = r.mini.Addr() }

func (r *redisServer) close() error {
	r.mini.Close()
	return nil
}
