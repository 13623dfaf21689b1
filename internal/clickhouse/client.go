package clickhouse

import (
	"context"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

const (
	// dialTimeout is for connecting and for saying hello.
	dialTimeout = 10 * time.Second
	// answerTimeout is how long a statement may be silent: the server reports
	// progress several times a second.
	answerTimeout = 5 * time.Minute
	// clientName is what the server's logs call us.
	clientName = "longshore"
	// maxQueries is how many statements beside appends run at a time.
	maxQueries = 8
)

// Client is one database of one server. Its methods may be called from many
// goroutines.
type Client struct {
	target  target
	conn    driver.Conn
	pool    *pool
	streams *pool // apart: who holds one may append to another table meanwhile

	mu    sync.Mutex
	fills *bool // whether the server fills a FileColumn, once that is known; guarded by mu
}

// Open returns the database of cfg. It makes no request; an error is Invalid.
func Open(cfg Config) (*Client, error) {
	t, err := cfg.target()
	if err != nil {
		return nil, err
	}
	conn, err := clickhouse.Open(&clickhouse.Options{
		Addr:         []string{t.address},
		Auth:         clickhouse.Auth{Database: t.database, Username: t.user, Password: t.password.Reveal()},
		TLS:          t.tls,
		DialTimeout:  dialTimeout,
		ReadTimeout:  answerTimeout,
		MaxOpenConns: maxQueries,
		MaxIdleConns: maxQueries,
		Settings:     t.querySettings(),
		ClientInfo: clickhouse.ClientInfo{Products: []struct {
			Name    string
			Version string
		}{{Name: clientName}}},
	})
	if err != nil {
		return nil, t.fault(action{verb: "open"}, err)
	}
	return &Client{target: t, conn: conn, pool: newPool(t), streams: newPool(t)}, nil
}

// Database returns the database's name.
func (c *Client) Database() string { return c.target.database }

// Cluster returns the cluster on which tables are made, or nothing.
func (c *Client) Cluster() string { return c.target.cluster }

// Sharded reports whether tables are behind Distributed ones. A server hands those the
// blocks of a Stream one by one, and each shard sees but an INSERT that may end half way.
func (c *Client) Sharded() bool { return c.target.distributed }

// Close closes all connections. Appends that are under way fail.
func (c *Client) Close() error {
	c.pool.close()
	c.streams.close()
	if err := c.conn.Close(); err != nil {
		return c.target.fault(action{verb: "close"}, err)
	}
	return nil
}

// Ping connects and logs in unless that was done, and waits for an answer.
func (c *Client) Ping(ctx context.Context) error {
	if err := c.conn.Ping(ctx); err != nil {
		return c.target.fault(action{verb: "connect"}, err)
	}
	return nil
}

// Version returns the server's version, as 26.7.3.1.
func (c *Client) Version(ctx context.Context) (string, error) {
	var version string
	err := c.conn.QueryRow(ctx, "SELECT version()").Scan(&version)
	if err != nil {
		return "", c.target.fault(action{verb: "read the version"}, err)
	}
	return version, nil
}

// Exec runs a statement that returns no rows. What says in a few words what it
// does, for errors: "drop table shop.orders". Args are the values of the
// statement's {name:Type} parameters, made with clickhouse.Named, or of its ?.
func (c *Client) Exec(ctx context.Context, what, statement string, args ...any) error {
	if err := c.conn.Exec(ctx, statement, args...); err != nil {
		return c.target.fault(action{verb: what}, err)
	}
	return nil
}

// Query runs a SELECT and calls each with every row. Each gets a function that
// scans the row's columns into pointers. See Exec for what and args.
func (c *Client) Query(ctx context.Context, what, statement string, each func(scan func(...any) error) error, args ...any) error {
	rows, err := c.conn.Query(ctx, statement, args...)
	if err != nil {
		return c.target.fault(action{verb: what}, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return c.target.fault(action{verb: what}, err)
		}
	}
	if err := rows.Err(); err != nil {
		return c.target.fault(action{verb: what}, err)
	}
	return nil
}
