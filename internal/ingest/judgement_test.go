package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/pkg/format"
)

func recordOf(key string) clickhouse.FileRecord {
	return clickhouse.FileRecord{Datasource: "d", Key: key, ETag: "e", RunID: "r"}
}

// Whoever comes while a file is judged waits, and needn't judge it again.
func TestAFileIsJudgedOnce(t *testing.T) {
	var judged judgements
	var times atomic.Int32
	why := refusal{format.ColumnError{Column: "c"}}
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			done, err := judged.turn(t.Context(), recordOf("a"))
			if err != nil {
				t.Error(err)
				return
			}
			defer done()
			if got, known := judged.of(recordOf("a")); known {
				if got.String() != why.String() {
					t.Errorf("got %v, want %v", got, why)
				}
				return
			}
			times.Add(1)
			judged.remember(recordOf("a"), why)
		})
	}
	group.Wait()
	if got := times.Load(); got != 1 {
		t.Errorf("it was judged %d times, want once", got)
	}
}

func TestAJudgementIsAwaitedNoLongerThanWanted(t *testing.T) {
	var judged judgements
	done, err := judged.turn(t.Context(), recordOf("a"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := judged.turn(ctx, recordOf("a")); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want %v", err, context.Canceled)
	}
	if other, err := judged.turn(ctx, recordOf("b")); err != nil {
		t.Errorf("another file isn't busy, got %v", err)
	} else {
		other()
	}
	done()
	again, err := judged.turn(t.Context(), recordOf("a"))
	if err != nil {
		t.Fatal(err)
	}
	again()
}

func TestJudgementsAreForgotten(t *testing.T) {
	var judged judgements
	for n := range judgementsKept + 1 {
		judged.remember(recordOf(fmt.Sprint(n)), nil)
	}
	if _, known := judged.of(recordOf("0")); known {
		t.Error("the oldest is still known")
	}
	if _, known := judged.of(recordOf("1")); !known {
		t.Error("one that has its place was forgotten")
	}
}
