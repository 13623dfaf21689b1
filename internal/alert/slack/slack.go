// Package slack sends messages to a channel of Slack by an incoming webhook.
package slack

import (
	"context"
	"strings"

	"github.com/longshore/longshore/internal/alert"
	"github.com/longshore/longshore/internal/alert/internal/post"
	"github.com/longshore/longshore/internal/def"
)

// Driver opens Slack channels. Options: url.
type Driver struct{}

// Traits implements alert.Driver.
func (Driver) Traits() alert.Traits { return alert.Traits{Type: def.Slack, MaxText: 3000} }

// Open implements alert.Driver.
func (d Driver) Open(cfg alert.Config) (alert.Channel, error) {
	address, err := cfg.URL()
	return channel{cfg: cfg, url: address}, err
}

type channel struct {
	cfg alert.Config
	url string
}

func (channel) Receivers() []string { return []string{"webhook"} }

// escape is what Slack asks for in text: see "Formatting text for app surfaces".
var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func (c channel) Send(ctx context.Context, _ string, m alert.Message) error {
	sign := ":red_circle: "
	if m.Resolved {
		sign = ":large_green_circle: "
	}
	text := sign + escape.Replace(alert.Clip(alert.Headline(m), Driver{}.Traits().MaxText))
	if m.Run != "" {
		text += "\nrun `" + string(m.Run) + "`"
	}
	r := post.JSON(c.url, struct {
		Text        string `json:"text"`
		UnfurlLinks bool   `json:"unfurl_links"`
	}{Text: text})
	r.Reason = func(body []byte) string { return string(body) } // one word: invalid_payload, no_service
	return post.Send(ctx, c.cfg, r)
}
