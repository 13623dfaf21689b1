package daemon_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/ingest"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/queue"
	"github.com/longshore/longshore/internal/servertest"
)

// splitRows is how many rows one more file has, which many workers read.
const splitRows = 300_000

// storm is a datasource whose files are ingested while everything around fails.
type storm struct {
	*stage
	house   *servertest.Server // ClickHouse
	way     *flaky             // of the daemons to the store
	db      *sql.DB            // ClickHouse, without connections that its end would break
	files   int                // besides the large one
	rows    int                // of each of them
	total   int                // rows of all files
	every   time.Duration      // a worker is killed
	workers []*process
	killed  int
	runs    int
}

// stormRows is the source: so many rows, from so many on, as columns of events.
// Names have what CSV must quote.
const stormRows = `SELECT number AS id, concat('näme "', toString(number %% 1000), '",', if(number %% 5 = 0, '\n', ''), ' x') AS name,
	CAST(if(number %% 7 = 0, NULL, (number %% 1000000) / 100), 'Nullable(Decimal(12, 2))') AS amount,
	toDateTime64('2020-01-01 00:00:00', 3, 'UTC') + number * 3.125 AS at FROM numbers(%d, %d)`

// stormSums sums rows up, in any order.
const stormSums = "SELECT concat(count(), ' ', uniqExact(id), ' ', sum(cityHash64(toString((id, toString(name), amount, at))))) FROM "

// Workers are killed all the time, Redis is flushed, ClickHouse is killed and
// comes back, and one in twenty requests to the store fails: every row arrives
// once. `make prove-storm` has more of it.
func TestAKillStorm(t *testing.T) {
	seed := uint64(numberFrom(t, "STORM_SEED", 1))
	s := newStorm(t, seed)
	start := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	s.blow(ctx, rand.New(rand.NewPCG(seed, 6)))
	s.survived()
	f := &s.way.failed
	t.Logf("%d files, %d rows in %d runs; %d workers killed, Redis flushed, ClickHouse killed", s.files+1, s.total, s.runs, s.killed)
	t.Logf("of the requests to the store %d passed, %d were refused, %d and %d lost before and after they were made, %d answers cut; took %s",
		s.way.passed.Load(), f[refused].Load(), f[lost].Load(), f[answered].Load(), f[cut].Load(), time.Since(start).Round(time.Second))
}

func newStorm(t *testing.T, seed uint64) *storm {
	t.Helper()
	s := &storm{
		stage: newStage(t), files: numberFrom(t, "STORM_FILES", 40), rows: numberFrom(t, "STORM_ROWS", 10_000),
		every: time.Duration(numberFrom(t, "STORM_KILL_MS", 2000)) * time.Millisecond,
	}
	s.ch, s.house = servertest.StartClickHouse(t)
	s.chName = servertest.ClickHouseDatabase(t, s.ch.Native)
	s.db = s.clickhouse()
	s.db.SetMaxIdleConns(-1)
	formats := []struct{ name, format string }{
		{"in/%03d.csv", "CSVWithNames"}, {"in/%03d.ndjson.gz", "JSONEachRow"}, {"in/deep/%03d.parquet", "Parquet"}, {"in/%03d.csv.zst", "CSVWithNames"},
	}
	for i := range s.files {
		f := formats[i%len(formats)]
		exec1(t, s.db, "INSERT INTO FUNCTION "+s.s3(fmt.Sprintf(f.name, i), f.format, "")+" "+fmt.Sprintf(stormRows, i*s.rows, s.rows))
	}
	large := "INSERT INTO FUNCTION " + s.s3("in/large.csv", "CSVWithNames", "") + " " + fmt.Sprintf(stormRows, s.files*s.rows, splitRows)
	exec1(t, s.db, large)
	s.total = s.files*s.rows + splitRows
	s.way = newFlaky(t, s.store.Endpoint, 0.05, seed)
	s.store.Endpoint = s.way.server.URL // of the daemons, and of connections
	s.push(s.events("in/**", ""))
	s.start("producer", "LONGSHORE_RANGE_BYTES=4MiB") // so that the large file is split
	for range 4 {
		s.workers = append(s.workers, s.start("worker", "LONGSHORE_QUEUES=ingest=2"))
	}
	return s
}

