package postgres

import (
	"context"
	"sync"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/longshore/longshore/pkg/source"
)

// database is an open connection of a project. Its server connections are
// opened as they are needed.
type database struct {
	name      string
	settings  *pgconn.Config // read only
	batchRows int
	types     *typeCache

	mu     sync.Mutex
	idle   []*session // guarded by mu
	closed bool       // guarded by mu
}

var _ source.Database = (*database)(nil)

// Describe implements source.Database. It prepares and explains the query: the
// first finds its columns, the second the grants that it needs.
func (d *database) Describe(ctx context.Context, q source.Query) (*arrow.Schema, error) {
	s, err := d.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer d.release(s)
	action := "describe model " + q.Name
	if _, err := s.run(ctx, begin); err != nil {
		return nil, d.failure(ctx, action, err)
	}
	m, err := d.prepare(ctx, s, q, action)
	if err != nil {
		return nil, err
	}
	if _, err := d.explain(ctx, s, m.sql, action); err != nil {
		return nil, err
	}
	return m.schema, nil
}

// Close implements source.Database. Readers and splits that are still open keep
// their connections until they are closed.
func (d *database) Close() error {
	d.mu.Lock()
	idle := d.idle
	d.idle, d.closed = nil, true
	d.mu.Unlock()
	for _, s := range idle {
		s.end()
	}
	return nil
}

func (d *database) popIdle() *session {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.idle) == 0 {
		return nil
	}
	s := d.idle[len(d.idle)-1]
	d.idle = d.idle[:len(d.idle)-1]
	return s
}

// pushIdle reports whether there was room for the session.
func (d *database) pushIdle(s *session) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || len(d.idle) >= idleSessions {
		return false
	}
	d.idle = append(d.idle, s)
	return true
}
