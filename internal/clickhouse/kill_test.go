package clickhouse_test

import (
	"fmt"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/fault"
)

// TestTokensSurviveAKill kills the server while blocks and streams are on their way, and then appends all of them again.
func TestTokensSurviveAKill(t *testing.T) {
	addr, server := servertest.StartClickHouse(t)
	c := client(t, "clickhouse://default@"+addr.Native+"/default")
	exec(t, c, numbersTable)
	const blocks, rows = 60, 5000
	appendAll := func() error {
		g, ctx := errgroup.WithContext(t.Context())
		for i := range blocks {
			g.Go(func() error {
				in := clickhouse.Insert{Table: "numbers", Token: fmt.Sprint("block ", i)}
				if i%2 == 1 {
					return stream(ctx, c, in, numbers(i*rows, rows-1000), numbers((i+1)*rows-1000, 1000))
				}
				in.Block = numbers(i*rows, rows)
				return c.Append(ctx, in)
			})
		}
		return g.Wait()
	}
	result := make(chan error, 1)
	go func() {
		var err error
		for err == nil { // over and over, so that the kill comes in the midst
			err = appendAll()
		}
		result <- err
	}()
	for len(result) == 0 && line(t, c, "SELECT toString(count()) FROM numbers") == "0" {
		continue // until the first is stored
	}
	server.Kill(t)
	wantFault(t, <-result, fault.Temporary, "connection warehouse: append to default.numbers")
	wantFault(t, c.Append(t.Context(), clickhouse.Insert{Table: "numbers", Block: numbers(0, 1)}), fault.Temporary, "unreachable")
	server.Restart(t)
	for range 2 {
		if err := appendAll(); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := line(t, c, "SELECT toString((count(), uniqExact(id))) FROM numbers"), fmt.Sprintf("(%d,%d)", blocks*rows, blocks*rows); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
