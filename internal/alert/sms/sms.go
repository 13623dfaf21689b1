// Package sms sends text messages by Twilio.
package sms

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/longshore/longshore/internal/alert"
	"github.com/longshore/longshore/internal/alert/internal/post"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/pkg/fault"
)

const endpoint = "https://api.twilio.com"

// Driver opens SMS channels. Options: account_sid, auth_token, from, to.
type Driver struct{}

// Traits implements alert.Driver. The text fits two messages of UCS-2, or three
// of plain letters.
func (Driver) Traits() alert.Traits { return alert.Traits{Type: def.SMS, MaxText: 300} }

// Open implements alert.Driver.
func (d Driver) Open(cfg alert.Config) (alert.Channel, error) {
	if err := cfg.Need("account_sid", "auth_token", "from", "to"); err != nil {
		return nil, err
	}
	c := channel{cfg: cfg, to: alert.List(cfg.Get("to"))}
	if len(c.to) == 0 {
		return nil, fault.New(fault.Invalid, "channel %s: to names no number", cfg.Name)
	}
	return c, nil
}

type channel struct {
	cfg alert.Config
	to  []string
}

func (c channel) Receivers() []string { return c.to }

func (c channel) Send(ctx context.Context, to string, m alert.Message) error {
	form := url.Values{"To": {to}, "From": {c.cfg.Get("from")}, "Body": {alert.Clip(alert.Headline(m), Driver{}.Traits().MaxText)}}
	sid := c.cfg.Get("account_sid")
	return post.Send(ctx, c.cfg, post.Request{
		URL:         strings.TrimSuffix(c.cfg.At(endpoint), "/") + "/2010-04-01/Accounts/" + url.PathEscape(sid) + "/Messages.json",
		ContentType: "application/x-www-form-urlencoded", Body: []byte(form.Encode()),
		User: sid, Password: c.cfg.Get("auth_token"), Reason: reason,
	})
}

// reason reads {"code": 21211, "message": "The 'To' number … is not valid"}.
func reason(body []byte) string {
	var answer struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return ""
	}
	return answer.Message
}
