// Package front makes the embedded engine look like a ClickHouse server: the native protocol over TCP and the
// HTTP interface, for clickhouse-go, ch-go, and curl.
//
//	client ── tcp.go ─┐                        ┌─ SELECT: stream.go ─ engine's chunks ─ native.Walker ─ wire
//	client ── http.go ┴─ session.go ─ run.go ──┼─ INSERT: insert.go ─ wire ─ native.Walker ─ engine's insert
//	                                           └─ the rest: one call
//
// What must stay true:
//   - settings of a query end with it (TestSettingsDoNotLeak);
//   - one block of a client's INSERT is one block of the engine's when the INSERT carries a deduplication
//     token (TestDedup), so that the engine's deduplication works block by block;
//   - a result is never held whole when the engine can stream it (TestStreamMemory);
//   - a query whose client is gone is stopped (TestCancel).
package front

import "github.com/longshore/longshore/devstack/chdb"

// Engine is what the front needs of an engine.
type Engine interface {
	// Open opens a session; a session runs one statement at a time.
	Open() (Session, error)
	// Kill stops the statements that these sessions run. It does not wait for them.
	Kill(sessionIDs []string) error
	// Running returns the engine's id of the query that this session runs, or nothing.
	Running(sessionID string) (string, error)
}

// Session is one connection to the engine with settings, a current database and temporary tables of its own.
// Its errors are *chdb.Error where the engine raised them.
type Session interface {
	ID() string
	// Reset restores the settings that every session starts with.
	Reset() error
	Classify(sql string) (class chdb.Class, statements int)
	Query(sql, format string, params []chdb.Param) ([]byte, chdb.Stats, error)
	// Stream starts a SELECT and refuses anything else with chdb.ErrNotStreamable.
	Stream(sql, format string, params []chdb.Param) (Rows, error)
	Insert(sql, format string, params []chdb.Param) (Insert, error)
	Close()
}

// Rows is a streamed result.
type Rows interface {
	// Next returns the next chunk, valid until the next call, or nil at the end.
	Next() ([]byte, error)
	Stats() chdb.Stats
	Close()
}

// Insert takes the data of an INSERT.
type Insert interface {
	Write(data []byte) (int, error)
	Commit() (chdb.Stats, error)
	Close()
}
