package daemon_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/daemon"
	"github.com/longshore/longshore/internal/ledger"
)

// pause is the time between two looks at what must come.
func pause(t *testing.T) {
	t.Helper()
	select {
	case <-t.Context().Done():
	case <-time.After(20 * time.Millisecond):
	}
}

// waitFor polls a condition that must come true.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); pause(t) {
		if time.Now().After(deadline) {
			t.Fatalf("still not: %s", what)
		}
	}
}

// 40 files of 5 million rows, two workers, one of them killed in the middle.
func TestAKilledWorkerLosesAndRepeatsNothing(t *testing.T) {
	s := newStage(t)
	const files, each = 40, 125_000
	exec1(t, s.clickhouse(), `CREATE TABLE source (id UInt64, name LowCardinality(String), amount Nullable(Decimal(12, 2)), at DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY id`,
		fmt.Sprintf(`INSERT INTO source SELECT number, concat('näme "', toString(number %% 1000), '", x'), if(number %% 7 = 0, NULL, (number %% 1000000) / 100),
			toDateTime64('2020-01-01 00:00:00', 3, 'UTC') + number * 3.125 FROM numbers(%d)`, files*each))
	for i := range files {
		format, name := "CSVWithNames", fmt.Sprintf("in/%02d.csv", i)
		if i%2 == 1 {
			format, name = "JSONEachRow", fmt.Sprintf("in/%02d.ndjson.gz", i)
		}
		exec1(t, s.clickhouse(), "INSERT INTO FUNCTION "+s.s3(name, format, "")+fmt.Sprintf(" SELECT * FROM source WHERE id >= %d AND id < %d", i*each, (i+1)*each))
	}
	s.push(s.events("in/*", ""))
	s.produce()
	s.start("worker", "LONGSHORE_QUEUES=ingest=2")
	victim := s.start("worker", "LONGSHORE_QUEUES=ingest=2")
	id := s.trigger(ledger.Ingest, "events")
	waitFor(t, "a part of the rows is ingested", func() bool {
		return one(t, s.clickhouse(), "SELECT sum(rows) > 500000 FROM system.parts WHERE active AND database = currentDatabase() AND table = 'events'") == "1"
	})
	victim.kill()
	if r, err := s.ledger.Run(t.Context(), id); err != nil || r.State != ledger.Running {
		t.Fatalf("the worker was killed too late to matter: %+v, %v", r, err)
	}
	s.start("worker", "LONGSHORE_QUEUES=ingest=2")
	r := s.ended(id)
	if r.State != ledger.Done || r.Totals.Rows != files*each || r.Totals.Quarantined != 0 {
		t.Fatalf("got %+v, failure %+v", r, r.Failure)
	}
	const sums = "SELECT concat(count(), ' ', sum(cityHash64(toString((id, toString(name), amount, at))))) FROM "
	if got, want := one(t, s.clickhouse(), sums+"events"), one(t, s.clickhouse(), sums+"source"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// One object, complete, though the worker that wrote half of it was killed.
func TestAKilledExportWritesOneWholeObject(t *testing.T) {
	s := newStage(t)
	const rows = 1_500_000
	exec1(t, s.postgres(), fmt.Sprintf(orders, rows), "analyze orders")
	s.push(ordersProject("csv", "orders.csv"))
	s.produce()
	victim := s.start("worker", "LONGSHORE_QUEUES=export=2")
	id := s.trigger(ledger.Export, "orders")
	waitFor(t, "pieces are uploaded", func() bool {
		for _, err := range s.bucket(s.data).ListUploads(t.Context(), "orders.csv") {
			return err == nil
		}
		return false
	})
	victim.kill()
	if keys := s.keys(); len(keys) != 0 {
		t.Fatalf("got objects %v before the commit", keys)
	}
	s.start("worker", "LONGSHORE_QUEUES=export=2")
	r := s.ended(id)
	if r.State != ledger.Done || r.Totals.Rows != rows {
		t.Fatalf("got %+v, failure %+v", r, r.Failure)
	}
	if keys := s.keys(); !slices.Equal(keys, []string{"orders.csv"}) {
		t.Errorf("got objects %v", keys)
	}
	from := s.s3("orders.csv", "CSVWithNames", "id Int64, customer String, total Decimal(12,2), ordered_at DateTime64(6, 'UTC'), note String")
	got := one(t, s.clickhouse(), "SELECT concat(count(), ' ', uniqExact(id), ' ', sum(id), ' ', uniqExact(note)) FROM "+from)
	if want := fmt.Sprintf("%d %d %d %d", rows, rows, rows*(rows+1)/2, rows); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A run's producer is killed; another takes over and finishes the run.
func TestASecondProducerTakesOver(t *testing.T) {
	s := newStage(t)
	const rows = 800_000
	exec1(t, s.postgres(), fmt.Sprintf(orders, rows), "analyze orders")
	s.push(ordersProject("ndjson", "orders.ndjson"))
	first := s.start("producer")
	waitFor(t, "the first producer leads", func() bool {
		lease, err := s.ledger.Lease(t.Context())
		return err == nil && !lease.Released()
	})
	led, err := s.ledger.Lease(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.start("producer")
	id := s.trigger(ledger.Export, "orders")
	s.until(id, "running", func(r ledger.Run) bool { return r.State == ledger.Running })
	first.kill() // no worker has begun, so the run can't be done yet
	killed := time.Now()
	waitFor(t, "the second producer leads", func() bool {
		lease, err := s.ledger.Lease(t.Context())
		return err == nil && lease.Term > led.Term
	})
	t.Logf("another producer leads %s after the first was killed", time.Since(killed).Round(time.Second))
	s.start("worker", "LONGSHORE_QUEUES=export=2")
	r := s.ended(id)
	if r.State != ledger.Done || r.Totals.Rows != rows {
		t.Fatalf("got %+v, failure %+v", r, r.Failure)
	}
	from := s.s3("orders.ndjson", "JSONEachRow", "id Int64")
	if got := one(t, s.clickhouse(), "SELECT concat(count(), ' ', uniqExact(id)) FROM "+from); got != fmt.Sprintf("%d %d", rows, rows) {
		t.Errorf("got %s rows", got)
	}
}

// Twelve waiting files: 5, 5 and 2 on three scans, the oldest first.
func TestAutoTakesFiveFilesAScan(t *testing.T) {
	s := newStage(t)
	var newest time.Time
	for i := range 12 { // names and ages run in opposite directions
		key := fmt.Sprintf("in/%02d.csv", 11-i)
		waitFor(t, "a file is younger than the one before", func() bool {
			s.put(key, csvEvents(i*100, 100))
			for obj := range s.bucket(s.data).List(t.Context(), key, "") {
				older := newest
				newest = obj.Modified
				return newest.After(older)
			}
			return false
		})
	}
	s.push(s.events("in/*.csv", "IMPORT_SCHEDULE @auto\n"))
	var mu sync.Mutex
	now := time.Now().Truncate(time.Minute).Add(time.Second)
	cfg := daemon.ProducerConfig{Config: s.config(), Listen: "127.0.0.1:0"}
	cfg.Now = func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	s.spawn("producer", func(ctx context.Context, log *zap.Logger) error { return daemon.Producer(ctx, cfg, log, nil) })
	s.work()
	subject := ledger.Subject{Kind: ledger.Ingest, Name: "events"}
	var before ledger.RunID
	for scan, want := range []struct{ files, rows, left, oldest int }{{5, 500, 7, 0}, {5, 1000, 2, 500}, {2, 1200, 0, 1000}, {0, 1200, 0, 0}} {
		var rec ledger.SubjectRecord
		waitFor(t, fmt.Sprintf("scan %d is over", scan+1), func() bool {
			var err error
			if rec, err = s.ledger.Subject(t.Context(), subject); err != nil {
				t.Fatal(err)
			}
			return rec.LastScanAt.Equal(cfg.Now().UTC()) && rec.Active == "" && (want.files == 0 || rec.Last > before)
		})
		before = rec.Last
		if got := one(t, s.clickhouse(), "SELECT count() FROM events"); got != fmt.Sprint(want.rows) {
			t.Errorf("scan %d: got %s rows in all, want %d", scan+1, got, want.rows)
		}
		if rec.Backlog.Files != int64(want.left) {
			t.Errorf("scan %d: got a backlog of %+v, want %d files", scan+1, rec.Backlog, want.left)
		}
		if want.files > 0 {
			r, err := s.ledger.Run(t.Context(), rec.Last)
			if err != nil || r.Totals.Files != int64(want.files) {
				t.Errorf("scan %d: got %+v, %v; want %d files", scan+1, r.Totals, err, want.files)
			}
			if got := one(t, s.clickhouse(), "SELECT min(id) FROM events WHERE id >= "+fmt.Sprint(want.oldest)); got != fmt.Sprint(want.oldest) {
				t.Errorf("scan %d: the oldest files were not first: lowest new id %s, want %d", scan+1, got, want.oldest)
			}
		}
		mu.Lock()
		now = now.Add(time.Minute)
		mu.Unlock()
	}
}
