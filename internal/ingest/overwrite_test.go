package ingest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/pkg/fault"
)

// versionOf is what there is of a file version: its state in the file ledger, its
// rows in the table and those in the quarantine.
func (s *scene) versionOf(key, etag string) string {
	s.t.Helper()
	where := fmt.Sprintf("key = '%s' AND etag = '%s' AND range = 0", key, etag)
	return s.one(fmt.Sprintf(`SELECT concat((SELECT toString(any(state)) FROM longshore_files FINAL WHERE %s), ' ',
		toString((SELECT count() FROM events WHERE _longshore_file = %d)), ' ',
		toString((SELECT count() FROM events_quarantine WHERE c__file = '%s' AND c__etag = '%s')))`, where, clickhouse.FileID(key, etag), key, etag))
}

func (s *scene) wantVersions(want map[[2]string]string) {
	s.t.Helper()
	for v, want := range want {
		if got := s.versionOf(v[0], v[1]); got != want {
			s.t.Errorf("%s %s: got %q, want %q", v[0], v[1], got, want)
		}
	}
}

// another begins another run and does its part.
func (s *scene) another() {
	s.t.Helper()
	s.replan()
	if _, err := s.part(); err != nil {
		s.t.Fatal(err)
	}
}

func TestOverwrittenFiles(t *testing.T) {
	for policy, want := range map[string][2]string{
		"ignore": {"done 18 2", " 0 0"}, "append": {"done 18 2", "done 27 3"}, "replace": {"replaced 0 0", "done 27 3"},
	} {
		t.Run(policy, func(t *testing.T) {
			s := newScene(t)
			s.push("IMPORT_ON_OVERWRITE " + policy)
			e1, other := s.put("a.csv", someRows(0, 20)), s.put("b.csv", someRows(5, 30))
			s.another()
			e2 := s.put("a.csv", someRows(10, 30))
			s.put("c.csv", someRows(0, 1))
			s.another()
			s.wantVersions(map[[2]string]string{{"a.csv", e1}: want[0], {"a.csv", e2}: want[1], {"b.csv", other}: "done 27 3"})
			s.end()
			if files, err := s.ingest.Scan(t.Context(), s.project, "events"); err != nil || files != 0 {
				t.Errorf("got %d files left, %v", files, err)
			}
		})
	}
}

// Replacing is interrupted wherever it speaks to the server; the next run finishes it.
func TestReplacingIsFinishedByTheNextRun(t *testing.T) {
	for call := range 6 { // begin, quarantine, rows, done, remove, replaced
		t.Run(fmt.Sprint("at call ", call), func(t *testing.T) {
			s := newScene(t)
			s.push("IMPORT_ON_OVERWRITE replace")
			e1, other := s.put("a.csv", someRows(0, 20)), s.put("b.csv", someRows(0, 20))
			s.another()
			e2 := s.put("a.csv", someRows(10, 30))
			s.replan()
			calls := 0
			s.write = func(string) error {
				if calls++; calls > call {
					return fault.New(fault.Temporary, "not the server")
				}
				return nil
			}
			if _, err := s.part(); !fault.Is(err, fault.Temporary) {
				t.Fatalf("got %v", err)
			}
			if got := s.versionOf("a.csv", e1); got != "done 18 2" && !strings.HasPrefix(s.versionOf("a.csv", e2), "done 27 3") {
				t.Errorf("got the old version %q before the new one is done", got)
			}
			s.write = nil
			s.another()
			s.wantVersions(map[[2]string]string{{"a.csv", e1}: "replaced 0 0", {"a.csv", e2}: "done 27 3", {"b.csv", other}: "done 18 2"})
		})
	}
}

