package api_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/api/apitest"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/queue"
	"github.com/longshore/longshore/internal/task"
)

const (
	backfills = "/api/v1/backfills"
	pageViews = "page_views"
)

func TestCreateABackfill(t *testing.T) {
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	var first, again, second api.Backfill
	request := api.BackfillRequest{Datasource: pageViews, MaxBytesPerSecond: 1 << 20}
	if status := call(t, s, "POST", backfills, request, &first, "Idempotency-Key", "tonight"); status != http.StatusCreated {
		t.Errorf("got %d, %+v", status, first)
	}
	want := api.BackfillLimits{MaxParts: 300, MaxMerges: 16, MaxBytesPerSecond: 1 << 20}
	if first.Name != "page_views-1" || first.State != "queued" || first.Limits != want || !strings.HasPrefix(first.URI, "s3://") || first.SecondsLeft != nil {
		t.Errorf("got %+v", first)
	}
	if status := call(t, s, "POST", backfills, request, &again, "Idempotency-Key", "tonight"); status != http.StatusOK || again.Run != first.Run {
		t.Errorf("the same key: got %d, %+v", status, again)
	}
	if status := call(t, s, "POST", backfills, api.BackfillRequest{Datasource: pageViews, Name: "old"}, &second); status != http.StatusCreated || second.Name != "old" {
		t.Errorf("a name: got %d, %+v", status, second)
	}
	var list struct{ Backfills []api.Backfill }
	if call(t, s, "GET", backfills, nil, &list); len(list.Backfills) != 2 || list.Backfills[0].Name != "old" {
		t.Errorf("got %+v", list)
	}
}

func TestBackfillsThatAreRefused(t *testing.T) {
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	call(t, s, "POST", backfills, api.BackfillRequest{Datasource: pageViews, Name: "old"}, nil)
	at := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name    string
		request api.BackfillRequest
		status  int
		detail  string
	}{
		{"a datasource with a typo", api.BackfillRequest{Datasource: "page_vews"}, 404, `did you mean "page_views"?`},
		{"a name that is taken", api.BackfillRequest{Datasource: pageViews, Name: "old"}, 409, "there is a backfill"},
		{"a name that is none", api.BackfillRequest{Datasource: pageViews, Name: "a/b"}, 422, "name"},
		{"another bucket", api.BackfillRequest{Datasource: pageViews, URI: "s3://elsewhere/*"}, 422, "in another bucket"},
		{"a pattern that is none", api.BackfillRequest{Datasource: pageViews, URI: "s3://shop-lake/{a"}, 422, "{a"},
		{"no time between the bounds", api.BackfillRequest{Datasource: pageViews, From: &at, To: &at}, 422, "no file is modified"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, path := range []string{backfills, backfills + "/plan"} {
				if path != backfills && c.status == 409 {
					continue
				}
				var p api.Problem
				if status := call(t, s, "POST", path, c.request, &p); path == backfills && (status != c.status || !strings.Contains(p.Detail, c.detail)) {
					t.Errorf("got %d %q, want %d %q", status, p.Detail, c.status, c.detail)
				} else if status < 400 {
					t.Errorf("%s: got %d", path, status)
				}
			}
		})
	}
	for _, path := range []string{"/nobody", "/n%20o"} {
		if status := call(t, s, "GET", backfills+path, nil, &api.Problem{}); status != http.StatusNotFound {
			t.Errorf("%s: got %d", path, status)
		}
	}
}

func TestSteerABackfill(t *testing.T) {
	var woken []ledger.RunID
	s := apitest.Start(t, func(cfg *api.Config) { cfg.Started = func(id ledger.RunID) { woken = append(woken, id) } })
	s.Save(t, apitest.Shop(t))
	var b api.Backfill
	call(t, s, "POST", backfills, api.BackfillRequest{Datasource: pageViews, Name: "old"}, &b)
	id := ledger.RunID(b.Run)
	s.Run(t, id, 4)
	for _, step := range []struct {
		verb, state string
		paused      bool
	}{{"pause", "paused", true}, {"pause", "paused", true}, {"resume", "running", false}, {"resume", "running", false}} {
		b = api.Backfill{}
		status := call(t, s, "POST", backfills+"/old/"+step.verb, nil, &b)
		if status != http.StatusOK || b.State != step.state || (b.PausedAt != nil) != step.paused {
			t.Errorf("%s: got %d %+v", step.verb, status, b)
		}
	}
	if status := call(t, s, "POST", backfills+"/old/cancel", nil, &b); status != http.StatusOK || !b.CancelRequested {
		t.Errorf("cancel: got %d %+v", status, b)
	}
	if asked, err := s.Ledger.CancelRequested(t.Context(), id); err != nil || !asked {
		t.Errorf("got %v, %v", asked, err)
	}
	if len(woken) != 6 {
		t.Errorf("the leader was woken %d times, want 6", len(woken))
	}
	s.End(t, id, ledger.Canceled, ledger.Totals{}, nil)
	for _, verb := range []string{"pause", "resume", "cancel"} {
		if status := call(t, s, "POST", backfills+"/old/"+verb, nil, &api.Problem{}); status != http.StatusConflict {
			t.Errorf("%s of one that has ended: got %d", verb, status)
		}
	}
}

