package daemon_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/ledger"
)

// evolving is one of many files with the same new fields: with a type that is
// the same in all of them, with one that differs, and with one of its own.
func evolving(file, rows int) (key string, body []byte) {
	var b bytes.Buffer
	odd := file%2 == 1
	if key = fmt.Sprintf("in/%03d.csv", file); odd {
		key = fmt.Sprintf("in/%03d.ndjson", file)
	} else {
		fmt.Fprintf(&b, "id,name,at,shared,torn,own_%d\n", file%20)
	}
	for i := range rows {
		id := file*rows + i
		torn := fmt.Sprint(id)
		if file%3 == 1 && i > 0 { // whole numbers with text among them
			torn = "text"
		}
		if odd {
			fmt.Fprintf(&b, "{\"id\":%d,\"name\":\"n\",\"at\":\"2024-05-01T10:00:00Z\",\"shared\":%d,\"torn\":%q,\"own_%d\":true}\n", id, id, torn, file%20)
		} else {
			fmt.Fprintf(&b, "%d,n,2024-05-01 10:00:00,%d,%s,true\n", id, id, torn)
		}
	}
	return key, b.Bytes()
}

// Two workers meet the same new fields in many files at once: each becomes one
// column, and every row is in the table or, where another type was decided, in quarantine.
func TestNewColumnsOfManyFilesAtOnce(t *testing.T) {
	s := newStage(t)
	const files, each = 132, 10
	for i := range files {
		s.put(evolving(i, each))
	}
	s.push(s.events("in/*", ""))
	s.produce()
	s.work()
	s.work()
	r := s.done(ledger.Ingest, "events")
	if r.Parts < 2 || r.Totals.Files != files || r.Totals.FailedFiles != 0 || r.Totals.Rows+r.Totals.Quarantined != files*each {
		t.Fatalf("got %d parts, %+v", r.Parts, r.Totals)
	}
	added, err := s.ledger.AddedColumns(t.Context(), "events")
	if err != nil || len(added) != 22 {
		t.Errorf("got %d columns, %v: %v", len(added), err, added)
	}
	ch := s.clickhouse()
	got := one(t, ch, `SELECT toString((uniqExact(id), count(), countIf(shared = id), countIf(torn IS NULL), sum((own_0 IS NOT NULL) + (own_7 IS NOT NULL)))) FROM events`)
	quarantined := one(t, ch, `SELECT toString((uniqExact(c__file, c__row), count(), countIf(c__error_column != ['torn']))) FROM events_quarantine`)
	q := r.Totals.Quarantined
	if want := fmt.Sprintf("(%d,%d,%d,0,", r.Totals.Rows, r.Totals.Rows, r.Totals.Rows); !strings.HasPrefix(got, want) {
		t.Errorf("got %s, want %s…", got, want)
	}
	if want := fmt.Sprintf("(%d,%d,0)", q, q); quarantined != want {
		t.Errorf("got quarantine %s, want %s", quarantined, want)
	}
	types := one(t, ch, "SELECT toString(arraySort(groupUniqArray(type))) FROM system.columns WHERE database = currentDatabase() AND table = 'events' AND name LIKE 'own%'")
	if types != "['Nullable(Bool)']" {
		t.Errorf("got types %s", types)
	}
	again := s.done(ledger.Ingest, "events")
	if again.Totals.Files != 0 {
		t.Errorf("a second run: got %+v", again.Totals)
	}
}

// A worker is killed when a column was decided about and isn't in the table yet,
// and when it is there and no row of the file.
func TestAWorkerKilledOverANewColumn(t *testing.T) {
	const get, put = http.MethodGet, http.MethodPut
	steps := []crash{
		{name: "decided, not added", at: request(put, "/columns/events.json$"), made: true},
		{name: "added, nothing appended", at: nth(4, request(get, "/in/a.ndjson$"))},
	}
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			h := newHolder(t, s.store.Endpoint)
			s.store.Endpoint = h.server.URL
			s.put("in/a.ndjson", bytes.ReplaceAll(ndjsonEvents(0, 1000), []byte(`"amount"`), []byte(`"extra":7,"amount"`)))
			s.push(s.events("in/*", ""))
			s.produce()
			victim := s.start("worker", "LONGSHORE_QUEUES=ingest=2")
			held := h.hold(&hold{match: step.at(), made: step.made, lost: true})
			id := s.trigger(ledger.Ingest, "events")
			select {
			case <-held.reached:
			case <-time.After(patience):
				t.Fatal("the worker never came there")
			}
			victim.kill()
			close(held.release)
			isThere := one(t, s.clickhouse(), "SELECT count() FROM system.columns WHERE database = currentDatabase() AND table = 'events' AND name = 'extra'")
			if want := map[bool]string{true: "0", false: "1"}[step.made]; isThere != want {
				t.Errorf("the column is in the table %s times, want %s: killed at another step", isThere, want)
			}
			if got := one(t, s.clickhouse(), "SELECT count() FROM events"); got != "0" {
				t.Errorf("got %s rows already", got)
			}
			s.start("worker", "LONGSHORE_QUEUES=ingest=2")
			if r := s.ended(id); r.State != ledger.Done || r.Totals.Rows != 1000 {
				t.Fatalf("got %+v, failure %+v", r, r.Failure)
			}
			if got := one(t, s.clickhouse(), "SELECT toString((count(), uniqExact(id), sum(extra))) FROM events"); got != "(1000,1000,7000)" {
				t.Errorf("got %s", got)
			}
		})
	}
}
