package ingest_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/fault"
)

func TestABackfillBringsInWhatIsNew(t *testing.T) {
	y := newYard(t, 3)
	y.lead()
	y.work()
	if n := y.sync(); n != 3 {
		t.Fatalf("the datasource took %d files", n)
	}
	for i := 3; i < 8; i++ {
		y.put(fmt.Sprintf("in/%03d.csv", i), tenRows(i))
	}
	y.put("other/008.csv", tenRows(8)) // isn't the datasource's
	rec := y.done(y.fill(func(rec *ledger.BackfillRecord) { rec.URI = "s3://" + y.name + "/{in,other}/*.csv" }))
	want := ledger.BackfillFound{Files: 6, Known: 3, Complete: true, Bytes: rec.Found.Bytes}
	if rec.Found != want || rec.Found.Bytes == 0 {
		t.Errorf("got %+v, want %+v", rec.Found, want)
	}
	if rec.Verdict.Proved != 6 {
		t.Errorf("got %d files proved by their rows, want 6", rec.Verdict.Proved)
	}
	if d := rec.Verdict.Totals; d.Files != 6 || d.Rows != 60 || d.Bytes != rec.Found.Bytes || rec.DoneParts != 6 || rec.Done != d {
		t.Errorf("got %+v", rec)
	}
	y.wantRows(9)
	if again := y.done(y.fill()); again.Found.Files != 0 || again.Found.Known != 8 || again.Name != "events-2" {
		t.Errorf("once more: got %+v", again)
	}
	y.wantRows(9)
}

// Files are chosen by when they were modified: From is the first moment that
// counts, To the first that doesn't. The datasource's own bound doesn't.
func TestABackfillIsBoundedInTime(t *testing.T) {
	y := newYard(t, 2)
	y.project = y.push("in/*", "IMPORT_FROM_TIMESTAMP 2100-01-01")
	y.lead()
	y.work()
	var first, second time.Time
	y.until("the second file is younger", func() bool {
		y.put("in/001.csv", tenRows(1))
		for obj, err := range y.data.List(t.Context(), "in/", "") {
			if err != nil {
				t.Fatal(err)
			}
			first, second = second, obj.Modified
		}
		return second.After(first)
	})
	if n := y.sync(); n != 0 {
		t.Fatalf("the datasource took %d files", n)
	}
	if rec := y.done(y.fill(func(rec *ledger.BackfillRecord) { rec.To = second })); rec.Found.Files != 1 {
		t.Errorf("before the second: got %+v", rec.Found)
	}
	y.wantRows(1)
	if rec := y.done(y.fill(func(rec *ledger.BackfillRecord) { rec.From = second })); rec.Found.Files != 1 || rec.Found.Known != 0 {
		t.Errorf("from the second on: got %+v", rec.Found)
	}
	y.wantRows(2)
}

func TestABackfillIsPausedAndResumed(t *testing.T) {
	const files = 6
	for _, c := range []struct {
		name string
		play func(y *yard) ledger.BackfillRecord // ends with a backfill that was paused
		rows int                                 // files whose rows are there while it is paused
	}{
		{"while it waits for its turn", func(y *yard) ledger.BackfillRecord {
			rec := y.fill()
			y.pause(rec, true)
			y.lead()
			return rec
		}, 0},
		{"while it is planned", func(y *yard) ledger.BackfillRecord {
			reached, goOn := y.stopListing("in/003.csv")
			rec := y.fill()
			y.lead()
			<-reached
			y.pause(rec, true)
			goOn()
			return rec
		}, 0},
		{"with a part under way", func(y *yard) ledger.BackfillRecord {
			rec := y.fill()
			reached, goOn := y.stopAtRows(3)
			y.lead()
			<-reached
			y.pause(rec, true)
			goOn()
			return rec
		}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			y := newYard(t, files)
			y.work()
			rec := c.play(y)
			y.until("it stands still", func() bool { return y.state(rec.Run).State == ledger.Running && y.idle() })
			y.wantRows(c.rows)
			seen := y.record(rec).Pace.Active
			if n := y.sync(); n != 0 {
				t.Errorf("the datasource took %d files that a paused backfill had claimed", n)
			}
			if rec := y.record(rec); rec.Pace.Active != seen || !rec.Pace.At.IsZero() {
				t.Errorf("the clock runs on: %s, then %+v", seen, rec.Pace)
			}
			y.depose() // the pause is the ledger's to remember
			y.lead()
			y.until("a new leader watches it", func() bool { return y.state(rec.Run).State == ledger.Running && y.idle() })
			y.wantRows(c.rows)
			y.pause(rec, false)
			if rec := y.done(rec); rec.Done.Files != files || rec.Done.Rows != files*10 {
				t.Errorf("got %+v", rec.Done)
			}
			y.wantRows(files)
		})
	}
}

