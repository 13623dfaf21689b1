package ingest_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/fault"
)

// wantWhole checks that a datasource verifies, that each id is in the table or the
// quarantine as often as wanted, and that no pack is open.
func (s *scene) wantWhole(rows, bad int) {
	s.t.Helper()
	if got, want := s.one("SELECT toString((count(), uniqExact(id))) FROM events"), fmt.Sprintf("(%d,%[1]d)", rows); got != want {
		s.t.Errorf("got rows and ids %s, want %s", got, want)
	}
	if got, want := s.one("SELECT toString((count(), uniqExact(c__file, c__etag, c__row))) FROM events_quarantine"), fmt.Sprintf("(%d,%[1]d)", bad); got != want {
		s.t.Errorf("got quarantined rows %s, want %s", got, want)
	}
	if open, err := s.ledger.Packs(s.t.Context(), "events"); err != nil || len(open) > 0 {
		s.t.Errorf("got open packs %+v, %v", open, err)
	}
	if v := s.verified(ledger.Verify{}); !v.Clean {
		s.t.Errorf("got %s", findings(v.Findings))
	}
}

// small puts files of so many rows each, whose ids follow one another, one in ten of
// which doesn't fit.
func (s *scene) small(rows int, keys ...string) (etags map[string]string) {
	etags = map[string]string{}
	for i, key := range keys {
		etags[key] = s.put(key, someRows(rows*i, rows))
	}
	return etags
}

// tableParts is how many parts the table has.
func (s *scene) tableParts() string { return s.one("SELECT toString(uniq(_part)) FROM events") }

func TestSmallFilesAreStoredTogether(t *testing.T) {
	s := newScene(t)
	var keys []string
	for i := range 30 {
		keys = append(keys, fmt.Sprintf("%02d.csv", i))
	}
	etags := s.small(20, keys...)
	s.replan()
	totals, err := s.part()
	if err != nil || totals.Files != 30 || totals.Rows != 540 || totals.Quarantined != 60 {
		t.Errorf("got %+v, %v", totals, err)
	}
	if got := s.tableParts(); got != "1" {
		t.Errorf("got %s parts", got)
	}
	if got := s.one("SELECT toString((count(), uniqExact(pack), countIf(pack = ''), sum(chunks), min(rows), max(rows), min(quarantined), min(marked))) FROM longshore_files FINAL WHERE state = 'done'"); got != "(30,1,0,30,18,18,2,1)" {
		t.Errorf("got records %s", got)
	}
	for i, key := range keys {
		got := s.one(fmt.Sprintf("SELECT toString((count(), min(id), max(id))) FROM events WHERE _longshore_file = %d", clickhouse.FileID(key, etags[key])))
		if want := fmt.Sprintf("(18,%d,%d)", 20*i+1, 20*i+19); got != want {
			t.Errorf("%s: got %s, want %s", key, got, want)
		}
		got = s.one(fmt.Sprintf("SELECT toString((count(), min(c__row), max(c__row))) FROM events_quarantine WHERE c__file = '%s' AND c__etag = '%s'", key, etags[key]))
		if got != "(2,1,11)" {
			t.Errorf("%s: got quarantine %s", key, got)
		}
	}
	s.wantWhole(540, 60)
}

// A file that isn't like the others goes alone, and keeps nobody back.
func TestAFileThatIsNotLikeTheOthersGoesAlone(t *testing.T) {
	s := newScene(t)
	s.define("`id` UInt64,\n    `name` String,\n    `n` UInt8 DEFAULT 7", "")
	s.small(20, "a.csv", "c.csv", "g.csv")
	s.put("b.csv", []byte("id,name,extra\n101,b,x\n102,b,y\n"))
	s.put("d.csv", []byte("name\nno id\n"))
	s.put("e.parquet", []byte("PAR1 and nothing that follows from it"))
	s.put("f.csv", nil)
	s.put("h.csv", []byte("id,n,name\n103,1,h\n104,2,h\n"))
	s.replan()
	totals, err := s.part()
	if err != nil || totals.Files != 8 || totals.FailedFiles != 1 || totals.Rows != 58 || totals.Quarantined != 7 {
		t.Errorf("got %+v, %v", totals, err)
	}
	want := "[('a.csv','done',1,18,2),('b.csv','done',0,2,0),('c.csv','done',1,18,2),('d.csv','done',0,0,1),('e.parquet','failed',0,0,0)," +
		"('f.csv','done',0,0,0),('g.csv','done',1,18,2),('h.csv','done',1,2,0)]"
	got := s.one("SELECT toString(arraySort(groupArray((key, toString(state), toUInt8(pack != ''), rows, quarantined)))) FROM longshore_files FINAL")
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := s.one("SELECT toString((uniq(_part), sum(n), countIf(extra != ''))) FROM events"); got != "(2,395,2)" {
		t.Errorf("got parts, numbers and extras %s", got)
	}
	s.wantWhole(58, 7)
}

