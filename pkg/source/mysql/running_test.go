package mysql

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
)

func openDatabase(t *testing.T, address string) source.Database {
	t.Helper()
	db, err := Driver{}.Open(t.Context(), source.Config{Name: "shop", URL: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// awaitRunning polls until as many queries with the marker run.
func awaitRunning(t *testing.T, address, marker string, want int) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for running(t, address, marker) != want {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain for %d queries", want)
		}
	}
}

// Each of these would run for hours.
func TestDescribeRunsNothing(t *testing.T) {
	db := openDatabase(t, servertest.MariaDB(t))
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	for _, sql := range []string{
		"SELECT COUNT(DISTINCT seq) AS c FROM seq_1_to_1000000000000",
		"SELECT seq AS c FROM seq_1_to_1000000000000 ORDER BY RAND() LIMIT 1",
		"SELECT seq AS c FROM seq_1_to_1000000000000 UNION SELECT 1",
		"WITH w AS (SELECT DISTINCT seq FROM seq_1_to_1000000000000) SELECT seq AS c FROM w",
	} {
		if _, err := db.Describe(ctx, source.Query{Name: "sums", SQL: sql}); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// A query that has no row yet, and writes nothing, doesn't notice that its
// client has gone.
func TestCancelBeforeTheFirstRow(t *testing.T) {
	address := servertest.MariaDB(t)
	db := openDatabase(t, address)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	failed := make(chan error)
	go func() {
		r, err := db.Read(ctx, source.Query{Name: "sums", SQL: "SELECT SUM(SQRT(seq)) AS rowless FROM seq_1_to_1000000000000"}, source.Split{})
		if err == nil {
			_, err = r.Next(ctx)
			r.Close()
		}
		failed <- err
	}()
	awaitRunning(t, address, "rowless", 1)
	cancel()
	if err := <-failed; !fault.Is(err, fault.Canceled) {
		t.Errorf("got %v of kind %v, want canceled", err, fault.KindOf(err))
	}
	awaitRunning(t, address, "rowless", 0)
}

// A connection that is lost in the middle is no end of the result.
func TestKilledInTheServer(t *testing.T) {
	address := servertest.MariaDB(t)
	db := openDatabase(t, address)
	q := source.Query{Name: "numbers", SQL: "SELECT seq, REPEAT('y', 1000) AS killed FROM seq_1_to_1000000000000"}
	r, err := db.Read(t.Context(), q, source.Split{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := connect(t, address)
	defer other.Close()
	var id int64
	const find = "SELECT id FROM information_schema.processlist WHERE info LIKE '%AS killed%' AND command = 'Execute' AND id <> CONNECTION_ID()"
	if err := other.QueryRowContext(t.Context(), find).Scan(&id); err != nil {
		t.Fatal(err)
	}
	if _, err := other.ExecContext(t.Context(), fmt.Sprintf("KILL %d", id)); err != nil {
		t.Fatal(err)
	}
	for err = nil; err == nil; {
		_, err = r.Next(t.Context())
	}
	if !fault.Is(err, fault.Temporary) {
		t.Errorf("got %v of kind %v, want temporary", err, fault.KindOf(err))
	}
}
