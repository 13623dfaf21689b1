package post

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/alert"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/pkg/fault"
)

func TestRetryAfter(t *testing.T) {
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	tests := []struct {
		name, header string
		least, most  time.Duration
	}{
		{"seconds", "17", 17 * time.Second, 17 * time.Second},
		{"none", "", 30 * time.Second, 30 * time.Second},
		{"no number", "soon", 30 * time.Second, 30 * time.Second},
		{"negative", "-1", 30 * time.Second, 30 * time.Second},
		{"too long", "86400", time.Hour, time.Hour},
		{"too long for a number of ours", "9999999999999", time.Hour, time.Hour},
		{"a date", in(30 * time.Minute), time.Minute, 30 * time.Minute},
		{"a date gone by", in(-time.Hour), 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := retryAfter(tt.header); got < tt.least || got > tt.most {
				t.Errorf("got %s, want %s to %s", got, tt.least, tt.most)
			}
		})
	}
}

// A redirect would take the secrets to somebody else.
func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	t.Cleanup(elsewhere.Close)
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	t.Cleanup(server.Close)
	err := Send(t.Context(), alert.Config{Name: "ops"}, JSON(server.URL, "x"))
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "answers 307") {
		t.Errorf("got %v, want invalid", err)
	}
}

func TestHide(t *testing.T) {
	cfg := alert.Config{Options: map[string]def.Secret{
		"url": def.NewSecret("https://us%65r:pass%2Fword@hooks.example.com/services/T0000001/token+4711?key=query4711"), "user": def.NewSecret("mailer"),
	}}
	tests := []struct{ name, text, want string }{
		{"whole", "post https://us%65r:pass%2Fword@hooks.example.com/services/T0000001/token+4711?key=query4711: no", "post **redacted**: no"},
		{"path and query", "no /services/T0000001/token+4711?key=query4711 here", "no **redacted** here"},
		{"a segment", "token+4711 is unknown", "**redacted** is unknown"},
		{"a segment, escaped", "token%2B4711 is unknown", "**redacted** is unknown"},
		{"the host", "lookup hooks.example.com: no such host", "lookup **redacted**: no such host"},
		{"the password", "pass/word", "**redacted**"},
		{"none of it", "invalid_payload", "invalid_payload"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Hide(cfg, tt.text); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
