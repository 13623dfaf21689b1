package postgres

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/source"
)

// TestPoolerThatRefusesSettings reads through what refuses start-up settings
// that it doesn't know, as PgBouncer does.
func TestPoolerThatRefusesSettings(t *testing.T) {
	address := edit(servertest.Postgres(t), func(u *url.URL) { u.Host = startPooler(t, u.Host) })
	db, err := Driver{}.Open(t.Context(), source.Config{Name: "shop", URL: address})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	q := source.Query{Name: "m", SQL: "SELECT current_setting('transaction_read_only') || current_setting('default_transaction_read_only')"}
	r, err := db.Read(t.Context(), q, source.Split{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rec, err := r.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := rec.Column(0).ValueStr(0); got != "onoff" { // off: nothing is left on a shared connection
		t.Errorf("got %q, want a transaction that only reads, and a session as it was", got)
	}
}

// startPooler returns the address of a pooler before the server.
func startPooler(t *testing.T, server string) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var clients sync.WaitGroup
	clients.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			clients.Go(func() { serveClient(client, server) })
		}
	})
	t.Cleanup(func() { listener.Close(); clients.Wait() })
	return listener.Addr().String()
}

func serveClient(client net.Conn, server string) {
	defer client.Close()
	var length [4]byte
	if _, err := io.ReadFull(client, length[:]); err != nil {
		return
	}
	startup := make([]byte, binary.BigEndian.Uint32(length[:])-4)
	if _, err := io.ReadFull(client, startup); err != nil {
		return
	}
	if bytes.Contains(startup, []byte("default_transaction_read_only")) {
		refusal, _ := (&pgproto3.ErrorResponse{
			Severity: "FATAL", Code: codeProtocolViolation,
			Message: "unsupported startup parameter: default_transaction_read_only",
		}).Encode(nil)
		_, _ = client.Write(refusal)
		return
	}
	upstream, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = upstream.Write(append(length[:], startup...))
		_, _ = io.Copy(upstream, client)
		upstream.Close()
	})
	_, _ = io.Copy(client, upstream)
	client.Close()
	both.Wait()
}
