package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
)

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
