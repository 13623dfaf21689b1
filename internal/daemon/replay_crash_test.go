package daemon_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/ledger"
)

// replay triggers a replay past whatever is held up, and returns its run.
func (s *stage) replay() ledger.RunID {
	s.t.Helper()
	project, err := s.ledger.CurrentProjectID(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	by := ledger.Trigger{By: "manual", Replay: &ledger.Replay{}}
	r, err := s.ledger.Create(s.t.Context(), ledger.Subject{Kind: ledger.Ingest, Name: "events"}, project, by, "")
	if err != nil {
		s.t.Fatal(err)
	}
	return r.ID
}

// A process is killed at a step of a replay: each row comes in once all the same.
// The steps between two requests to the state bucket are those of
// TestAReplayThatIsCutOffIsFinishedAsItWasBegun.
func TestAKilledProcessReplaysNothingTwice(t *testing.T) {
	record := request(http.MethodPut, "/replays/events.json$")
	tests := []struct {
		crash
		victim string
	}{
		{crash{name: "a batch begins", at: record}, "worker"},
		{crash{name: "a batch is begun", at: record, made: true}, "worker"},
		{crash{name: "a batch ends", at: nth(2, record)}, "worker"},
		{crash{name: "a batch is ended", at: nth(2, record), made: true}, "worker"},
		{crash{name: "the run is done", at: request(http.MethodPut, "/runs/RUN/e1/part/00000.json$"), made: true}, "worker"},
		{crash{name: "the run is running", at: after(request(http.MethodPut, "/runs/RUN/e1/plan.json$"), request(http.MethodPut, "/runs/RUN/run.json$"))}, "producer"},
	}
	for _, tt := range tests {
		t.Run(tt.victim+" killed when "+tt.name, func(t *testing.T) {
			s := newStage(t)
			direct := s.store.Endpoint
			s.put("in/a.csv", []byte("id,name,amount,at\n1,one,1.5,2024-05-01 10:00:00\n2,two,2.125,2024-05-01 10:00:00\n3,three,3.125,2024-05-01 10:00:00\n4,four,x,2024-05-01 10:00:00\n"))
			s.push(s.events("in/*", ""))
			_, stop := s.produce()
			stopWork := s.work()
			s.done(ledger.Ingest, "events")
			stop()
			stopWork()
			exec1(t, s.clickhouse(), "ALTER TABLE events MODIFY COLUMN amount Nullable(Decimal(12, 4))")
			files := s.events("in/*", "")
			files["datasources/events.datasource"] = strings.Replace(files["datasources/events.datasource"], "Decimal(12, 2)", "Decimal(12, 4)", 1)
			s.push(files)

			h := newHolder(t, direct)
			s.store.Endpoint = h.server.URL
			processes := map[string]*process{"producer": s.start("producer"), "worker": s.start("worker", "LONGSHORE_QUEUES=ingest=2")}
			held := h.hold(&hold{match: tt.at(), made: tt.made, lost: true})
			id := s.replay()
			select {
			case <-held.reached:
			case <-time.After(patience):
				t.Fatalf("the replay never came to it")
			}
			processes[tt.victim].kill()
			close(held.release)
			s.start(tt.victim, "LONGSHORE_QUEUES=ingest=2")
			r := s.ended(id)
			if r.State != ledger.Done || r.Totals.Rows != 2 || r.Totals.Quarantined != 1 {
				t.Fatalf("got %s, totals %+v, failure %+v", r.State, r.Totals, r.Failure)
			}
			s.closed(id)
			again := s.ended(s.replay())
			if again.State != ledger.Done || again.Totals.Rows != 0 || again.Totals.Quarantined != 1 {
				t.Errorf("a second replay: got %s, totals %+v", again.State, again.Totals)
			}
			if got := one(t, s.clickhouse(), "SELECT toString(arraySort(groupArray((id, amount)))) FROM events"); got != "[(1,1.5),(2,2.125),(3,3.125)]" {
				t.Errorf("got %s", got)
			}
			if got := one(t, s.clickhouse(), "SELECT concat(count(), ' ', countIf(state = 'done')) FROM longshore_replays FINAL"); got != "3 2" {
				t.Errorf("got %s records of replays, done", got)
			}
		})
	}
}
