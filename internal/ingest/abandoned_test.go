package ingest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/ingest"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/fault"
)

// verified makes a run that verifies, or repairs, and returns what it found.
func (s *scene) verified(by ledger.Verify) (v ingest.Verification) {
	s.t.Helper()
	ctx := s.t.Context()
	s.end()
	r, err := s.ledger.Create(ctx, events, s.project, ledger.Trigger{By: "manual", Verify: &by}, "")
	if err != nil {
		s.t.Fatal(err)
	}
	s.run = r
	work, err := s.ingest.Plan(ctx, r)
	if err != nil {
		s.t.Fatal(err)
	}
	totals, out, err := s.ingest.Part(ctx, run.Part{Run: r, Plan: work.Plan, Attempt: "A", Meter: new(run.Meter)})
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.ingest.Commit(ctx, r, work.Plan, []ledger.PartManifest{{Totals: totals, Output: out}}); err != nil {
		s.t.Fatal(err)
	}
	if err := s.ledger.Manifest(ctx, r.ID, &v); err != nil {
		s.t.Fatal(err)
	}
	return v
}

// abandoned is a scene with a file of ranges of 8000 bytes whose run ended when it
// had written so often to ClickHouse.
func abandoned(t *testing.T, put func(s *scene), writes int) *scene {
	s := newScene(t)
	put(s)
	s.splitPlan(8000)
	left := writes
	s.write = func(string) error {
		if left--; left < 0 {
			return fault.New(fault.Temporary, "killed")
		}
		return nil
	}
	if _, err := s.parts(); !fault.Is(err, fault.Temporary) {
		t.Fatalf("got %v, want the file half ingested", err)
	}
	s.write = nil
	return s
}

// A file that is split and whose run is gone, some of its ranges done, is found by
// a verification, left alone by a repair, which says so, and finished by the next
// run: whatever ranges that would make, and also none.
func TestAnAbandonedSplitFileIsFinished(t *testing.T) {
	for name, put := range map[string]func(s *scene){
		"csv":     func(s *scene) { s.put("big.csv", quotedRows(3000)) },
		"ndjson":  func(s *scene) { s.put("big.csv", jsonRows(3000)) },
		"parquet": func(s *scene) { s.parquetRows(3000) },
	} {
		whole := newScene(t)
		put(whole)
		whole.splitPlan(1 << 30)
		if _, err := whole.parts(); err != nil {
			t.Fatal(err)
		}
		want := whole.contents()
		for i, width := range []int64{8000, 3000, 1 << 30} {
			t.Run(fmt.Sprint(name, " in ranges of ", width), func(t *testing.T) {
				s := abandoned(t, put, 3+7*i)
				v := s.verified(ledger.Verify{Repair: true})
				if got := findings(v.Findings); !strings.HasPrefix(got, "unfinished files: 1 files") || strings.Contains(got, "\n") {
					t.Errorf("got %s, want the file unfinished", got)
				}
				if len(v.Notes) != 1 || !strings.Contains(v.Notes[0], "it is split, and finished by the next run") || len(v.Repaired) > 0 {
					t.Errorf("got notes %q, repaired %v", v.Notes, v.Repaired)
				}
				s.splitPlan(width)
				totals, err := s.parts()
				if err != nil || totals.Files != 1 || totals.Rows != 2700 || totals.Quarantined != 300 {
					t.Errorf("the next run: got %+v, %v", totals, err)
				}
				if got := s.contents(); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
				if v := s.verified(ledger.Verify{}); !v.Clean || v.Proved != 1 || len(v.Notes) > 0 {
					t.Errorf("got %+v", v)
				}
			})
		}
	}
}

// One that was deleted or overwritten meanwhile fails by name; what took its place is
// ingested.
func TestAnAbandonedSplitFileThatIsGoneFails(t *testing.T) {
	for name, put := range map[string]func(s *scene){
		"csv":     func(s *scene) { s.put("big.csv", quotedRows(3000)) },
		"parquet": func(s *scene) { s.parquetRows(3000) },
	} {
		for _, width := range []int64{8000, 1 << 30} {
			t.Run(fmt.Sprint(name, " in ranges of ", width), func(t *testing.T) {
				s := abandoned(t, put, 10)
				key := s.one("SELECT any(key) FROM longshore_files")
				if err := s.data.Delete(t.Context(), key); err != nil {
					t.Fatal(err)
				}
				s.put("other.csv", []byte("id,name\n1000000,x\n"))
				s.verified(ledger.Verify{Repair: true})
				s.splitPlan(width)
				if totals, err := s.parts(); err != nil || totals.Files != 2 || totals.FailedFiles != 1 {
					t.Errorf("got %+v, %v", totals, err)
				}
				if got := s.one("SELECT concat(toString(state), ' ', error) FROM longshore_files FINAL WHERE range = 0 AND key = '" + key + "'"); !strings.HasPrefix(got, "failed read "+key) {
					t.Errorf("got %q", got)
				}
				if v := s.verified(ledger.Verify{}); !v.Clean || v.Proved != 1 {
					t.Errorf("got %+v", v)
				}
				put(s)
				s.splitPlan(width)
				if totals, err := s.parts(); err != nil || totals.Files > 1 {
					t.Errorf("with the file back: got %+v, %v", totals, err)
				}
			})
		}
	}
}
