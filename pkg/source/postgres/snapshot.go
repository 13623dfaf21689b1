package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
)

// export makes the snapshot of the session's transaction known to others, for
// as long as the transaction is open.
func (d *database) export(ctx context.Context, s *session, action string) (string, error) {
	rows, err := s.run(ctx, "SELECT pg_catalog.pg_export_snapshot()")
	if err != nil {
		return "", d.failure(ctx, action, fmt.Errorf("export the snapshot: %w", err))
	}
	return rows[0][0], nil
}

// keepAlive is how often a connection that holds a snapshot is used, so that
// nothing between us and the server takes it for dead.
const keepAlive = 30 * time.Second

// hold keeps the session's transaction open until the returned function is
// called. When the connection breaks, readers get ErrSnapshotGone.
func hold(d *database, s *session) (release func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	var keeper sync.WaitGroup
	keeper.Go(func() { keep(ctx, s) })
	return sync.OnceValue(func() error {
		cancel()
		keeper.Wait()
		d.release(s)
		return nil
	})
}

func keep(ctx context.Context, s *session) {
	tick := time.NewTicker(keepAlive)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if _, err := s.run(ctx, "SELECT 1"); err != nil {
			return
		}
	}
}

// beginAt opens a transaction that sees the given snapshot, or one of its own.
func (d *database) beginAt(ctx context.Context, s *session, snapshot, action string) error {
	sql := begin
	if snapshot != "" {
		sql += "; SET TRANSACTION SNAPSHOT " + quoteText(snapshot)
	}
	_, err := s.run(ctx, sql)
	var pg *pgconn.PgError
	if snapshot != "" && errors.As(err, &pg) && (pg.Code == codeInvalidParameterValue || pg.Code == codeNotInState) {
		return fault.WithRemedy(
			fault.New(fault.Temporary, "connection %s: %s: %w: %w", d.name, action, source.ErrSnapshotGone, d.oneLine(err, "")),
			"run the whole query again; behind a load balancer, name one server in the connection's URL")
	}
	if err != nil {
		return d.failure(ctx, action, fmt.Errorf("begin: %w", err))
	}
	return nil
}
