package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/api/apitest"
	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/queue"
	"github.com/longshore/longshore/internal/task"
)

const orders = "/api/v1/syncs/orders_archive/runs"

func TestTriggerIsIdempotent(t *testing.T) {
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	var first, again, second, third api.StartResult
	if status := call(t, s, "POST", orders, nil, &first, "Idempotency-Key", "k1"); status != http.StatusCreated || !first.Created {
		t.Errorf("first: got %d, %+v", status, first)
	}
	if status := call(t, s, "POST", orders, nil, &again, "Idempotency-Key", "k1"); status != http.StatusOK || again.Created || again.Run.ID != first.Run.ID {
		t.Errorf("the same key: got %d, %+v", status, again)
	}
	if status := call(t, s, "POST", orders, api.StartRequest{By: "manual"}, &second); status != http.StatusCreated || second.Run.Trigger.By != "manual" {
		t.Errorf("another run: got %d, %+v", status, second)
	}
	if status := call(t, s, "POST", orders, nil, &third); status != http.StatusOK || third.Run.ID != second.Run.ID || third.Note == "" {
		t.Errorf("one is queued already: got %d, %+v", status, third)
	}
	if first.Run.Trigger.By != "api" || first.Run.State != "queued" || first.Run.Kind != "sync" {
		t.Errorf("got %+v", first.Run)
	}
}

// A trigger wakes the conductor of this process, and the leader wherever it is.
func TestTriggerWakesTheLeader(t *testing.T) {
	started := make(chan ledger.RunID, 1)
	s := apitest.Start(t, func(cfg *api.Config) { cfg.Started = func(id ledger.RunID) { started <- id } })
	s.Save(t, apitest.Shop(t))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	heard := make(chan string, 16)
	listening := make(chan struct{})
	go s.Queue.Listen(ctx, func(run string) {
		if run == "ready" {
			select {
			case <-listening:
			default:
				close(listening)
			}
			return
		}
		heard <- run
	})
	for ready := false; !ready; {
		if err := s.Queue.Notify(ctx, "ready"); err != nil {
			t.Fatal(err)
		}
		select {
		case <-listening:
			ready = true
		case <-time.After(10 * time.Millisecond):
		}
	}
	var made api.StartResult
	call(t, s, "POST", orders, nil, &made)
	select {
	case id := <-heard:
		if id != made.Run.ID || string(<-started) != id {
			t.Errorf("heard of %s, want %s", id, made.Run.ID)
		}
	case <-ctx.Done():
		t.Error("nobody was told")
	}
}

