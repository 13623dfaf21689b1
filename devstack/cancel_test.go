package devstack_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

func TestCancel(t *testing.T) {
	endless := map[string]string{
		"streaming":   "SELECT number, sleepEachRow(0.001) FROM system.numbers SETTINGS max_block_size = 10",
		"aggregating": "SELECT max(sipHash64(number)) FROM numbers(100000000000)",
		"not read":    "SELECT number FROM system.numbers",
	}
	for name, sql := range endless {
		for _, protocol := range []string{"native", "http"} {
			t.Run(name+"/"+protocol, func(t *testing.T) {
				c := open(t, protocol)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				marker := "marker_" + table(t)
				done := make(chan struct{})
				go func() {
					defer close(done)
					rows, err := c.Query(ctx, sql+" /* "+marker+" */")
					if err != nil {
						return
					}
					defer rows.Close()
					for rows.Next() && name != "not read" {
					}
					<-ctx.Done()
				}()
				running := "SELECT count() FROM system.processes WHERE query LIKE '%" + marker + "%' AND query NOT LIKE '%processes%'"
				eventually(t, "the query runs", func() bool { return scalar(t, open(t, "native"), running) == "1" })
				cancel()
				<-done
				eventually(t, "the query is gone", func() bool { return scalar(t, open(t, "native"), running) == "0" })
			})
		}
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("not within a minute: %s", what)
		case <-tick.C:
		}
	}
}

func TestKillQuery(t *testing.T) {
	protocols(t, func(t *testing.T, c driver.Conn) {
		id := table(t)
		failed := make(chan error, 1)
		go func() {
			ctx := clickhouse.Context(t.Context(), clickhouse.WithQueryID(id))
			failed <- c.QueryRow(ctx, "SELECT max(sipHash64(number)) FROM numbers(100000000000) /* "+id+" */").Err()
		}()
		eventually(t, "the query is killed", func() bool {
			execute(t, open(t, "native"), "KILL QUERY WHERE query_id = '"+id+"'")
			select {
			case err := <-failed:
				if code(err) != 394 {
					t.Errorf("got %v, want 394", err)
				}
				return true
			default:
				return false
			}
		})
	})
}

func TestManyCancels(t *testing.T) {
	for _, protocol := range []string{"native", "http"} {
		var wg sync.WaitGroup
		for range 40 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
				defer cancel()
				if err := open(t, protocol).Exec(ctx, "SELECT max(sipHash64(number)) FROM numbers(100000000000)"); err == nil {
					t.Error("an endless query ended")
				}
			})
		}
		wg.Wait()
		eventually(t, "all queries are gone", func() bool {
			return scalar(t, open(t, "native"), "SELECT countIf(query LIKE '%sipHash64%' AND query NOT LIKE '%processes%') FROM system.processes") == "0"
		})
	}
}
