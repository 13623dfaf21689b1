// Package webhook posts messages as JSON to any address, signed if it has a
// secret.
package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/longshore/longshore/internal/alert"
	"github.com/longshore/longshore/internal/alert/internal/post"
	"github.com/longshore/longshore/internal/def"
)

// Driver opens webhooks. Options: url, secret.
type Driver struct{}

// Traits implements alert.Driver.
func (Driver) Traits() alert.Traits { return alert.Traits{Type: def.Webhook, MaxText: 8000} }

// Open implements alert.Driver.
func (d Driver) Open(cfg alert.Config) (alert.Channel, error) {
	address, err := cfg.URL()
	return channel{cfg: cfg, url: address}, err
}

type channel struct {
	cfg alert.Config
	url string
}

func (channel) Receivers() []string { return []string{"url"} }

// event is the body of a request, as docs/alerts.md tells.
type event struct {
	ID      string  `json:"id"`
	Dedup   string  `json:"dedup_key"`
	Status  string  `json:"status"`
	When    string  `json:"when"`
	Project string  `json:"project,omitempty"`
	Subject subject `json:"subject"`
	Text    string  `json:"text"`
	Run     string  `json:"run,omitempty"`
	At      string  `json:"at"`
}

type subject struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

func (c channel) Send(ctx context.Context, _ string, m alert.Message) error {
	r := post.JSON(c.url, event{
		ID: m.ID(), Dedup: m.Dedup, Status: alert.Status(m), When: m.When, Project: m.Project,
		Subject: subject{string(m.Subject.Kind), m.Subject.Name}, Text: alert.Clip(m.Text, Driver{}.Traits().MaxText),
		Run: string(m.Run), At: m.At.UTC().Format(time.RFC3339),
	})
	r.Header = map[string]string{"Idempotency-Key": m.ID()}
	if secret := c.cfg.Get("secret"); secret != "" {
		r.Header["Longshore-Signature"] = "sha256=" + Sign(secret, r.Body)
	}
	return post.Send(ctx, c.cfg, r)
}

// Sign returns the HMAC-SHA256 of a body, in hexadecimal digits.
func Sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
