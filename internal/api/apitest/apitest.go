// Package apitest runs the API for tests, over a real ledger and a real Redis.
package apitest

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/connection"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
	"github.com/longshore/longshore/internal/queue"
	"github.com/longshore/longshore/internal/servertest"
)

// Token is what callers of the Server must bear.
const Token = "token-of-the-tests"

// Server is a producer's API without a producer behind it: tests play the
// conductor through the Ledger.
type Server struct {
	URL    string
	Ledger *ledger.Ledger
	Queue  *queue.Client
	Doors  *connection.Opener
	Redis  *servertest.Server
}

// Start serves the API until the test ends. The change, if any, edits its
// configuration.
func Start(t testing.TB, change func(*api.Config)) *Server {
	t.Helper()
	address, process := servertest.StartRedis(t)
	redis := queue.Open(queue.Config{Addrs: []string{address}})
	t.Cleanup(func() { redis.Close() })
	s := &Server{Ledger: ledgertest.New(t, nil), Queue: queue.NewClient(redis), Redis: process}
	s.Doors = connection.New(s.Ledger, connection.Secrets{}, "")
	t.Cleanup(func() { s.Doors.Close() })
	cfg := api.Config{
		Ledger: s.Ledger, Queue: s.Queue, Token: def.NewSecret(Token), Version: "v1.2.3", Project: s.Doors.Project, Test: s.list,
	}
	if change != nil {
		change(&cfg)
	}
	h, err := api.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(h)
	t.Cleanup(listener.Close)
	s.URL = listener.URL
	return s
}

// list tries a connection by listing its bucket.
func (s *Server) list(ctx context.Context, c *def.Connection) ([]api.Check, error) {
	bucket, err := s.Doors.Bucket(ctx, c, "")
	if err != nil {
		return nil, err
	}
	for _, err := range bucket.List(ctx, "", "") {
		if err != nil {
			return []api.Check{{Name: "list s3://" + bucket.Name(), Detail: err.Error()}}, err
		}
		break
	}
	return []api.Check{{Name: "list s3://" + bucket.Name(), OK: true}}, nil
}

// Shop returns the files of examples/shop.
func Shop(t testing.TB) map[string][]byte {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	files, err := def.ReadFiles(os.DirFS(filepath.Join(filepath.Dir(here), "../../../examples/shop")))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Save makes files the definitions in force.
func (s *Server) Save(t testing.TB, files map[string][]byte) ledger.ProjectID {
	t.Helper()
	id, err := s.Ledger.CurrentProjectID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	saved, err := s.Ledger.SaveProject(t.Context(), files, id)
	if err != nil {
		t.Fatal(err)
	}
	return saved.ID
}

// Create makes a run.
func (s *Server) Create(t testing.TB, kind ledger.Kind, name string) ledger.Run {
	t.Helper()
	r, err := s.Ledger.Create(t.Context(), ledger.Subject{Kind: kind, Name: name}, "1-00000000", ledger.Trigger{By: "manual"}, "")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Run plans a run into parts and sets it running.
func (s *Server) Run(t testing.TB, id ledger.RunID, parts int) ledger.Run {
	t.Helper()
	if err := s.Ledger.SavePlan(t.Context(), id, ledger.Plan{Epoch: 1, Parts: parts, Queue: "export", TaskKind: "export.part"}, nil); err != nil {
		t.Fatal(err)
	}
	return s.update(t, id, func(r *ledger.Run) { r.State, r.Epoch, r.Parts, r.StartedAt = ledger.Running, 1, parts, s.Ledger.Now() })
}

// End ends a run after it ran for two seconds, by the ledger, and gives the
// next of its subject its turn.
func (s *Server) End(t testing.TB, id ledger.RunID, state ledger.State, totals ledger.Totals, why *ledger.Failure) ledger.Run {
	t.Helper()
	r := s.update(t, id, func(r *ledger.Run) {
		r.State, r.Totals, r.Failure = state, totals, why
		r.StartedAt = r.CreatedAt
		r.FinishedAt = r.StartedAt.Add(2 * time.Second)
	})
	if err := s.Ledger.Close(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return r
}

func (s *Server) update(t testing.TB, id ledger.RunID, change func(*ledger.Run)) ledger.Run {
	t.Helper()
	r, err := s.Ledger.UpdateRun(t.Context(), id, func(r *ledger.Run) error { change(r); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return r
}
