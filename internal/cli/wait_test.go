package cli_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
)

func TestWaitUntilDone(t *testing.T) {
	s := shop(t)
	c := start(t, options(reaching(s)), "sync", "run", "orders_daily", "--wait")
	c.stderr.hear(t, "queued")
	id := active(t, s)
	s.Run(t, id, 3)
	c.stderr.hear(t, "running, 0 of 3 parts")
	if err := s.Ledger.SaveManifest(t.Context(), id, export.Manifest{Objects: []export.Object{{Bucket: "b", Key: "k"}}}); err != nil {
		t.Fatal(err)
	}
	s.End(t, id, ledger.Done, ledger.Totals{Rows: 1500, Bytes: 4096, Files: 1}, nil)
	r := c.end(t)
	if want := "done: 1,500 rows, 4.0 KiB, 2.0s, 1 object written\n"; r.code != 0 || r.stdout != want {
		t.Errorf("got %d %q, want %q", r.code, r.stdout, want)
	}
}

func TestWaitUntilFailed(t *testing.T) {
	s := shop(t)
	c := start(t, options(reaching(s)), "sync", "run", "orders_daily", "--wait", "--output", "json")
	c.stderr.hear(t, "queued")
	id := active(t, s)
	s.End(t, id, ledger.Failed, ledger.Totals{}, &ledger.Failure{Kind: "denied", Message: "connection lake: upload: denied; grant s3:PutObject", Part: -1})
	r := c.end(t)
	if want := "longshore: run " + string(id) + " failed: connection lake: upload: denied; grant s3:PutObject\n"; r.code != 1 || !strings.HasSuffix(r.stderr, want) {
		t.Errorf("got %+v, want %s", r, want)
	}
	var d api.RunDetail
	if err := json.Unmarshal([]byte(r.stdout), &d); err != nil || d.ID != string(id) || d.Failure == nil {
		t.Errorf("got %s, %v", r.stdout, err)
	}
}

func TestWaitUntilCanceled(t *testing.T) {
	s := shop(t)
	run := s.Create(t, ledger.Export, "orders_daily")
	c := start(t, options(reaching(s)), "run", "cancel", string(run.ID), "--wait")
	c.stderr.hear(t, "queued")
	if asked, err := s.Ledger.CancelRequested(t.Context(), run.ID); err != nil || !asked {
		t.Errorf("got %v, %v", asked, err)
	}
	s.End(t, run.ID, ledger.Canceled, ledger.Totals{}, nil)
	if r := c.end(t); r.code != 4 || !strings.HasPrefix(r.stdout, "canceled: ") {
		t.Errorf("got %+v", r)
	}
	if again := remote(t, s, "run", "cancel", string(run.ID)); again.code != 2 || !strings.Contains(again.stderr, "has ended") {
		t.Errorf("again: got %+v", again)
	}
}

// Ctrl-C ends the waiting, not the run.
func TestInterruptLeavesTheRun(t *testing.T) {
	s := shop(t)
	c := start(t, options(reaching(s)), "sync", "run", "orders_daily", "--wait")
	c.stderr.hear(t, "queued")
	id := active(t, s)
	c.cancel()
	r := c.end(t)
	for _, want := range []string{"goes on", "longshore run show " + string(id) + " --wait", "longshore run cancel " + string(id)} {
		if !strings.Contains(r.stderr, want) {
			t.Errorf("got %q, want %q", r.stderr, want)
		}
	}
	if r.code != 130 || r.stdout != "" {
		t.Errorf("got %+v", r)
	}
	if asked, err := s.Ledger.CancelRequested(t.Context(), id); err != nil || asked {
		t.Errorf("the run was asked to stop: %v, %v", asked, err)
	}
}

// A key makes a second command follow the first one's run.
func TestKeyNamesTheRun(t *testing.T) {
	s := shop(t)
	var first, second api.StartResult
	for _, into := range []*api.StartResult{&first, &second} {
		r := remote(t, s, "sync", "run", "orders_daily", "--key", "2024-05-01", "-o", "json")
		if err := json.Unmarshal([]byte(r.stdout), into); err != nil || r.code != 0 {
			t.Fatalf("got %+v, %v", r, err)
		}
	}
	if !first.Created || second.Created || first.Run.ID != second.Run.ID || first.Run.Trigger.By != "manual" {
		t.Errorf("got %+v, %+v", first, second)
	}
}

// A producer that is replaced while somebody waits is no end of the waiting.
func TestWaitOutlastsAnOutage(t *testing.T) {
	s := shop(t)
	behind, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	var down atomic.Bool
	proxy := httputil.NewSingleHostReverseProxy(behind)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	env := reaching(s)
	env["LONGSHORE_API"] = front.URL
	c := start(t, options(env), "sync", "run", "orders_daily", "--wait")
	c.stderr.hear(t, "queued")
	down.Store(true)
	c.stderr.hear(t, "the API does not answer; still trying")
	s.End(t, active(t, s), ledger.Done, ledger.Totals{Rows: 1}, nil)
	down.Store(false)
	if r := c.end(t); r.code != 0 || !strings.HasPrefix(r.stdout, "done: 1 row, ") {
		t.Errorf("got %+v", r)
	}
}

// Text of somebody else's server can't move the cursor.
func TestTextOfOthersIsHarmless(t *testing.T) {
	s := shop(t)
	run := s.Create(t, ledger.Export, "orders_daily")
	s.End(t, run.ID, ledger.Failed, ledger.Totals{}, &ledger.Failure{Kind: "denied", Message: "server says \x1b[2J\rdone", Part: -1})
	for _, args := range [][]string{{"run", "show", string(run.ID)}, {"run", "show", string(run.ID), "--wait"}} {
		if r := remote(t, s, args...); strings.ContainsAny(r.stdout+r.stderr, "\x1b\r") || !strings.Contains(r.stdout+r.stderr, "server says") {
			t.Errorf("%v: got %q", args, r.stdout+r.stderr)
		}
	}
}
