package daemon_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/longshore/longshore/internal/ledger"
)

// notice is what a webhook gets of an alert.
type notice struct {
	Dedup   string `json:"dedup_key"`
	Status  string `json:"status"`
	Project string `json:"project"`
	Text    string `json:"text"`
	Run     string `json:"run"`
}

// hook is a webhook's server.
type hook struct {
	url string

	mu     sync.Mutex
	refuse int // how many more messages to refuse
	all    []notice
}

func newHook(t *testing.T, refuse int) *hook {
	t.Helper()
	h := &hook{refuse: refuse}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	h.url = server.URL + "/hooks/hook-token-4711"
	return h
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var n notice
	err := json.NewDecoder(r.Body).Decode(&n)
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil || h.refuse > 0 {
		h.refuse--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	h.all = append(h.all, n)
}

func (h *hook) notices() []notice {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.all)
}

// settled waits until a subject's run is closed and everything about it is said.
func (s *stage) settled(subject ledger.Subject) {
	s.t.Helper()
	waitFor(s.t, "everything is said about "+subject.String(), func() bool {
		sub, err := s.ledger.Subject(s.t.Context(), subject)
		if err != nil {
			s.t.Fatal(err)
		}
		rec, err := s.ledger.Alerts(s.t.Context(), subject)
		if err != nil {
			s.t.Fatal(err)
		}
		return sub.Active == "" && rec.Seen == sub.Last && len(rec.Outbox) == 0
	})
}

// Two failing runs, with a change of leader between them and a receiver that
// refuses once, are one message; the success that follows is one more.
func TestAFailureIsToldOnceAndItsEndOnce(t *testing.T) {
	s := newStage(t)
	h := newHook(t, 1)
	files := ordersProject("csv", "out.csv")
	files["longshore.yaml"] = fmt.Sprintf("name: shop\nchannels:\n  ops: {type: webhook, url: '%s', secret: hook-secret-4711}\nalerts:\n  - {when: failed, to: ops}\n", h.url)
	s.push(files)
	subject := ledger.Subject{Kind: ledger.Export, Name: "orders"}
	_, stop := s.produce()
	s.work()
	first := s.ended(s.trigger(subject.Kind, subject.Name))
	s.settled(subject)
	stop()
	s.produce()
	second := s.ended(s.trigger(subject.Kind, subject.Name))
	s.settled(subject)
	if first.State != ledger.Failed || second.State != ledger.Failed {
		t.Fatalf("got runs %s and %s of a table that isn't there", first.State, second.State)
	}
	told := h.notices()
	if len(told) != 1 || told[0].Status != "firing" || told[0].Project != "shop" || told[0].Run != string(first.ID) ||
		told[0].Text != "sync orders failed: "+first.Failure.Message {
		t.Fatalf("after two failures: got %+v, want one message about %s", told, first.ID)
	}
	exec1(t, s.postgres(), fmt.Sprintf(orders, 10))
	third := s.done(subject.Kind, subject.Name)
	s.settled(subject)
	s.done(subject.Kind, subject.Name)
	s.settled(subject)
	told = h.notices()
	if len(told) != 2 || told[1].Status != "resolved" || told[1].Dedup != told[0].Dedup || told[1].Run != string(third.ID) {
		t.Fatalf("after two successes: got %+v, want one recovery about %s", told, third.ID)
	}
	for id := range s.ledger.AlertSubjects(t.Context()) {
		rec, err := s.ledger.Alerts(t.Context(), id)
		if body, _ := json.Marshal(rec); err != nil || strings.Contains(string(body), "4711") {
			t.Errorf("got %s, %v, want no secret in the ledger", body, err)
		}
	}
}
