package api_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/api/apitest"
	"github.com/longshore/longshore/internal/ledger"
)

func TestBacklogWithETA(t *testing.T) {
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	subject := ledger.Subject{Kind: ledger.Ingest, Name: "page_views"} // @auto, 5 files a run
	change := func(change func(*ledger.SubjectRecord)) {
		t.Helper()
		if _, err := s.Ledger.UpdateSubject(t.Context(), subject, func(r *ledger.SubjectRecord) error { change(r); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	show := func() api.Backlog {
		t.Helper()
		var d api.DatasourceDetail
		if status := call(t, s, "GET", "/api/v1/datasources/page_views", nil, &d); status != http.StatusOK {
			t.Fatalf("got %d", status)
		}
		return d.Backlog
	}
	if got := show(); got.Files != 0 || got.OldestSeconds != 0 || got.ETASeconds != nil || got.Oldest != nil {
		t.Errorf("nothing waits: got %+v", got)
	}
	change(func(r *ledger.SubjectRecord) {
		r.Backlog = ledger.Backlog{Files: 12, Bytes: 900, Oldest: s.Ledger.Now().Add(-time.Hour)}
	})
	if got := show(); got.OldestSeconds < 3600 || got.OldestSeconds > 3700 || got.ETASeconds == nil || *got.ETASeconds != 180 {
		t.Errorf("before the first run: got %+v, want an age of an hour, and three minutes to come", got)
	}
	r := s.Create(t, ledger.Ingest, "page_views")
	s.End(t, r.ID, ledger.Done, ledger.Totals{Files: 5, Bytes: 2}, nil) // in two seconds
	if got := show(); got.ETASeconds == nil || *got.ETASeconds != 3*300 {
		t.Errorf("after a run of a second for each byte: got %v, want three runs of 300 bytes each", *got.ETASeconds)
	}
	change(func(r *ledger.SubjectRecord) { r.PausedAt = s.Ledger.Now() })
	if got := show(); got.ETASeconds != nil || got.Files != 12 {
		t.Errorf("paused: got %+v, want no ETA", got)
	}
}

func TestMetricsNeedNoToken(t *testing.T) {
	for _, h := range []http.Handler{nil, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "up 1\n") })} {
		s := apitest.Start(t, func(c *api.Config) { c.Metrics = h })
		status, body := raw(t, s, "GET", "/metrics", nil, "Authorization", "")
		if h == nil && status != http.StatusNotFound || h != nil && string(body) != "up 1\n" {
			t.Errorf("got %d %s", status, body)
		}
	}
}
