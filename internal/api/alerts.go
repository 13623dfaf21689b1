package api

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/longshore/longshore/internal/alert"
	"github.com/longshore/longshore/internal/ledger"
)

// Alerts is where the alerts of a sync or a datasource stand.
type Alerts struct {
	Kind  string      `json:"kind" enum:"sync,datasource"`
	Name  string      `json:"name"`
	Rules []AlertRule `json:"rules" doc:"Empty where no alerts are defined."`
	// Mute is set while nothing is said.
	Mute    *Mute         `json:"mute,omitempty" doc:"Set while nothing is said."`
	Waiting int           `json:"waiting" doc:"Messages that are recorded and not sent yet."`
	Last    *AlertMessage `json:"last,omitempty" doc:"The message that was recorded last."`
}

// AlertRule is one alert of a sync or a datasource.
type AlertRule struct {
	Rule   string   `json:"rule" doc:"The trigger with its limit, such as: freshness 26h"`
	To     []string `json:"to" doc:"Channels."`
	Firing bool     `json:"firing" doc:"Whether the trigger is true."`
	// Announced differs from Firing only while muted.
	Announced bool       `json:"announced" doc:"Whether it was said last that it fires. Differs from firing only while muted."`
	Since     *time.Time `json:"since,omitempty" doc:"When it began to fire, or ceased to; absent if it never did."`
	Text      string     `json:"text,omitempty" doc:"What there is to say about that."`
	Run       string     `json:"run,omitempty" doc:"The run that caused it; absent where it was the clock."`
}

// Mute is a time of silence.
type Mute struct {
	Until  time.Time `json:"until"`
	Since  time.Time `json:"since"`
	Reason string    `json:"reason,omitempty"`
}

// AlertMessage is what channels are told.
type AlertMessage struct {
	Status string    `json:"status" enum:"firing,resolved"`
	When   string    `json:"when" doc:"The trigger."`
	Text   string    `json:"text"`
	Run    string    `json:"run,omitempty"`
	At     time.Time `json:"at"`
}

func (s *server) routesOfAlerts() {
	handle(s, endpoint{
		method: http.MethodGet, path: "/alerts", id: "list-alerts", tag: "alerts",
		summary: "List where alerts stand", describe: "Of each sync and datasource that has alerts, or is muted: what fires, since when, what was said last.",
	}, s.listAlerts)
	handle(s, endpoint{
		method: http.MethodPost, path: "/alerts/{kind}/{name}/mute", id: "mute-alerts", tag: "alerts", errors: []int{404, 422},
		summary: "Say nothing about a sync or datasource for a while", describe: "What is so at the end is said then, once. A mute that is in force is changed.",
	}, s.muteAlerts)
	handle(s, endpoint{
		method: http.MethodPost, path: "/alerts/{kind}/{name}/unmute", id: "unmute-alerts", tag: "alerts", errors: []int{404},
		summary: "End a mute", describe: "What is so is said within a minute. To end it twice is to end it once.",
	}, s.unmuteAlerts)
}

type listAlertsOutput struct {
	Body struct {
		Alerts []Alerts `json:"alerts" doc:"Syncs first, by name."`
	}
}

func (s *server) listAlerts(ctx context.Context, _ *struct{}) (*listAlertsOutput, error) {
	p, _, err := s.definitions(ctx)
	if err != nil {
		return nil, err
	}
	watched := alert.Watched(p)
	subjects, err := s.alertSubjects(ctx, watched)
	if err != nil {
		return nil, err
	}
	all := make([]Alerts, len(subjects))
	err = each(ctx, len(subjects), func(ctx context.Context, i int) error {
		rec, err := s.Ledger.Alerts(ctx, subjects[i])
		rec.Subject = subjects[i]
		all[i] = viewAlerts(rec, watched[subjects[i]], s.Ledger.Now())
		return err
	})
	out := &listAlertsOutput{}
	out.Body.Alerts = slices.DeleteFunc(all, func(a Alerts) bool { return len(a.Rules) == 0 && a.Mute == nil }) // had alerts once
	return out, err
}

// alertSubjects returns who has alerts, or had.
func (s *server) alertSubjects(ctx context.Context, watched map[ledger.Subject]map[string]alert.Rule) ([]ledger.Subject, error) {
	all := slices.Collect(maps.Keys(watched))
	for subject, err := range s.Ledger.AlertSubjects(ctx) {
		if err != nil {
			return nil, err
		}
		if watched[subject] == nil {
			all = append(all, subject)
		}
	}
	slices.SortFunc(all, func(a, b ledger.Subject) int {
		if a.Kind != b.Kind {
			return strings.Compare(string(b.Kind), string(a.Kind))
		}
		return strings.Compare(a.Name, b.Name)
	})
	return all, nil
}

func viewAlerts(rec ledger.AlertRecord, rules map[string]alert.Rule, now time.Time) Alerts {
	v := Alerts{Kind: string(rec.Subject.Kind), Name: rec.Subject.Name, Rules: []AlertRule{}, Waiting: len(rec.Outbox)}
	keys := maps.Clone(rec.Rules)
	if keys == nil {
		keys = map[string]alert.State{}
	}
	for key, rule := range rules {
		if state, ok := rec.Rules[key]; ok || !rule.Backfills { // most datasources have no backfill
			keys[key] = state
		}
	}
	for _, key := range sorted(keys) {
		state, to := keys[key], rules[key].To
		if to == nil { // it was removed, and those who were told aren't told of that yet
			to = append([]string{}, state.To...)
		}
		v.Rules = append(v.Rules, AlertRule{
			Rule: key, To: to, Firing: state.Bad, Announced: state.Told, Since: moment(state.At), Text: state.Text, Run: string(state.Run),
		})
	}
	if rec.Mute.Holds(now) {
		v.Mute = &Mute{Until: rec.Mute.Until, Since: rec.Mute.Since, Reason: rec.Mute.Reason}
	}
	if m := rec.Last; m != nil {
		v.Last = &AlertMessage{Status: alert.Status(*m), When: m.When, Text: m.Text, Run: string(m.Run), At: m.At}
	}
	return v
}