// A content that was replaced, and comes back, replaces in its turn.
func TestAnOldContentComesBack(t *testing.T) {
	s := newScene(t)
	s.push("IMPORT_ON_OVERWRITE replace")
	e1 := s.put("a.csv", someRows(0, 20))
	s.another()
	e2 := s.put("a.csv", someRows(10, 30))
	s.another()
	s.put("a.csv", someRows(0, 20))
	s.another()
	s.wantVersions(map[[2]string]string{{"a.csv", e1}: "replaced 0 0", {"a.csv", e2}: "replaced 0 0", {"a.csv", e1 + "#1"}: "done 18 2"})
}

// What was appended under another policy stays.
func TestVersionsThatWereAppendedStay(t *testing.T) {
	s := newScene(t)
	s.push("IMPORT_ON_OVERWRITE append")
	e1 := s.put("a.csv", someRows(0, 20))
	s.another()
	e2 := s.put("a.csv", someRows(10, 30))
	s.another()
	s.files["datasources/events.datasource"] = []byte(strings.Replace(string(s.files["datasources/events.datasource"]), "OVERWRITE append", "OVERWRITE replace", 1))
	s.push("")
	s.put("b.csv", someRows(0, 10))
	s.another()
	s.wantVersions(map[[2]string]string{{"a.csv", e1}: "done 18 2", {"a.csv", e2}: "done 27 3"})
}

// An attempt that slept through the next run takes away what its plan says, and
// nothing that came later.
func TestALateAttemptRemovesNothingNewer(t *testing.T) {
	s := newScene(t)
	s.push("IMPORT_ON_OVERWRITE replace")
	s.put("a.csv", someRows(0, 20))
	s.another()
	e2 := s.put("a.csv", someRows(10, 30))
	s.another()
	asleep, its := s.run, s.plan
	e3 := s.put("a.csv", someRows(0, 40))
	s.another()
	s.run, s.plan = asleep, its
	if _, err := s.part(); err != nil {
		t.Fatal(err)
	}
	s.wantVersions(map[[2]string]string{{"a.csv", e2}: "replaced 0 0", {"a.csv", e3}: "done 36 4"})
}

// Rows from before tables knew their files can't be told from others.
func TestRowsThatDoNotKnowTheirFileAreNotReplaced(t *testing.T) {
	s := newScene(t)
	s.push("IMPORT_ON_OVERWRITE replace")
	s.put("a.csv", someRows(0, 20))
	s.another()
	if _, err := s.db.ExecContext(t.Context(), "INSERT INTO longshore_files SELECT * REPLACE (0 AS marked, version + 1 AS version) FROM longshore_files FINAL"); err != nil {
		t.Fatal(err)
	}
	e2 := s.put("a.csv", someRows(10, 30))
	s.another()
	if got := s.versionOf("a.csv", e2); got != "failed 0 0" {
		t.Errorf("got %q", got)
	}
	if got := s.one("SELECT error FROM longshore_files FINAL WHERE state = 'failed'"); !strings.Contains(got, "18 rows don't know their file") {
		t.Errorf("got %q", got)
	}
}

// A file that was begun, and is deleted or overwritten before anybody finishes
// it, fails by name; what took its place is ingested.
func TestWhatWasBegunAndIsGoneFails(t *testing.T) {
	s := newScene(t, "a.csv", "b.csv", "c.csv")
	s.append = func(clickhouse.Insert) error { return fault.New(fault.Temporary, "not the server") }
	if _, err := s.part(); !fault.Is(err, fault.Temporary) {
		t.Fatal(err)
	}
	s.append = nil
	if err := s.data.Delete(t.Context(), "a.csv"); err != nil {
		t.Fatal(err)
	}
	e2 := s.put("b.csv", someRows(10, 30))
	s.another()
	if got := s.one("SELECT toString(arraySort(groupArray((key, state)))) FROM longshore_files FINAL"); got != "[('a.csv','failed'),('b.csv','failed'),('c.csv','done')]" {
		t.Errorf("got %s", got)
	}
	s.another()
	if got := s.versionOf("b.csv", e2); got != "done 27 3" {
		t.Errorf("got %q", got)
	}
}
