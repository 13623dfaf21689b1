package s3_test

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// proxy forwards TCP connections and cuts some of them.
type proxy struct {
	url    string
	target string

	mu    sync.Mutex
	limit int64 // guarded by mu; bytes from the server until the cut
	left  int   // guarded by mu; connections still to be cut; negative means all
	cut   int   // guarded by mu; connections that were cut
}

func newProxy(t testing.TB, endpoint string) *proxy {
	t.Helper()
	target, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{url: "http://" + listener.Addr().String(), target: target.Host}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go p.serve(conn)
		}
	}()
	t.Cleanup(func() { listener.Close() }) // the connections end with their clients or the server
	return p
}

// cutAfter cuts the next connections after so many bytes of answers.
func (p *proxy) cutAfter(bytes int64, connections int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limit, p.left, p.cut = bytes, connections, 0
}

func (p *proxy) cuts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cut
}

func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(server, client)
		server.Close()
	}()
	p.mu.Lock()
	limit, cutting := p.limit, p.left != 0
	if p.left > 0 {
		p.left--
	}
	p.mu.Unlock()
	if !cutting {
		_, _ = io.Copy(client, server)
		return
	}
	if n, _ := io.CopyN(client, server, limit); n == limit {
		p.mu.Lock()
		p.cut++
		p.mu.Unlock()
	}
}
