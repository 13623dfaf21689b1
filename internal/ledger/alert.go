package ledger

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"
)

// AlertRecord is what was said about a subject, and what remains to be said, so
// that a new leader neither repeats nor forgets a message.
type AlertRecord struct {
	Subject Subject `json:"subject"`
	// Since is when the subject was first looked at.
	Since time.Time `json:"since,omitzero"`
	// Mute is the mute in force, or one that ended and whose end the leader hasn't
	// dealt with yet. While it is there nothing is sent.
	Mute AlertMute `json:"mute,omitzero"`
	// Seen is the run whose end was looked at last, and SeenBackfills those of
	// backfills.
	Seen          RunID  `json:"seen,omitempty"`
	SeenBackfills Recent `json:"seen_backfills,omitempty"`
	// Success is the last run that succeeded, backfills excluded; its zero value is none.
	Success AlertSuccess `json:"success,omitzero"`
	// Filled is when a backfill last ended that brought files in.
	Filled time.Time `json:"filled,omitzero"`
	// Rules is where each rule stands, by its key.
	Rules map[string]AlertState `json:"rules,omitempty"`
	// Outbox is what is to be sent, oldest first. What is sent is taken out.
	Outbox []AlertDelivery `json:"outbox,omitempty"`
	// Last is what was put there last; nil before the first message.
	Last *AlertMessage `json:"last,omitempty"`
}

// AlertMute is for how long nothing is said about a subject. The zero value is
// no mute.
type AlertMute struct {
	Until  time.Time `json:"until"`
	Since  time.Time `json:"since"`
	Reason string    `json:"reason,omitempty"` // of people, for people
}

// IsZero reports whether there is no mute, not even one that ended.
func (m AlertMute) IsZero() bool { return m.Until.IsZero() }

// Holds reports whether nothing may be said now.
func (m AlertMute) Holds(now time.Time) bool { return now.Before(m.Until) }

// AlertSuccess is what later runs are compared with.
type AlertSuccess struct {
	Run  RunID     `json:"run"`
	At   time.Time `json:"at"` // its end
	Rows int64     `json:"rows"`
}

// AlertState is where a rule stands for a subject.
type AlertState struct {
	// Bad is whether the rule's trigger is true, Told whether that was said. They
	// differ only while the subject is muted.
	Bad  bool `json:"bad"`
	Told bool `json:"told"`
	// Text is what there is to say about the last change of Bad; At is its time and
	// Run what caused it, empty where it was the clock.
	Text string    `json:"text"`
	At   time.Time `json:"at,omitzero"`
	Run  RunID     `json:"run,omitempty"`
	// Event tells one incident of the rule from the next.
	Event string `json:"event,omitempty"`
	// To is the channels that were told, and are told of the end.
	To []string `json:"to,omitempty"`
}

// AlertMessage is one thing to say. It holds no secrets.
type AlertMessage struct {
	// Dedup names the incident. Its message and its recovery have the same one.
	Dedup    string `json:"dedup"`
	Resolved bool   `json:"resolved,omitempty"`
	// Repeat names the reminder among those of the incident; empty for the message
	// that began it.
	Repeat  string    `json:"repeat,omitempty"`
	Project string    `json:"project,omitempty"`
	Subject Subject   `json:"subject"`
	When    string    `json:"when"` // the trigger, as definitions spell it
	Text    string    `json:"text"` // one line
	Run     RunID     `json:"run,omitempty"`
	At      time.Time `json:"at"`
}

// ID names the message. It is the same whenever the message is sent again.
func (m AlertMessage) ID() string {
	switch {
	case m.Resolved:
		return m.Dedup + "/resolved"
	case m.Repeat != "":
		return m.Dedup + "/firing/" + m.Repeat
	}
	return m.Dedup + "/firing"
}

// AlertDelivery is a message on its way to a channel.
type AlertDelivery struct {
	Message AlertMessage `json:"message"`
	Channel string       `json:"channel"`
	At      time.Time    `json:"at"` // when it was put here, or let go by the end of a mute
	// Done is hashes of the channel's receivers that have it already.
	Done []string `json:"done,omitempty"`
	// Tries counts failures, and Next is when it is tried again.
	Tries int       `json:"tries,omitempty"`
	Next  time.Time `json:"next,omitzero"`
}

func alertKey(s Subject) string { return "alerts/" + string(s.Kind) + "/" + s.Name + ".json" }

// Alerts reads what was said about a subject. A subject without a record is new:
// all zero.
func (l *Ledger) Alerts(ctx context.Context, s Subject) (AlertRecord, error) {
	rec := AlertRecord{Subject: s}
	_, err := l.get(ctx, alertKey(s), &rec)
	return rec, ignoreNotFound(err)
}

// UpdateAlerts changes a subject's record by compare-and-swap.
func (l *Ledger) UpdateAlerts(ctx context.Context, s Subject, change func(*AlertRecord) error) (AlertRecord, error) {
	return update(ctx, l, alertKey(s), func(rec *AlertRecord) error {
		rec.Subject = s
		return change(rec)
	})
}

// MuteAlerts has nothing said about a subject until the given time, for a reason
// that may be empty. A mute that is in force is changed.
func (l *Ledger) MuteAlerts(ctx context.Context, s Subject, until time.Time, reason string) (AlertRecord, error) {
	return l.UpdateAlerts(ctx, s, func(rec *AlertRecord) error {
		now := l.now()
		if !rec.Mute.Holds(now) {
			rec.Mute.Since = now
		}
		rec.Mute.Until, rec.Mute.Reason = until.UTC(), reason
		return nil
	})
}

// errNotMuted keeps a record as it is.
var errNotMuted = errors.New("not muted")

// UnmuteAlerts ends a mute, if there is one. What is to be said then the leader
// says when it looks at the subject next.
func (l *Ledger) UnmuteAlerts(ctx context.Context, s Subject) (AlertRecord, error) {
	rec, err := l.UpdateAlerts(ctx, s, func(rec *AlertRecord) error {
		now := l.now()
		if !rec.Mute.Holds(now) {
			return errNotMuted
		}
		rec.Mute.Until = now
		return nil
	})
	if errors.Is(err, errNotMuted) {
		err = nil
	}
	return rec, err
}

// AlertSubjects yields the subjects that have a record of alerts.
func (l *Ledger) AlertSubjects(ctx context.Context) iter.Seq2[Subject, error] {
	return func(yield func(Subject, error) bool) {
		for name, err := range l.names(ctx, "alerts/", "") {
			kind, rest, _ := strings.Cut(name, "/")
			s := Subject{Kind: Kind(kind), Name: strings.TrimSuffix(rest, ".json")}
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
}