// Whenever a backfill is canceled, the files that it didn't take are free for the
// datasource, and for another backfill, and no row comes in twice.
func TestACanceledBackfillFreesItsFiles(t *testing.T) {
	const files = 6
	for _, c := range []struct {
		name string
		play func(y *yard) ledger.RunID // ends with a run that was asked to stop
	}{
		{"while it waits for its turn", func(y *yard) ledger.RunID {
			rec := y.fill()
			y.cancel(rec.Run)
			y.lead()
			return rec.Run
		}},
		{"while it is planned", func(y *yard) ledger.RunID {
			reached, goOn := y.stopListing("in/003.csv")
			rec := y.fill()
			y.lead()
			<-reached
			y.cancel(rec.Run)
			goOn()
			return rec.Run
		}},
		{"with a part under way", func(y *yard) ledger.RunID {
			rec := y.fill()
			reached, goOn := y.stopAtRows(3)
			y.lead()
			<-reached
			y.cancel(rec.Run)
			y.ended(rec.Run)
			goOn()
			return rec.Run
		}},
		{"while it is paused", func(y *yard) ledger.RunID {
			rec := y.fill()
			y.pause(rec, true)
			y.lead()
			y.until("it is planned", func() bool { return y.state(rec.Run).State == ledger.Running })
			if n := y.sync(); n != 0 {
				y.t.Errorf("the datasource took %d files before", n)
			}
			y.cancel(rec.Run)
			return rec.Run
		}},
	} {
		for _, next := range []string{"datasource", "backfill"} {
			t.Run(c.name+", then a "+next, func(t *testing.T) {
				y := newYard(t, files)
				y.work()
				if r := y.ended(c.play(y)); r.State != ledger.Canceled {
					t.Fatalf("got %+v with %+v", r, r.Failure)
				}
				if next == "datasource" {
					y.sync()
				} else {
					y.done(y.fill())
				}
				y.wantRows(files)
			})
		}
	}
}

// The datasource and two backfills go for the same files at the same time.
func TestNoRowComesTwiceWhereBackfillsOverlap(t *testing.T) {
	const files = 16
	y := newYard(t, files)
	y.work()
	y.work()
	first, second := y.fill(), y.fill()
	own := y.create(y.project)
	y.lead()
	for _, id := range []ledger.RunID{first.Run, second.Run, own.ID} {
		if r := y.ended(id); r.State != ledger.Done {
			t.Errorf("got %+v with %+v", r, r.Failure)
		}
	}
	y.done(first)
	y.done(second)
	y.sync() // what one left to the other, should that have been
	y.wantRows(files)
}

func TestABackfillWaitsForClickHouse(t *testing.T) {
	const files = 4
	y := newYard(t, files)
	y.work()
	y.loaded(&clickhouse.Load{Parts: 300})
	y.lead()
	rec := y.fill()
	y.until("it is throttled", func() bool { return !y.record(rec).Throttled.IsZero() })
	why := y.record(rec).Throttled.Why
	if want := "a partition of events has 300 active parts; the limit is 300"; why != want {
		t.Errorf("got %q, want %q", why, want)
	}
	if !y.idle() {
		t.Error("parts are with the queue nevertheless")
	}
	y.wantRows(0)
	reached, goOn := y.stopAtRows(2)
	y.loaded(&clickhouse.Load{Parts: 299})
	<-reached
	y.loaded(&clickhouse.Load{Merges: 100}) // while a part is under way: those behind it wait
	goOn()
	y.until("it is throttled again", func() bool { return y.idle() && !y.record(rec).Throttled.IsZero() })
	y.wantRows(2)
	y.loaded(nil)
	if rec := y.done(rec); rec.Done.Rows != files*10 || !rec.Throttled.IsZero() {
		t.Errorf("got %+v", rec)
	}
	y.wantRows(files)
}