func TestHowFarABackfillIs(t *testing.T) {
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	var b api.Backfill
	call(t, s, "POST", backfills, api.BackfillRequest{Datasource: pageViews, Name: "old"}, &b)
	id := ledger.RunID(b.Run)
	note := func(change func(rec *ledger.BackfillRecord)) api.Backfill {
		t.Helper()
		if _, err := s.Ledger.UpdateBackfill(t.Context(), "old", func(rec *ledger.BackfillRecord) error { change(rec); return nil }); err != nil {
			t.Fatal(err)
		}
		var b api.Backfill
		call(t, s, "GET", backfills+"/old", nil, &b)
		return b
	}
	s.Run(t, id, 200)
	done := ledger.Totals{Rows: 1000, Bytes: 40 << 20, Files: 20}
	begun := time.Now().Add(-10 * time.Second)
	b = note(func(rec *ledger.BackfillRecord) {
		rec.Found = ledger.BackfillFound{Files: 100, Bytes: 200 << 20, Complete: true}
		rec.Pace.Move(begun, 0)
		rec.Pace.Move(begun.Add(10*time.Second), done.Bytes)
		rec.Done, rec.DoneParts = done, 40
	})
	if b.State != "running" || b.BytesPerSecond != 4<<20 || b.SecondsLeft == nil || *b.SecondsLeft != 40 || b.Done.Rows != 1000 || b.Done.TotalParts != 200 || b.ActiveSeconds != 10 {
		t.Errorf("got %+v", b)
	}
	if err := s.Queue.Report(context.Background(), task.Task{Run: b.Run, Epoch: 1, Part: 41}, queue.Progress{Rows: 77, Seen: 3}); err != nil {
		t.Fatal(err)
	}
	b = note(func(rec *ledger.BackfillRecord) {
		rec.Throttled = ledger.BackfillThrottle{Since: begun, Why: "too many parts"}
	})
	if b.State != "throttled" || b.Throttled == nil || b.Throttled.Why != "too many parts" || b.UnderWay.Parts != 1 || b.UnderWay.Rows != 77 {
		t.Errorf("got %+v", b)
	}
	if b = note(func(rec *ledger.BackfillRecord) { rec.PausedAt = begun }); b.State != "paused" || b.Throttled != nil {
		t.Errorf("got %+v", b)
	}
	settle := func(r *ledger.Run) error {
		r.Settled, r.Totals = 40, done
		return nil
	}
	if _, err := s.Ledger.UpdateRun(t.Context(), id, settle); err != nil {
		t.Fatal(err)
	}
	var r api.RunDetail
	call(t, s, "GET", "/api/v1/runs/"+b.Run, nil, &r)
	if len(r.PartProgress) != 100 || r.PartProgress[0].Part != 40 || r.PartProgress[1].State != "running" || r.Progress.Done != 40 ||
		r.Progress.Waiting != 159 || r.Progress.Rows != 1077 {
		t.Errorf("got %+v with %d parts", r.Progress, len(r.PartProgress))
	}
	s.End(t, id, ledger.Done, done, nil)
	b = note(func(rec *ledger.BackfillRecord) {
		rec.Verdict = &ledger.BackfillVerdict{OK: true, Totals: done}
	})
	if b.State != "done" || b.PausedAt != nil || b.SecondsLeft != nil || b.Verified == nil || !b.Verified.OK || b.Verified.Totals.Rows != 1000 {
		t.Errorf("got %+v", b)
	}
}

// The run of a backfill is listed among the others, shown, and canceled as they are.
func TestRunsOfBackfills(t *testing.T) {
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	var old, other api.Backfill
	call(t, s, "POST", backfills, api.BackfillRequest{Datasource: pageViews, Name: "old"}, &old)
	own := s.Create(t, ledger.Ingest, pageViews)
	sync := s.Create(t, ledger.Export, "orders_daily")
	call(t, s, "POST", backfills, api.BackfillRequest{Datasource: pageViews, Name: "other"}, &other)
	for _, c := range []struct {
		query  string
		want   []string // newest first
		status int
	}{
		{"", []string{other.Run, string(sync.ID), string(own.ID), old.Run}, 200},
		{"?datasource=page_views", []string{other.Run, string(own.ID), old.Run}, 200},
		{"?sync=orders_daily", []string{string(sync.ID)}, 200},
		{"?backfill=old", []string{old.Run}, 200},
		{"?limit=2&before=" + string(sync.ID), []string{string(own.ID), old.Run}, 200},
		{"?backfill=nobody", nil, 404},
		{"?backfill=old&datasource=page_views", nil, 422},
	} {
		var list struct{ Runs []api.Run }
		status := call(t, s, "GET", "/api/v1/runs"+c.query, nil, &list)
		var got []string
		for _, r := range list.Runs {
			got = append(got, r.ID)
			if r.Kind == "backfill" && (r.Datasource != pageViews || r.Name != "old" && r.Name != "other") {
				t.Errorf("%s: got %+v", c.query, r)
			}
		}
		if status != c.status || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %d %v, want %d %v", c.query, status, got, c.status, c.want)
		}
	}
	var r api.RunDetail
	if call(t, s, "GET", "/api/v1/runs/"+old.Run, nil, &r); r.Kind != "backfill" || r.Name != "old" || r.Datasource != pageViews {
		t.Errorf("got %+v", r)
	}
	if status := call(t, s, "POST", "/api/v1/runs/"+old.Run+"/cancel", nil, &r); status != http.StatusOK {
		t.Errorf("cancel: got %d", status)
	}
	if call(t, s, "GET", backfills+"/old", nil, &old); !old.CancelRequested {
		t.Errorf("got %+v", old)
	}
}
