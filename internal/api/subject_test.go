package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/api/apitest"
	"github.com/longshore/longshore/internal/ledger"
)

func TestSyncs(t *testing.T) {
	s := apitest.Start(t, nil)
	var list struct{ Syncs []api.Sync }
	if call(t, s, "GET", "/api/v1/syncs", nil, &list); list.Syncs == nil || len(list.Syncs) != 0 {
		t.Errorf("before the first push: got %+v", list)
	}
	s.Save(t, apitest.Shop(t))
	last := s.Create(t, ledger.Export, "orders_daily")
	s.End(t, last.ID, ledger.Done, ledger.Totals{Rows: 5}, nil)
	active, queued := s.Create(t, ledger.Export, "orders_daily"), s.Create(t, ledger.Export, "orders_daily")
	call(t, s, "GET", "/api/v1/syncs", nil, &list)
	if len(list.Syncs) != 4 || list.Syncs[2].Name != "orders_daily" {
		t.Fatalf("got %+v", list.Syncs)
	}
	if got := list.Syncs[0].Schedule; got.Text != "after sync orders_daily" || len(got.Next) != 0 {
		t.Errorf("got %+v", got)
	}
	var d api.SyncDetail
	call(t, s, "GET", "/api/v1/syncs/orders_daily", nil, &d)
	if d.Active == nil || d.Active.ID != string(active.ID) || d.Queued.ID != string(queued.ID) || d.Last.ID != string(last.ID) || d.Last.Totals.Rows != 5 {
		t.Errorf("got %+v", d.Activity)
	}
	if d.Source != "shop_db" || d.Connection != "lake" || d.Schedule.Text != "cron 30 6 * * 1-5 (Europe/Berlin)" || len(d.Schedule.Next) != 5 {
		t.Errorf("got %+v", d.Sync)
	}
	if !strings.Contains(d.SQL, "FROM orders") || !strings.Contains(d.File.Text, "model: orders") || d.ModelFile.Path != "models/orders.yaml" || d.Columns[1] != "customer_id→customer" {
		t.Errorf("got %+v", d)
	}
}

func TestDatasources(t *testing.T) {
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	_, err := s.Ledger.UpdateSubject(t.Context(), ledger.Subject{Kind: ledger.Ingest, Name: "page_views"}, func(r *ledger.SubjectRecord) error {
		r.Backlog, r.LastScanAt = ledger.Backlog{Files: 3, Bytes: 900, Oldest: s.Ledger.Now()}, s.Ledger.Now()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Datasources []api.Datasource }
	if call(t, s, "GET", "/api/v1/datasources", nil, &list); len(list.Datasources) != 3 {
		t.Fatalf("got %+v", list)
	}
	var d api.DatasourceDetail
	call(t, s, "GET", "/api/v1/datasources/page_views", nil, &d)
	if d.Backlog.Files != 3 || d.LastScanAt == nil || d.Schedule.Kind != "auto" || len(d.Schedule.Next) != 5 || d.MaxFiles != 5 {
		t.Errorf("got %+v", d.Datasource)
	}
	if d.Columns[1].Path != "$.visitor.id" || d.Columns[1].Type != "UUID" || !strings.Contains(d.File.Text, "IMPORT_SCHEDULE @auto") {
		t.Errorf("got %+v", d)
	}
	var made api.StartResult
	if status := call(t, s, "POST", "/api/v1/datasources/page_views/runs", nil, &made); status != http.StatusCreated || made.Run.Kind != "datasource" {
		t.Errorf("got %d, %+v", status, made)
	}
	var p api.Problem
	files := apitest.Shop(t)
	files["datasources/bare.datasource"] = []byte("SCHEMA >\n    `id` UInt64\nENGINE MergeTree\n")
	s.Save(t, files)
	if status := call(t, s, "POST", "/api/v1/datasources/bare/runs", nil, &p); status != http.StatusUnprocessableEntity {
		t.Errorf("a datasource that imports nothing: got %d, %+v", status, p)
	}
}

func TestPauseAndResume(t *testing.T) {
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	for _, path := range []string{"/api/v1/syncs/stock_changes", "/api/v1/datasources/page_views"} {
		var paused, again, resumed api.Schedule
		call(t, s, "POST", path+"/pause", nil, &paused)
		call(t, s, "POST", path+"/pause", nil, &again)
		if paused.PausedAt == nil || len(paused.Next) != 0 || !paused.PausedAt.Equal(*again.PausedAt) {
			t.Errorf("%s: got %+v, %+v", path, paused, again)
		}
		if call(t, s, "POST", path+"/resume", nil, &resumed); resumed.PausedAt != nil || len(resumed.Next) != 5 {
			t.Errorf("%s: got %+v", path, resumed)
		}
	}
}

// What isn't there is answered with the nearest name, or with what to do.
func TestNotFound(t *testing.T) {
	s := apitest.Start(t, nil)
	var p api.Problem
	if call(t, s, "GET", "/api/v1/syncs/orders", nil, &p); !strings.Contains(p.Detail, "longshore push") {
		t.Errorf("before the first push: got %+v", p)
	}
	s.Save(t, apitest.Shop(t))
	for _, test := range []struct{ method, path, want string }{
		{"GET", "/syncs/orders_dayly", `did you mean "orders_daily"?`},
		{"POST", "/syncs/orders_dayly/runs", `did you mean "orders_daily"?`},
		{"POST", "/syncs/orders_dayly/pause", `did you mean "orders_daily"?`},
		{"GET", "/datasources/pageviews", `did you mean "page_views"?`},
		{"GET", "/connections/lakes", `did you mean "lake"?`},
		{"POST", "/connections/lakes/test", `did you mean "lake"?`},
		{"GET", "/runs?sync=orders_dayly", `did you mean "orders_daily"?`},
		{"GET", "/syncs/zzzzzzzzzzzz", "longshore sync ls"},
		{"GET", "/runs/01HZZZZZZZZZZZZZZZZZZZZZZZ", "there is no run"},
		{"GET", "/runs/..%2f..%2fproject", "there is no run"},
		{"POST", "/runs/nonsense/cancel", "there is no run"},
		{"GET", "/nonsense", "see /docs"},
	} {
		p = api.Problem{}
		if status := call(t, s, test.method, api.Prefix+test.path, nil, &p); status != http.StatusNotFound || p.Kind != "not_found" || !strings.Contains(p.Detail, test.want) {
			t.Errorf("%s %s: got %d, %+v; want %s", test.method, test.path, status, p, test.want)
		}
	}
}