// A part leaves its slot before the next chunk, and is gone on with from there:
// nothing is sent again.
func TestAPartOfABackfillIsLeftOffAtAChunk(t *testing.T) {
	const rows, chunk = 100, 10
	y := newYard(t, 0)
	y.put("in/000.csv", manyRows(rows))
	rec := y.fill()
	r := y.state(rec.Run)
	work, err := y.backfill.Plan(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	for part, err := range work.Stream(t.Context()) {
		if err == nil {
			err = y.ledger.SavePart(t.Context(), r.ID, 1, 0, part)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	work.Plan.Epoch, work.Plan.Shared = 1, fmt.Appendf(nil, `{"chunk_rows": %d, "chunk_bytes": 1000000}`, chunk)
	part := func() (ledger.Totals, error) {
		totals, _, err := y.backfill.Part(t.Context(), run.Part{Run: r, Plan: work.Plan, Attempt: "A", Meter: new(run.Meter)})
		return totals, err
	}
	var mu sync.Mutex
	var tokens []string
	y.append = func(in clickhouse.Insert) error {
		if in.Table != "events" {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		if tokens = append(tokens, in.Token); len(tokens) == 3 {
			y.pause(rec, true)
		}
		return nil
	}
	if _, err := part(); !errorsIsHalted(err) {
		t.Fatalf("got %v, want that it halts", err)
	}
	sent := len(tokens)
	if sent >= rows/chunk {
		t.Fatalf("got %d chunks of a part that was to halt", sent)
	}
	if _, err := part(); !errorsIsHalted(err) || len(tokens) != sent {
		t.Fatalf("while it is paused: got %v, and %d chunks more", err, len(tokens)-sent)
	}
	y.pause(rec, false)
	totals, err := part()
	if err != nil || totals.Rows != rows || totals.Files != 1 {
		t.Fatalf("got %+v, %v", totals, err)
	}
	slices.Sort(tokens)
	if again := len(tokens) - len(slices.Compact(tokens)); again != 0 || sent == 0 {
		t.Errorf("%d chunks were sent again", again)
	}
	y.wantRows(rows / 10)
}

// A leader that dies while it plans is followed by one that takes its claims over.
func TestABackfillWhoseLeaderDies(t *testing.T) {
	const files = 6
	for _, when := range []string{"while it plans", "while it watches"} {
		t.Run(when, func(t *testing.T) {
			y := newYard(t, files)
			rec := y.fill()
			if when == "while it plans" {
				reached, goOn := y.stopListing("in/004.csv")
				y.lead()
				<-reached
				y.leads()
				goOn()
				<-y.led
				y.mu.Lock()
				y.list = nil
				y.mu.Unlock()
			} else {
				reached, goOn := y.stopAtRows(2)
				y.lead()
				y.work()
				<-reached
				y.depose()
				goOn()
			}
			y.lead()
			y.work()
			if rec := y.done(rec); rec.Found.Files != files || rec.Done.Rows != files*10 {
				t.Errorf("got %+v", rec)
			}
			y.wantRows(files)
		})
	}
}

// Rows that came from elsewhere under a file's id are found at the end.
func TestABackfillThatDoesNotVerify(t *testing.T) {
	y := newYard(t, 3)
	var once sync.Once
	y.append = func(in clickhouse.Insert) (err error) {
		if in.Table == "events" {
			once.Do(func() {
				err = y.house.Append(t.Context(), clickhouse.Insert{Table: in.Table, Block: in.Block, File: in.File})
			})
		}
		return err
	}
	y.lead()
	y.work()
	rec := y.fill()
	if r := y.ended(rec.Run); r.State != ledger.Done {
		t.Fatalf("got %+v with %+v", r, r.Failure)
	}
	v := y.record(rec).Verdict
	if v == nil || v.OK || v.Proved != 2 || !strings.Contains(v.Note, "in/00") {
		t.Errorf("got %+v", v)
	}
}

// A file that a run of the datasource left half ingested in ranges is finished in
// these by whoever comes next, whatever ranges a file has by then. And what a
// backfill has claimed isn't begun in ranges by others.
func TestABackfillAndFilesInRanges(t *testing.T) {
	const rows = 300
	for _, next := range []string{"backfill", "datasource"} {
		t.Run("then a "+next, func(t *testing.T) {
			y := newYard(t, 0)
			y.put("in/000.csv", manyRows(rows))
			y.ingest.SplitFiles(400)
			y.work()
			reached, goOn := y.stopAtRows(2)
			own := y.create(y.project)
			y.lead()
			<-reached
			y.cancel(own.ID)
			y.ended(own.ID)
			goOn()
			y.ingest.SplitFiles(1 << 30)
			if next == "datasource" {
				if n := y.sync(); n != 1 {
					t.Errorf("the datasource took %d files", n)
				}
			} else if rec := y.done(y.fill()); rec.Found.Files != 1 || rec.Done.Files != 1 || rec.Done.Rows != rows || rec.Done.SkippedFiles != 0 {
				t.Errorf("got %+v of %+v", rec.Done, rec.Found)
			}
			y.wantRows(rows / 10)
			if got := y.one("SELECT toString((any(range_bytes) <= 400, uniqExact(range_bytes), countIf(state != 'done'))) FROM longshore_files FINAL"); got != "(1,1,0)" {
				t.Errorf("got %s", got)
			}
		})
	}

	y := newYard(t, 0)
	y.put("in/000.csv", manyRows(rows))
	y.ingest.SplitFiles(400)
	y.work()
	y.lead()
	rec := y.fill()
	y.pause(rec, true)
	y.until("it is claimed", func() bool { return y.state(rec.Run).State == ledger.Running })
	if n := y.sync(); n != 0 {
		t.Errorf("the datasource took %d files that a backfill had claimed", n)
	}
	y.pause(rec, false)
	y.done(rec)
	y.wantRows(rows / 10)
}

func TestABackfillOfAnotherBucketIsRefused(t *testing.T) {
	y := newYard(t, 0)
	rec := y.fill(func(rec *ledger.BackfillRecord) { rec.URI = "s3://elsewhere/in/*" })
	y.lead()
	r := y.ended(rec.Run)
	if r.State != ledger.Failed || r.Failure == nil || r.Failure.Kind != fault.Invalid.String() {
		t.Errorf("got %+v with %+v", r, r.Failure)
	}
}

// However many files there are, a page of them and a part are in memory.
func TestABackfillIsPlannedInConstantMemory(t *testing.T) {
	const files, perPart, room = 100_000, 500, 4 << 20
	y := newYard(t, 0)
	y.keys = files
	y.backfill.LimitParts(perPart)
	rec := y.fill()
	work, err := y.backfill.Plan(t.Context(), y.state(rec.Run))
	if err != nil {
		t.Fatal(err)
	}
	parts, bytes := 0, 0
	var before, most uint64
	for part, err := range work.Stream(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		parts, bytes = parts+1, bytes+len(part)
		if parts%20 == 0 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			if before == 0 {
				before = m.HeapAlloc
			}
			most = max(most, m.HeapAlloc)
		}
	}
	if found := y.record(rec).Found; parts != files/perPart || found.Files != files || !found.Complete {
		t.Errorf("got %d parts of %+v", parts, found)
	}
	if bytes < room*3/2 {
		t.Fatalf("the parts are %d bytes: too few to tell", bytes)
	}
	if most > before+room {
		t.Errorf("the heap grew from %d to %d bytes", before, most)
	}
}