// blow kills workers until all files are ingested: now and then, and when some
// rows are in, at which Redis and ClickHouse fail once each, too.
func (s *storm) blow(ctx context.Context, r *rand.Rand) {
	t := s.t
	id := s.again()
	kill := time.NewTicker(s.every)
	defer kill.Stop()
	misfortunes := []struct {
		after int64 // rows, in percent
		do    func()
	}{{20, s.flush}, {35, func() { s.kill(r) }}, {50, func() { s.house.Restart(t) }}}
	for {
		select {
		case <-ctx.Done():
			t.Fatalf("not over after ten minutes: %d of %d rows", s.arrived(), s.total)
		case <-kill.C:
			s.kill(r)
		case <-time.After(20 * time.Millisecond):
		}
		if len(misfortunes) > 0 && s.arrived()*100 >= misfortunes[0].after*int64(s.total) {
			misfortunes[0].do()
			misfortunes = misfortunes[1:]
		}
		run, err := s.ledger.Run(ctx, id)
		switch {
		case err != nil:
			t.Fatal(err)
		case run.State == ledger.Done && run.Totals.FailedFiles == 0:
			if len(misfortunes) > 0 {
				t.Fatalf("all was over before the storm: %d misfortunes to come", len(misfortunes))
			}
			return
		case run.State.Final():
			t.Logf("run %s is %s, %+v: another one follows", id, run.State, run.Failure)
			id = s.again()
		}
	}
}

// kill kills a worker, and starts another one.
func (s *storm) kill(r *rand.Rand) {
	i := r.IntN(len(s.workers))
	s.workers[i].kill()
	s.workers[i] = s.start("worker", "LONGSHORE_QUEUES=ingest=2")
	s.killed++
}

func (s *storm) again() ledger.RunID {
	s.runs++
	return s.trigger(ledger.Ingest, "events")
}

func (s *storm) flush() {
	client := queue.Open(queue.Config{Addrs: []string{s.redis}})
	defer client.Close()
	if err := client.FlushAll(s.t.Context()).Err(); err != nil {
		s.t.Fatal(err)
	}
}

// arrived is how many rows are in the table; 0 before there is one.
func (s *storm) arrived() int64 {
	var n int64
	err := s.db.QueryRowContext(s.t.Context(), "SELECT ifNull(sum(total_rows), 0) FROM system.tables WHERE database = currentDatabase() AND name = 'events'").Scan(&n)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// survived checks that the table, the file ledger and the source agree.
func (s *storm) survived() {
	t, db := s.t, s.db
	want := one(t, db, stormSums+"("+fmt.Sprintf(stormRows, 0, s.total)+")")
	if got := one(t, db, stormSums+"events"); got != want {
		t.Errorf("got count, ids and checksum %s, want %s", got, want)
	}
	recorded := one(t, db, "SELECT concat(count(), ' ', sum(rows), ' ', sum(quarantined)) FROM longshore_files FINAL WHERE datasource = 'events' AND state = 'done' AND range = 0")
	if want := fmt.Sprintf("%d %d 0", s.files+1, s.total); recorded != want {
		t.Errorf("the file ledger has files, rows and quarantined rows %s, want %s", recorded, want)
	}
	if n := one(t, db, "SELECT countIf(pack != '') FROM longshore_files FINAL WHERE range = 0"); n == "0" {
		t.Error("no files were stored together")
	}
	if n := one(t, db, "SELECT count() FROM events_quarantine"); n != "0" {
		t.Errorf("%s rows are in quarantine", n)
	}
	if !strings.HasPrefix(want, fmt.Sprintf("%d %[1]d ", s.total)) {
		t.Errorf("the source itself has %s", want)
	}
	s.verifies()
}

// verifies checks that a verification finds nothing, file by file.
func (s *storm) verifies() {
	s.t.Helper()
	project, err := s.ledger.CurrentProjectID(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := s.ledger.Create(s.t.Context(), ledger.Subject{Kind: ledger.Ingest, Name: "events"}, project, ledger.Trigger{By: "manual", Verify: &ledger.Verify{}}, "")
	if err != nil {
		s.t.Fatal(err)
	}
	var v ingest.Verification
	if r = s.ended(r.ID); r.State == ledger.Done {
		err = s.ledger.Manifest(s.t.Context(), r.ID, &v)
	}
	if err != nil || !v.Clean || v.Proved != int64(s.files+1) || len(v.Notes) > 0 {
		s.t.Errorf("the verification is %s, %+v, %v: %+v; want it clean, each of %d files proved", r.State, r.Failure, err, v, s.files+1)
	}
}
