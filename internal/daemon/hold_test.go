package daemon_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"testing"

	"go.uber.org/zap"
)

// holder stands before a store and holds requests up, so that a test can stop
// the process that makes one right there.
type holder struct {
	server *httptest.Server
	proxy  *httputil.ReverseProxy

	mu    sync.Mutex
	holds []*hold // those that no request has matched yet; guarded by mu
}

// hold is a request to be held up, once.
type hold struct {
	match   matcher
	made    bool // the request is made first, and its answer held up
	reached chan struct{}
	release chan struct{}
	lost    bool // when released it is lost rather than passed on
}

func newHolder(t *testing.T, endpoint string) *holder {
	t.Helper()
	target, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	h := &holder{proxy: &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host
		r.Out.Host = r.In.Host // it is signed
	}, ErrorLog: zap.NewStdLog(zap.NewNop())}} // who is killed doesn't wait for answers
	h.server = httptest.NewServer(h)
	t.Cleanup(h.server.Close)
	return h
}

// hold holds up the next request that matches.
func (h *holder) hold(next *hold) *hold {
	next.reached, next.release = make(chan struct{}), make(chan struct{})
	h.add(next)
	return next
}

func (h *holder) add(next *hold) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.holds = append(h.holds, next)
}

func (h *holder) take(r *http.Request) *hold {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, held := range h.holds {
		if held.match(r) {
			h.holds = slices.Delete(h.holds, i, i+1)
			return held
		}
	}
	return nil
}

// ServeHTTP implements http.Handler.
func (h *holder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	held := h.take(r)
	if held == nil {
		h.proxy.ServeHTTP(w, r)
		return
	}
	if held.made {
		h.proxy.ServeHTTP(httptest.NewRecorder(), r)
	}
	close(held.reached)
	<-held.release
	if held.lost {
		panic(http.ErrAbortHandler)
	}
	h.proxy.ServeHTTP(w, r)
}
