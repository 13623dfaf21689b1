package cli_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/ledger"
)

func TestGoldenAlerts(t *testing.T) {
	s := examples(t)
	now := s.Ledger.Now()
	for name, change := range map[string]func(*ledger.AlertRecord){
		"orders_archive": func(rec *ledger.AlertRecord) {
			rec.Rules = map[string]ledger.AlertState{
				"failed":            {Bad: true, Told: true, Text: "sync orders_archive failed: no table", At: now},
				"rejected_rows 100": {Bad: true, Text: "sync orders_archive rejected 101 rows, more than 100", At: now},
			}
		},
		"new_customers": func(rec *ledger.AlertRecord) {
			rec.Rules = map[string]ledger.AlertState{"failed": {Told: true, Text: "sync new_customers succeeded again", At: now}}
			rec.Last = &ledger.AlertMessage{Text: "sync new_customers failed: no table", At: now}
		},
		"orders_daily": func(rec *ledger.AlertRecord) {
			rec.Last = &ledger.AlertMessage{Resolved: true, Text: "sync orders_daily succeeded again", At: now}
		},
	} {
		if _, err := s.Ledger.UpdateAlerts(t.Context(), ledger.Subject{Kind: ledger.Export, Name: name}, func(rec *ledger.AlertRecord) error {
			change(rec)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	check := func(name string, args ...string) {
		t.Run(name, func(t *testing.T) { golden(t, name, remote(t, s, args...)) })
	}
	check("alert-mute", "alert", "mute", "sync/orders_archive", "--for", "3d", "--reason", "the database\nmoves")
	check("alert-ls", "alert", "ls")
	check("alert-unmute", "alert", "unmute", "sync/orders_archive")
	check("alert-mute-typo", "alert", "mute", "sync/orders_dayly", "--for", "2h")
	check("alert-mute-for-ever", "alert", "mute", "sync/orders_daily")
	check("alert-mute-no-kind", "alert", "mute", "orders_daily", "--for", "2h")
	check("alert-mute-for-nonsense", "alert", "mute", "sync/orders_daily", "--for", "400d")
	check("alert-mute-until-nonsense", "alert", "mute", "sync/orders_daily", "--until", "tomorrow")
	check("help-alert-mute", "alert", "mute", "--help")
}

func TestMuteUntil(t *testing.T) {
	s := examples(t)
	end := time.Now().Add(48 * time.Hour).UTC().Truncate(time.Minute)
	for _, text := range []string{
		end.Format("2006-01-02 15:04"), end.Format("2006-01-02 15:04:05Z"), end.Format(time.RFC3339), end.In(time.FixedZone("", 7200)).Format(time.RFC3339),
	} {
		var a api.Alerts
		r := remote(t, s, "alert", "mute", "datasource/page_views", "--until", text, "-o", "json")
		if err := json.Unmarshal([]byte(r.stdout), &a); err != nil || a.Mute == nil || !a.Mute.Until.Equal(end) {
			t.Errorf("%s: got %+v, want %s", text, r, end)
		}
	}
	r := remote(t, s, "alert", "mute", "datasource/page_views", "--for", "90m", "-o", "json")
	var a api.Alerts
	if err := json.Unmarshal([]byte(r.stdout), &a); err != nil || a.Mute == nil || !a.Mute.Until.Before(end) || len(a.Rules) != 2 {
		t.Errorf("got %+v", r)
	}
	if r := remote(t, s, "alert", "unmute", "datasource/page_views"); r.stdout != "datasource page_views is not muted\n" {
		t.Errorf("got %+v", r)
	}
}

func TestCompletionOfAlerts(t *testing.T) {
	s := examples(t)
	if r := remote(t, s, "alert", "mute", "sync/orders_daily", "--for", "2h"); r.code != 0 {
		t.Fatal(r)
	}
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"alert", "mute", ""}, "datasource/page_views\tfine\n"},
		{[]string{"alert", "unmute", "sync/"}, "sync/orders_daily\tfine, muted until "},
		{[]string{"alert", "mute", "sync/orders_daily", "--for", ""}, "2h\n"},
		{[]string{"alert", ""}, "unmute\t"},
		{[]string{"sync", "run", "--full"}, "--full-resync\t"},
	} {
		if r := remote(t, s, append([]string{"__complete"}, test.args...)...); !strings.Contains(r.stdout, test.want) {
			t.Errorf("%v: got %s, want %s", test.args, r.stdout, test.want)
		}
	}
}