func TestRunsAreListedNewestFirst(t *testing.T) {
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	var want []string
	for i := range 5 {
		r := s.Create(t, ledger.Export, []string{"orders_daily", "orders_archive"}[i%2])
		s.End(t, r.ID, ledger.Done, ledger.Totals{}, nil)
		want = append(want, string(r.ID))
	}
	slices.Sort(want)
	slices.Reverse(want)
	var got []string
	for next := "&"; next != ""; {
		var page struct {
			Runs []api.Run
			Next string
		}
		call(t, s, "GET", "/api/v1/runs?limit=2"+strings.TrimSuffix(next, "&"), nil, &page)
		for _, r := range page.Runs {
			got = append(got, r.ID)
		}
		next = ""
		if page.Next != "" {
			next = "&before=" + page.Next
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	var one struct{ Runs []api.Run }
	call(t, s, "GET", "/api/v1/runs?sync=orders_archive", nil, &one)
	if len(one.Runs) != 2 || one.Runs[0].Name != "orders_archive" || one.Runs[0].ID < one.Runs[1].ID {
		t.Errorf("got %+v", one.Runs)
	}
}

// Runs of a sync that was deleted can be read.
func TestRunsOfADeletedSync(t *testing.T) {
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	r := s.Create(t, ledger.Export, "gone")
	var page struct{ Runs []api.Run }
	if call(t, s, "GET", "/api/v1/runs?sync=gone", nil, &page); len(page.Runs) != 1 || page.Runs[0].ID != string(r.ID) {
		t.Errorf("got %+v", page)
	}
	if status := call(t, s, "GET", "/api/v1/runs?sync=never", nil, nil); status != http.StatusNotFound {
		t.Errorf("got %d", status)
	}
}

func TestRunShowsItsParts(t *testing.T) {
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	r := s.Create(t, ledger.Export, "orders_archive")
	s.Run(t, r.ID, 5)
	report := func(part int, rows, seen int64) {
		err := s.Queue.Report(t.Context(), task.Task{Run: string(r.ID), Epoch: 1, Part: part}, queue.Progress{Attempt: "A", Rows: rows, Bytes: 10 * rows, Seen: seen})
		if err != nil {
			t.Fatal(err)
		}
	}
	finish := func(part int, rows int64) {
		err := s.Ledger.FinishPart(t.Context(), r.ID, 1, ledger.PartManifest{Part: part, Attempt: "A", Totals: ledger.Totals{Rows: rows, Bytes: 10 * rows}})
		if err != nil {
			t.Fatal(err)
		}
	}
	report(0, 100, 0)
	finish(0, 100) // as Redis and the ledger have it
	finish(1, 50)  // Redis was flushed
	report(2, 7, 3)
	report(3, 1, 0)
	var v api.RunDetail
	call(t, s, "GET", "/api/v1/runs/"+string(r.ID), nil, &v)
	states := ""
	for _, p := range v.PartProgress {
		states += fmt.Sprintf("%s %d, ", p.State, p.Rows)
	}
	if want := "done 100, done 50, running 7, retrying 1, queued 0, "; states != want {
		t.Errorf("got %s, want %s", states, want)
	}
	if want := (api.Progress{Done: 2, Running: 1, Waiting: 2, Rows: 158, Bytes: 1580}); v.Progress != want {
		t.Errorf("got %+v, want %+v", v.Progress, want)
	}
	s.Redis.Kill(t)
	v = api.RunDetail{}
	if status := call(t, s, "GET", "/api/v1/runs/"+string(r.ID), nil, &v); status != http.StatusOK || !v.Progress.Stale || v.Progress.Rows != 150 {
		t.Errorf("without Redis: got %d, %+v", status, v.Progress)
	}
}

func TestFailedRunSaysWhy(t *testing.T) {
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	r := s.Create(t, ledger.Export, "orders_archive")
	s.Run(t, r.ID, 2)
	why := ledger.Failure{Kind: "denied", Message: "connection lake: upload: access denied; grant s3:PutObject", Part: 1}
	if err := s.Ledger.KillPart(t.Context(), r.ID, 1, why); err != nil {
		t.Fatal(err)
	}
	s.End(t, r.ID, ledger.Failed, ledger.Totals{}, &why)
	var v api.RunDetail
	call(t, s, "GET", "/api/v1/runs/"+string(r.ID), nil, &v)
	if v.Failure == nil || v.Failure.Message != why.Message || *v.Failure.Part != 1 || !v.Ended() || v.Seconds != 2 {
		t.Errorf("got %+v", v.Run)
	}
	if got := v.PartProgress[0].State + " " + v.PartProgress[1].State + " " + v.PartProgress[1].Failure.Kind; got != "canceled dead denied" {
		t.Errorf("got %s", got)
	}
}

func TestDoneRunShowsItsObjects(t *testing.T) {
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	r := s.Create(t, ledger.Export, "orders_archive")
	manifest := "/api/v1/runs/" + string(r.ID) + "/manifest"
	if status := call(t, s, "GET", manifest, nil, nil); status != http.StatusNotFound {
		t.Errorf("before the end: got %d", status)
	}
	m := export.Manifest{Run: r.ID, Objects: []export.Object{{Bucket: "b", Key: "k.parquet", Rows: 3, Bytes: 99, CRC64NVME: "AA=="}}}
	if err := s.Ledger.SaveManifest(t.Context(), r.ID, m); err != nil {
		t.Fatal(err)
	}
	s.End(t, r.ID, ledger.Done, ledger.Totals{Rows: 3, Bytes: 99, Files: 1}, nil)
	var v api.RunDetail
	call(t, s, "GET", "/api/v1/runs/"+strings.ToLower(string(r.ID)), nil, &v)
	if len(v.Objects) != 1 || v.Objects[0].Key != "k.parquet" || v.Totals.Rows != 3 || v.Progress.Bytes != 99 {
		t.Errorf("got %+v", v)
	}
	_, text := raw(t, s, "GET", manifest, nil)
	var got export.Manifest
	if err := json.Unmarshal(text, &got); err != nil || len(got.Objects) != 1 {
		t.Errorf("got %s, %v", text, err)
	}
}

func TestCancel(t *testing.T) {
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	r := s.Create(t, ledger.Export, "orders_archive")
	path := "/api/v1/runs/" + string(r.ID) + "/cancel"
	for range 2 { // asking twice is asking once
		if status := call(t, s, "POST", path, nil, nil); status != http.StatusOK {
			t.Errorf("got %d", status)
		}
	}
	var v api.RunDetail
	if call(t, s, "GET", "/api/v1/runs/"+string(r.ID), nil, &v); !v.CancelRequested {
		t.Errorf("got %+v", v)
	}
	s.End(t, r.ID, ledger.Canceled, ledger.Totals{}, nil)
	var p api.Problem
	if status := call(t, s, "POST", path, nil, &p); status != http.StatusConflict || !strings.Contains(p.Detail, "canceled") {
		t.Errorf("an ended run: got %d, %+v", status, p)
	}
}
