package schedule_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/schedule"
	"github.com/longshore/longshore/pkg/fault"
)

// chained is events, then orders and stock, then mail after orders.
func chained() *def.Project {
	after := func(name string, up def.Upstream) *def.Sync {
		return &def.Sync{Name: name, Schedule: def.Schedule{Kind: def.After, After: up}}
	}
	return &def.Project{
		Datasources: map[string]*def.Datasource{"events": {Name: "events", Import: &def.Import{Schedule: def.Schedule{Kind: def.Auto}}}},
		Syncs: map[string]*def.Sync{
			"orders": after("orders", def.Upstream{Datasource: "events"}),
			"stock":  after("stock", def.Upstream{Datasource: "events"}),
			"mail":   after("mail", def.Upstream{Sync: "orders"}),
			"events": {Name: "events", Schedule: def.Schedule{Kind: def.Manual}},
		},
	}
}

var (
	events = ledger.Subject{Kind: ledger.Ingest, Name: "events"}
	mail   = ledger.Subject{Kind: ledger.Export, Name: "mail"}
	orders = ledger.Subject{Kind: ledger.Export, Name: "orders"}
)

func (s *scene) follower(l schedule.Ledger) *schedule.Follower {
	return schedule.NewFollower(l, schedule.FollowerConfig{
		Project: func(context.Context, ledger.ProjectID) (*def.Project, error) { return s.project, nil },
		Retry:   time.Millisecond, Log: zap.NewNop(),
	})
}

// over makes a run that is ended and not yet closed.
func (s *scene) over(t *testing.T, subject ledger.Subject, state ledger.State, totals ledger.Totals) ledger.Run {
	t.Helper()
	r, err := s.Create(t.Context(), subject, "1-00000000", ledger.Trigger{By: "manual"}, "")
	if err != nil {
		t.Fatal(err)
	}
	return s.end(t, r.ID, state, totals)
}

