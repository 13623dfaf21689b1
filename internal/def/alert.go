package def

import "time"

// Trigger is a state that is worth a message.
type Trigger string

// The triggers.
const (
	RunFailed    Trigger = "failed"
	LongRun      Trigger = "duration"
	RowDrop      Trigger = "row_drop"
	RejectedRows Trigger = "rejected_rows"
	Freshness    Trigger = "freshness"
)

// Alert sends one message when its trigger becomes true and one when it is no
// longer so. Only the limit that belongs to When is set.
type Alert struct {
	When     Trigger       `json:"when"`
	To       []string      `json:"to"`                 // channel names, at least one
	Duration time.Duration `json:"duration,omitempty"` // LongRun, Freshness: above this
	Percent  float64       `json:"percent,omitempty"`  // RowDrop: fewer rows than the run before, by more than this
	Rows     int64         `json:"rows,omitempty"`     // RejectedRows: more than this

	pos Position
}

// ChannelType is a way to send messages.
type ChannelType string

// The channel types.
const (
	Slack     ChannelType = "slack"
	PagerDuty ChannelType = "pagerduty"
	SMS       ChannelType = "sms"
	Email     ChannelType = "email"
	Webhook   ChannelType = "webhook"
)

// Channel is where alerts go.
type Channel struct {
	Name    string           `json:"name"`
	Type    ChannelType      `json:"type"`
	Options map[string]Value `json:"options"` // keys are those of the type, see docs/project-files.md
	Pos     Position         `json:"-"`
}
