package webhook_test

import (
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/alert/alerttest"
	"github.com/longshore/longshore/internal/alert/webhook"
)

func TestConformance(t *testing.T) {
	const secret = "webhook-secret-4711"
	server := alerttest.NewHTTP(t, func(quote string) string { return quote }, "Idempotency-Key", "Longshore-Signature")
	alerttest.Run(t, alerttest.Case{
		Driver: webhook.Driver{}, Address: "url", Wait: true,
		Options: map[string]string{"url": "/hooks/path-token-4711?key=query-token-4711", "secret": secret},
		Secrets: []string{secret, "path-token-4711", "query-token-4711"},
		Server:  server,
	})
	for _, request := range server.Received() {
		_, rest, _ := strings.Cut(request, "Longshore-Signature: sha256=")
		signature, body, _ := strings.Cut(rest, "\n\n")
		if want := webhook.Sign(secret, []byte(strings.TrimSuffix(body, "\n"))); signature != want || len(want) != 64 {
			t.Errorf("got signature %q, want %q", signature, want)
		}
	}
}
