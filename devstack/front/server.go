package front

import (
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/devstack/chdb"
)

// Config of a Server.
type Config struct {
	Engine Engine
	// User and Password are the only account. User "" means "default".
	User, Password string
	// Log receives connection errors and server failures; nil logs nothing.
	Log *zap.Logger
}

// Server answers clients of one engine. Serve and HTTP may be used at the same time.
type Server struct {
	config  Config
	version version
	stopper stopper

	mu      sync.Mutex
	running map[string]string // guarded by mu; the client's query id to the session that runs it
	conns   map[net.Conn]bool // guarded by mu
	closed  bool              // guarded by mu
	serving sync.WaitGroup
}

// version is what the engine says about itself.
type version struct {
	text                string
	major, minor, patch int
	timezone, name      string
}

// New asks the engine for its version and returns a Server that is not serving yet.
func New(config Config) (*Server, error) {
	if config.User == "" {
		config.User = "default"
	}
	if config.Log == nil {
		config.Log = zap.NewNop()
	}
	s := &Server{config: config, stopper: stopper{engine: config.Engine, log: config.Log}, running: map[string]string{}, conns: map[net.Conn]bool{}}
	session, err := config.Engine.Open()
	if err != nil {
		return nil, fmt.Errorf("open engine session: %w", err)
	}
	defer session.Close()
	data, _, err := session.Query("SELECT version(), timezone(), displayName()", "TSVRaw", nil)
	if err != nil {
		return nil, fmt.Errorf("ask engine version: %w", err)
	}
	fields := strings.Split(strings.TrimRight(string(data), "\n"), "\t")
	if len(fields) != 3 {
		return nil, fmt.Errorf("ask engine version: answer %q", data)
	}
	s.version = version{text: fields[0], timezone: fields[1], name: fields[2]}
	if _, err := fmt.Sscanf(fields[0], "%d.%d.%d", &s.version.major, &s.version.minor, &s.version.patch); err != nil {
		return nil, fmt.Errorf("read engine version %q: %w", fields[0], err)
	}
	return s, nil
}

// Serve answers the native protocol on l until l is closed.
func (s *Server) Serve(l net.Listener) error {
	for {
		conn, err := l.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return nil
			}
			return fmt.Errorf("accept: %w", err)
		}
		if !s.enter(conn) {
			conn.Close()
			continue
		}
		go func() {
			defer s.leave(conn)
			s.serveConn(conn)
		}()
	}
}

// Close closes the connections of Serve, stops what clients run, and waits for them. Listeners and the HTTP server
// are the caller's.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	for conn := range s.conns {
		conn.Close()
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		s.serving.Wait()
		close(done)
	}()
	for {
		s.mu.Lock()
		running := slices.Collect(maps.Values(s.running))
		s.mu.Unlock()
		if err := s.config.Engine.Kill(running); err != nil {
			s.config.Log.Warn("stop queries", zap.Error(err))
		}
		select {
		case <-done:
			s.stopper.running.Wait()
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// enter counts a client in, with its connection when it has one of its own, unless the server is closed.
func (s *Server) enter(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.serving.Add(1)
	if conn != nil {
		s.conns[conn] = true
	}
	return true
}

func (s *Server) leave(conn net.Conn) {
	conn.Close()
	s.mu.Lock()
	delete(s.conns, conn)
	s.mu.Unlock()
	s.serving.Done()
}

// begin registers a query under the client's id, or a new one. The returned function ends it.
func (s *Server) begin(queryID, session string) (id string, end func(), err error) {
	if queryID == "" {
		queryID = newID()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.running[queryID]; taken {
		return "", nil, &chdb.Error{Code: 216, Name: "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING", Message: "Query with id = " + queryID + " is already running."}
	}
	s.running[queryID] = session
	return queryID, func() {
		s.mu.Lock()
		delete(s.running, queryID)
		s.mu.Unlock()
	}, nil
}

// translateKill puts the engine's query ids in place of clients' in a KILL QUERY: the engine gives its own.
func (s *Server) translateKill(sql string) string {
	if firstWord(sql) != "KILL" {
		return sql
	}
	s.mu.Lock()
	running := maps.Clone(s.running)
	s.mu.Unlock()
	for id, session := range running {
		if !strings.Contains(sql, chdb.Quote(id)) {
			continue
		}
		if engineID, err := s.config.Engine.Running(session); err == nil && engineID != "" {
			sql = strings.ReplaceAll(sql, chdb.Quote(id), chdb.Quote(engineID))
		}
	}
	return sql
}

// login checks an account.
func (s *Server) login(user, password string) error {
	if user == s.config.User && password == s.config.Password {
		return nil
	}
	return &chdb.Error{Code: 516, Name: "AUTHENTICATION_FAILED",
		Message: user + ": Authentication failed: password is incorrect, or there is no user with such name"}
}

// openSession opens a session that uses the given database.
func (s *Server) openSession(database string) (*clientSession, error) {
	session, err := s.config.Engine.Open()
	if err != nil {
		return nil, err
	}
	client := &clientSession{Session: session}
	if database == "" || database == "default" {
		return client, nil
	}
	if err := client.exec("USE " + chdb.QuoteName(database)); err != nil {
		session.Close()
		return nil, err
	}
	return client, nil
}

// newID returns a random UUID.
func newID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
