package ingest_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/ledger"
)

const replace = "IMPORT_ON_OVERWRITE replace\n"

// overwritten is a shelf whose file a.csv has rows, and was overwritten by content
// that doesn't fit, of which all is in quarantine.
func overwritten(t *testing.T, content string) (s *shelf, first, second string) {
	t.Helper()
	s = newShelf(t)
	s.push("`id` UInt64,\n    `n` UInt8", replace)
	s.put("a.csv", "id,n\n1,1\n2,2\n3,300\n")
	s.put("b.csv", "id,n\n100,1\n")
	s.done(ledger.Trigger{})
	first = s.etag("a.csv")
	s.put("a.csv", content)
	if got := s.done(ledger.Trigger{}); got.Rows != 0 || got.Files != 1 || got.Quarantined == 0 {
		t.Fatalf("got %+v, want all rows in quarantine", got)
	}
	second = s.one("SELECT etag FROM longshore_files FINAL WHERE key = 'a.csv' AND etag != '" + first + "'")
	return s, first, second
}

// version is what there is of a version of a.csv: its state, its rows in the table
// and those in the quarantine.
func (s *shelf) version(etag string) string {
	s.t.Helper()
	return s.one(fmt.Sprintf(`SELECT concat((SELECT toString(any(state)) FROM longshore_files FINAL WHERE key = 'a.csv' AND etag = '%[1]s'), ' ',
		toString((SELECT count() FROM events WHERE _longshore_file = %[2]d)), ' ', toString((SELECT count() FROM events_quarantine WHERE c__etag = '%[1]s')))`, etag, clickhouse.FileID("a.csv", etag)))
}

func (s *shelf) wantVersions(step string, versions ...string) {
	s.t.Helper()
	for i := 0; i < len(versions); i += 2 {
		if got := s.version(versions[i]); got != versions[i+1] {
			s.t.Errorf("%s: version %d: got %q, want %q", step, i/2+1, got, versions[i+1])
		}
	}
	if got := s.one("SELECT count() FROM events WHERE id = 100"); got != "1" {
		s.t.Errorf("%s: got %s rows of another file", step, got)
	}
}

// wantClean verifies, and wants so many files whose older content stands in.
func (s *shelf) wantClean(step string, standIns int) {
	s.t.Helper()
	v := s.verified(check)
	notes := 0
	if standIns > 0 {
		notes = 1
	}
	if !v.Clean || len(v.Notes) != notes || notes > 0 && !strings.HasPrefix(v.Notes[0], fmt.Sprintf("the newer content of %d files doesn't fit", standIns)) {
		s.t.Errorf("%s: got %s, notes %q", step, findings(v.Findings), v.Notes)
	}
}

// unfit is content that doesn't fit n UInt8, and fits n String.
var unfit = map[string]string{
	"retyped":     "id,n\n11,x\n12,y\n13,z\n",
	"dropped":     "id,m\n11,1\n12,2\n",
	"no row fits": "id,n\n11,x\n",
}

// While none of the new content's rows is in the table, the old content's stay:
// runs leave it so, and a verification knows why. Newer content that fits replaces both.
func TestContentThatDoesNotFitReplacesNothing(t *testing.T) {
	for name, content := range unfit {
		t.Run(name, func(t *testing.T) {
			s, first, second := overwritten(t, content)
			n := fmt.Sprint("done 0 ", strings.Count(content, "\n")-1)
			s.wantVersions("overwritten", first, "done 2 1", second, n)
			if got := s.one("SELECT error FROM longshore_files FINAL WHERE etag = '" + second + "'"); got == "" {
				t.Errorf("the record doesn't say why no row is in the table")
			}
			s.wantClean("overwritten", 1)
			for range 2 {
				if got := s.done(ledger.Trigger{}); got.Files != 0 {
					t.Errorf("the next run: got %+v", got)
				}
			}
			if v := s.verified(repair); !v.Clean || len(v.Repaired) > 0 {
				t.Errorf("a repair: got %+v", v)
			}
			if got := s.done(all); got.Rows != 0 {
				t.Errorf("a replay of what still doesn't fit: got %+v", got)
			}
			s.wantVersions("untouched", first, "done 2 1", second, n)
			s.put("a.csv", "id,n\n21,1\n22,999\n")
			s.done(ledger.Trigger{})
			third := s.one("SELECT etag FROM longshore_files FINAL WHERE key = 'a.csv' AND state = 'done'")
			s.wantVersions("replaced", first, "replaced 0 0", second, "replaced 0 0", third, "done 1 1")
			s.wantClean("replaced", 0)
		})
	}
}

// An empty file fits: it replaces.
func TestEmptyContentReplaces(t *testing.T) {
	s := newShelf(t)
	s.push("`id` UInt64,\n    `n` UInt8", replace)
	s.put("a.csv", "id,n\n1,1\n")
	s.done(ledger.Trigger{})
	first := s.etag("a.csv")
	s.put("a.csv", "id,n\n")
	s.done(ledger.Trigger{})
	if got := s.version(first); got != "replaced 0 0" {
		t.Errorf("got %q", got)
	}
}