// A run is cut off wherever it speaks to the server; the next attempt, or other runs
// whose parts have other files, leave each row there once.
func TestAPackThatIsCutOffIsFinished(t *testing.T) {
	keys := []string{"b.csv", "c.csv", "d.csv", "e.csv"}
	for _, next := range []string{"attempt", "runs"} {
		for _, call := range []int{1, 2, 4, 6} { // before: send, quarantine of the first, of the third, record
			t.Run(fmt.Sprintf("at call %d, then other %s", call, next), func(t *testing.T) {
				s := newScene(t)
				s.small(20, keys...)
				s.replan()
				s.cutAt(call)
				if next == "attempt" {
					if _, err := s.part(); err != nil {
						t.Fatal(err)
					}
				} else {
					s.put("a.csv", []byte("id,name\n1001,a\n1002,a\n"))
					s.ingest.LimitRuns(2)
					for s.left() > 0 {
						s.another()
					}
					if _, err := s.db.ExecContext(t.Context(), "ALTER TABLE events DELETE WHERE id > 1000 SETTINGS mutations_sync = 2"); err != nil {
						t.Fatal(err)
					}
					if _, err := s.db.ExecContext(t.Context(), "ALTER TABLE longshore_files DELETE WHERE key = 'a.csv' SETTINGS mutations_sync = 2"); err != nil {
						t.Fatal(err)
					}
				}
				s.wantWhole(72, 8)
				if got := s.states(); got != "[('done',4)]" {
					t.Errorf("got %s", got)
				}
			})
		}
	}
}

// cutAt does the part until it has spoken to the server so often after the beginning.
func (s *scene) cutAt(call int) {
	s.t.Helper()
	calls := 0
	s.write = func(string) error {
		if calls++; calls > call {
			return fault.New(fault.Temporary, "not the server")
		}
		return nil
	}
	if _, err := s.part(); !fault.Is(err, fault.Temporary) {
		s.t.Fatalf("got %v", err)
	}
	s.write = nil
}

// left is how many files wait for the next run.
func (s *scene) left() int {
	s.t.Helper()
	s.end()
	s.run = ledger.Run{}
	n, err := s.ingest.Scan(s.t.Context(), s.project, "events")
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// A repair finishes a pack that a run left.
func TestARepairFinishesAPack(t *testing.T) {
	for _, call := range []int{2, 4} {
		s := newScene(t)
		s.small(20, "a.csv", "b.csv", "c.csv")
		s.replan()
		s.cutAt(call)
		if v := s.verified(ledger.Verify{Repair: true}); !v.Clean {
			t.Errorf("got %s", findings(v.Findings))
		}
		s.wantWhole(54, 6)
	}
}

// A pack that can't be sent again, because of one of its files, may be stored or not.
// Then its other files are there once, in other versions, and the one has failed.
func TestAPackThatLostAFileIsTakenApart(t *testing.T) {
	for _, policy := range []string{"ignore", "replace"} {
		for _, lost := range []string{"deleted", "overwritten"} {
			for _, stored := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, %s, stored: %v", policy, lost, stored), func(t *testing.T) {
					s := newScene(t)
					s.push("IMPORT_ON_OVERWRITE " + policy)
					etags := s.small(20, "a.csv", "b.csv", "c.csv")
					s.replan()
					if s.cutAt(2); stored {
						s.cutAt(4) // all but the last record, of the repetition
					}
					b2 := ""
					if lost == "deleted" {
						if err := s.data.Delete(t.Context(), "b.csv"); err != nil {
							t.Fatal(err)
						}
					} else {
						b2 = s.put("b.csv", someRows(1000, 10))
					}
					s.another()
					want := map[[2]string]string{}
					for _, key := range []string{"a.csv", "c.csv"} {
						want[[2]string{key, etags[key]}], want[[2]string{key, etags[key] + "#1"}] = "replaced 0 0", "done 18 2"
					}
					old, rows, bad := "failed 0 0", 36, 4
					if stored {
						old, rows, bad = "failed 18 2", 54, 6
					}
					if lost == "overwritten" {
						for s.left() > 0 {
							s.another()
						}
						if policy == "replace" {
							old, rows, bad = "replaced 0 0", 36, 4
						}
						want[[2]string{"b.csv", b2}], rows, bad = "done 9 1", rows+9, bad+1
					}
					want[[2]string{"b.csv", etags["b.csv"]}] = old
					s.wantVersions(want)
					s.wantWhole(rows, bad)
					if got := s.one("SELECT any(error) FROM longshore_files FINAL WHERE state = 'failed'"); strings.HasPrefix(old, "failed") && !strings.Contains(got, "its rows may be in the table") {
						t.Errorf("got error %q", got)
					}
				})
			}
		}
	}
}

