package alert_test

import (
	"slices"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
)

var views = ledger.Subject{Kind: ledger.Ingest, Name: "views"}

// newLake is a scene whose project has a datasource instead, with alerts.
func newLake(t *testing.T, alerts ...def.Alert) *scene {
	t.Helper()
	s := newScene(t)
	s.project.Settings.Alerts = alerts
	s.project.Datasources = map[string]*def.Datasource{views.Name: {Name: views.Name, Import: &def.Import{}}}
	return s
}

// fill begins a backfill of the datasource.
func (s *scene) fill(name string) ledger.Run {
	s.t.Helper()
	rec, _, err := s.CreateBackfill(s.t.Context(), ledger.BackfillRecord{Name: name, Datasource: views.Name}, "1-00000000", ledger.Trigger{By: "manual"}, "")
	if err != nil {
		s.t.Fatal(err)
	}
	return s.move(rec.Run, func(r *ledger.Run) { r.State, r.StartedAt = ledger.Running, s.clock() })
}

func (s *scene) move(id ledger.RunID, change func(r *ledger.Run)) ledger.Run {
	s.t.Helper()
	r, err := s.UpdateRun(s.t.Context(), id, func(r *ledger.Run) error { change(r); return nil })
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// ran says for how long a backfill let parts begin.
func (s *scene) ran(name string, active time.Duration) {
	s.t.Helper()
	if _, err := s.UpdateBackfill(s.t.Context(), name, func(rec *ledger.BackfillRecord) error { rec.Pace.Active = active; return nil }); err != nil {
		s.t.Fatal(err)
	}
}

// over ends a run and tells new leaders of it, twice as after a crash.
func (s *scene) over(r ledger.Run, state ledger.State, totals ledger.Totals) ledger.Run {
	s.t.Helper()
	r = s.move(r.ID, func(r *ledger.Run) {
		r.State, r.Totals, r.FinishedAt = state, totals, s.clock()
		if state == ledger.Failed {
			r.Failure = &ledger.Failure{Message: "no such bucket"}
		}
	})
	s.tell(r)
	s.tell(r)
	return r
}

func (s *scene) tell(r ledger.Run) {
	s.t.Helper()
	if err := s.watcher().Ended(s.t.Context(), r); err != nil {
		s.t.Fatal(err)
	}
}

// own is a run of the datasource itself, from its beginning to its end.
func (s *scene) own(state ledger.State, totals ledger.Totals) {
	s.t.Helper()
	r, err := s.Create(s.t.Context(), views, "1-00000000", ledger.Trigger{By: "schedule"}, "")
	if err != nil {
		s.t.Fatal(err)
	}
	s.move(r.ID, func(r *ledger.Run) { r.StartedAt = s.clock() })
	r = s.over(r, state, totals)
	if err := s.Close(s.t.Context(), r); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) sweep() {
	s.t.Helper()
	if err := s.watcher().Sweep(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// said checks what there is to say about the datasource so far.
func (s *scene) said(want ...string) {
	s.t.Helper()
	rec, err := s.Alerts(s.t.Context(), views)
	if err != nil {
		s.t.Fatal(err)
	}
	var got []string
	for _, d := range rec.Outbox {
		text := d.Message.Text
		if d.Message.Resolved {
			text = "resolved: " + text
		}
		got = append(got, text)
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("got %q, want %q", got, want)
	}
}

// What a backfill does is told beside what the datasource's own runs do: neither
// ends what the other began.
func TestBackfillsAreWatched(t *testing.T) {
	brought := ledger.Totals{Files: 3, Rows: 30}
	for _, tt := range []struct {
		name  string
		alert def.Alert
		play  func(s *scene)
		want  []string
	}{
		{"failed", def.Alert{When: def.RunFailed}, func(s *scene) {
			a, b := s.fill("a"), s.fill("b")
			a = s.over(a, ledger.Failed, brought)
			s.own(ledger.Done, brought)
			s.over(b, ledger.Done, brought)
			s.tell(a) // again, though another one has ended since
		}, []string{"backfill a of datasource views failed: no such bucket", "resolved: backfill b of datasource views succeeded again"}},
		{"own runs that fail", def.Alert{When: def.RunFailed}, func(s *scene) {
			s.own(ledger.Failed, brought)
			s.over(s.fill("a"), ledger.Done, brought)
			s.own(ledger.Done, brought)
		}, []string{"datasource views failed: no such bucket", "resolved: datasource views succeeded again"}},
		{"canceled", def.Alert{When: def.RunFailed}, func(s *scene) { s.over(s.fill("a"), ledger.Canceled, brought) }, nil},
		{"duration", def.Alert{When: def.LongRun, Duration: time.Hour}, func(s *scene) {
			a := s.fill("a")
			s.advance(5 * time.Hour) // all of them paused
			s.sweep()
			s.ran("a", time.Hour+time.Second)
			s.sweep()
			s.sweep()
			s.own(ledger.Done, brought) // a short one
			s.sweep()
			s.over(a, ledger.Done, brought)
			b := s.fill("b")
			s.ran("b", time.Minute)
			s.over(b, ledger.Done, brought)
		}, []string{"backfill a of datasource views has been running for 1h0m1s, more than 1h", "resolved: backfill b of datasource views took 1m, within 1h again"}},
		{"rejected rows", def.Alert{When: def.RejectedRows, Rows: 10}, func(s *scene) {
			s.over(s.fill("a"), ledger.Done, ledger.Totals{Files: 1, Quarantined: 11})
			s.own(ledger.Done, brought)
		}, []string{"backfill a of datasource views rejected 11 rows, more than 10"}},
		{"row drop leaves them out", def.Alert{When: def.RowDrop, Percent: 50}, func(s *scene) {
			s.own(ledger.Done, ledger.Totals{Files: 1, Rows: 100})
			s.over(s.fill("a"), ledger.Done, ledger.Totals{Files: 1, Rows: 1})
			s.over(s.fill("b"), ledger.Done, ledger.Totals{Files: 1, Rows: 1_000_000})
			s.own(ledger.Done, ledger.Totals{Files: 1, Rows: 99})
		}, nil},
		{"freshness", def.Alert{When: def.Freshness, Duration: 24 * time.Hour}, func(s *scene) {
			s.own(ledger.Done, brought)
			s.advance(20 * time.Hour)
			s.over(s.fill("a"), ledger.Done, brought)
			s.advance(20 * time.Hour)
			s.sweep()
			s.over(s.fill("b"), ledger.Done, ledger.Totals{}) // found nothing
			s.over(s.fill("c"), ledger.Failed, brought)
			s.advance(5 * time.Hour)
			s.sweep()
			s.over(s.fill("d"), ledger.Done, brought)
		}, []string{"datasource views has had no successful run for 25h, more than 24h", "resolved: datasource views succeeded again"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.alert.To = []string{"ops"}
			s := newLake(t, tt.alert)
			tt.play(s)
			s.said(tt.want...)
		})
	}
}
