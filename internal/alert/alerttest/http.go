package alerttest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// HTTP plays a vendor that is spoken to by HTTP.
type HTTP struct {
	server *httptest.Server
	reply  func(quote string) string // the body of a refusal

	mu       sync.Mutex
	say      Answer
	received []string
	gone     chan struct{}
}

// NewHTTP starts a server. The reply is the body of its refusals, given what to
// quote in it. Headers that are named are part of what was received.
func NewHTTP(t *testing.T, reply func(quote string) string, headers ...string) *HTTP {
	h := &HTTP{reply: reply, gone: make(chan struct{})}
	h.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.serve(w, r, headers) }))
	t.Cleanup(h.server.Close)
	t.Cleanup(func() { close(h.gone) })
	return h
}

// Endpoint implements Server.
func (h *HTTP) Endpoint() string { return h.server.URL }

// Say implements Server.
func (h *HTTP) Say(a Answer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.say = a
}

// Received implements Server.
func (h *HTTP) Received() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.received)
}

var statuses = map[Answer]int{
	Accept: http.StatusOK, Throttle: http.StatusTooManyRequests, Break: http.StatusInternalServerError,
	Deny: http.StatusUnauthorized, Forbid: http.StatusForbidden, Misplaced: http.StatusNotFound,
}

func (h *HTTP) serve(w http.ResponseWriter, r *http.Request, headers []string) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	h.mu.Lock()
	say := h.say
	if say == Accept {
		h.received = append(h.received, request(r, body, headers))
	}
	h.mu.Unlock()
	if say == Hang {
		select {
		case <-r.Context().Done():
		case <-h.gone:
		}
		return
	}
	if say == Throttle {
		w.Header().Set("Retry-After", strconv.Itoa(int(Wait/time.Second)))
	}
	w.WriteHeader(statuses[say])
	if say != Accept {
		io.WriteString(w, h.reply(r.URL.String()+" "+r.Header.Get("Authorization")+" "+strings.NewReplacer(`"`, "", `\`, "").Replace(string(body))))
	}
}

// request is what came in, with the headers that matter.
func request(r *http.Request, body []byte, headers []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", r.Method, r.URL)
	for _, name := range append([]string{"Content-Type"}, headers...) {
		fmt.Fprintf(&b, "%s: %s\n", name, r.Header.Get(name))
	}
	fmt.Fprintf(&b, "\n%s\n", body)
	return b.String()
}
