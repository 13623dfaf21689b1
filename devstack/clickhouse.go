package devstack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/devstack/chdb"
	"github.com/longshore/longshore/devstack/front"
)

// startClickHouse starts a clickhouse binary when a usable one is on PATH, else the embedded engine.
func startClickHouse(ctx context.Context, config Config, ports portMap) (server, error) {
	if binary := findBinary(ctx); binary != "" && !config.NoBinary {
		return startBinary(ctx, binary, config, ports)
	}
	return startEmbedded(config, ports)
}

// embeddedClickHouse is the engine of this process behind two listeners.
type embeddedClickHouse struct {
	ports  portMap
	engine *chdb.Engine
	front  *front.Server
	tcp    net.Listener
	http   *http.Server
	group  errgroup.Group
}

func startEmbedded(config Config, ports portMap) (server, error) {
	dir := filepath.Join(config.DataDir, "clickhouse")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if config.libraryErr != nil {
		return nil, config.libraryErr
	}
	engine, err := chdb.Start(config.library, dir)
	if err != nil {
		return nil, err
	}
	server, err := front.New(front.Config{Engine: front.Embedded(engine), Log: config.Log})
	if err != nil {
		engine.Close()
		return nil, err
	}
	s := &embeddedClickHouse{ports: ports, engine: engine, front: server}
	if err := s.listen(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *embeddedClickHouse) listen() error {
	var err error
	if s.tcp, err = net.Listen("tcp", s.ports.address(ClickHouse)); err != nil {
		return err
	}
	s.group.Go(func() error { return s.front.Serve(s.tcp) })
	l, err := net.Listen("tcp", s.ports.address(clickHouseHTTP))
	if err != nil {
		return err
	}
	s.http = &http.Server{Handler: s.front}
	s.group.Go(func() error {
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve http: %w", err)
		}
		return nil
	})
	return nil
}

func (s *embeddedClickHouse) env(into map[string]string) { clickHouseEnv(s.ports, into) }

func clickHouseEnv(ports portMap, into map[string]string) {
	into["LONGSHORE_CLICKHOUSE_URL"] = "clickhouse://default@" + ports.address(ClickHouse) + "/default"
	into["LONGSHORE_CLICKHOUSE_HTTP_URL"] = "http://" + ports.address(clickHouseHTTP)
}

// close drops the clients, stops their queries and then the engine.
func (s *embeddedClickHouse) close() error {
	var errs []error
	if s.tcp != nil {
		errs = append(errs, s.tcp.Close())
	}
	if s.http != nil {
		errs = append(errs, s.http.Close())
	}
	s.front.Close()
	errs = append(errs, s.group.Wait())
	s.engine.Close()
	return errors.Join(errs...)
}
