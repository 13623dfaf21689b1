package ingest_test

import (
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/ledger"
)

// A run that quarantines more than it may pauses the schedule, once, and says why.
func TestARunBeyondItsErrorBudgetPausesTheSchedule(t *testing.T) {
	s := newShelf(t)
	s.push("`id` UInt64", "IMPORT_ERROR_BUDGET 25%")
	subject := ledger.Subject{Kind: ledger.Ingest, Name: "events"}
	state := func() ledger.SubjectRecord {
		t.Helper()
		rec, err := s.ledger.Subject(t.Context(), subject)
		if err != nil {
			t.Fatal(err)
		}
		return rec
	}
	s.put("a.csv", "id\n1\n2\n3\nx\n")
	s.done(ledger.Trigger{})
	if rec := state(); !rec.PausedAt.IsZero() {
		t.Errorf("within the budget: got %+v", rec)
	}
	s.put("b.csv", "id\n4\nx\n5\nx\n")
	again := s.begin(ledger.Trigger{})
	s.commits = 2 // the producer died before it had recorded the end
	if _, err := again(); err != nil {
		t.Fatal(err)
	}
	rec := state()
	r, err := s.ledger.Run(t.Context(), rec.Last)
	if err != nil {
		t.Fatal(err)
	}
	const what = "2 of 4 rows went to quarantine, more than IMPORT_ERROR_BUDGET 25%"
	if rec.PausedAt.IsZero() || rec.PausedWhy != "run "+string(r.ID)+": "+what || !strings.Contains(r.Note, what) || !strings.Contains(r.Note, "longshore datasource resume events") {
		t.Errorf("beyond it: got %+v, note %q", rec, r.Note)
	}
	if _, err := s.ledger.UpdateSubject(t.Context(), subject, func(rec *ledger.SubjectRecord) error { rec.Resume(); return nil }); err != nil {
		t.Fatal(err)
	}
	if err := s.ledger.PauseFor(t.Context(), r, "late"); err != nil {
		t.Fatal(err)
	}
	if rec := state(); !rec.PausedAt.IsZero() || rec.PausedWhy != "" {
		t.Errorf("resumed, and paused again for the same run: got %+v", rec)
	}
	if totals := s.done(all); totals.Quarantined != 3 || !state().PausedAt.IsZero() {
		t.Errorf("a replay has no budget: got %+v, %+v", totals, state())
	}
}
