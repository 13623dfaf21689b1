package ingest_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/ingest"
	"github.com/longshore/longshore/internal/ledger"
)

var (
	check  = ledger.Trigger{Verify: &ledger.Verify{}}
	repair = ledger.Trigger{Verify: &ledger.Verify{Repair: true}}
)

// verified makes a run that verifies, and returns what it found.
func (s *shelf) verified(by ledger.Trigger) ingest.Verification {
	s.t.Helper()
	s.done(by)
	sub, err := s.ledger.Subject(s.t.Context(), ledger.Subject{Kind: ledger.Ingest, Name: "events"})
	if err != nil {
		s.t.Fatal(err)
	}
	var v ingest.Verification
	if err := s.ledger.Manifest(s.t.Context(), sub.Last, &v); err != nil {
		s.t.Fatal(err)
	}
	if v.Clean != (len(v.Findings) == 0) {
		s.t.Errorf("clean is %v with %+v", v.Clean, v.Findings)
	}
	return v
}

// findings is what was found, in a line: kind, files, rows and the keys.
func findings(all []ingest.Finding) string {
	var lines []string
	for _, f := range all {
		var keys []string
		for _, e := range f.Examples {
			if e.Key != "" {
				keys = append(keys, fmt.Sprintf("%s %d/%d", e.Key, e.Found, e.Expected))
			}
		}
		lines = append(lines, fmt.Sprintf("%s: %d files, %d rows (%s)", f.Kind, f.Files, f.Rows, strings.Join(keys, ", ")))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// stocked is a shelf with files of three good rows and one that doesn't fit.
func stocked(t *testing.T, files ...string) *shelf {
	s := newShelf(t)
	s.stock(files...)
	return s
}

func (s *shelf) stock(files ...string) {
	s.t.Helper()
	s.push("`id` UInt64,\n    `n` UInt8")
	for i, name := range files {
		s.put(name, fmt.Sprintf("id,n\n%[1]d1,1\n%[1]d2,300\n%[1]d3,3\n%[1]d4,4\n", i+1))
	}
	s.done(ledger.Trigger{})
}

// etag is a file's, as the ledger has it.
func (s *shelf) etag(key string) string {
	s.t.Helper()
	return s.one("SELECT etag FROM longshore_files FINAL WHERE state = 'done' AND key = '" + key + "'")
}

func (s *shelf) id(key string) uint64 { return clickhouse.FileID(key, s.etag(key)) }

const fill = " SETTINGS insert_allow_materialized_columns = 1, insert_deduplicate = 0"

// A table is as the ledger says, after an ingest and after a replay; each way in
// which it can differ is found and told, with the file.
func TestVerifyFindsEachDifference(t *testing.T) {
	s := stocked(t, "a.csv", "b.csv", "c.csv", "d.csv", "e.csv", "f.csv", "g.csv")
	if v := s.verified(check); !v.Clean || v.Files != 7 || v.Proved != 7 || v.Rows != 21 || v.Quarantined != 7 {
		t.Errorf("after an ingest: got %+v", v)
	}
	s.exec("ALTER TABLE events MODIFY COLUMN n Int32")
	s.push("`id` UInt64,\n    `n` Int32")
	s.done(all)
	if v := s.verified(check); !v.Clean || v.Proved != 7 || v.Rows != 28 || v.Replayed != 7 || len(v.Notes) > 0 {
		t.Errorf("after a replay: got %+v", v)
	}
	const sync = " SETTINGS mutations_sync = 2"
	s.exec(fmt.Sprintf("ALTER TABLE events DELETE WHERE _longshore_file = %d AND id IN (11, 12)", s.id("a.csv")) + sync)
	s.exec(fmt.Sprintf("INSERT INTO events (id, n, _longshore_file)"+fill+" VALUES (23, 3, %d)", s.id("b.csv")))
	s.exec("ALTER TABLE events_quarantine DELETE WHERE c__file = 'c.csv'" + sync)
	s.exec("INSERT INTO longshore_files (datasource, key, etag, state, run_id, marked, rows, version) SELECT datasource, key, 'other', 'ingesting', run_id, 1, 0, 1 FROM longshore_files FINAL WHERE key = 'd.csv'")
	s.exec("INSERT INTO longshore_files (datasource, key, etag, state, marked, rows, version) SELECT datasource, key, etag, 'replaced', 1, rows, 18000000000000000000 FROM longshore_files FINAL WHERE key = 'e.csv'")
	s.exec("INSERT INTO events (id, n, _longshore_file)" + fill + " VALUES (98, 0, 4711)")
	s.exec("INSERT INTO events (id, n) VALUES (99, 0)")
	if err := s.ledger.BeginReplay(t.Context(), "events", 1, map[string]any{"rows": []any{}}); err != nil {
		t.Fatal(err)
	}
	v := s.verified(check)
	want := "missing rows: 1 files, 2 rows (a.csv 2/4)\nquarantine differs: 1 files, 1 rows (c.csv 0/1)\nsurplus rows: 1 files, 1 rows (b.csv 5/4)\n" +
		"unfinished files: 1 files, 0 rows (d.csv 0/0)\nunfinished replacement: 1 files, 5 rows (e.csv 5/0)\nunfinished replay: 0 files, 0 rows ()\nunrecorded rows: 1 files, 2 rows ()"
	if got := findings(v.Findings); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if v.Clean || v.Files != 6 || v.Proved != 3 {
		t.Errorf("got %+v", v)
	}
}

// A repair ingests exactly the files that need it, and leaves the rest alone.
func TestRepairMendsWhatItCan(t *testing.T) {
	s := stocked(t, "a.csv", "b.csv", "c.csv")
	const sync = " SETTINGS mutations_sync = 2"
	s.exec(fmt.Sprintf("ALTER TABLE events DELETE WHERE _longshore_file = %d AND id = 11", s.id("a.csv")) + sync)
	s.exec(fmt.Sprintf("INSERT INTO events (id, n, _longshore_file)"+fill+" VALUES (23, 3, %d)", s.id("b.csv")))
	s.exec("INSERT INTO events (id, n, _longshore_file)" + fill + " VALUES (98, 0, 4711)")
	s.exec("INSERT INTO events (id, n) VALUES (99, 0)")
	untouched := s.id("c.csv")
	v := s.verified(repair)
	if got, want := findings(v.Findings), "unrecorded rows: 1 files, 2 rows ()"; got != want {
		t.Errorf("left: got\n%s\nwant\n%s", got, want)
	}
	if got, want := findings(v.Repaired), "missing rows: 1 files, 1 rows (a.csv 2/3)\nsurplus rows: 1 files, 1 rows (b.csv 4/3)"; got != want {
		t.Errorf("repaired: got\n%s\nwant\n%s", got, want)
	}
	if got, want := s.events(), "[11,13,14,21,23,24,31,33,34,98,99]"; got != want {
		t.Errorf("got ids %s, want %s", got, want)
	}
	if s.id("c.csv") != untouched || s.etag("a.csv") == strings.TrimSuffix(s.etag("a.csv"), "#1") {
		t.Errorf("a.csv is %s, c.csv was ingested again: %v", s.etag("a.csv"), s.id("c.csv") != untouched)
	}
	v = s.verified(ledger.Trigger{Verify: &ledger.Verify{Repair: true, Remove: true}})
	if got, want := findings(v.Findings), "unrecorded rows: 0 files, 1 rows ()"; got != want || s.events() != "[11,13,14,21,23,24,31,33,34,99]" {
		t.Errorf("rows of no record removed: got\n%s\nand %s", got, s.events())
	}
	s.exec("DELETE FROM events WHERE id = 99")
	if got := s.done(ledger.Trigger{}); got.Files != 0 {
		t.Errorf("the next run: got %+v, want no file", got)
	}
	if rows := s.waiting(); len(rows) != 3 {
		t.Errorf("got %d rows in quarantine, want one of each file", len(rows))
	}
	if v := s.verified(check); !v.Clean || v.Proved != 3 {
		t.Errorf("afterwards: got %+v", v)
	}
}

// What the bucket doesn't have any more can't be ingested again.
func TestRepairSaysWhatItCannot(t *testing.T) {
	s := stocked(t, "a.csv")
	s.exec("ALTER TABLE events DELETE WHERE id = 11 SETTINGS mutations_sync = 2")
	if err := s.data.Delete(t.Context(), "a.csv"); err != nil {
		t.Fatal(err)
	}
	v := s.verified(repair)
	if got := findings(v.Findings); got != "missing rows: 1 files, 1 rows (a.csv 2/3)" || len(v.Notes) != 1 || !strings.Contains(v.Notes[0], "a.csv can't be repaired: the bucket doesn't have") {
		t.Errorf("got %s, notes %v", got, v.Notes)
	}
	if got := s.events(); got != "[13,14]" {
		t.Errorf("got %s", got)
	}
}

// fail ends the active run, if one is, as one that failed.
func (s *shelf) fail() {
	s.t.Helper()
	sub, err := s.ledger.Subject(s.t.Context(), ledger.Subject{Kind: ledger.Ingest, Name: "events"})
	if err != nil || sub.Active == "" {
		return
	}
	r, err := s.ledger.UpdateRun(s.t.Context(), sub.Active, func(r *ledger.Run) error { r.State = ledger.Failed; return nil })
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.ledger.Close(s.t.Context(), r); err != nil {
		s.t.Fatal(err)
	}
}

// Wherever a repair is cut off, before or behind a step, its next attempt leaves
// each row in the table once. So does another repair where there is none, be it
// behind a plain run, which finishes what it can.
func TestARepairThatIsCutOffIsFinished(t *testing.T) {
	cut := 0
	for reached := true; reached; {
		cut++
		again := cut%2 == 0 // behind a step
		t.Run(fmt.Sprintf("step %d, tried again: %v", cut, again), func(t *testing.T) {
			s := stocked(t, "a.csv")
			s.exec("ALTER TABLE events DELETE WHERE id = 11 SETTINGS mutations_sync = 2")
			first, steps := s.begin(repair), 0
			s.step = func(string, bool) error {
				if steps++; steps == cut {
					return errCut
				}
				return nil
			}
			if _, err := first(); err != nil && !errors.Is(err, errCut) {
				t.Fatal(err)
			}
			s.step, reached = nil, steps >= cut
			if again {
				if _, err := first(); err != nil && reached {
					t.Fatal(err)
				}
			} else {
				s.fail()
				if cut%4 == 1 {
					s.done(ledger.Trigger{})
				}
				s.done(repair)
			}
			if v := s.verified(check); !v.Clean || v.Proved != 1 || s.events() != "[11,13,14]" {
				t.Errorf("got %s, %+v", s.events(), v)
			}
			if rows := s.waiting(); len(rows) != 1 {
				t.Errorf("got %d rows in quarantine, want one", len(rows))
			}
		})
	}
	if cut != 13 {
		t.Errorf("a repair has %d steps, want 12: two appends, three records and a removal", cut-1)
	}
}

// Engines that merge rows and rows that expire are no reason to cry wolf; rows
// that are too many are.
func TestVerifyKnowsTablesThatForget(t *testing.T) {
	for _, table := range []struct{ name, engine, more, why string }{
		{"merges", "ReplacingMergeTree", "", "ReplacingMergeTree merges rows"},
		{"expires", "MergeTree", "ENGINE_TTL \"toDate('2020-01-01') + toIntervalDay(id)\"\n", "its TTL removes rows"},
	} {
		t.Run(table.name, func(t *testing.T) {
			s := newShelf(t)
			s.engine = table.engine
			s.push("`id` UInt64", table.more)
			s.put("a.csv", "id\n1\n1\n2\n")
			s.put("b.csv", "id\n7\n8\n")
			s.done(ledger.Trigger{})
			s.exec("OPTIMIZE TABLE events FINAL")
			v := s.verified(check)
			if !v.Clean || len(v.Notes) != 1 || !strings.Contains(v.Notes[0], table.why) || v.Files != 2 {
				t.Errorf("got %+v", v)
			}
			for i := range 3 {
				s.exec(fmt.Sprintf("INSERT INTO events (id, _longshore_file)"+fill+" VALUES (%d, %d)", 40000+i, s.id("b.csv")))
			}
			if got := findings(s.verified(check).Findings); !strings.HasPrefix(got, "surplus rows: 1 files") {
				t.Errorf("rows too many: got %q", got)
			}
		})
	}
}
