package mysql

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/longshore/longshore/pkg/fault"
)

// session is a connection to the server in a transaction that only reads.
type session struct {
	db   *database
	conn driver.Conn
	id   int64 // the server's, for KILL
}

// unlimited is sql_select_limit's word for all rows.
const unlimited = "18446744073709551615"

// settings is what each session begins with. A stalled consumer may not read
// for a long time: net_write_timeout, in seconds, is a minute otherwise.
var settings = []string{
	"SET NAMES utf8mb4",
	"SET SESSION time_zone = '+00:00', net_write_timeout = 7200, sql_select_limit = " + unlimited,
	"START TRANSACTION READ ONLY",
}

// connect opens a session. The error is for the user.
func (d *database) connect(ctx context.Context) (*session, error) {
	conn, err := d.connector.Connect(ctx)
	if err != nil {
		return nil, d.failure(ctx, "connect to "+d.address, err)
	}
	s := &session{db: d, conn: conn}
	if err := s.begin(ctx); err != nil {
		s.close()
		return nil, d.failure(ctx, "connect to "+d.address, err)
	}
	return s, nil
}

func (s *session) begin(ctx context.Context) error {
	for _, sql := range settings {
		if err := s.exec(ctx, sql); err != nil {
			return err
		}
	}
	rows, err := s.collect(ctx, "SELECT CONNECTION_ID()")
	if err != nil {
		return err
	}
	id, ok := toInteger[int64](rows[0][0])
	if !ok {
		return fault.New(fault.Unknown, "the server doesn't tell its connection's id")
	}
	s.id = id
	return nil
}

func (s *session) exec(ctx context.Context, sql string) error {
	execer, ok := s.conn.(driver.ExecerContext)
	if !ok {
		return fault.New(fault.Unknown, "the connection can't run statements")
	}
	_, err := execer.ExecContext(ctx, sql, nil)
	return err
}

// query prepares and runs a statement. Canceling ctx closes the connection.
func (s *session) query(ctx context.Context, sql string) (driver.Rows, error) {
	preparer, ok := s.conn.(driver.ConnPrepareContext)
	if !ok {
		return nil, fault.New(fault.Unknown, "the connection can't prepare statements")
	}
	prepared, err := preparer.PrepareContext(ctx, sql)
	if err != nil {
		return nil, err
	}
	if prepared.NumInput() > 0 {
		return nil, fault.WithRemedy(fault.New(fault.Invalid, "the SQL has parameters: ?"), "write their values")
	}
	runner, ok := prepared.(driver.StmtQueryContext)
	if !ok {
		return nil, fault.New(fault.Unknown, "the connection can't run what it prepared")
	}
	return runner.QueryContext(ctx, nil)
}

// collect runs a small query.
func (s *session) collect(ctx context.Context, sql string) (all [][]driver.Value, err error) {
	rows, err := s.query(ctx, sql)
	if err != nil {
		return nil, err
	}
	for {
		row := make([]driver.Value, len(rows.Columns()))
		if err := rows.Next(row); errors.Is(err, io.EOF) {
			return all, rows.Close()
		} else if err != nil {
			_ = rows.Close() // err says why
			return nil, err
		}
		for i, v := range row { // bytes are the connection's until the next row
			if b, ok := v.([]byte); ok {
				row[i] = append([]byte{}, b...)
			}
		}
		all = append(all, row)
	}
}

// close ends the session, and the transaction with it.
func (s *session) close() { _ = s.conn.Close() } // nothing was written

// killTimeout bounds the attempt to kill a query.
const killTimeout = 10 * time.Second

// kill ends the session in the server too. A server that can't be reached will
// notice by itself when it writes to the connection.
func (s *session) kill() {
	s.close()
	ctx, cancel := context.WithTimeout(context.Background(), killTimeout)
	defer cancel()
	conn, err := s.db.connector.Connect(ctx)
	if err != nil {
		return
	}
	other := &session{db: s.db, conn: conn}
	defer other.close()
	_ = other.exec(ctx, "KILL "+strconv.FormatInt(s.id, 10)) // it may be gone already
}
