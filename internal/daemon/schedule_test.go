package daemon_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/daemon"
	"github.com/longshore/longshore/internal/ledger"
)

var (
	eventsSource = ledger.Subject{Kind: ledger.Ingest, Name: "events"}
	copySync     = ledger.Subject{Kind: ledger.Export, Name: "copy"}
	mailSync     = ledger.Subject{Kind: ledger.Export, Name: "mail"}
)

// chain is a datasource of files in in/, a sync of its table after it, and one
// after that.
func (s *stage) chain() map[string]string {
	files := s.events("in/*.csv", "")
	files["models/events.yaml"] = "connection: clickhouse\nprimary_key: id\nsql: SELECT id, name FROM events\n"
	for name, after := range map[string]string{"copy": "{datasource: events}", "mail": "copy"} {
		files["syncs/"+name+".yaml"] = "model: events\nmode: all\ndestination: {connection: minio, path: '" + name + "/{sync.run.id}.csv', format: csv}\nschedule: {after: " + after + "}\n"
	}
	return files
}

// history returns a subject's runs, oldest first.
func (s *stage) history(subject ledger.Subject) []ledger.Run {
	s.t.Helper()
	var all []ledger.Run
	for id, err := range s.ledger.History(s.t.Context(), subject) {
		if err != nil {
			s.t.Fatal(err)
		}
		r, err := s.ledger.Run(s.t.Context(), id)
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, r)
	}
	slices.Reverse(all)
	return all
}

// idle waits until no run of a subject is under way. What follows the last one
// was started by then.
func (s *stage) idle(subject ledger.Subject) {
	s.t.Helper()
	waitFor(s.t, subject.String()+" is idle", func() bool {
		rec, err := s.ledger.Subject(s.t.Context(), subject)
		if err != nil {
			s.t.Fatal(err)
		}
		return rec.Active == "" && rec.Last != ""
	})
}

// followed waits until the whole chain is idle and checks that each of its runs
// followed one of the link before.
func (s *stage) followed(runs int) {
	s.t.Helper()
	for _, link := range []struct{ upstream, subject ledger.Subject }{{eventsSource, copySync}, {copySync, mailSync}} {
		s.idle(link.upstream)
		s.idle(link.subject)
		ups, all := s.history(link.upstream), s.history(link.subject)
		if len(all) != runs {
			s.t.Fatalf("%s: got %d runs, want %d: %+v", link.subject, len(all), runs, all)
		}
		for i, r := range all {
			if r.State != ledger.Done || r.Trigger.By != "after" || r.Trigger.Upstream != ups[i].ID || r.CreatedAt.Before(ups[i].FinishedAt) {
				s.t.Errorf("%s: got %+v, want it after %+v", link.subject, r, ups[i])
			}
		}
	}
}

// Files arrive, and two syncs run after them; then a run without files, which is
// followed by nothing.
func TestASyncAfterASyncAfterADatasource(t *testing.T) {
	s := newStage(t)
	s.push(s.chain())
	s.produce()
	s.work()
	s.put("in/a.csv", csvEvents(0, 100))
	s.done(eventsSource.Kind, eventsSource.Name)
	s.followed(1)
	first := s.history(mailSync)[0]
	if first.Totals.Rows != 100 || !slices.Contains(s.keys(), "mail/"+string(first.ID)+".csv") {
		t.Errorf("got %+v, objects %v; want the 100 rows of the file", first.Totals, s.keys())
	}
	s.done(eventsSource.Kind, eventsSource.Name) // nothing new
	s.followed(1)
	s.done(copySync.Kind, copySync.Name) // by hand: what follows it follows
	s.idle(copySync)
	s.idle(mailSync)
	if got := s.history(mailSync); len(got) != 2 || got[1].State != ledger.Done || got[1].Trigger.Upstream != s.history(copySync)[1].ID {
		t.Errorf("after a run by hand: got %+v", got)
	}
}

