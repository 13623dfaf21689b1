package api_test

import (
	"net/http"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/api/apitest"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/task"
	"github.com/longshore/longshore/pkg/fault"
)

func TestTokenIsWanted(t *testing.T) {
	s := apitest.Start(t, nil)
	for _, test := range []struct {
		name, header string
		want         int
	}{
		{"none", "", http.StatusUnauthorized},
		{"wrong", "Bearer nonsense", http.StatusUnauthorized},
		{"a prefix", "Bearer " + apitest.Token[:5], http.StatusUnauthorized},
		{"another scheme", "Basic " + apitest.Token, http.StatusUnauthorized},
		{"right", "bearer " + apitest.Token, http.StatusOK},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, path := range []string{"/api/v1/syncs", "/api/v1/version"} {
				if status, text := raw(t, s, "GET", path, nil, "Authorization", test.header); status != test.want {
					t.Errorf("got %d %s, want %d", status, text, test.want)
				}
			}
		})
	}
	r, err := http.Get(s.URL + "/api/v1/syncs")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if got := r.Header.Get("WWW-Authenticate"); !strings.HasPrefix(got, "Bearer") || r.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("got %v", r.Header)
	}
}

func TestNobodyIsLetInByAccident(t *testing.T) {
	if _, err := api.New(api.Config{}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "LONGSHORE_API_TOKEN") {
		t.Errorf("without a token: got %v", err)
	}
	s := apitest.Start(t, func(cfg *api.Config) { cfg.Token, cfg.AllowAnonymous = def.Secret{}, true })
	if status, text := raw(t, s, "GET", "/api/v1/version", nil, "Authorization", ""); status != http.StatusOK || !strings.Contains(string(text), "anonymous") {
		t.Errorf("on loopback: got %d %s", status, text)
	}
	r, err := http.NewRequest(http.MethodGet, s.URL+"/api/v1/version", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "rebound.example.com"
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden {
		t.Errorf("by another name: got %d", answer.StatusCode)
	}
	if status, _ := raw(t, s, "POST", "/api/v1/syncs/orders/runs", nil, "Sec-Fetch-Site", "cross-site"); status != http.StatusForbidden {
		t.Errorf("from another site's page: got %d", status)
	}
}

func TestPanicTellsNothing(t *testing.T) {
	core, logged := observer.New(zap.ErrorLevel)
	s := apitest.Start(t, func(cfg *api.Config) {
		cfg.Test = nil
		cfg.Log = zap.New(core)
		cfg.Supported = func(*def.Project) def.Problems { panic("the inside story") }
	})
	status, text := raw(t, s, "POST", "/api/v1/project", texts(apitest.Shop(t)))
	if status != http.StatusInternalServerError || strings.Contains(string(text), "inside") || !strings.Contains(string(text), `"kind":"unknown"`) {
		t.Errorf("got %d %s", status, text)
	}
	if logged.FilterMessage("request panicked").Len() != 1 {
		t.Errorf("got logs %v", logged.All())
	}
}

func TestHealth(t *testing.T) {
	s := apitest.Start(t, nil)
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, text := raw(t, s, "GET", path, nil, "Authorization", ""); status != http.StatusOK {
			t.Errorf("%s: got %d %s", path, status, text)
		}
	}
	s.Redis.Kill(t)
	status, text := raw(t, s, "GET", "/readyz", nil, "Authorization", "")
	if status != http.StatusServiceUnavailable || !strings.Contains(string(text), `"redis":"temporary"`) || !strings.Contains(string(text), `"state":"ok"`) {
		t.Errorf("without Redis: got %d %s", status, text)
	}
	if status, _ := raw(t, s, "GET", "/healthz", nil); status != http.StatusOK {
		t.Errorf("the process is up: got %d", status)
	}
	var p api.Problem
	if status := call(t, s, "GET", "/api/v1/queues", nil, &p); status != http.StatusServiceUnavailable || p.Kind != "temporary" {
		t.Errorf("queues without Redis: got %d, %+v", status, p)
	}
}

func TestVersionAndQueues(t *testing.T) {
	s := apitest.Start(t, nil)
	id := s.Save(t, apitest.Shop(t))
	if _, err := s.Ledger.SwapLease(t.Context(), ledger.Lease{}, ledger.Lease{Holder: "h", Host: "node-1", Term: 1, Beat: 1}); err != nil {
		t.Fatal(err)
	}
	var v api.Version
	call(t, s, "GET", "/api/v1/version", nil, &v)
	if want := (api.Version{Version: "v1.2.3", Project: string(id), Caller: "token", Leader: "node-1"}); v != want {
		t.Errorf("got %+v, want %+v", v, want)
	}
	var q api.Queues
	if call(t, s, "GET", "/api/v1/queues", nil, &q); len(q.Queues) != 3 || q.Queues[0] != (api.QueueDepth{Queue: "export"}) {
		t.Errorf("before the first task: got %+v", q)
	}
	if err := s.Queue.Enqueue(t.Context(), task.Task{Kind: task.ExportPart, Queue: task.QueueExport, Run: "R"}); err != nil {
		t.Fatal(err)
	}
	if call(t, s, "GET", "/api/v1/queues", nil, &q); len(q.Queues) != 3 || q.Queues[0] != (api.QueueDepth{Queue: "export", Waiting: 1}) || q.Workers != 0 {
		t.Errorf("got %+v", q)
	}
}

// Our errors have their statuses; those of other people's servers never look
// like an answer about the caller's token.
func TestWrongRequests(t *testing.T) {
	s := apitest.Start(t, nil)
	for _, test := range []struct {
		name, method, path string
		body               any
		want               int
	}{
		{"unknown parameter", "GET", "/runs?nonsense=1", nil, http.StatusUnprocessableEntity},
		{"limit of 0", "GET", "/runs?limit=0", nil, http.StatusUnprocessableEntity},
		{"sync and datasource", "GET", "/runs?sync=a&datasource=b", nil, http.StatusUnprocessableEntity},
		{"unknown field", "POST", "/preview", map[string]any{"uri": "s3://b/k", "connection": "lake", "nonsense": 1}, http.StatusUnprocessableEntity},
		{"no preview", "POST", "/preview", api.PreviewRequest{URI: "s3://b/k", Connection: "lake"}, http.StatusUnprocessableEntity},
		{"method", "PUT", "/runs", nil, http.StatusMethodNotAllowed},
	} {
		t.Run(test.name, func(t *testing.T) {
			var p api.Problem
			if status := call(t, s, test.method, api.Prefix+test.path, test.body, &p); status != test.want || p.Kind != "invalid" || p.Detail == "" {
				t.Errorf("got %d, %+v", status, p)
			}
		})
	}
}
