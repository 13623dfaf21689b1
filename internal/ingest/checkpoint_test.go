package ingest_test

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
)

// someRows is a file of events with as many rows, one in ten of which doesn't fit.
func someRows(from, n int) []byte {
	var b bytes.Buffer
	b.WriteString("id,name\n")
	for i := from; i < from+n; i++ {
		bad := ""
		if i%10 == 0 {
			bad = "x"
		}
		fmt.Fprintf(&b, "%s%d,name %d\n", bad, i, i)
	}
	return b.Bytes()
}

func (s *scene) put(key string, body []byte) (etag string) {
	s.t.Helper()
	obj, err := s.data.Put(s.t.Context(), key, body, objstore.PutOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	return obj.ETag
}

// refusing returns a hook that refuses rows from the nth block on, and counts
// the blocks of rows that it let pass.
func refusing(from int) (hook func(clickhouse.Insert) error, passed func() int) {
	var mu sync.Mutex
	n := 0
	return func(in clickhouse.Insert) error {
			mu.Lock()
			defer mu.Unlock()
			if in.Table != "events" {
				return nil
			}
			if n >= from {
				return fault.New(fault.Temporary, "not the server")
			}
			n++
			return nil
		}, func() int {
			mu.Lock()
			defer mu.Unlock()
			return n
		}
}

// What an attempt's checkpoint counts isn't sent again, and everything is there once.
func TestAnAttemptGoesOnFromTheCheckpoint(t *testing.T) {
	s := newScene(t)
	etag := s.put("big.csv", someRows(0, 5000))
	s.replan()
	s.chunksOf(100)
	s.append, _ = refusing(20)
	if _, err := s.part(); !fault.Is(err, fault.Temporary) {
		t.Fatalf("got %v", err)
	}
	if got := s.one("SELECT toString((state, chunks, rows, quarantined)) FROM longshore_files FINAL"); got != "('ingesting',16,1440,160)" {
		t.Fatalf("got checkpoint %s", got)
	}
	var passed func() int
	s.append, passed = refusing(1000)
	totals, err := s.part()
	if err != nil || totals.Rows != 4500 || totals.Quarantined != 500 {
		t.Errorf("got %+v, %v", totals, err)
	}
	if got := passed(); got != 50-16 {
		t.Errorf("got %d chunks sent, want %d", got, 50-16)
	}
	if got := s.one("SELECT toString((count(), uniqExact(id), uniqExact(_longshore_file), any(_longshore_file))) FROM events"); got != fmt.Sprintf("(4500,4500,1,%d)", clickhouse.FileID("big.csv", etag)) {
		t.Errorf("got rows, ids, files %s", got)
	}
	if got := s.one("SELECT toString((count(), uniqExact(c__row), min(c__row), max(c__row))) FROM events_quarantine"); got != "(500,500,1,4991)" {
		t.Errorf("got quarantine %s", got)
	}
	if got := s.one("SELECT toString((state, chunks, rows, quarantined, marked)) FROM longshore_files FINAL"); got != "('done',50,4500,500,1)" {
		t.Errorf("got record %s", got)
	}
}
