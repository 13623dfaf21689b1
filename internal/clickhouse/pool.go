package clickhouse

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"
)

const (
	// idleLimit is how long a connection is kept that nobody uses.
	idleLimit = time.Minute
	// freshLimit is how long an idle connection is used without asking it first.
	freshLimit = time.Second
)

// pool is the connections that append: at most so many at a time.
type pool struct {
	target target
	slots  chan struct{} // holds one for each connection in use

	mu     sync.Mutex
	idle   []*session            // guarded by mu; used last at the end
	open   map[*session]struct{} // guarded by mu
	closed bool                  // guarded by mu
}

// session is one connection.
type session struct {
	client   *ch.Client
	conn     net.Conn // of client; closing it ends what client does
	revision int      // of the protocol
	used     time.Time
}

func newPool(t target) *pool {
	return &pool{target: t, slots: make(chan struct{}, t.appenders), open: map[*session]struct{}{}}
}

// get waits for its turn and returns a connection. It is to be given to put.
func (p *pool) get(ctx context.Context) (*session, error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for s := p.pop(); s != nil; s = p.pop() {
		age := time.Since(s.used)
		if age < freshLimit || age < idleLimit && s.client.Ping(ctx) == nil {
			return s, nil
		}
		p.drop(s)
	}
	s, err := p.dial(ctx)
	if err != nil {
		<-p.slots
		return nil, err
	}
	return s, nil
}

// put ends the use of a connection. One that isn't sound is closed.
func (p *pool) put(s *session, sound bool) {
	p.mu.Lock()
	keep := sound && !p.closed
	if keep {
		s.used = time.Now()
		p.idle = append(p.idle, s)
	}
	p.mu.Unlock()
	if !keep {
		p.drop(s)
	}
	<-p.slots
}

func (p *pool) pop() *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) == 0 {
		return nil
	}
	s := p.idle[len(p.idle)-1]
	p.idle = p.idle[:len(p.idle)-1]
	return s
}

func (p *pool) drop(s *session) {
	p.mu.Lock()
	delete(p.open, s)
	p.mu.Unlock()
	s.conn.Close()
}

func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for s := range p.open {
		s.conn.Close()
	}
	p.idle = nil
}

func (p *pool) dial(ctx context.Context) (*session, error) {
	dialer := &net.Dialer{Timeout: dialTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", p.target.address)
	if err != nil {
		return nil, err
	}
	if p.target.tls != nil {
		conn = tls.Client(conn, p.target.tls)
	}
	client, err := ch.Connect(ctx, conn, ch.Options{
		Database:         p.target.database,
		User:             p.target.user,
		Password:         p.target.password.Reveal(),
		ClientName:       clientName,
		ProtocolVersion:  p.target.revision,
		Compression:      compression[p.target.compress],
		HandshakeTimeout: dialTimeout,
		ReadTimeout:      ch.NoTimeout, // the caller's context ends it
	})
	if err != nil {
		conn.Close()
		return nil, err
	}
	s := &session{client: client, conn: conn, revision: min(cmp.Or(p.target.revision, proto.Version), client.ServerInfo().Revision)}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		conn.Close()
		return nil, net.ErrClosed
	}
	p.open[s] = struct{}{}
	return s, nil
}

var compression = map[string]ch.Compression{
	"none": ch.CompressionDisabled, "lz4": ch.CompressionLZ4, "zstd": ch.CompressionZSTD,
}
