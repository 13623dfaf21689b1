package daemon_test

import (
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/ledger"
)

// The command proves a table, says what is wrong with one by its exit code, and
// mends it.
func TestVerifyByCommand(t *testing.T) {
	s := newStage(t)
	s.put("in/a.csv", csvEvents(0, 100))
	s.put("in/b.ndjson", ndjsonEvents(100, 100))
	s.push(s.events("in/*", ""))
	url, _ := s.produce()
	s.work()
	s.done(ledger.Ingest, "events")
	out, code := longshore(t, url, "verify", "events", "--wait")
	if code != 0 || !strings.Contains(out, "clean: 2 of 2 files proved, 200 rows in the table") {
		t.Errorf("got code %d\n%s", code, out)
	}
	exec1(t, s.clickhouse(), "ALTER TABLE events DELETE WHERE id IN (3, 4) SETTINGS mutations_sync = 2")
	out, code = longshore(t, url, "verify", "events", "--wait")
	if code != 1 || !strings.Contains(out, "not clean") || !strings.Contains(out, "missing rows: 1 file, 2 rows\n  in/a.csv: 98 rows, want 100") {
		t.Errorf("rows are missing: got code %d\n%s", code, out)
	}
	out, code = longshore(t, url, "verify", "events", "--repair", "--wait")
	if code != 0 || !strings.Contains(out, "repaired: missing rows: 1 file, 2 rows") {
		t.Errorf("repair: got code %d\n%s", code, out)
	}
	if got, want := one(t, s.clickhouse(), eventSums+"events"), "200 200 19900 20000 7 2024-05-01 10:03:19.125"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if out, _ := longshore(t, url, "run", "ls", "--datasource", "events"); !strings.Contains(out, "manual, repair") || !strings.Contains(out, "manual, verification") {
		t.Errorf("got runs\n%s", out)
	}
}
