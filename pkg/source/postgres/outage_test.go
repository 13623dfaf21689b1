package postgres

import (
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
)

// TestOutageWhileReading ends the server's side of a read in the middle of it.
func TestOutageWhileReading(t *testing.T) {
	address, server := servertest.StartPostgres(t)
	db, err := Driver{}.Open(t.Context(), source.Config{Name: "shop", URL: address})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, c := range []struct {
		name, says string
		end        func()
	}{
		{"backend terminated", "closed the connection", func() {
			execute(t, address, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY%' AND pid <> pg_backend_pid()")
		}},
		{"query canceled by somebody else", "57014", func() {
			execute(t, address, "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY%' AND pid <> pg_backend_pid()")
		}},
		{"server killed", "connection", func() { server.Kill(t) }},
	} {
		r := startEndless(t, db)
		c.end()
		err := lastError(t, r)
		if !fault.Is(err, fault.Temporary) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v of kind %v, want temporary, %q", c.name, err, fault.KindOf(err), c.says)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	server.Restart(t)
	r := startEndless(t, db) // idle connections of before the kill aren't used
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func startEndless(t *testing.T, db source.Database) batch.Reader {
	t.Helper()
	q := source.Query{Name: "orders", SQL: "SELECT generate_series(1, 1000000000) AS i, repeat('x', 1000) AS filler"}
	r, err := db.Read(t.Context(), q, source.Split{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

// lastError reads what was on the way already and returns the error after it.
func lastError(t *testing.T, r batch.Reader) error {
	for {
		if _, err := r.Next(t.Context()); err != nil {
			return err
		}
	}
}

// TestSessionsCanOnlyRead looks at the settings that a model sees.
func TestSessionsCanOnlyRead(t *testing.T) {
	db, err := Driver{}.Open(t.Context(), source.Config{Name: "shop", URL: servertest.Postgres(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	q := source.Query{Name: "m", SQL: `SELECT concat_ws(' ', current_setting('default_transaction_read_only'),
		current_setting('transaction_read_only'), current_setting('statement_timeout'), current_setting('application_name'))`}
	for range 2 { // the second time on the idle connection
		r, err := db.Read(t.Context(), q, source.Split{})
		if err != nil {
			t.Fatal(err)
		}
		rec, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := rec.Column(0).ValueStr(0); got != "on on 0 longshore" {
			t.Errorf("got %q", got)
		}
		if _, err := r.Next(t.Context()); err == nil {
			t.Error("got a second batch")
		}
		r.Close()
	}
}
