// Package pagerduty opens and resolves incidents by PagerDuty's Events API v2.
package pagerduty

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/longshore/longshore/internal/alert"
	"github.com/longshore/longshore/internal/alert/internal/post"
	"github.com/longshore/longshore/internal/def"
)

// endpoint is that of the Events API, in every region but the EU's own.
const endpoint = "https://events.pagerduty.com/v2/enqueue"

// Driver opens PagerDuty channels. Options: routing_key.
type Driver struct{}

// Traits implements alert.Driver.
func (Driver) Traits() alert.Traits {
	return alert.Traits{Type: def.PagerDuty, Resolves: true, MaxText: 1024}
}

// Open implements alert.Driver.
func (d Driver) Open(cfg alert.Config) (alert.Channel, error) {
	return channel{cfg}, cfg.Need("routing_key")
}

type channel struct{ cfg alert.Config }

func (channel) Receivers() []string { return []string{"service"} }

// event is the body of a request. A resolve needs no payload.
type event struct {
	RoutingKey string   `json:"routing_key"`
	Action     string   `json:"event_action"`
	Dedup      string   `json:"dedup_key"`
	Client     string   `json:"client,omitempty"`
	Payload    *payload `json:"payload,omitempty"`
}

type payload struct {
	Summary   string  `json:"summary"`
	Source    string  `json:"source"`
	Severity  string  `json:"severity"`
	Timestamp string  `json:"timestamp"`
	Component string  `json:"component"`
	Class     string  `json:"class"`
	Details   details `json:"custom_details"`
}

type details struct {
	Run string `json:"run,omitempty"`
}

func (c channel) Send(ctx context.Context, _ string, m alert.Message) error {
	e := event{RoutingKey: c.cfg.Get("routing_key"), Action: "resolve", Dedup: m.Dedup}
	if !m.Resolved {
		e.Action, e.Client = "trigger", "Longshore"
		e.Payload = &payload{
			Summary: alert.Clip(alert.Headline(m), Driver{}.Traits().MaxText), Source: source(m), Severity: "error",
			Timestamp: m.At.UTC().Format(time.RFC3339), Component: m.Subject.String(), Class: m.When, Details: details{Run: string(m.Run)},
		}
	}
	r := post.JSON(c.cfg.At(endpoint), e)
	r.Reason = reason
	return post.Send(ctx, c.cfg, r)
}

// source is what is affected; PagerDuty wants one.
func source(m alert.Message) string {
	if m.Project != "" {
		return "longshore " + m.Project
	}
	return "longshore"
}

// reason reads {"message": "Event object is invalid", "errors": ["…"]}.
func reason(body []byte) string {
	var answer struct {
		Message string   `json:"message"`
		Errors  []string `json:"errors"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return ""
	}
	return strings.Trim(answer.Message+": "+strings.Join(answer.Errors, ", "), ": ")
}
