package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/api/apitest"
	"github.com/longshore/longshore/internal/ledger"
)

// fire records that a rule of a subject fires and was told of.
func fire(t *testing.T, s *apitest.Server, subject ledger.Subject, rule string) {
	t.Helper()
	_, err := s.Ledger.UpdateAlerts(t.Context(), subject, func(rec *ledger.AlertRecord) error {
		now := s.Ledger.Now()
		rec.Since = now
		rec.Rules = map[string]ledger.AlertState{rule: {Bad: true, Told: true, Text: subject.String() + " failed: no table", At: now, Run: "R", To: []string{"old"}}}
		rec.Last = &ledger.AlertMessage{When: "failed", Subject: subject, Text: subject.String() + " failed: no table", At: now, Run: "R"}
		rec.Outbox = []ledger.AlertDelivery{{Message: *rec.Last, Channel: "old", At: now}}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

type alertList struct{ Alerts []api.Alerts }

func (l alertList) of(name string) api.Alerts {
	at := slices.IndexFunc(l.Alerts, func(a api.Alerts) bool { return a.Name == name })
	if at < 0 {
		return api.Alerts{}
	}
	return l.Alerts[at]
}

func TestAlertsAreListed(t *testing.T) {
	s := apitest.Start(t, nil)
	var list alertList
	if call(t, s, "GET", "/api/v1/alerts", nil, &list); list.Alerts == nil || len(list.Alerts) != 0 {
		t.Errorf("before the first push: got %+v", list)
	}
	s.Save(t, apitest.Shop(t))
	fire(t, s, ledger.Subject{Kind: ledger.Export, Name: "orders_archive"}, "failed")
	fire(t, s, ledger.Subject{Kind: ledger.Ingest, Name: "gone"}, "failed")
	if _, err := s.Ledger.UpdateAlerts(t.Context(), ledger.Subject{Kind: ledger.Ingest, Name: "long_gone"}, func(rec *ledger.AlertRecord) error {
		rec.Since = s.Ledger.Now()
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	call(t, s, "GET", "/api/v1/alerts", nil, &list)
	names := ""
	for _, a := range list.Alerts {
		names += a.Kind + "/" + a.Name + " "
	}
	if !strings.HasPrefix(names, "sync/new_customers sync/orders_archive sync/") || !strings.Contains(names, "datasource/gone datasource/page_views") || strings.Contains(names, "long_gone") {
		t.Errorf("got %s", names)
	}
	got := list.of("orders_archive")
	if len(got.Rules) != 2 || got.Rules[0].Rule != "failed" || !got.Rules[0].Firing || !got.Rules[0].Announced || got.Rules[0].Since == nil ||
		!slices.Equal(got.Rules[0].To, []string{"data-team"}) || got.Rules[1].Rule != "rejected_rows 100" || got.Rules[1].Firing || got.Rules[1].Since != nil {
		t.Errorf("got %+v", got)
	}
	if got.Waiting != 1 || got.Last == nil || got.Last.Status != "firing" || got.Last.Text != "sync orders_archive failed: no table" || got.Mute != nil {
		t.Errorf("got %+v", got)
	}
	if gone := list.of("gone"); len(gone.Rules) != 1 || !slices.Equal(gone.Rules[0].To, []string{"old"}) {
		t.Errorf("got %+v", gone)
	}
}

func TestMuteAndUnmute(t *testing.T) {
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	const path = "/api/v1/alerts/datasource/page_views"
	begun := s.Ledger.Now()
	var muted, extended, ended, again api.Alerts
	call(t, s, "POST", path+"/mute", api.MuteRequest{Seconds: 7200, Reason: " the bucket\nmoves "}, &muted)
	if m := muted.Mute; m == nil || m.Until.Before(begun.Add(2*time.Hour)) || m.Until.After(s.Ledger.Now().Add(2*time.Hour)) || m.Reason != "the bucket moves" || len(muted.Rules) != 2 {
		t.Fatalf("got %+v", muted)
	}
	until := begun.Add(240 * time.Hour)
	call(t, s, "POST", path+"/mute", api.MuteRequest{Until: &until}, &extended)
	if m := extended.Mute; m == nil || !m.Until.Equal(until) || !m.Since.Equal(muted.Mute.Since) || m.Reason != "" {
		t.Errorf("got %+v, want the end moved", m)
	}
	var list alertList
	if call(t, s, "GET", "/api/v1/alerts", nil, &list); list.of("page_views").Mute == nil || list.of("orders_daily").Mute != nil {
		t.Errorf("got %+v", list)
	}
	for _, into := range []*api.Alerts{&ended, &again} {
		if status := call(t, s, "POST", path+"/unmute", nil, into); status != http.StatusOK || into.Mute != nil || into.Name != "page_views" {
			t.Errorf("got %d, %+v", status, into)
		}
	}
	rec, err := s.Ledger.Alerts(t.Context(), ledger.Subject{Kind: ledger.Ingest, Name: "page_views"})
	if err != nil || rec.Mute.IsZero() || rec.Mute.Holds(s.Ledger.Now()) {
		t.Errorf("got %+v, %v, want the end left for the leader to deal with", rec, err)
	}
}

func TestMutesThatDontFit(t *testing.T) {
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	past, far, soon := s.Ledger.Now().Add(-time.Minute), s.Ledger.Now().Add(400*24*time.Hour), s.Ledger.Now().Add(time.Hour)
	for _, test := range []struct {
		path    string
		request any
		status  int
		want    string
	}{
		{"/sync/orders_archive/mute", api.MuteRequest{}, 422, "either seconds or until"},
		{"/sync/orders_archive/mute", api.MuteRequest{Seconds: 1, Until: &soon}, 422, "either seconds or until"},
		{"/sync/orders_archive/mute", api.MuteRequest{Until: &past}, 422, "which is over"},
		{"/sync/orders_archive/mute", api.MuteRequest{Until: &far}, 422, "366 days at most"},
		{"/sync/orders_archive/mute", api.MuteRequest{Seconds: 1 << 40}, 422, "seconds"},
		{"/sync/orders_archiv/mute", api.MuteRequest{Seconds: 60}, 404, `did you mean "orders_archive"?`},
		{"/datasource/..%2fx/unmute", nil, 404, "there is no datasource"},
		{"/model/orders/mute", api.MuteRequest{Seconds: 60}, 422, "kind"},
	} {
		var p api.Problem
		if status := call(t, s, "POST", "/api/v1/alerts"+test.path, test.request, &p); status != test.status || !strings.Contains(p.Detail, test.want) {
			t.Errorf("%s %+v: got %d, %+v", test.path, test.request, status, p)
		}
	}
	for subject := range s.Ledger.AlertSubjects(t.Context()) {
		t.Errorf("%s has a record", subject)
	}
}

// What was deleted while something is to be said about it can be muted.
func TestMuteOfADeletedSync(t *testing.T) {
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	fire(t, s, ledger.Subject{Kind: ledger.Export, Name: "gone"}, "failed")
	var muted api.Alerts
	if status := call(t, s, "POST", "/api/v1/alerts/sync/gone/mute", api.MuteRequest{Seconds: 60}, &muted); status != http.StatusOK || muted.Mute == nil {
		t.Errorf("got %d, %+v", status, muted)
	}
}
