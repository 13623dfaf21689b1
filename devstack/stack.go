package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/devstack/chdb"
)

// The servers of a stack.
const (
	Redis      = "redis"
	S3         = "s3"
	ClickHouse = "clickhouse"
)

// Config of a Stack. The zero value starts everything on free ports over .cache/devstack.
type Config struct {
	// DataDir is the folder that the servers keep their data in; it is created. Empty means .cache/devstack. No
	// two processes may use one folder at a time.
	DataDir string
	// Only names the servers to start; empty means all.
	Only []string
	// Ports fixes ports by the names redis, s3, clickhouse and clickhouse-http. A port that is not fixed is the
	// one that the folder had before when that is free, else any free one.
	Ports map[string]int
	// NoBinary runs the embedded ClickHouse even where a clickhouse binary is on PATH.
	NoBinary bool
	// Log receives what the servers report; nil drops it.
	Log *zap.Logger

	library    string // the path of libchdb
	libraryErr error  // why there is none
}

// server is a part of a stack. Its env adds what a program needs to find it.
type server interface {
	env(into map[string]string)
	close() error
}

// Stack is a set of running servers.
type Stack struct {
	servers []server
	lock    *folderLock
	env     map[string]string
}

// started guards against a second Stack in the process.
var started atomic.Bool

// Start starts the servers and returns once all of them answer. The caller closes the Stack.
func Start(ctx context.Context, config Config) (*Stack, error) {
	if !started.CompareAndSwap(false, true) {
		return nil, errors.New("start devstack: this process has one already")
	}
	stack, err := start(ctx, config)
	if err != nil {
		started.Store(false)
		return nil, fmt.Errorf("start devstack: %w", err)
	}
	return stack, nil
}

func start(ctx context.Context, config Config) (*Stack, error) {
	if err := config.complete(); err != nil {
		return nil, err
	}
	lock, err := lockFolder(config.DataDir)
	if err != nil {
		return nil, err
	}
	stack := &Stack{lock: lock, env: map[string]string{}}
	ports, err := choosePorts(config)
	if err == nil {
		err = stack.startAll(ctx, config, ports)
	}
	if err != nil {
		return nil, errors.Join(err, stack.closeServers())
	}
	for _, s := range stack.servers {
		s.env(stack.env)
	}
	return stack, nil
}

// startAll starts the servers side by side.
func (s *Stack) startAll(ctx context.Context, config Config, ports portMap) error {
	starters := map[string]func(context.Context, Config, portMap) (server, error){
		Redis: startRedis, S3: startS3, ClickHouse: startClickHouse,
	}
	running := make([]server, len(config.Only))
	group, ctx := errgroup.WithContext(ctx)
	for i, name := range config.Only {
		group.Go(func() error {
			server, err := starters[name](ctx, config, ports)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			running[i] = server
			return nil
		})
	}
	err := group.Wait()
	for _, server := range running {
		if server != nil {
			s.servers = append(s.servers, server)
		}
	}
	return err
}

func (c *Config) complete() error {
	if c.DataDir == "" {
		c.DataDir = filepath.Join(".cache", "devstack")
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	if len(c.Only) == 0 {
		c.Only = []string{Redis, S3, ClickHouse}
	}
	for _, name := range c.Only {
		if !slices.Contains([]string{Redis, S3, ClickHouse}, name) {
			return fmt.Errorf("no server is called %q: there are redis, s3 and clickhouse", name)
		}
	}
	// The S3 gateway changes the working directory, so that everything relative to it is looked up before.
	c.library, c.libraryErr = chdb.Find()
	dir, err := filepath.Abs(c.DataDir)
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	c.DataDir = dir
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	return nil
}

// Env returns the environment variables that tell programs where the servers are.
func (s *Stack) Env() map[string]string {
	env := make(map[string]string, len(s.env))
	for name, value := range s.env {
		env[name] = value
	}
	return env
}

// Close stops the servers in order and waits for them. Afterwards another Stack may be started in this process,
// over the same folder when it had an embedded ClickHouse.
func (s *Stack) Close() error {
	err := s.closeServers()
	started.Store(false)
	return err
}

func (s *Stack) closeServers() error {
	var errs []error
	for _, server := range s.servers {
		errs = append(errs, server.close())
	}
	return errors.Join(append(errs, s.lock.release())...)
}