// Two attempts that see other files, at once: what the one stored the other doesn't.
func TestTwoAttemptsAgreeOnTheirPacks(t *testing.T) {
	for name, fails := range map[string]int{"done": 0, "stored": 5, "agreed on": 2, "not sent": 1} { // send, three quarantines, record
		t.Run("the other's is "+name, func(t *testing.T) {
			s := newScene(t)
			keys := []string{"a.csv", "b.csv", "c.csv", "d.csv"}
			s.small(20, keys...)
			s.replan()
			s.append = func(in clickhouse.Insert) error {
				if in.Table != "events" {
					return nil
				}
				s.append = nil // of b.csv this one has all
				if err := s.data.Delete(t.Context(), "b.csv"); err != nil {
					t.Fatal(err)
				}
				calls := 0
				s.write = func(string) error {
					if calls++; calls == fails {
						return fault.New(fault.Temporary, "not the server")
					}
					return nil
				}
				if _, err := s.part(); (err != nil) != (fails > 0) {
					t.Errorf("the other: got %v", err)
				}
				s.write = nil
				return nil
			}
			totals, err := s.part()
			if err != nil || totals.Files != 4 {
				t.Errorf("got %+v, %v", totals, err)
			}
			s.wantWhole(int(totals.Rows), int(totals.Quarantined))
			if got := s.tableParts(); got != "1" {
				t.Errorf("got %s parts", got)
			}
		})
	}
}

// Whatever files several attempts and runs have in hand at once, each row comes once.
func TestManyAttemptsAtOverlappingFiles(t *testing.T) {
	s := newScene(t)
	var keys []string
	for i := range 12 {
		keys = append(keys, fmt.Sprintf("%02d.csv", i))
	}
	s.small(20, keys...)
	s.replan()
	var files []plan.File
	for obj, err := range s.data.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, plan.File{Key: obj.Key, ETag: obj.ETag, Size: obj.Size, Modified: obj.Modified})
	}
	var all sync.WaitGroup
	for n := range 6 {
		mine := slices.Concat(files[n:], files[:n])[:len(files)-n]
		all.Go(func() {
			if err := s.partOf(n+2, mine); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if _, err := s.part(); err != nil {
		t.Fatal(err)
	}
	s.wantWhole(216, 24)
}

// partOf does a part of the run that has other files, as another epoch would.
func (s *scene) partOf(epoch int, files []plan.File) error {
	detail, err := json.Marshal(map[string]any{"files": files})
	if err != nil {
		return err
	}
	p := s.plan
	p.Epoch, p.Parts = epoch, 1
	if err := s.ledger.SavePlan(s.t.Context(), s.run.ID, p, []json.RawMessage{detail}); err != nil {
		return err
	}
	_, _, err = s.ingest.Part(s.t.Context(), run.Part{Run: s.run, Plan: p, Attempt: "B", Meter: new(run.Meter)})
	return err
}
