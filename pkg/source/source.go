// Package source is the databases that an export reads.
//
// A driver is one folder here (postgres, mysql, clickhouse), one line in package all,
// and one call of the conformance suite in package sourcetest. Drivers stream:
// their memory doesn't grow with the result.
package source

import (
	"context"
	"encoding/json"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/batch"
)

// Driver opens databases of one kind. It holds no state.
type Driver interface {
	// Traits returns the facts about the kind of database.
	Traits() Traits
	// Open connects and checks that the server answers. Errors are Denied for
	// wrong credentials, NotFound for an unknown host or database, Temporary for
	// a refused connection; each names the server's address, never the password.
	Open(ctx context.Context, cfg Config) (Database, error)
}

// Traits is the facts about a kind of database.
type Traits struct {
	// Name is how definitions spell it: "postgres".
	Name string
	// Schemes is the URL schemes that it is chosen by.
	Schemes []string
	// Snapshots is set when all splits of a query can see one state of the data.
	Snapshots bool
}

// Config says which database to open and how.
type Config struct {
	// Name is the connection's name, for errors.
	Name string
	// URL holds the address and the credentials. It is never logged.
	URL string
	// BatchRows is how many rows a batch holds. Zero is batch.DefaultRows.
	BatchRows int
}

// Database is an open database. It is safe for concurrent use.
type Database interface {
	// Describe returns the schema of the query's result without running it. The
	// error is Invalid, with the server's message and position, for bad SQL, and
	// Denied where a grant is missing.
	Describe(ctx context.Context, q Query) (*arrow.Schema, error)
	// Split cuts the query into at most n splits whose results together are the
	// query's result, each row once. A query that can't be cut, or whose last
	// clause is an ORDER BY without a Partition, yields one split.
	Split(ctx context.Context, q Query, n int) (*Splits, error)
	// Read streams the rows of one split, in a schema equal to Describe's.
	Read(ctx context.Context, q Query, s Split) (batch.Reader, error)
	// Close frees the connections.
	Close() error
}

// Query is a model: SQL that the user wrote, and what is known about it.
type Query struct {
	// Name is the model's name, for errors.
	Name string
	// SQL is one SELECT (or WITH) statement without a final semicolon.
	SQL string
	// PartitionColumn is the column of the result to cut ranges of. Empty leaves
	// the choice to the driver.
	PartitionColumn string
	// PartitionCount is how many ranges the user wants. Zero leaves the choice to
	// the driver, which doesn't cut what is small.
	PartitionCount int
}

// Ranges returns into how many ranges to cut a result, n at most. Unless the
// user said, each should have at least so many rows.
func (q Query) Ranges(n int, rows, least int64) int {
	if q.PartitionCount > 0 {
		return min(n, q.PartitionCount)
	}
	return int(min(int64(n), rows/least))
}

// Split is one slice of a query's result. It travels as JSON to the worker
// that reads it; its content is the driver's own.
type Split struct {
	// Detail is what the driver needs to read the slice: a range, a snapshot id.
	Detail json.RawMessage `json:"detail"`
	// Rows is an estimate of the number of rows. Zero is unknown.
	Rows int64 `json:"rows,omitempty"`
}

// Splits is a query cut up, and the snapshot that keeps the slices consistent.
// It is open until Close: a split whose Splits is closed, or whose producer
// died, may be refused by Read with an error for which errors.Is(err,
// ErrSnapshotGone) holds; the whole query must then be split anew.
type Splits struct {
	Splits []Split
	// Consistent is set when all splits see one state of the data.
	Consistent bool
	// Ordered is set when the only split's rows come in an order that the query asks
	// for.
	Ordered bool
	// Held is set when the splits are readable only until Close.
	Held bool
	// Release ends the snapshot; nil where there is nothing to end.
	Release func() error
}

// Close ends the snapshot.
func (s *Splits) Close() error {
	if s == nil || s.Release == nil {
		return nil
	}
	return s.Release()
}
