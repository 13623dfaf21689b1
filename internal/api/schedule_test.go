package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/api/apitest"
	"github.com/longshore/longshore/internal/connection"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
)

// clocked is an API at noon of 25 October 2024, UTC. Clocks go back in Berlin on
// the 27th.
func clocked(t *testing.T) *apitest.Server {
	t.Helper()
	l := ledgertest.New(t, func() time.Time { return time.Date(2024, 10, 25, 12, 0, 0, 5e8, time.UTC) })
	doors := connection.New(l, connection.Secrets{}, "")
	t.Cleanup(func() { doors.Close() })
	s := apitest.Start(t, func(cfg *api.Config) { cfg.Ledger, cfg.Project = l, doors.Project })
	s.Ledger = l
	return s
}

func schedulesOf(r api.PushResult) string {
	var b strings.Builder
	for _, s := range r.Schedules {
		fmt.Fprintf(&b, "%s %s: %s, %q %s", s.Kind, s.Name, s.Text, s.Zone, s.CatchUp)
		if s.After != nil {
			fmt.Fprintf(&b, " after %s %s", s.After.Kind, s.After.Name)
		}
		for _, at := range s.Next {
			b.WriteString("\n  " + at.Format(time.RFC3339))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// A push tells when what it creates or changes will run.
func TestPushTellsTheNextRuns(t *testing.T) {
	s := clocked(t)
	shop := texts(apitest.Shop(t))
	set := func(name, schedule string) {
		text, _, _ := strings.Cut(shop.Files["syncs/orders_archive.yaml"], "\nschedule")
		shop.Files["syncs/"+name+".yaml"] = text + "\nid: " + name + "\nschedule: " + schedule + "\n"
	}
	for name := range shop.Files {
		if strings.HasPrefix(name, "syncs/") && name != "syncs/orders_archive.yaml" || strings.HasPrefix(name, "datasources/") && name != "datasources/page_views.datasource" {
			delete(shop.Files, name)
		}
	}
	set("chained", "{after: nightly}")
	set("fed", "{after: page_views}")
	set("hourly", "{every: 1h}")
	set("nightly", "{cron: '30 2 * * *', timezone: Europe/Berlin, catch_up: skip}")
	var plan, done, again api.PushResult
	call(t, s, "POST", "/api/v1/project?dry_run=true", shop, &plan)
	const want = `sync chained: after sync nightly, ""  after sync nightly
sync fed: after datasource page_views, ""  after datasource page_views
sync hourly: every 1h, "" latest
  2024-10-25T12:00:00Z
  2024-10-25T13:00:00Z
  2024-10-25T14:00:00Z
  2024-10-25T15:00:00Z
  2024-10-25T16:00:00Z
sync nightly: cron 30 2 * * * (Europe/Berlin), skips missed times, "Europe/Berlin" skip
  2024-10-26T02:30:00+02:00
  2024-10-27T02:30:00+02:00
  2024-10-28T02:30:00+01:00
  2024-10-29T02:30:00+01:00
  2024-10-30T02:30:00+01:00
datasource page_views: @auto: every minute, "" 
  2024-10-25T12:00:00Z
  2024-10-25T12:01:00Z
  2024-10-25T12:02:00Z
  2024-10-25T12:03:00Z
  2024-10-25T12:04:00Z
`
	if got := schedulesOf(plan); got != want {
		t.Errorf("dry run: got\n%s\nwant\n%s", got, want)
	}
	if status, text := raw(t, s, "POST", "/api/v1/project?dry_run=true", shop); status != http.StatusOK || !strings.Contains(string(text), `"2024-10-26T02:30:00+02:00"`) {
		t.Errorf("the document has no time of Berlin: %d %s", status, text)
	}
	call(t, s, "POST", "/api/v1/project", shop, &done)
	if got := schedulesOf(done); got != want {
		t.Errorf("push: got\n%s\nwant\n%s", got, want)
	}
	set("nightly", "{cron: '30 3 * * *', timezone: Europe/Berlin}")
	set("chained", "manual")
	call(t, s, "POST", "/api/v1/project", shop, &again)
	if len(again.Schedules) != 1 || again.Schedules[0].Name != "nightly" || again.Schedules[0].Next[0].Hour() != 3 || again.Schedules[0].CatchUp != "latest" {
		t.Errorf("a change: got %+v", again.Schedules)
	}
	var d api.SyncDetail
	call(t, s, "GET", "/api/v1/syncs/nightly", nil, &d)
	if len(d.Schedule.Next) != 5 || d.Schedule.Next[1].Format(time.RFC3339) != "2024-10-27T03:30:00+01:00" {
		t.Errorf("got %+v", d.Schedule)
	}
}

// Three triggers during a run: the first one's run is active, the second's is
// queued, and the third is answered with the queued one.
func TestOneTriggerIsQueuedDuringARun(t *testing.T) {
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	var first, second, third, fourth api.StartResult
	if status := call(t, s, "POST", orders, nil, &first); status != http.StatusCreated {
		t.Fatalf("got %d, %+v", status, first)
	}
	s.Run(t, ledger.RunID(first.Run.ID), 1)
	if status := call(t, s, "POST", orders, nil, &second); status != http.StatusCreated || !second.Created || second.Run.ID == first.Run.ID {
		t.Errorf("during a run: got %d, %+v", status, second)
	}
	for _, by := range []any{nil, api.StartRequest{By: "manual"}} {
		if status := call(t, s, "POST", orders, by, &third, "Idempotency-Key", fmt.Sprint(by)); status != http.StatusOK || third.Created || third.Run.ID != second.Run.ID || third.Note == "" {
			t.Errorf("with one queued: got %d, %+v; want run %s", status, third, second.Run.ID)
		}
	}
	var d api.SyncDetail
	if call(t, s, "GET", "/api/v1/syncs/orders_archive", nil, &d); d.Active.ID != first.Run.ID || d.Active.State != "running" || d.Queued.ID != second.Run.ID {
		t.Errorf("got %+v", d.Activity)
	}
	s.End(t, ledger.RunID(first.Run.ID), ledger.Done, ledger.Totals{}, nil)
	if status := call(t, s, "POST", orders, nil, &fourth); status != http.StatusCreated || fourth.Run.ID == second.Run.ID {
		t.Errorf("after the first: got %d, %+v", status, fourth)
	}
	var list struct{ Runs []api.Run }
	if call(t, s, "GET", "/api/v1/runs?sync=orders_archive", nil, &list); len(list.Runs) != 3 {
		t.Errorf("got %d runs of five triggers, want 3: %+v", len(list.Runs), list.Runs)
	}
}

// What started a run is told.
func TestARunNamesTheOneItFollows(t *testing.T) {
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	up := s.Create(t, ledger.Export, "orders_daily")
	by := ledger.Trigger{By: "after", Upstream: up.ID}
	r, err := s.Ledger.Create(t.Context(), ledger.Subject{Kind: ledger.Export, Name: "new_customers"}, "1-00000000", by, "after "+string(up.ID))
	if err != nil {
		t.Fatal(err)
	}
	var d api.RunDetail
	if call(t, s, "GET", "/api/v1/runs/"+string(r.ID), nil, &d); d.Trigger.By != "after" || d.Trigger.Upstream != string(up.ID) || d.Trigger.Tick != nil {
		t.Errorf("got %+v", d.Trigger)
	}
}
