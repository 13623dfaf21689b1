package pagerduty_test

import (
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/alert/alerttest"
	"github.com/longshore/longshore/internal/alert/pagerduty"
)

func TestConformance(t *testing.T) {
	server := alerttest.NewHTTP(t, func(quote string) string {
		return `{"status": "invalid event", "message": "Event object is invalid", "errors": ["` + quote + `"]}`
	})
	alerttest.Run(t, alerttest.Case{
		Driver: pagerduty.Driver{}, Wait: true,
		Options: map[string]string{"routing_key": "routing-key-4711"}, Secrets: []string{"routing-key-4711"},
		Server: server,
	})
	actions := map[string]int{}
	for _, request := range server.Received() {
		for _, action := range []string{"trigger", "resolve"} {
			if strings.Contains(request, `"event_action":"`+action+`","dedup_key":"`+alerttest.Messages()["failed"].Dedup+`"`) {
				actions[action]++
			}
		}
	}
	if actions["resolve"] != 1 || actions["trigger"] < 1 {
		t.Errorf("got %v, want a resolve of the incident that was triggered", actions)
	}
}
