package daemon_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/ledger"
)

// alertsAfter mutes or unmutes the alerts of the sync orders.
func alertsAfter(t *testing.T, url, verb, body string) api.Alerts {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/v1/alerts/sync/orders/"+verb, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var a api.Alerts
	if err := json.NewDecoder(answer.Body).Decode(&a); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", verb, answer.Status, err)
	}
	return a
}

// A failure while muted is told when the mute ends, by a leader that wasn't
// there when it began; a recovery while muted is told when that mute ends.
func TestAMuteIsKeptByEveryLeader(t *testing.T) {
	s := newStage(t)
	h := newHook(t, 0)
	files := ordersProject("csv", "out.csv")
	files["longshore.yaml"] = fmt.Sprintf("channels:\n  ops: {type: webhook, url: '%s'}\nalerts:\n  - {when: failed, to: ops}\n", h.url)
	s.push(files)
	subject := ledger.Subject{Kind: ledger.Export, Name: "orders"}
	url, stop := s.produce()
	s.work()
	muted := alertsAfter(t, url, "mute", `{"seconds": 86400, "reason": "repairs"}`)
	if muted.Mute == nil || muted.Mute.Reason != "repairs" || len(muted.Rules) != 1 {
		t.Fatalf("got %+v", muted)
	}
	failed := s.ended(s.trigger(subject.Kind, subject.Name))
	s.settled(subject)
	stop()
	url, stop = s.produce() // its leader looks at everything at once
	s.ended(s.trigger(subject.Kind, subject.Name))
	s.settled(subject)
	if told := h.notices(); failed.State != ledger.Failed || len(told) != 0 {
		t.Fatalf("run %s, while muted: got %+v", failed.State, told)
	}
	ended := alertsAfter(t, url, "unmute", "")
	if ended.Mute != nil || !ended.Rules[0].Firing || ended.Rules[0].Announced {
		t.Errorf("got %+v", ended)
	}
	stop()
	url, _ = s.produce()
	waitFor(t, "the failure is told", func() bool { return len(h.notices()) > 0 })
	s.settled(subject)
	alertsAfter(t, url, "mute", `{"seconds": 86400}`)
	exec1(t, s.postgres(), fmt.Sprintf(orders, 10))
	s.done(subject.Kind, subject.Name)
	s.settled(subject)
	if told := h.notices(); len(told) != 1 || told[0].Status != "firing" || told[0].Run != string(failed.ID) {
		t.Fatalf("got %+v, want one message about %s", told, failed.ID)
	}
	alertsAfter(t, url, "unmute", "")
	s.done(subject.Kind, subject.Name)
	s.settled(subject)
	if told := h.notices(); len(told) != 2 || told[1].Status != "resolved" || told[1].Dedup != told[0].Dedup {
		t.Errorf("got %+v, want one recovery", told)
	}
}