func (s *scene) end(t *testing.T, id ledger.RunID, state ledger.State, totals ledger.Totals) ledger.Run {
	t.Helper()
	r, err := s.UpdateRun(t.Context(), id, func(r *ledger.Run) error { r.State, r.Totals = state, totals; return nil })
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (s *scene) close(t *testing.T, r ledger.Run) {
	t.Helper()
	if err := s.Close(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

// of returns what started the runs of a subject, oldest first.
func (s *scene) of(t *testing.T, subject ledger.Subject) []ledger.Trigger {
	t.Helper()
	var all []ledger.Trigger
	for id, err := range s.History(t.Context(), subject) {
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Run(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r.Trigger)
	}
	slices.Reverse(all)
	return all
}

func after(ids ...ledger.RunID) []ledger.Trigger {
	all := []ledger.Trigger{}
	for _, id := range ids {
		all = append(all, ledger.Trigger{By: "after", Upstream: id})
	}
	return all
}

func wantRuns(t *testing.T, s *scene, subject ledger.Subject, want []ledger.Trigger) {
	t.Helper()
	if got := s.of(t, subject); !slices.EqualFunc(got, want, func(a, b ledger.Trigger) bool { return reflect.DeepEqual(a, b) }) {
		t.Errorf("%s: got runs by %+v, want %+v", subject, got, want)
	}
}

var someFiles = ledger.Totals{Files: 3, FailedFiles: 2}

// Three producers that all believe they lead tell the end of a run, and tell it
// again.
func TestARunIsFollowedOnce(t *testing.T) {
	s := newScene(t, chained())
	r := s.over(t, events, ledger.Done, someFiles)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			f := s.follower(s.Ledger)
			for range 2 {
				if err := f.Ended(t.Context(), r); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	s.close(t, r)
	for _, name := range []string{"orders", "stock"} {
		wantRuns(t, s, ledger.Subject{Kind: ledger.Export, Name: name}, after(r.ID))
	}
	wantRuns(t, s, mail, nil)
	wantRuns(t, s, ledger.Subject{Kind: ledger.Export, Name: "events"}, nil)
	rec, err := s.Subject(t.Context(), orders)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.follower(s.Ledger).Ended(t.Context(), s.end(t, rec.Active, ledger.Done, ledger.Totals{})); err != nil {
		t.Fatal(err)
	}
	wantRuns(t, s, mail, after(rec.Active))
}

func TestWhatIsNotFollowed(t *testing.T) {
	tests := []struct {
		name    string
		subject ledger.Subject
		state   ledger.State
		totals  ledger.Totals
		want    int
	}{
		{"failed", orders, ledger.Failed, ledger.Totals{Rows: 3, Files: 1}, 0},
		{"canceled", orders, ledger.Canceled, ledger.Totals{}, 0},
		{"done without a row", orders, ledger.Done, ledger.Totals{}, 1},
		{"a datasource without new files", events, ledger.Done, ledger.Totals{}, 0},
		{"a datasource whose files all failed", events, ledger.Done, ledger.Totals{Files: 2, FailedFiles: 2}, 0},
		{"a datasource that failed", events, ledger.Failed, ledger.Totals{Files: 2}, 0},
		{"a datasource with an empty file", events, ledger.Done, ledger.Totals{Files: 1}, 2},
		{"nothing waits for it", mail, ledger.Done, ledger.Totals{Rows: 1}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t, chained())
			r := s.over(t, tt.subject, tt.state, tt.totals)
			if err := s.follower(s.Ledger).Ended(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			s.close(t, r)
			if got := s.runs(t); len(got) != tt.want {
				t.Errorf("got %d runs, want %d: %+v", len(got), tt.want, got)
			}
		})
	}
}

// A queued run does for the end that found it queued, also when that end is told
// again after the queued run began.
func TestAQueuedRunDoesForOneThatFollows(t *testing.T) {
	s := newScene(t, chained())
	f := s.follower(s.Ledger)
	var ids []ledger.RunID
	for range 3 {
		r := s.over(t, orders, ledger.Done, ledger.Totals{})
		if err := f.Ended(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, r.ID)
		if len(ids) < 3 {
			s.close(t, r)
		}
	}
	wantRuns(t, s, mail, after(ids[0], ids[1])) // active, queued
	rec, err := s.Subject(t.Context(), mail)
	if err != nil {
		t.Fatal(err)
	}
	s.close(t, s.end(t, rec.Active, ledger.Done, ledger.Totals{})) // the queued one begins
	third, err := s.Run(t.Context(), ids[2])
	if err != nil {
		t.Fatal(err)
	}
	if err := s.follower(s.Ledger).Ended(t.Context(), third); err != nil {
		t.Fatal(err)
	}
	wantRuns(t, s, mail, after(ids[0], ids[1]))
}

func TestAPausedSyncFollowsNothing(t *testing.T) {
	s := newScene(t, chained())
	pause := func(at time.Time) {
		t.Helper()
		if _, err := s.UpdateSubject(t.Context(), mail, func(r *ledger.SubjectRecord) error { r.PausedAt = at; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	f := s.follower(s.Ledger)
	pause(s.Now())
	first := s.over(t, orders, ledger.Done, ledger.Totals{})
	for range 2 { // told again after the schedule was resumed, it isn't made up for
		if err := f.Ended(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		pause(time.Time{})
	}
	wantRuns(t, s, mail, nil)
	s.close(t, first)
	second := s.over(t, orders, ledger.Done, ledger.Totals{})
	if err := f.Ended(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	wantRuns(t, s, mail, after(second.ID))
}

// shaky is a ledger that fails the first calls of each method.
type shaky struct {
	*ledger.Ledger
	mu    sync.Mutex
	fails map[string]int // how often a method still fails
	err   error
}

func (s *shaky) fail(method string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails[method] == 0 {
		return nil
	}
	s.fails[method]--
	return s.err
}

func (s *shaky) CurrentProjectID(ctx context.Context) (ledger.ProjectID, error) {
	if err := s.fail("current"); err != nil {
		return "", err
	}
	return s.Ledger.CurrentProjectID(ctx)
}

func (s *shaky) UpdateSubject(ctx context.Context, sub ledger.Subject, change func(*ledger.SubjectRecord) error) (ledger.SubjectRecord, error) {
	rec, err := s.Ledger.UpdateSubject(ctx, sub, change)
	if lost := s.fail("update"); lost != nil { // the answer, not the write
		return rec, lost
	}
	return rec, err
}

func (s *shaky) Create(ctx context.Context, sub ledger.Subject, p ledger.ProjectID, by ledger.Trigger, key string) (ledger.Run, error) {
	r, err := s.Ledger.Create(ctx, sub, p, by, key)
	if lost := s.fail("create"); lost != nil {
		return r, lost
	}
	return r, err
}

// Outages are waited out, and lost answers start nothing twice.
func TestAnOutageDoesNotLoseWhatFollows(t *testing.T) {
	for _, method := range []string{"current", "update", "create"} {
		t.Run(method, func(t *testing.T) {
			s := newScene(t, chained())
			l := &shaky{Ledger: s.Ledger, fails: map[string]int{method: 3}, err: fault.New(fault.Temporary, "connection reset")}
			r := s.over(t, orders, ledger.Done, ledger.Totals{})
			if err := s.follower(l).Ended(t.Context(), r); err != nil || l.fails[method] != 0 {
				t.Fatalf("got %v, %d failures to go", err, l.fails[method])
			}
			wantRuns(t, s, mail, after(r.ID))
		})
	}
}

// An error that won't pass is told, and a leader that stops says so: the next
// one is told of the end again.
func TestAnErrorOfAFollowerIsTold(t *testing.T) {
	s := newScene(t, chained())
	r := s.over(t, orders, ledger.Done, ledger.Totals{})
	denied := fault.New(fault.Denied, "no s3:PutObject")
	l := &shaky{Ledger: s.Ledger, fails: map[string]int{"create": 1}, err: denied}
	if err := s.follower(l).Ended(t.Context(), r); !errors.Is(err, denied) {
		t.Errorf("got %v, want %v", err, denied)
	}
	ctx, stop := context.WithCancel(t.Context())
	l = &shaky{Ledger: s.Ledger, fails: map[string]int{"current": 1 << 30}, err: fault.New(fault.Temporary, "connection reset")}
	ended := make(chan error)
	go func() { ended <- s.follower(l).Ended(ctx, r) }()
	stop()
	if err := <-ended; err == nil {
		t.Error("a leader that stopped says that it started what follows")
	}
	if err := s.follower(s.Ledger).Ended(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	wantRuns(t, s, mail, after(r.ID))
}

// The definitions in force when the end is told are those of the run.
func TestWhatFollowsGoesByTheDefinitionsInForce(t *testing.T) {
	s := newScene(t, chained())
	r := s.over(t, orders, ledger.Done, ledger.Totals{})
	current, err := s.CurrentProjectID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	saved, err := s.SaveProject(t.Context(), map[string][]byte{"y": nil}, current)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.follower(s.Ledger).Ended(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	rec, err := s.Subject(t.Context(), mail)
	if err != nil {
		t.Fatal(err)
	}
	if next, err := s.Run(t.Context(), rec.Active); err != nil || next.Project != saved.ID {
		t.Errorf("got %+v, %v; want project %s", next, err, saved.ID)
	}
	s.close(t, r)
	s.project = everyHour() // mail is gone
	if err := s.follower(s.Ledger).Ended(t.Context(), s.over(t, orders, ledger.Done, ledger.Totals{})); err != nil {
		t.Fatal(err)
	}
	if got := len(s.of(t, mail)); got != 1 {
		t.Errorf("got %d runs of a sync that is gone, want 1", got)
	}
}

// filled makes a backfill whose run is ended and not yet closed.
func (s *scene) filled(t *testing.T, state ledger.State, totals ledger.Totals) ledger.Run {
	t.Helper()
	rec, _, err := s.CreateBackfill(t.Context(), ledger.BackfillRecord{Datasource: "events", URI: "s3://b/old/*"}, "1-00000000", ledger.Trigger{By: "manual"}, "")
	if err != nil {
		t.Fatal(err)
	}
	return s.end(t, rec.Run, state, totals)
}

// Syncs that run after a datasource follow its backfills, once each, in whatever
// order these end and whoever tells of it again.
func TestBackfillsAreFollowed(t *testing.T) {
	for _, tt := range []struct {
		name   string
		state  ledger.State
		totals ledger.Totals
		want   bool
	}{
		{"done", ledger.Done, someFiles, true},
		{"failed", ledger.Failed, someFiles, false},
		{"canceled", ledger.Canceled, someFiles, false},
		{"without new files", ledger.Done, ledger.Totals{}, false},
		{"whose files all failed", ledger.Done, ledger.Totals{Files: 2, FailedFiles: 2}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t, chained())
			r := s.filled(t, tt.state, tt.totals)
			if err := s.follower(s.Ledger).Ended(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			want := after()
			if tt.want {
				want = after(r.ID)
			}
			wantRuns(t, s, orders, want)
		})
	}

	s := newScene(t, chained())
	older, newer := s.filled(t, ledger.Done, someFiles), s.filled(t, ledger.Done, someFiles)
	own := s.over(t, events, ledger.Done, someFiles)
	tell := func(r ledger.Run) {
		t.Helper()
		if err := s.follower(s.Ledger).Ended(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	tell(newer)
	tell(own)
	tell(older) // one is active and one queued by now: that one does
	wantRuns(t, s, orders, after(newer.ID, own.ID))
	for range 2 {
		rec, err := s.Subject(t.Context(), orders)
		if err != nil {
			t.Fatal(err)
		}
		s.close(t, s.end(t, rec.Active, ledger.Done, ledger.Totals{}))
	}
	for _, r := range []ledger.Run{newer, own, older} { // by a leader that knows nothing
		tell(r)
	}
	wantRuns(t, s, orders, after(newer.ID, own.ID))
}
