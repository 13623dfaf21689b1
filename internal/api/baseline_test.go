package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/api/apitest"
	"github.com/longshore/longshore/internal/ledger"
)

const stock = "/api/v1/syncs/stock_changes/runs" // mode diff

var (
	resync = api.StartRequest{FullResync: true}
	reset  = api.StartRequest{ResetBaseline: true}
)

// What a request wants of the baseline is what its run does, and what it shows.
func TestRunSaysWhatItDoesWithTheBaseline(t *testing.T) {
	for _, test := range []struct {
		path    string
		request api.StartRequest
		use     ledger.BaselineUse
		words   string
	}{
		{stock, resync, ledger.IgnoreBaseline, "full resync"},
		{"/api/v1/syncs/new_customers/runs", reset, ledger.RebuildBaseline, "baseline reset"},
		{orders, api.StartRequest{}, ledger.CompareBaseline, ""},
	} {
		s := apitest.Start(t, nil)
		s.Save(t, apitest.Shop(t))
		var made api.StartResult
		if status := call(t, s, "POST", test.path, test.request, &made); status != http.StatusCreated || made.Run.Trigger.Baseline != test.words {
			t.Errorf("%s: got %d, %+v", test.path, status, made)
		}
		kept, err := s.Ledger.Run(t.Context(), ledger.RunID(made.Run.ID))
		if err != nil || kept.Trigger.Baseline != test.use {
			t.Errorf("%s: got %+v, %v, want %q in the ledger", test.path, kept.Trigger, err, test.use)
		}
		var list struct{ Runs []api.Run }
		if call(t, s, "GET", "/api/v1/runs", nil, &list); len(list.Runs) != 1 || list.Runs[0].Trigger.Baseline != test.words {
			t.Errorf("%s: got %+v, want %q", test.path, list.Runs, test.words)
		}
	}
}

func TestBaselineOfWhatHasNone(t *testing.T) {
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	for _, test := range []struct {
		path    string
		request api.StartRequest
		want    string
	}{
		{orders, resync, "sync orders_archive has no baseline for full_resync: its mode is all; start the run without it: it sends every row"},
		{orders, reset, "has no baseline for reset_baseline"},
		{"/api/v1/datasources/page_views/runs", resync, "datasource page_views has no baseline for full_resync; start the run without it"},
		{stock, api.StartRequest{FullResync: true, ResetBaseline: true}, "full_resync and reset_baseline exclude each other; give one"},
	} {
		var p api.Problem
		if status := call(t, s, "POST", test.path, test.request, &p); status != http.StatusUnprocessableEntity || p.Kind != "invalid" || !strings.Contains(p.Detail, test.want) {
			t.Errorf("%s %+v: got %d, %+v", test.path, test.request, status, p)
		}
	}
	var list struct{ Runs []api.Run }
	if call(t, s, "GET", "/api/v1/runs", nil, &list); len(list.Runs) != 0 {
		t.Errorf("got runs %+v", list.Runs)
	}
}

// A run that is queued answers only requests that it does for.
func TestQueuedRunOfAnotherNature(t *testing.T) {
	plain := api.StartRequest{}
	for _, test := range []struct {
		name           string
		queued, second api.StartRequest
		status         int
		want           string // of the note, or of the problem
	}{
		{"resync after plain", plain, resync, 409, "is queued, a plain run, and only one run can be; wait until it runs, or cancel it, and ask again for a full resync"},
		{"reset after plain", plain, reset, 409, "is queued, a plain run"},
		{"reset after resync", resync, reset, 409, "is queued, a full resync"},
		{"resync after reset", reset, resync, 409, "is queued, a baseline reset"},
		{"plain after reset", reset, plain, 409, "is queued, a baseline reset"},
		{"plain after resync", resync, plain, 200, "the queued run does for this request too (full resync)"},
		{"resync twice", resync, resync, 200, "the queued run does for this request too (full resync)"},
		{"reset twice", reset, reset, 200, "(baseline reset)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := apitest.Start(t, nil)
			s.Save(t, apitest.Shop(t))
			var active, queued api.StartResult
			call(t, s, "POST", stock, nil, &active)
			call(t, s, "POST", stock, test.queued, &queued)
			if !queued.Created {
				t.Fatalf("got %+v", queued)
			}
			var answer struct {
				api.StartResult
				Detail string `json:"detail"`
				Kind   string `json:"kind"`
			}
			status := call(t, s, "POST", stock, test.second, &answer)
			if status != test.status || !strings.Contains(answer.Note+answer.Detail, test.want) {
				t.Errorf("got %d, %+v; want %d, %s", status, answer, test.status, test.want)
			}
			if status == 409 && (answer.Kind != "conflict" || !strings.Contains(answer.Detail, "run "+queued.Run.ID+" of sync stock_changes")) {
				t.Errorf("got %+v, want the id of the queued run", answer)
			}
			if status == 200 && answer.Run.ID != queued.Run.ID {
				t.Errorf("got run %s, want %s", answer.Run.ID, queued.Run.ID)
			}
			var list struct{ Runs []api.Run }
			if call(t, s, "GET", "/api/v1/runs?sync=stock_changes", nil, &list); len(list.Runs) != 2 {
				t.Errorf("got %d runs, want 2", len(list.Runs))
			}
		})
	}
}

