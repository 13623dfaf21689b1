package schedule_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
	"github.com/longshore/longshore/internal/schedule"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/fault"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// scene is a ledger with a clock that the test moves, and a project.
type scene struct {
	*ledger.Ledger
	mu      sync.Mutex
	now     time.Time
	project *def.Project
}

func newScene(t *testing.T, project *def.Project) *scene {
	t.Helper()
	s := &scene{now: clock(t, "2024-05-01 10:00:10"), project: project}
	s.Ledger = ledgertest.New(t, func() time.Time {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.now
	})
	if _, err := s.SaveProject(t.Context(), map[string][]byte{"x": nil}, ""); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *scene) advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

func (s *scene) ticker(scan func(context.Context, ledger.ProjectID, string) (int, error)) *schedule.Ticker {
	return schedule.NewTicker(s.Ledger, schedule.Config{
		Project: func(context.Context, ledger.ProjectID) (*def.Project, error) { return s.project, nil },
		Scan:    scan, Log: zap.NewNop(),
	})
}

func (s *scene) runs(t *testing.T) []ledger.Run {
	t.Helper()
	var runs []ledger.Run
	for id, err := range s.Open(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Run(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, r)
	}
	return runs
}

func everyHour() *def.Project {
	return &def.Project{Syncs: map[string]*def.Sync{
		"orders": {Name: "orders", Schedule: def.Schedule{Kind: def.Interval, Every: time.Hour}},
		"other":  {Name: "other", Schedule: def.Schedule{Kind: def.Manual}},
	}}
}