// The leader dies after a run of the datasource is done, before anything is said
// of it: the record says done, and the run is open still. A second one dies
// after it started what follows, before it closed the run.
func TestALeaderThatDiesBetweenTwoLinks(t *testing.T) {
	for _, started := range []bool{false, true} {
		t.Run(fmt.Sprintf("started %v", started), func(t *testing.T) {
			s := newStage(t)
			s.push(s.chain())
			s.put("in/a.csv", csvEvents(0, 100))
			s.work()
			_, stop := s.produce()
			s.done(eventsSource.Kind, eventsSource.Name)
			s.followed(1)
			stop()
			up := s.trigger(eventsSource.Kind, eventsSource.Name)
			r, err := s.ledger.UpdateRun(t.Context(), up, func(r *ledger.Run) error {
				r.State, r.Totals, r.FinishedAt = ledger.Done, ledger.Totals{Rows: 5, Files: 1}, s.ledger.Now()
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if started {
				by := ledger.Trigger{By: "after", Upstream: r.ID}
				if _, err := s.ledger.Create(t.Context(), copySync, r.Project, by, "after "+string(r.ID)); err != nil {
					t.Fatal(err)
				}
			}
			s.produce()
			s.followed(2)
		})
	}
}

// A leader is killed as soon as a run of the datasource is done, wherever that
// finds it; another takes over.
func TestAKilledLeaderStartsWhatFollowsOnce(t *testing.T) {
	s := newStage(t)
	s.push(s.chain())
	s.put("in/a.csv", csvEvents(0, 1000))
	first := s.start("producer")
	waitFor(t, "the first producer leads", func() bool {
		lease, err := s.ledger.Lease(t.Context())
		return err == nil && !lease.Released()
	})
	s.start("producer")
	s.work()
	id := s.trigger(eventsSource.Kind, eventsSource.Name)
	s.until(id, "done", func(r ledger.Run) bool { return r.State == ledger.Done })
	first.kill()
	s.followed(1)
}

func TestAFailedOrCanceledRunIsFollowedByNothing(t *testing.T) {
	s := newStage(t)
	s.put("in/a.csv", csvEvents(0, 100))
	files := s.chain()
	files["models/events.yaml"] = strings.Replace(files["models/events.yaml"], "FROM events", "FROM nowhere", 1)
	s.push(files)
	failing, canceled := s.trigger(copySync.Kind, copySync.Name), s.trigger(eventsSource.Kind, eventsSource.Name)
	if err := s.ledger.RequestCancel(t.Context(), canceled); err != nil {
		t.Fatal(err)
	}
	s.produce()
	for id, want := range map[ledger.RunID]ledger.State{failing: ledger.Failed, canceled: ledger.Canceled} {
		if r := s.ended(id); r.State != want {
			t.Errorf("got %+v, want it %s", r, want)
		}
	}
	s.idle(copySync)
	s.idle(eventsSource)
	if mails, copies := s.history(mailSync), s.history(copySync); len(mails) != 0 || len(copies) != 1 {
		t.Errorf("got %+v and %+v after a run that failed and one that was canceled", mails, copies)
	}
}

// A day without a producer, by the clock of the ledger: one sync makes up for
// it, the other waits for its next time.
func TestMissedTimesByPolicy(t *testing.T) {
	s := newStage(t)
	exec1(t, s.postgres(), fmt.Sprintf(orders, 10))
	files := ordersProject("csv", "out.csv")
	hourly := files["syncs/orders.yaml"]
	files["syncs/latest.yaml"] = strings.Replace(hourly, "out.csv", "latest.csv", 1) + "schedule: {cron: '0 * * * *'}\n"
	files["syncs/skip.yaml"] = strings.Replace(hourly, "out.csv", "skip.csv", 1) + "schedule: {cron: '0 * * * *', catch_up: skip}\n"
	s.push(files)
	var mu sync.Mutex
	now := time.Now().UTC().Truncate(time.Hour).Add(-48 * time.Hour).Add(30 * time.Minute)
	cfg := daemon.ProducerConfig{Config: s.config(), Listen: "127.0.0.1:0"}
	cfg.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	advance := func(d time.Duration) time.Time { mu.Lock(); defer mu.Unlock(); now = now.Add(d); return now }
	lead := func() (stop func()) {
		return s.spawn("producer", func(ctx context.Context, log *zap.Logger) error { return daemon.Producer(ctx, cfg, log, nil) })
	}
	latest, skip := ledger.Subject{Kind: ledger.Export, Name: "latest"}, ledger.Subject{Kind: ledger.Export, Name: "skip"}
	// seen waits until the leader dealt with the time.
	seen := func(subject ledger.Subject, at time.Time) {
		t.Helper()
		waitFor(t, subject.String()+" at "+at.String(), func() bool {
			rec, err := s.ledger.Subject(t.Context(), subject)
			return err == nil && rec.LastTick.Equal(at) && rec.Active == ""
		})
	}
	ticks := func(subject ledger.Subject) (all []time.Time) {
		for _, r := range s.history(subject) {
			all = append(all, r.Trigger.Tick.UTC())
		}
		return all
	}
	s.work()
	stop := lead()
	seen(latest, now)
	seen(skip, now) // they count from here
	stop()
	missed := advance(24 * time.Hour).Truncate(time.Hour)
	lead()
	seen(latest, missed)
	seen(skip, missed)
	next := advance(30 * time.Minute)
	seen(latest, next)
	seen(skip, next)
	if got, want := ticks(latest), []time.Time{missed, next}; !slices.Equal(got, want) {
		t.Errorf("latest: got runs of %v, want %v", got, want)
	}
	if got, want := ticks(skip), []time.Time{next}; !slices.Equal(got, want) {
		t.Errorf("skip: got runs of %v, want %v", got, want)
	}
}