// A key names one run for ever, with what it does; another wish needs another key.
func TestKeyOfARunOfAnotherNature(t *testing.T) {
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	var first, again api.StartResult
	call(t, s, "POST", stock, resync, &first, "Idempotency-Key", "k")
	if status := call(t, s, "POST", stock, resync, &again, "Idempotency-Key", "k"); status != http.StatusOK || again.Run.ID != first.Run.ID {
		t.Errorf("the same request: got %d, %+v", status, again)
	}
	s.End(t, ledger.RunID(first.Run.ID), ledger.Done, ledger.Totals{}, nil)
	for _, other := range []api.StartRequest{{}, reset} {
		var p api.Problem
		status := call(t, s, "POST", stock, other, &p, "Idempotency-Key", "k")
		if status != http.StatusConflict || !strings.Contains(p.Detail, "names run "+first.Run.ID) || !strings.Contains(p.Detail, "a full resync; take another key") {
			t.Errorf("%+v: got %d, %+v", other, status, p)
		}
	}
	// A request that was refused for the queue's sake has its run once there is room.
	var active, queued, late api.StartResult
	call(t, s, "POST", stock, nil, &active)
	call(t, s, "POST", stock, nil, &queued)
	if status := call(t, s, "POST", stock, reset, nil, "Idempotency-Key", "r"); status != http.StatusConflict {
		t.Fatalf("got %d", status)
	}
	s.End(t, ledger.RunID(active.Run.ID), ledger.Done, ledger.Totals{}, nil)
	if status := call(t, s, "POST", stock, reset, &late, "Idempotency-Key", "r"); status/100 != 2 || late.Run.Trigger.Baseline != "baseline reset" || late.Run.ID == queued.Run.ID {
		t.Errorf("got %d, %+v", status, late)
	}
}

// Rows per op and the op of each object come from the run's manifest.
func TestRunShowsItsOps(t *testing.T) {
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	r := s.Create(t, ledger.Export, "stock_changes")
	manifest := map[string]any{
		"ops": map[string]int64{"added": 5, "changed": 2, "removed": 1, "unchanged": 90},
		"objects": []map[string]any{
			{"bucket": "b", "key": "s-added.csv", "op": "added", "rows": 5},
			{"bucket": "b", "key": "s-removed.csv", "op": "removed", "rows": 1},
		},
	}
	if err := s.Ledger.SaveManifest(t.Context(), r.ID, manifest); err != nil {
		t.Fatal(err)
	}
	s.End(t, r.ID, ledger.Done, ledger.Totals{Rows: 8}, nil)
	var v api.RunDetail
	call(t, s, "GET", "/api/v1/runs/"+string(r.ID), nil, &v)
	if len(v.Ops) != 4 || v.Ops["unchanged"] != 90 || len(v.Objects) != 2 || v.Objects[1].Op != "removed" || v.Objects[1].Rows != 1 {
		t.Errorf("got %+v, %+v", v.Ops, v.Objects)
	}
}

// A sync is shown with the rows that its next run compares with.
func TestSyncShowsItsBaseline(t *testing.T) {
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	show := func(name string) (d api.SyncDetail) {
		t.Helper()
		if status := call(t, s, "GET", "/api/v1/syncs/"+name, nil, &d); status != http.StatusOK {
			t.Fatalf("%s: got %d", name, status)
		}
		return d
	}
	if d := show("stock_changes"); d.Baseline != nil {
		t.Errorf("before the first run: got %+v", d.Baseline)
	}
	at := time.Date(2024, 5, 1, 6, 30, 0, 0, time.UTC)
	run := ledger.NewRunID(at)
	for _, name := range []string{"stock_changes", "orders_archive"} { // the second one's mode was another
		version := map[string]any{"rows": 1234, "mode": "diff", "committed_at": at, "buckets": []string{"x"}}
		if err := s.Ledger.SaveBaseline(t.Context(), name, run, version); err != nil {
			t.Fatal(err)
		}
		if err := s.Ledger.MoveBaseline(t.Context(), name, "", run); err != nil {
			t.Fatal(err)
		}
	}
	if d := show("stock_changes"); d.Baseline == nil || *d.Baseline != (api.Baseline{Run: string(run), Mode: "diff", Rows: 1234, CommittedAt: at}) {
		t.Errorf("got %+v", d.Baseline)
	}
	if d := show("orders_archive"); d.Baseline != nil {
		t.Errorf("mode all: got %+v", d.Baseline)
	}
}
