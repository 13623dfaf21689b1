package api

import (
	"context"
	"strings"
	"time"

	"github.com/longshore/longshore/internal/alert"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// longestMute is how far away the end of a mute may be: what nobody remembers
// to end ends.
const longestMute = 366 * 24 * time.Hour

// MuteRequest says for how long: exactly one of Seconds and Until is given.
type MuteRequest struct {
	Seconds int64      `json:"seconds,omitempty" minimum:"1" maximum:"31622400" doc:"From now. Give this or until."`
	Until   *time.Time `json:"until,omitempty" doc:"At most 366 days away. Give this or seconds."`
	Reason  string     `json:"reason,omitempty" maxLength:"500" doc:"For people."`
}

type alertsInput struct {
	Kind string `path:"kind" enum:"sync,datasource"`
	Name string `path:"name" maxLength:"100"`
}

type muteInput struct {
	Kind string `path:"kind" enum:"sync,datasource"`
	Name string `path:"name" maxLength:"100"`
	Body MuteRequest
}

type alertsOutput struct{ Body Alerts }

func (s *server) muteAlerts(ctx context.Context, in *muteInput) (*alertsOutput, error) {
	subject, rules, err := s.mutable(ctx, ledger.Subject{Kind: ledger.Kind(in.Kind), Name: in.Name})
	if err != nil {
		return nil, err
	}
	until, err := in.Body.end(s.Ledger.Now())
	if err != nil {
		return nil, err
	}
	rec, err := s.Ledger.MuteAlerts(ctx, subject, until, strings.Join(strings.Fields(in.Body.Reason), " "))
	if err != nil {
		return nil, err
	}
	return &alertsOutput{viewAlerts(rec, rules, s.Ledger.Now())}, nil
}

func (s *server) unmuteAlerts(ctx context.Context, in *alertsInput) (*alertsOutput, error) {
	subject, rules, err := s.mutable(ctx, ledger.Subject{Kind: ledger.Kind(in.Kind), Name: in.Name})
	if err != nil {
		return nil, err
	}
	rec, err := s.Ledger.UnmuteAlerts(ctx, subject)
	if err != nil {
		return nil, err
	}
	rec.Subject = subject
	return &alertsOutput{viewAlerts(rec, rules, s.Ledger.Now())}, nil
}

// mutable finds a subject of the definitions in force, or one that was deleted
// and of which something may be said still.
func (s *server) mutable(ctx context.Context, subject ledger.Subject) (ledger.Subject, map[string]alert.Rule, error) {
	p, _, err := s.definitions(ctx)
	if err != nil {
		return subject, nil, err
	}
	missing := known(p, subject)
	if missing == nil {
		return subject, alert.Watched(p)[subject], nil
	}
	if !nameShape.MatchString(subject.Name) {
		return subject, nil, missing
	}
	rec, err := s.Ledger.Alerts(ctx, subject)
	if err == nil && len(rec.Rules) == 0 && rec.Mute.IsZero() {
		err = missing
	}
	return subject, nil, err
}

// end is when a mute that begins now ends.
func (r MuteRequest) end(now time.Time) (time.Time, error) {
	if (r.Seconds > 0) == (r.Until != nil) {
		return time.Time{}, fault.New(fault.Invalid, "give the mute an end: either seconds or until")
	}
	if r.Until == nil {
		return now.Add(time.Duration(r.Seconds) * time.Second), nil
	}
	switch {
	case !r.Until.After(now):
		return time.Time{}, fault.WithRemedy(fault.New(fault.Invalid, "until is %s, which is over", r.Until.UTC().Format(time.RFC3339)), "give a time to come")
	case r.Until.Sub(now) > longestMute:
		return time.Time{}, fault.WithRemedy(fault.New(fault.Invalid, "until is %s", r.Until.UTC().Format(time.RFC3339)), "a mute lasts 366 days at most")
	}
	return *r.Until, nil
}
