package daemon_test

import (
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/zap"
)

// flaky stands before a store and fails a share of its requests, each in one of
// the ways in which stores and networks fail.
type flaky struct {
	server *httptest.Server
	proxy  *httputil.ReverseProxy
	share  float64 // of the requests that fail

	mu     sync.Mutex
	rand   *rand.Rand // guarded by mu
	passed atomic.Int64
	failed [4]atomic.Int64 // by way
}

// ways in which a request fails.
const (
	refused  = iota // by the store, which asks for patience
	lost            // on its way
	answered        // it is made, and the answer is lost
	cut             // in the midst of the answer's body
)

func newFlaky(t *testing.T, endpoint string, share float64, seed uint64) *flaky {
	t.Helper()
	target, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	f := &flaky{share: share, rand: rand.New(rand.NewPCG(seed, 5))}
	f.proxy = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host
			r.Out.Host = r.In.Host // it is signed
		},
		ErrorLog: zap.NewStdLog(zap.NewNop()), // who is killed doesn't wait for answers
	}
	f.server = httptest.NewServer(f)
	t.Cleanup(f.server.Close)
	return f
}

// way chooses how the next request fails; ok says that it doesn't.
func (f *flaky) way() (way int, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rand.Float64() >= f.share {
		return 0, true
	}
	return f.rand.IntN(len(f.failed)), false
}

// ServeHTTP implements http.Handler.
func (f *flaky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	way, ok := f.way()
	if ok {
		f.passed.Add(1)
		f.proxy.ServeHTTP(w, r)
		return
	}
	f.failed[way].Add(1)
	switch way {
	case refused:
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>") // the client may be gone
		return
	case answered:
		f.proxy.ServeHTTP(httptest.NewRecorder(), r)
	case cut:
		f.proxy.ServeHTTP(&cutShort{ResponseWriter: w}, r)
	}
	panic(http.ErrAbortHandler)
}

// cutShort passes on the first half of what is written to it first.
type cutShort struct{ http.ResponseWriter }

func (c *cutShort) Write(p []byte) (int, error) {
	if _, err := c.ResponseWriter.Write(p[:len(p)/2]); err != nil {
		return 0, err
	}
	_ = http.NewResponseController(c.ResponseWriter).Flush() // the client may be gone
	panic(http.ErrAbortHandler)
}
