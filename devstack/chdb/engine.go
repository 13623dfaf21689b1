package chdb

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// baseSettings make a session behave as a server's: a bare expression is no query, and JSON columns travel as
// text, which every client of the native protocol reads.
const baseSettings = "SET implicit_select = 0, output_format_native_write_json_as_string = 1, " + idSetting + " = "

// idSetting holds a session's id. The engine gives every query an id of its own and tells it to nobody, but lists
// the settings of running queries; and this text setting has no effect here, where logs are not sent to clients.
const idSetting = "send_logs_source_regexp"

// Engine is the engine of this process over one folder. It holds one Conn open, so that closing sessions never
// stops the engine, and uses it to stop queries of the others.
type Engine struct {
	path string

	mu      sync.Mutex
	control *Conn // guarded by mu; nil once closed
}

// Start loads the library and starts the engine over the folder path.
func Start(library, path string) (*Engine, error) {
	if err := Load(library); err != nil {
		return nil, err
	}
	control, err := Open(path)
	if err != nil {
		return nil, err
	}
	return &Engine{path: path, control: control}, nil
}

// Close stops the engine once every session is closed.
func (e *Engine) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.control != nil {
		e.control.Close()
		e.control = nil
	}
}

// Session is a Conn that can be found among the running queries.
type Session struct {
	*Conn
	ID string
}

// Open opens a session.
func (e *Engine) Open() (*Session, error) {
	conn, err := Open(e.path)
	if err != nil {
		return nil, err
	}
	s := &Session{Conn: conn, ID: rand.Text()}
	if err := s.Reset(); err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

// Reset gives the session the settings that all sessions start with, where they were changed.
func (s *Session) Reset() error {
	if _, _, err := s.Query(baseSettings+Quote(s.ID), "Null"); err != nil {
		return fmt.Errorf("set session defaults: %w", err)
	}
	return nil
}

// Kill asks the engine to stop what the sessions with these ids run. It does not wait for them.
func (e *Engine) Kill(ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := e.ask("KILL QUERY WHERE " + ofSessions(ids) + " ASYNC")
	return err
}

// Running returns the engine's id of the query that the session with this id runs, or nothing.
func (e *Engine) Running(id string) (string, error) {
	answer, err := e.ask("SELECT query_id FROM system.processes WHERE " + ofSessions([]string{id}) + " LIMIT 1")
	return strings.TrimSpace(answer), err
}

func ofSessions(ids []string) string {
	quoted := make([]string, len(ids))
	for i, id := range ids {
		quoted[i] = Quote(id)
	}
	return "Settings['" + idSetting + "'] IN (" + strings.Join(quoted, ", ") + ")"
}

func (e *Engine) ask(sql string) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.control == nil {
		return "", errors.New("engine is closed")
	}
	answer, _, err := e.control.Query(sql, "TSVRaw")
	return string(answer), err
}

var quoter = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

// Quote writes a string literal.
func Quote(s string) string { return "'" + quoter.Replace(s) + "'" }

// QuoteName writes an identifier.
func QuoteName(s string) string {
	return "`" + strings.NewReplacer(`\`, `\\`, "`", "\\`").Replace(s) + "`"
}
