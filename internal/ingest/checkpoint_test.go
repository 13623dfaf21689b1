package ingest_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/ingest"
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

// gate counts blocks of rows, and refuses those beyond a limit.
type gate struct {
	limit  int
	blocks atomic.Int64 // of rows that came
}

func (g *gate) append(in clickhouse.Insert) error {
	if in.Table != "events" {
		return nil
	}
	if g.blocks.Add(1) <= int64(g.limit) {
		return nil
	}
	return fault.New(fault.Temporary, "not the server")
}

// What an attempt's checkpoint counts isn't sent again, and everything is there once.
func TestAnAttemptGoesOnFromTheCheckpoint(t *testing.T) {
	for _, blocks := range []int{1, 4} {
		t.Run(fmt.Sprint(blocks, " blocks"), func(t *testing.T) { goesOnFromTheCheckpoint(t, blocks) })
	}
}

func goesOnFromTheCheckpoint(t *testing.T, blocks int) {
	t.Helper()
	const stored = 20
	s := newScene(t)
	etag := s.put("big.csv", someRows(0, 5000))
	s.replan()
	s.chunksOf(100, blocks)
	fails := ingest.TokenOf(clickhouse.FileRecord{Datasource: "events", Key: "big.csv", ETag: etag}, stored)
	reached := make(chan struct{})
	s.recorded = func(files []clickhouse.FileRecord) {
		if files[0].Chunks == stored {
			close(reached)
		}
	}
	s.append = func(in clickhouse.Insert) error {
		if in.Token != fails {
			return nil
		}
		<-reached // all that came before; then no record is on its way
		return fault.New(fault.Temporary, "not the server")
	}
	if _, err := s.part(); !fault.Is(err, fault.Temporary) {
		t.Fatalf("got %v", err)
	}
	if got, want := s.one("SELECT toString((state, chunks, rows, quarantined)) FROM longshore_files FINAL"), fmt.Sprintf("('ingesting',%d,%d,%d)", stored, 90*stored, 10*stored); got != want {
		t.Fatalf("got checkpoint %s, want %s", got, want)
	}
	g := &gate{limit: 1000}
	s.append, s.recorded = g.append, nil
	totals, err := s.part()
	if err != nil || totals.Rows != 4500 || totals.Quarantined != 500 {
		t.Errorf("got %+v, %v", totals, err)
	}
	if got, want := g.blocks.Load(), int64(50-stored); got != want {
		t.Errorf("got %d chunks sent, want %d", got, want)
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

// The blocks of a chunk are one part, whatever of their rows goes to quarantine; a chunk ends early where
// that is as much as a block holds.
func TestAChunkIsOnePart(t *testing.T) {
	s := newScene(t)
	rows := someRows(0, 5000) // one in ten is bad
	rows = append(rows, bytes.Repeat([]byte("bad,row\n"), 1000)...)
	rows = append(rows, bytes.TrimPrefix(someRows(5000, 1000), []byte("id,name\n"))...)
	s.put("big.csv", rows)
	s.replan()
	s.chunksOf(1600, 16)
	if totals, err := s.part(); err != nil || totals.Rows != 5400 || totals.Quarantined != 1600 {
		t.Fatalf("got %+v, %v", totals, err)
	}
	// Of the first rows 1000 make a chunk, 100 of which are bad; of bad ones 100 do.
	if got, want := s.one("SELECT toString((chunks, chunk_blocks)) FROM longshore_files FINAL"), "(16,16)"; got != want {
		t.Errorf("got chunks %s, want %s", got, want)
	}
	if got, want := s.one("SELECT toString((count(), uniqExact(id))) FROM events"), "(5400,5400)"; got != want {
		t.Errorf("got rows, ids %s, want %s", got, want)
	}
	const parts = "SELECT toString(sum(max_block_number - min_block_number + 1)) FROM system.parts WHERE active AND database = currentDatabase() AND table = 'events'"
	if got := s.one(parts); got != "6" { // some of which may be merged by now
		t.Errorf("got %s parts, want 6", got)
	}
	if got := s.one("SELECT toString((count(), uniqExact(c__row), max(c__row))) FROM events_quarantine"); got != "(1600,1600,6991)" {
		t.Errorf("got quarantine %s", got)
	}
}

// Rows that the server couldn't take as a whole in several blocks go in chunks of one.
func TestChunksOfOneBlock(t *testing.T) {
	const one, several = `"chunk_rows":262144,"chunk_bytes":67108864,"chunk_blocks":1`, `"chunk_rows":1048576,"chunk_bytes":268435456,"chunk_blocks":16`
	for _, tt := range []struct {
		column  string
		sharded bool
		want    string
	}{
		{"`name` String", false, several},
		{"`name` String", true, one},
		{"`name` String DEFAULT 'x'", false, several},
		{"`name` LowCardinality(String) DEFAULT 'x'", false, several},
		{"`name` Nullable(String) DEFAULT 'x'", false, one},
		{"`name` Array(String) DEFAULT ['x']", false, one},
	} {
		s := newScene(t)
		s.sharded = tt.sharded
		s.define("`id` UInt64,\n    "+tt.column, "")
		s.put("a.csv", []byte("id,name\n1,\n"))
		s.replan()
		if got := string(s.plan.Shared); !strings.Contains(got, tt.want) {
			t.Errorf("%s, sharded %v: got %s, want %s", tt.column, tt.sharded, got, tt.want)
		}
	}
	s := newScene(t)
	s.ingest.CutFiles(40 << 20)
	s.put("a.csv", []byte("id,name\n1,\n"))
	s.replan()
	if got, want := string(s.plan.Shared), `"chunk_rows":131072,"chunk_bytes":33554432,"chunk_blocks":2`; !strings.Contains(got, want) {
		t.Errorf("chunks of 40 MiB at most: got %s, want %s", got, want)
	}
}
