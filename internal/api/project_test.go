package api_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/api/apitest"
	"github.com/longshore/longshore/internal/def"
)

func TestPushPlansThenApplies(t *testing.T) {
	s := apitest.Start(t, nil)
	shop := texts(apitest.Shop(t))
	var plan, done, again api.PushResult
	if status := call(t, s, "POST", "/api/v1/project?dry_run=true", shop, &plan); status != http.StatusOK {
		t.Fatalf("got %d", status)
	}
	if plan.Applied || plan.Project != "" || len(plan.Changes) < 10 {
		t.Errorf("dry run: got %+v", plan)
	}
	var p api.Project
	if call(t, s, "GET", "/api/v1/project", nil, &p); p.Version != 0 || len(p.Files) != 0 {
		t.Errorf("a dry run changed the definitions: %+v", p)
	}
	call(t, s, "POST", "/api/v1/project", shop, &done)
	if !done.Applied || !strings.HasPrefix(done.Project, "1-") {
		t.Errorf("push: got %+v", done)
	}
	if call(t, s, "POST", "/api/v1/project", shop, &again); again.Applied || again.Project != done.Project || len(again.Changes) != 0 {
		t.Errorf("the same files again: got %+v", again)
	}
	call(t, s, "GET", "/api/v1/project", nil, &p)
	if p.ID != done.Project || p.Version != 1 || len(p.Files) != len(shop.Files) {
		t.Errorf("got %+v", p)
	}
}

func TestPushTellsFieldsAndTimes(t *testing.T) {
	s := apitest.Start(t, nil)
	shop := texts(apitest.Shop(t))
	call(t, s, "POST", "/api/v1/project", shop, nil)
	shop.Files["syncs/stock_changes.yaml"] = strings.Replace(shop.Files["syncs/stock_changes.yaml"], "every: 15m", "every: 30m", 1)
	delete(shop.Files, "syncs/orders_archive.yaml")
	var plan api.PushResult
	call(t, s, "POST", "/api/v1/project?dry_run=true", shop, &plan)
	if len(plan.Changes) != 2 || plan.Changes[0].Action != "delete" || plan.Changes[1].Name != "stock_changes" {
		t.Fatalf("got %+v", plan.Changes)
	}
	if got, want := plan.Changes[1].Lines, "schedule.every: 15m0s → 30m0s"; len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, d := range plan.Schedules {
		if d.Name != "stock_changes" {
			continue
		}
		if len(d.Next) != 5 || d.Next[2].Sub(d.Next[1]).Minutes() != 30 || d.Text != "every 30m" {
			t.Errorf("got %+v", d)
		}
		return
	}
	t.Errorf("no schedule of stock_changes in %+v", plan.Schedules)
}

// All mistakes of all files are in one answer, each with its place.
func TestPushAnswersEveryMistake(t *testing.T) {
	s := apitest.Start(t, nil)
	files, err := def.ReadFiles(os.DirFS("../def/testdata/mistakes"))
	if err != nil {
		t.Fatal(err)
	}
	_, want := def.Parse(files)
	var p api.Problem
	if status := call(t, s, "POST", "/api/v1/project", texts(files), &p); status != http.StatusUnprocessableEntity || p.Kind != "invalid" {
		t.Errorf("got %d, %+v", status, p)
	}
	if len(p.Problems) != len(want) || len(p.Problems) < 20 {
		t.Fatalf("got %d problems, want %d", len(p.Problems), len(want))
	}
	for i, m := range p.Problems {
		if def.Problem(m) != want[i] {
			t.Errorf("got %+v, want %+v", m, want[i])
		}
	}
}

func TestPushOfAnOldBaseIsAConflict(t *testing.T) {
	s := apitest.Start(t, nil)
	shop := texts(apitest.Shop(t))
	none := ""
	shop.Base = &none
	if status := call(t, s, "POST", "/api/v1/project", shop, nil); status != http.StatusOK {
		t.Fatalf("got %d", status)
	}
	var p api.Problem
	if status := call(t, s, "POST", "/api/v1/project", shop, &p); status != http.StatusConflict || p.Kind != "conflict" || !strings.Contains(p.Detail, "somebody else pushed") {
		t.Errorf("got %d, %+v", status, p)
	}
}

func TestPushRefusesWhatThisVersionCannotDo(t *testing.T) {
	s := apitest.Start(t, func(cfg *api.Config) {
		cfg.Supported = func(p *def.Project) def.Problems {
			at := p.Syncs["stock_changes"].Pos
			return def.Problems{{File: at.File, Line: at.Line, Message: "mode diff is not available"}}
		}
	})
	var p api.Problem
	status := call(t, s, "POST", "/api/v1/project", texts(apitest.Shop(t)), &p)
	if status != http.StatusUnprocessableEntity || len(p.Problems) != 1 || p.Problems[0].File != "syncs/stock_changes.yaml" {
		t.Errorf("got %d, %+v", status, p)
	}
}

// A push has a size that is refused before it is read.
func TestRequestsHaveALimit(t *testing.T) {
	s := apitest.Start(t, nil)
	body := api.StartRequest{By: strings.Repeat("x", 2<<20)}
	if status, text := raw(t, s, "POST", "/api/v1/syncs/orders/runs", body); status != http.StatusRequestEntityTooLarge {
		t.Errorf("got %d %s", status, text)
	}
}
