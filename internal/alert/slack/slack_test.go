package slack_test

import (
	"testing"

	"github.com/longshore/longshore/internal/alert/alerttest"
	"github.com/longshore/longshore/internal/alert/slack"
)

func TestConformance(t *testing.T) {
	alerttest.Run(t, alerttest.Case{
		Driver: slack.Driver{}, Address: "url", Wait: true,
		Options: map[string]string{"url": "/services/T00000000/B00000000/slack-token-4711"},
		Secrets: []string{"T00000000", "B00000000", "slack-token-4711"},
		Server:  alerttest.NewHTTP(t, func(quote string) string { return "invalid_token " + quote }),
	})
}
