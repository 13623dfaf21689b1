package daemon_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/daemon"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/objstore"
)

// putMany puts n files old/00000.csv… of ten rows each, whose ids follow one
// another.
func (s *stage) putMany(n int) {
	s.t.Helper()
	bucket := s.bucket(s.data)
	group, ctx := errgroup.WithContext(s.t.Context())
	group.SetLimit(16)
	for i := range n {
		group.Go(func() error {
			_, err := bucket.Put(ctx, fmt.Sprintf("old/%05d.csv", i), csvEvents(i*10, 10), objstore.PutOptions{})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		s.t.Fatal(err)
	}
}

// fill creates a backfill of old/.
func (s *stage) fill() ledger.BackfillRecord {
	s.t.Helper()
	project, err := s.ledger.CurrentProjectID(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	rec, _, err := s.ledger.CreateBackfill(s.t.Context(), ledger.BackfillRecord{
		Datasource: "events", URI: "s3://" + s.data + "/old/*", Limits: ledger.BackfillLimits{MaxParts: 1000, MaxMerges: 100},
	}, project, ledger.Trigger{By: "api"}, "")
	if err != nil {
		s.t.Fatal(err)
	}
	return rec
}

func (s *stage) backfill(rec ledger.BackfillRecord) ledger.BackfillRecord {
	s.t.Helper()
	rec, err := s.ledger.Backfill(s.t.Context(), rec.Name)
	if err != nil {
		s.t.Fatal(err)
	}
	return rec
}

// filled waits for the end of a backfill of n files, as long as rows come in.
func (s *stage) filled(rec ledger.BackfillRecord, n, rows int64) {
	s.t.Helper()
	for before := ""; before != fmt.Sprint(rows); {
		waitFor(s.t, "more rows than "+before, func() bool {
			now := one(s.t, s.clickhouse(), "SELECT count() FROM events")
			more := now != before
			before = now
			return more
		})
	}
	r := s.ended(rec.Run)
	if r.State != ledger.Done || r.Totals.Files != n || r.Totals.Rows != rows {
		s.t.Fatalf("got %+v with %+v, want %d files", r, r.Failure, n)
	}
	if v := s.backfill(rec).Verdict; v == nil || !v.OK || v.Totals != r.Totals {
		s.t.Errorf("got verdict %+v of %+v", v, r.Totals)
	}
}

func (s *stage) wantEvents(rows int) {
	s.t.Helper()
	got := one(s.t, s.clickhouse(), "SELECT concat(count(), ' ', uniqExact(id)) FROM events")
	if want := fmt.Sprintf("%d %d", rows, rows); got != want {
		s.t.Errorf("got %s rows and ids, want %s", got, want)
	}
}

// A backfill of many files is under way when new files arrive: the next scan takes
// these and nothing else, and they are in before the backfill is.
func TestAutoKeepsItsPaceDuringABackfill(t *testing.T) {
	const files = 6000
	s := newStage(t)
	s.putMany(files)
	s.push(s.events("{old,new}/*.csv", "IMPORT_SCHEDULE @auto\n"))
	var mu sync.Mutex
	now := time.Now()
	cfg := daemon.ProducerConfig{Config: s.config(), Listen: "127.0.0.1:0"}
	cfg.Now = func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	subject := ledger.Subject{Kind: ledger.Ingest, Name: "events"}
	pauseAuto := func(at time.Time) {
		if _, err := s.ledger.UpdateSubject(t.Context(), subject, func(rec *ledger.SubjectRecord) error { rec.PausedAt = at; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	pauseAuto(now) // until the backfill has claimed its files
	s.spawn("producer", func(ctx context.Context, log *zap.Logger) error { return daemon.Producer(ctx, cfg, log, nil) })
	rec := s.fill()
	s.until(rec.Run, "running", func(r ledger.Run) bool { return r.State == ledger.Running })
	worker := daemon.WorkerConfig{Config: s.config(), Queues: daemon.Queues{"ingest": 1, "backfill": 1}}
	s.spawn("worker", func(ctx context.Context, log *zap.Logger) error { return daemon.Worker(ctx, worker, log) })
	waitFor(t, "the backfill is under way", func() bool {
		return one(t, s.clickhouse(), "SELECT count() > 100 FROM events") == "1"
	})
	pauseAuto(time.Time{})
	for i := range 3 {
		s.put(fmt.Sprintf("new/%d.csv", i), csvEvents((files+i)*10, 10))
		mu.Lock()
		now = now.Add(time.Minute)
		at := now
		mu.Unlock()
		var sub ledger.SubjectRecord
		waitFor(t, "the next scan's run is over", func() bool {
			var err error
			if sub, err = s.ledger.Subject(t.Context(), subject); err != nil {
				t.Fatal(err)
			}
			return !sub.LastScanAt.Before(at.UTC()) && sub.Active == "" && one(t, s.clickhouse(), fmt.Sprintf("SELECT count() FROM events WHERE id >= %d", files*10)) == fmt.Sprint((i+1)*10)
		})
		if r, err := s.ledger.Run(t.Context(), sub.Last); err != nil || r.State != ledger.Done || r.Totals.Files != 1 || sub.Backlog.Files != 0 {
			t.Errorf("scan %d: got %+v, %v, with a backlog of %+v; want the one new file", i, r, err, sub.Backlog)
		}
	}
	if r, err := s.ledger.Run(t.Context(), rec.Run); err != nil || r.State != ledger.Running {
		t.Fatalf("the backfill is no longer under way: %+v, %v", r, err)
	}
	if err := s.ledger.RequestCancel(t.Context(), rec.Run); err != nil {
		t.Fatal(err)
	}
	s.ended(rec.Run) // the rest of the files would tell no more
	if got := one(t, s.clickhouse(), "SELECT count() - uniqExact(id) FROM events"); got != "0" {
		t.Errorf("%s rows are there twice", got)
	}
}

// Producers and workers are killed while a backfill is planned and while it runs,
// and Redis forgets all of it. One of the files is split.
func TestABackfillSurvivesItsProcesses(t *testing.T) {
	const files, large = 800, 400_000
	s := newStage(t)
	s.putMany(files)
	s.put("old/large.csv", csvEvents(files*10, large))
	s.push(s.events("new/*.csv", ""))
	rec := s.fill()
	const ranges = "LONGSHORE_RANGE_BYTES=4MiB"
	planner := s.start("producer", ranges)
	s.until(rec.Run, "being planned", func(r ledger.Run) bool { return r.State == ledger.Planning })
	waitFor(t, "a page is claimed", func() bool {
		return one(t, s.clickhouse(), "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = 'longshore_files'") == "1" &&
			one(t, s.clickhouse(), "SELECT count() > 0 FROM longshore_files") == "1"
	})
	planner.kill()
	watcher := s.start("producer", ranges)
	victim := s.start("worker", "LONGSHORE_QUEUES=backfill=1")
	waitFor(t, "the backfill is under way", func() bool {
		return one(t, s.clickhouse(), "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = 'events'") == "1" &&
			one(t, s.clickhouse(), "SELECT count() > 500 FROM events") == "1"
	})
	watcher.kill()
	victim.kill()
	if r, err := s.ledger.Run(t.Context(), rec.Run); err != nil || r.State != ledger.Running {
		t.Fatalf("they were killed too late to matter: %+v, %v", r, err)
	}
	s.flushRedis()
	s.start("producer")
	s.start("worker", "LONGSHORE_QUEUES=backfill=2")
	s.filled(rec, files+1, files*10+large)
	s.wantEvents(files*10 + large)
	if got := one(t, s.clickhouse(), "SELECT toString((count() > 1, sum(rows), countIf(state != 'done'))) FROM longshore_files FINAL WHERE range > 0"); got != fmt.Sprintf("(1,%d,0)", large) {
		t.Errorf("got ranges %s", got)
	}
}

// flushRedis has Redis forget everything.
func (s *stage) flushRedis() {
	s.t.Helper()
	conn, err := new(net.Dialer).DialContext(s.t.Context(), "tcp", s.redis)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("FLUSHALL\r\n")); err != nil {
		s.t.Fatal(err)
	}
	answer := make([]byte, 16)
	n, err := conn.Read(answer)
	if err != nil || !strings.HasPrefix(string(answer[:n]), "+OK") {
		s.t.Fatalf("got %q, %v", answer[:n], err)
	}
}
