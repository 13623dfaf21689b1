package front

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime/debug"
	"time"

	"github.com/ClickHouse/ch-go/compress"
	"github.com/ClickHouse/ch-go/proto"
	"go.uber.org/zap"

	"github.com/longshore/longshore/devstack/chdb"
	"github.com/longshore/longshore/devstack/native"
)

// revision is the newest protocol revision spoken here: the last before chunked packets and password rules. It has
// query parameters.
const revision = 54460

// readerSize makes proto.NewReader use our buffer as its own, so that watch sees what it has read ahead.
const readerSize = 128 << 10

// conn is one client of the native protocol.
type conn struct {
	server   *Server
	net      net.Conn
	buffered *bufio.Reader
	in       *proto.Reader
	out      proto.Buffer
	revision int
	session  *clientSession
	walker   native.Walker
	frames   *compress.Writer
	scratch  []byte
}

// errClosed says that a connection is over and there is nobody to tell.
var errClosed = errors.New("connection is over")

func (s *Server) serveConn(n net.Conn) {
	defer func() {
		if p := recover(); p != nil {
			s.config.Log.Error("connection panicked", zap.Any("panic", p), zap.ByteString("stack", debug.Stack()))
		}
	}()
	b := bufio.NewReaderSize(n, readerSize)
	c := &conn{server: s, net: n, buffered: b, in: proto.NewReader(b), frames: compress.NewWriter(0, compress.LZ4)}
	defer c.close()
	if err := c.hello(); err != nil {
		c.fail(err)
		return
	}
	for {
		if err := c.packet(); err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) && !errors.Is(err, errClosed) {
				s.config.Log.Warn("connection ended", zap.Error(err))
			}
			return
		}
	}
}

func (c *conn) close() {
	if c.session != nil {
		c.session.Close()
	}
	c.net.Close()
}

func (c *conn) hello() error {
	code, err := c.in.UVarInt()
	if err != nil {
		return err
	}
	if proto.ClientCode(code) != proto.ClientCodeHello {
		return &chdb.Error{Code: 101, Name: "UNEXPECTED_PACKET_FROM_CLIENT", Message: "Unexpected packet from client, expected Hello"}
	}
	var hello proto.ClientHello
	if err := hello.Decode(c.in); err != nil {
		return err
	}
	c.revision = min(revision, hello.ProtocolVersion)
	if err := c.server.login(hello.User, hello.Password); err != nil {
		return err
	}
	if c.session, err = c.server.openSession(hello.Database); err != nil {
		return err
	}
	v := c.server.version
	answer := proto.ServerHello{Name: "ClickHouse", Major: v.major, Minor: v.minor, Patch: v.patch, Revision: revision, Timezone: v.timezone, DisplayName: v.name}
	answer.EncodeAware(&c.out, c.revision)
	if err := c.flush(); err != nil {
		return err
	}
	if proto.FeatureAddendum.In(c.revision) {
		_, err = c.in.Str() // the quota key
	}
	return err
}

// packet answers one packet between queries. Its errors end the connection.
func (c *conn) packet() error {
	code, err := c.in.UVarInt()
	if err != nil {
		return errClosed
	}
	switch proto.ClientCode(code) {
	case proto.ClientCodePing:
		proto.ServerCodePong.Encode(&c.out)
		return c.flush()
	case proto.ClientCodeCancel:
		return nil // the query it meant is over
	case proto.ClientCodeQuery:
		return c.query()
	}
	err = &chdb.Error{Code: 99, Name: "UNKNOWN_PACKET_FROM_CLIENT", Message: fmt.Sprintf("Unknown packet %d from client", code)}
	c.fail(err)
	return err
}

// fail sends an exception.
func (c *conn) fail(err error) {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, errClosed) {
		return
	}
	e := exception(err)
	proto.ServerCodeException.Encode(&c.out)
	wire := proto.Exception{Code: proto.Error(e.Code), Name: "DB::Exception", Message: "DB::Exception: " + e.Message}
	wire.EncodeAware(&c.out, c.revision)
	if err := c.flush(); err != nil {
		c.server.config.Log.Debug("send exception", zap.Error(err))
	}
}

func (c *conn) flush() error {
	_, err := c.net.Write(c.out.Buf)
	c.out.Reset()
	return err
}

// watch stops the running query when the client cancels or goes away. The returned function ends the watch and
// reports whether that happened. Nothing else may read from the client meanwhile.
func (c *conn) watch() (end func() bool) {
	ended, result := make(chan struct{}), make(chan bool, 1)
	go func() {
		next, err := c.buffered.Peek(1)
		var timeout net.Error
		gone := err != nil && !(errors.As(err, &timeout) && timeout.Timeout())
		canceled := err == nil && proto.ClientCode(next[0]) == proto.ClientCodeCancel
		if gone || canceled {
			c.server.stopper.until(ended, c.session.ID())
		}
		result <- gone || canceled
	}()
	return func() bool {
		close(ended)
		_ = c.net.SetReadDeadline(time.Unix(1, 0)) // wakes Peek; a closed connection wakes it too
		stopped := <-result
		_ = c.net.SetReadDeadline(time.Time{})
		return stopped
	}
}
