package queue

import (
	"context"
	"crypto/tls"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"
)

// Config says which Redis to use: one server, a Sentinel group or a cluster.
type Config struct {
	// Addrs is host:port of the server, or of several Sentinel or cluster nodes.
	Addrs []string `env:"LONGSHORE_REDIS_ADDR" envSeparator:"," envDefault:"127.0.0.1:6379"`
	// Username is for Redis's ACL. Empty is the default user.
	Username string `env:"LONGSHORE_REDIS_USERNAME"`
	// Password is never logged.
	Password string `env:"LONGSHORE_REDIS_PASSWORD" json:"-"`
	// DB is the database's number; a cluster has only 0.
	DB int `env:"LONGSHORE_REDIS_DB"`
	// TLS is set to speak TLS with the system's certificate authorities.
	TLS bool `env:"LONGSHORE_REDIS_TLS"`
	// SentinelMaster is the group's name; set, Addrs are Sentinels.
	SentinelMaster string `env:"LONGSHORE_REDIS_SENTINEL_MASTER"`
	// Cluster is set when Addrs are nodes of a cluster.
	Cluster bool `env:"LONGSHORE_REDIS_CLUSTER"`
}

// Open returns a connection pool. It makes no request; the caller closes it.
func Open(cfg Config) redis.UniversalClient {
	opts := &redis.UniversalOptions{
		Addrs: cfg.Addrs, Username: cfg.Username, Password: cfg.Password, DB: cfg.DB,
		MasterName: cfg.SentinelMaster, IsClusterMode: cfg.Cluster,
		DialTimeout: 5 * time.Second,
	}
	if cfg.TLS {
		opts.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return redis.NewUniversalClient(opts)
}

// LogTo hands the lines of the Redis client to log. It is for the whole process.
func LogTo(log *zap.Logger) { redis.SetLogger(redisLog{log}) }

type redisLog struct{ *zap.Logger }

// Printf implements the client's logging. It repeats what calls return, so it is
// for debugging only.
func (l redisLog) Printf(_ context.Context, format string, args ...any) {
	if entry := l.Check(zap.DebugLevel, "redis client"); entry != nil {
		entry.Write(zap.String("text", fmt.Sprintf(format, args...)))
	}
}
