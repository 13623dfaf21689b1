package api

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/longshore/longshore/pkg/fault"
)

// readyWithin bounds one look at what we depend on.
const readyWithin = 5 * time.Second

// serveHealth answers probes and scrapes, without a token and without saying much.
func (s *server) serveHealth(mux chi.Router) {
	mux.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"process": "ok"})
	})
	mux.Get("/readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
		defer cancel()
		answers, status := s.ready(ctx)
		writeJSON(w, status, answers)
	})
	if s.Metrics != nil {
		mux.Method(http.MethodGet, "/metrics", s.Metrics)
	}
}

func (s *server) ready(ctx context.Context) (map[string]string, int) {
	var state, redis error
	var wg sync.WaitGroup
	wg.Go(func() { _, state = s.Ledger.CurrentProjectID(ctx) })
	wg.Go(func() { redis = s.Queue.Ping(ctx) })
	wg.Wait()
	status := http.StatusOK
	if state != nil || redis != nil {
		status = http.StatusServiceUnavailable
	}
	return map[string]string{"state": health(state), "redis": health(redis)}, status
}

// health says no more of an error than its kind: probes need no token.
func health(err error) string {
	if err != nil {
		return fault.KindOf(err).String()
	}
	return "ok"
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the caller may have gone
}