func TestTickStartsOneRun(t *testing.T) {
	s := newScene(t, everyHour())
	var wg sync.WaitGroup
	for range 3 { // three producers that all believe they lead
		wg.Go(func() {
			ticker := s.ticker(nil)
			for range 3 {
				if err := ticker.Tick(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	runs := s.runs(t)
	if len(runs) != 1 || runs[0].Subject.Name != "orders" || !runs[0].Trigger.Tick.Equal(clock(t, "2024-05-01 10:00:00")) {
		t.Fatalf("got runs %+v, want one of orders for 10:00", runs)
	}
	s.advance(time.Hour)
	if err := s.ticker(nil).Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if runs := s.runs(t); len(runs) != 2 {
		t.Errorf("got %d runs an hour later, want the second queued behind the first", len(runs))
	}
}

func TestAPausedScheduleSkipsItsTicks(t *testing.T) {
	s := newScene(t, everyHour())
	subject := ledger.Subject{Kind: ledger.Export, Name: "orders"}
	pause := func(at time.Time) {
		t.Helper()
		if _, err := s.UpdateSubject(t.Context(), subject, func(r *ledger.SubjectRecord) error { r.PausedAt = at; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	ticker := s.ticker(nil)
	pause(s.Now())
	if err := ticker.Tick(t.Context()); err != nil || len(s.runs(t)) != 0 {
		t.Fatalf("got %d runs, %v while paused", len(s.runs(t)), err)
	}
	pause(time.Time{})
	if err := ticker.Tick(t.Context()); err != nil || len(s.runs(t)) != 0 {
		t.Fatalf("got %d runs, %v for a tick that was skipped", len(s.runs(t)), err)
	}
	s.advance(time.Hour)
	if err := ticker.Tick(t.Context()); err != nil || len(s.runs(t)) != 1 {
		t.Errorf("got %d runs, %v at the next tick", len(s.runs(t)), err)
	}
}

// A queued run that takes no new files doesn't do for a tick, which waits for it.
func TestATickWaitsBehindAReplay(t *testing.T) {
	hourly := def.Schedule{Kind: def.Interval, Every: time.Hour}
	s := newScene(t, &def.Project{Datasources: map[string]*def.Datasource{"events": {Name: "events", Import: &def.Import{Schedule: hourly}}}})
	subject := ledger.Subject{Kind: ledger.Ingest, Name: "events"}
	var runs []ledger.Run
	for range 2 {
		r, err := s.Create(t.Context(), subject, "", ledger.Trigger{By: "manual", Replay: &ledger.Replay{}}, "")
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, r)
	}
	ticker := s.ticker(nil)
	for range 2 { // the second is left alone for a while
		if err := ticker.Tick(t.Context()); err != nil || len(s.runs(t)) != 2 {
			t.Fatalf("got %d runs, %v behind two replays", len(s.runs(t)), err)
		}
	}
	r, err := s.UpdateRun(t.Context(), runs[0].ID, func(r *ledger.Run) error { r.State = ledger.Done; return nil })
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	s.advance(time.Minute)
	if err := ticker.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.runs(t); len(got) != 2 || !got[1].Trigger.Regular() || got[1].Trigger.By != "schedule" {
		t.Errorf("got %+v, want the tick's run behind the second replay", got)
	}
}

func TestAutoStartsARunOnlyForFiles(t *testing.T) {
	s := newScene(t, &def.Project{Datasources: map[string]*def.Datasource{
		"events": {Name: "events", Import: &def.Import{Schedule: def.Schedule{Kind: def.Auto}}},
		"table":  {Name: "table"},
	}})
	files, scans := 0, 0
	ticker := s.ticker(func(_ context.Context, _ ledger.ProjectID, name string) (int, error) {
		scans++
		if name != "events" {
			t.Errorf("scanned %s", name)
		}
		return files, nil
	})
	step := func(wantScans, wantRuns int) {
		t.Helper()
		for range 3 { // the same minute is looked at once
			if err := ticker.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if runs := s.runs(t); scans != wantScans || len(runs) != wantRuns {
			t.Fatalf("got %d scans and %d runs, want %d and %d", scans, len(runs), wantScans, wantRuns)
		}
		s.advance(time.Minute)
	}
	step(1, 0)
	files = 5
	step(2, 1)
	step(2, 1) // the run is active: nothing is looked for
}

// Runs that events lead to may leave no gap: the listing queues behind one, and
// isn't made beside it.
func TestEventsLeaveTheListingItsTurn(t *testing.T) {
	s := newScene(t, &def.Project{Datasources: map[string]*def.Datasource{
		"events": {Name: "events", Import: &def.Import{Schedule: def.Schedule{Kind: def.Auto}}},
	}})
	subject := ledger.Subject{Kind: ledger.Ingest, Name: "events"}
	ticker := s.ticker(func(context.Context, ledger.ProjectID, string) (int, error) {
		t.Error("listed beside a run")
		return 0, nil
	})
	for _, key := range []string{"a", "b"} {
		if _, err := s.Create(t.Context(), subject, "x", ledger.Trigger{By: "event", Keys: []string{key}}, ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := ticker.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	runs := s.runs(t)
	if len(runs) != 2 || len(runs[0].Trigger.Keys) != 1 || len(runs[1].Trigger.Keys) != 0 {
		t.Errorf("got %+v, want the queued run to look at all", runs)
	}
}

func TestAFailingScanIsLeftAloneForAWhile(t *testing.T) {
	s := newScene(t, &def.Project{Datasources: map[string]*def.Datasource{
		"events": {Name: "events", Import: &def.Import{Schedule: def.Schedule{Kind: def.Auto}}},
	}})
	scans := 0
	ticker := s.ticker(func(context.Context, ledger.ProjectID, string) (int, error) {
		scans++
		return 0, fault.New(fault.Denied, "no s3:ListBucket")
	})
	for range 20 {
		if err := ticker.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.advance(time.Second)
	}
	if scans != 2 {
		t.Errorf("got %d scans in 20 seconds, want 2", scans)
	}
}

func cronProject(expr string, catchUp def.CatchUp) *def.Project {
	return &def.Project{Syncs: map[string]*def.Sync{
		"orders": {Name: "orders", Schedule: def.Schedule{Kind: def.Cron, Cron: expr, Zone: "UTC", CatchUp: catchUp}},
	}}
}

// step lets a producer that leads from now on look once, and returns the times
// of all runs so far.
func (s *scene) step(t *testing.T, ticker *schedule.Ticker) string {
	t.Helper()
	if err := ticker.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	var ticks []string
	for _, by := range s.of(t, ledger.Subject{Kind: ledger.Export, Name: "orders"}) {
		ticks = append(ticks, by.Tick.Format("02 15:04"))
	}
	rec, err := s.Subject(t.Context(), ledger.Subject{Kind: ledger.Export, Name: "orders"})
	if err != nil {
		t.Fatal(err)
	}
	if rec.Active != "" { // runs take no time here
		r := s.end(t, rec.Active, ledger.Done, ledger.Totals{})
		s.close(t, r)
	}
	return strings.Join(ticks, ", ")
}

// Nobody leads for some days.
func TestDowntimeByPolicy(t *testing.T) {
	for _, test := range []struct {
		name    string
		catchUp def.CatchUp
		want    string
	}{
		{"latest", def.CatchUpLatest, "01 12:00, 04 06:00, 04 12:00"},
		{"skip", def.CatchUpSkip, "01 12:00, 04 12:00"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newScene(t, cronProject("0 */6 * * *", test.catchUp)) // at 10:00:10
			s.step(t, s.ticker(nil))
			s.advance(2 * time.Hour) // 12:00:10: on time, also for a leader of a minute ago
			if got := s.step(t, s.ticker(nil)); got != "01 12:00" {
				t.Fatalf("on time: got %s", got)
			}
			s.advance(2*24*time.Hour + 20*time.Hour) // 4 May, 8:00:10
			ticker := s.ticker(nil)
			for range 3 {
				s.step(t, ticker)
				s.advance(time.Second)
			}
			s.advance(4 * time.Hour)
			if got := s.step(t, ticker); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// Times that weren't on the schedule when they came are not missed.
func TestAChangedScheduleHasMissedNothing(t *testing.T) {
	s := newScene(t, cronProject("0 3 * * *", def.CatchUpLatest)) // at 10:00:10
	ticker := s.ticker(nil)
	s.step(t, ticker)
	s.advance(24 * time.Hour) // one was missed
	if got := s.step(t, ticker); got != "02 03:00" {
		t.Fatalf("got %s", got)
	}
	s.project = cronProject("0 9 * * *", def.CatchUpLatest)
	if got := s.step(t, s.ticker(nil)); got != "02 03:00" {
		t.Errorf("a new expression, past its time today: got %s", got)
	}
	s.advance(23 * time.Hour)
	if got := s.step(t, ticker); got != "02 03:00, 03 09:00" {
		t.Errorf("the day after: got %s", got)
	}
	s.project = &def.Project{Syncs: map[string]*def.Sync{"orders": {Name: "orders", Schedule: def.Schedule{Kind: def.Manual}}}}
	s.step(t, ticker)
	s.advance(30 * 24 * time.Hour)
	s.step(t, ticker)
	s.project = cronProject("0 9 * * *", def.CatchUpLatest)
	if got := s.step(t, ticker); got != "02 03:00, 03 09:00" {
		t.Errorf("back on the clock after a month by hand: got %s", got)
	}
}

// What is shown as the next runs is what comes.
func TestUpcoming(t *testing.T) {
	hourly := def.Schedule{Kind: def.Interval, Every: time.Hour}
	nightly := def.Schedule{Kind: def.Cron, Cron: "0 3 * * *", Zone: "UTC"}
	skip := nightly
	skip.CatchUp = def.CatchUpSkip
	for _, test := range []struct {
		name, clock, last string
		s                 def.Schedule
		want              string
	}{
		{"a new interval begins at once", "", "", hourly, "01 10:20:30, 01 11:00:00, 01 12:00:00"},
		{"an interval that ran", "every 1h0m0s", "2024-05-01 10:00:00", hourly, "01 11:00:00, 01 12:00:00, 01 13:00:00"},
		{"a new cron waits", "", "", nightly, "02 03:00:00, 03 03:00:00, 04 03:00:00"},
		{"a changed cron waits", "cron 0 4 * * * UTC", "2024-04-20 04:00:00", nightly, "02 03:00:00, 03 03:00:00, 04 03:00:00"},
		{"a missed one is made up for", "cron 0 3 * * * UTC", "2024-04-20 03:00:00", nightly, "01 10:20:30, 02 03:00:00, 03 03:00:00"},
		{"or not", "cron 0 3 * * * UTC", "2024-04-20 03:00:00", skip, "02 03:00:00, 03 03:00:00, 04 03:00:00"},
		{"every, by cron", "cron @every 7m ", "2024-05-01 10:19:00", def.Schedule{Kind: def.Cron, Cron: "@every 7m"}, "01 10:26:00, 01 10:33:00, 01 10:40:00"},
		{"every, by cron, due", "cron @every 7m ", "2024-05-01 10:12:30", def.Schedule{Kind: def.Cron, Cron: "@every 7m"}, "01 10:20:30, 01 10:26:30, 01 10:33:30"},
		{"a clock that went back", "every 1h0m0s", "2024-05-01 11:00:00", hourly, "01 11:00:00, 01 12:00:00, 01 13:00:00"},
		{"by hand", "", "", def.Schedule{Kind: def.Manual}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			rec := ledger.SubjectRecord{Clock: test.clock, LastTick: clock(t, test.last)}
			got, err := schedule.Upcoming(test.s, rec, clock(t, "2024-05-01 10:20:30"), 3)
			if err != nil {
				t.Fatal(err)
			}
			var shown []string
			for _, at := range got {
				shown = append(shown, at.Format("02 15:04:05"))
			}
			if strings.Join(shown, ", ") != test.want {
				t.Errorf("got %v, want %s", shown, test.want)
			}
		})
	}
}
