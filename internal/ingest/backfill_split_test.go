package ingest_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/internal/servertest"
)

// groups puts a Parquet file of several row groups, as a scene does.
func (y *yard) groups(rows int) {
	y.t.Helper()
	db, err := sql.Open("clickhouse", "clickhouse://default@"+servertest.ClickHouse(y.t).Native+"/"+y.house.Database())
	if err != nil {
		y.t.Fatal(err)
	}
	defer db.Close()
	s := &scene{t: y.t, store: y.store, data: y.data, db: db}
	s.parquetRows(rows)
}

// A backfill splits the files that a run of the datasource would split, and what
// comes in is what one reader would have found.
func TestABackfillSplitsLargeFiles(t *testing.T) {
	for name, put := range map[string]func(y *yard){
		"csv":     func(y *yard) { y.put("big.csv", string(quotedRows(3000))) },
		"ndjson":  func(y *yard) { y.put("big.ndjson", string(jsonRows(3000))) },
		"parquet": func(y *yard) { y.groups(3000) },
	} {
		t.Run(name, func(t *testing.T) {
			want := ""
			for _, width := range []int64{1 << 30, 17_777} {
				y := newYard(t, 0)
				y.project = y.push("big*")
				y.ingest.SplitFiles(width)
				y.work()
				y.work()
				y.lead()
				put(y)
				rec := y.done(y.fill(func(rec *ledger.BackfillRecord) { rec.URI = "s3://" + y.name + "/big*" }))
				r := y.state(rec.Run)
				if split := r.Parts > 1; split != (width < 1<<30) {
					t.Fatalf("got %d parts in ranges of %d bytes", r.Parts, width)
				}
				total := ledger.Totals{Files: 1, Rows: 2700, Quarantined: 300, Bytes: rec.Found.Bytes}
				if rec.Done != total || rec.Verdict.Totals != total || rec.Verdict.Proved != 1 {
					t.Errorf("got %+v with verdict %+v, want %+v", rec.Done, rec.Verdict, total)
				}
				got := y.one(contents)
				if want == "" {
					want = got
				}
				if got != want {
					t.Errorf("in ranges of %d bytes: got %s, want %s", width, got, want)
				}
				ranges := y.one(fmt.Sprintf("SELECT toString((count() > 2, sum(rows), countIf(state != 'done'), max(range_bytes) <= %d)) FROM longshore_files FINAL WHERE range > 0", width))
				if width < 1<<30 && ranges != "(1,2700,0,1)" {
					t.Errorf("got ranges %s", ranges)
				}
				if n := y.sync(); n != 0 {
					t.Errorf("the datasource found %d files left", n)
				}
			}
		})
	}
}

// planned records the plan of a backfill, whose chunks have so many rows.
func (y *yard) planned(rec ledger.BackfillRecord, chunkRows int) (ledger.Run, ledger.Plan) {
	y.t.Helper()
	r := y.state(rec.Run)
	work, err := y.backfill.Plan(y.t.Context(), r)
	if err != nil {
		y.t.Fatal(err)
	}
	work.Plan.Epoch = 1
	for part, err := range work.Stream(y.t.Context()) {
		if err == nil {
			err = y.ledger.SavePart(y.t.Context(), r.ID, 1, work.Plan.Parts, part)
		}
		if err != nil {
			y.t.Fatal(err)
		}
		work.Plan.Parts++
	}
	work.Plan.Shared = fmt.Appendf(nil, `{"chunk_rows": %d, "chunk_bytes": 1000000}`, chunkRows)
	return r, work.Plan
}