// The first content comes back: what was to replace it is withdrawn, and no replay
// brings it in.
func TestContentThatDidNotFitIsWithdrawn(t *testing.T) {
	s, first, second := overwritten(t, unfit["retyped"])
	s.put("a.csv", "id,n\n1,1\n2,2\n3,300\n")
	s.done(ledger.Trigger{})
	s.wantVersions("back", first, "done 2 1", second, "replaced 0 0")
	s.mendText()
	if got := s.done(all); got.Rows != 1 || s.events() != "[1,2,3,100]" {
		t.Errorf("got %+v, %s", got, s.events())
	}
	s.wantClean("back", 0)
}

// mendText makes any text fit.
func (s *shelf) mendText() {
	s.t.Helper()
	s.exec("ALTER TABLE events MODIFY COLUMN n String")
	s.push("`id` UInt64,\n    `n` String", replace)
}

// A replay that brings rows of the new content in replaces the old: wherever it is
// cut off, the next replay, run or repair finishes it, and each row is there once.
func TestAReplayThatReplacesIsFinished(t *testing.T) {
	by := map[string]func(s *shelf){
		"a replay": func(s *shelf) { s.done(all) },
		"a run":    func(s *shelf) { s.done(ledger.Trigger{}); s.done(all) },
		"a repair": func(s *shelf) { s.verified(repair); s.done(all) },
	}
	cut := 0
	for reached := true; reached; {
		cut++
		for name, finish := range by {
			t.Run(fmt.Sprintf("step %d, finished by %s", cut, name), func(t *testing.T) {
				s, first, second := overwritten(t, unfit["retyped"])
				s.mendText()
				begin, steps := s.begin(all), 0
				s.step = func(string, bool) error {
					if steps++; steps == cut {
						return errCut
					}
					return nil
				}
				if _, err := begin(); err != nil && !errors.Is(err, errCut) {
					t.Fatal(err)
				}
				s.step, reached = nil, steps >= cut
				s.fail()
				finish(s)
				s.wantVersions("finished", first, "replaced 0 0", second, "done 3 3")
				if got := s.events(); got != "[11,12,13,100]" {
					t.Errorf("got %s", got)
				}
				s.wantClean("finished", 0)
				if got := s.done(all); got.Rows != 0 || got.Quarantined != 0 {
					t.Errorf("a further replay: got %+v", got)
				}
			})
		}
	}
	if cut != 13 {
		t.Errorf("a replay that replaces has %d steps, want 12: rows are open, appended and done; the file has some; the older rows go, and are gone", cut-1)
	}
}

// A batch is cut off, and newer content replaces some of its files meanwhile: those
// rows don't come in any more, the others do.
func TestAReplayOfRowsThatWereReplacedGoesOn(t *testing.T) {
	for cut := 1; cut <= 6; cut++ {
		t.Run(fmt.Sprint("step ", cut), func(t *testing.T) {
			s := newShelf(t)
			s.push("`id` UInt64,\n    `n` UInt8", replace)
			s.put("a.csv", "id,n\n1,1\n2,300\n3,400\n")
			s.put("b.csv", "id,n\n100,1\n102,500\n")
			s.done(ledger.Trigger{})
			s.exec("ALTER TABLE events MODIFY COLUMN n Int32")
			s.push("`id` UInt64,\n    `n` Int32", replace)
			first, steps := s.begin(all), 0
			s.step = func(string, bool) error {
				if steps++; steps == cut {
					return errCut
				}
				return nil
			}
			if _, err := first(); !errors.Is(err, errCut) {
				t.Fatal(err)
			}
			s.step = nil
			s.fail()
			s.put("a.csv", "id,n\n21,1\n22,x\n")
			s.done(ledger.Trigger{})
			s.done(all)
			if got := s.events(); got != "[21,100,102]" {
				t.Errorf("got %s", got)
			}
			if got := reasons(s); !slices.Equal(got, []string{"a.csv 2 not a number"}) {
				t.Errorf("got %q", got)
			}
			s.wantClean("gone on", 0)
		})
	}
}

// A file that doesn't fit any more is not repaired over and over.
func TestARepairThatDoesNotFitIsMadeOnce(t *testing.T) {
	s := newShelf(t)
	s.push("`id` UInt64,\n    `n` String")
	s.put("a.csv", "id,n\n1,x\n2,y\n3,z\n")
	s.done(ledger.Trigger{})
	etag := s.etag("a.csv")
	s.exec("ALTER TABLE events DELETE WHERE id = 1 SETTINGS mutations_sync = 2")
	s.push("`id` UInt64,\n    `n` UInt8")
	s.exec("DROP TABLE events_quarantine")
	s.exec("ALTER TABLE events DROP COLUMN n")
	s.exec("ALTER TABLE events ADD COLUMN n UInt8")
	for range 2 {
		v := s.verified(repair)
		if got := findings(v.Findings); got != "missing rows: 1 files, 1 rows (a.csv 2/3)" {
			t.Errorf("got %s", got)
		}
	}
	if got := s.version(etag) + ", " + s.version(etag+"#1") + ", " + s.version(etag+"#2"); got != "done 2 0, done 0 3,  0 0" {
		t.Errorf("got %s", got)
	}
}
