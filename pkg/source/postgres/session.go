package postgres

import (
	"context"
	"errors"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// idleSessions is how many connections a database keeps for the next call.
const idleSessions = 2

// endTimeout bounds the polite end of a session whose caller no longer waits.
const endTimeout = 5 * time.Second

// session is one connection to the server, used by one goroutine.
type session struct {
	conn *pgconn.PgConn
	// dirty is set while the connection is in the middle of an answer.
	dirty bool
}

// acquire returns a session that isn't in a transaction: an idle one, or new.
func (d *database) acquire(ctx context.Context) (*session, error) {
	for s := d.popIdle(); s != nil; s = d.popIdle() {
		if s.conn.CheckConn() == nil { //nolint:staticcheck // a ping would cost a round trip for each query; what it misses fails and is tried again
			return s, nil
		}
		s.end()
	}
	conn, err := pgconn.ConnectConfig(ctx, d.settings)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == codeProtocolViolation {
		conn, err = pgconn.ConnectConfig(ctx, withoutGuards(d.settings))
	}
	if err != nil {
		return nil, d.failure(ctx, "connect to "+address(d.settings), err)
	}
	return &session{conn: conn}, nil
}

// release takes a session back. What is not at rest is ended.
func (d *database) release(s *session) {
	if s.dirty || s.conn.IsClosed() || s.conn.IsBusy() {
		s.cancel()
		return
	}
	if s.conn.TxStatus() != 'I' {
		ctx, stop := context.WithTimeout(context.Background(), endTimeout)
		defer stop()
		if _, err := s.run(ctx, "ROLLBACK"); err != nil {
			s.end()
			return
		}
	}
	if !d.pushIdle(s) {
		s.end()
	}
}

// end closes the connection.
func (s *session) end() {
	ctx, stop := context.WithTimeout(context.Background(), endTimeout)
	defer stop()
	_ = s.conn.Close(ctx) // nothing to be saved on either side
}

// cancel has the server stop what it does for this session, and ends it.
func (s *session) cancel() {
	ctx, stop := context.WithTimeout(context.Background(), endTimeout)
	defer stop()
	if s.dirty || s.conn.IsClosed() {
		_ = s.conn.CancelRequest(ctx) // closing the socket stops it too, at the server's next write
	}
	_ = s.conn.Conn().Close()
	s.end()
}

// begin opens the transaction that all else happens in. SET LOCAL leaves no
// trace on a connection that a pooler shares.
const begin = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ` +
	`SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; ` +
	`SET LOCAL datestyle = 'ISO'; SET LOCAL intervalstyle = 'postgres'; SET LOCAL extra_float_digits = 1; ` +
	`SET LOCAL bytea_output = 'hex'`

// run executes statements and returns the rows of the last as text, nulls as
// empty strings. The server's error is returned as it is.
func (s *session) run(ctx context.Context, sql string) ([][]string, error) {
	results, err := s.conn.Exec(ctx, sql).ReadAll()
	if err != nil || len(results) == 0 {
		return nil, err
	}
	last := results[len(results)-1]
	rows := make([][]string, len(last.Rows))
	for i, row := range last.Rows {
		rows[i] = make([]string, len(row))
		for j, value := range row {
			rows[i][j] = string(value)
		}
	}
	return rows, nil
}

func hostPort(host string, port uint16) string {
	return net.JoinHostPort(host, strconv.Itoa(int(port)))
}