// A range leaves its slot before the next chunk, is gone on with from there, and
// sends nothing again. A scan leaves it, too.
func TestARangeOfABackfillIsLeftOffAtAChunk(t *testing.T) {
	const rows, chunk = 400, 10
	y := newYard(t, 0)
	y.put("in/000.csv", manyRows(rows))
	y.ingest.SplitFiles(int64(len(manyRows(rows)) / 2))
	rec := y.fill()
	r, plan := y.planned(rec, chunk)
	if !slices.Equal(plan.Waves, []int{2, 2, 1}) {
		t.Fatalf("got waves %v, want two scans, two ranges, and the end", plan.Waves)
	}
	var done ledger.Totals
	part := func(n int) error {
		totals, out, err := y.backfill.Part(t.Context(), run.Part{Run: r, Plan: plan, Index: n, Attempt: "A", Meter: new(run.Meter)})
		if err == nil {
			done.Add(totals)
			err = y.ledger.FinishPart(t.Context(), r.ID, 1, ledger.PartManifest{Part: n, Totals: totals, Output: out})
		}
		return err
	}
	y.pause(rec, true)
	if err := part(0); !errorsIsHalted(err) {
		t.Fatalf("a scan while it is paused: got %v, want that it halts", err)
	}
	y.pause(rec, false)
	for n := range 2 {
		if err := part(n); err != nil {
			t.Fatal(err)
		}
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
	if err := part(3); !errorsIsHalted(err) {
		t.Fatalf("got %v, want that it halts", err)
	}
	sent := len(tokens)
	if sent == 0 || sent >= rows/chunk/2 {
		t.Fatalf("got %d chunks of a range that was to halt", sent)
	}
	y.pause(rec, false)
	for _, n := range []int{2, 3, 4} {
		if err := part(n); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(tokens)
	if again := len(tokens) - len(slices.Compact(slices.Clone(tokens))); again != 0 {
		t.Errorf("%d chunks were sent again", again)
	}
	if want := (ledger.Totals{Files: 1, Rows: rows, Bytes: int64(len(manyRows(rows)))}); done != want {
		t.Errorf("got %+v, want %+v", done, want)
	}
	y.wantRows(rows / 10)
}

// A backfill of a file in ranges is paused, its leader dies, or it is canceled, at
// several places; whoever goes on finishes the file, and no row comes in twice.
func TestASplitBackfillIsInterrupted(t *testing.T) {
	const rows = 600
	for name, play := range map[string]func(y *yard, rec ledger.BackfillRecord, goOn func()){
		"paused": func(y *yard, rec ledger.BackfillRecord, goOn func()) {
			y.pause(rec, true)
			goOn()
			y.until("it stands still", y.idle)
			y.depose()
			y.lead()
			y.pause(rec, false)
			y.done(rec)
		},
		"the leader dies": func(y *yard, rec ledger.BackfillRecord, goOn func()) {
			y.depose()
			goOn()
			y.lead()
			y.done(rec)
		},
		"canceled, then the datasource": func(y *yard, rec ledger.BackfillRecord, goOn func()) {
			y.cancel(rec.Run)
			y.ended(rec.Run)
			goOn()
			y.until("the datasource has all", func() bool { y.sync(); return y.settled() })
		},
		"canceled, then a backfill": func(y *yard, rec ledger.BackfillRecord, goOn func()) {
			y.cancel(rec.Run)
			y.ended(rec.Run)
			goOn()
			y.done(y.fill())
		},
	} {
		t.Run(name, func(t *testing.T) {
			y := newYard(t, 0)
			y.put("in/000.csv", manyRows(rows))
			y.ingest.SplitFiles(800)
			y.work()
			y.lead()
			rec := y.fill()
			reached, goOn := y.stopAtRows(3)
			<-reached
			play(y, rec, goOn)
			y.wantRows(rows / 10)
			if !y.settled() {
				t.Error("the file isn't done")
			}
		})
	}
}

// settled reports whether all files and ranges are done.
func (y *yard) settled() bool {
	return y.one("SELECT toString((countIf(state = 'done'), countIf(state != 'done' AND state != 'planned'))) FROM longshore_files FINAL WHERE range = 0") == "(1,0)"
}

// One that is deleted while its ranges are read fails by itself, and is counted.
func TestASplitFileOfABackfillIsDeleted(t *testing.T) {
	y := newYard(t, 2)
	y.put("in/big.csv", manyRows(600))
	y.ingest.SplitFiles(800)
	y.lead()
	rec := y.fill()
	var once sync.Once
	y.append = func(in clickhouse.Insert) (err error) {
		if in.Table == "events" && strings.HasPrefix(y.one("SELECT toString(count()) FROM events"), "2") { // the two small files, or more
			once.Do(func() { err = y.data.Delete(t.Context(), "in/big.csv") })
		}
		return err
	}
	y.work()
	rec = y.done(rec)
	if rec.Done.Files != 3 || rec.Done.FailedFiles != 1 || rec.Done.Bytes != rec.Found.Bytes || rec.Done != rec.Verdict.Totals {
		t.Errorf("got %+v with verdict %+v", rec.Done, rec.Verdict)
	}
}
