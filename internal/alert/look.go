package alert

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// errNoNews keeps a record as it is.
var errNoNews = errors.New("nothing changed")

// look decides all rules of a subject, and records the outcome together with
// what there is to say.
func (w *Watcher) look(ctx context.Context, project *def.Project, s ledger.Subject, alerts []def.Alert, r *ledger.Run) error {
	before, err := w.ledger.Alerts(ctx, s)
	if err != nil {
		return err
	}
	last := before.Success
	if before.Since.IsZero() {
		if last, err = w.lastSuccess(ctx, s, r); err != nil {
			return err
		}
	}
	f := Facts{Project: project.Settings.Name, Subject: s, Event: string(ledger.NewRunID(w.ledger.Now())), Now: w.ledger.Now(), Run: r}
	if f.isBackfill() {
		fill, err := w.ledger.Backfill(ctx, r.Subject.Name)
		if err != nil {
			return err
		}
		f.Active = fill.Pace.Active
	}
	rec, err := w.ledger.UpdateAlerts(ctx, s, func(rec *ledger.AlertRecord) error {
		old := *rec
		old.Rules, old.Outbox = maps.Clone(rec.Rules), slices.Clone(rec.Outbox)
		if rec.Since.IsZero() {
			rec.Since, rec.Success = f.Now, last
		}
		decideAll(rec, rules(s, alerts), f)
		if reflect.DeepEqual(old, *rec) {
			return errNoNews
		}
		return nil
	})
	if err != nil && !errors.Is(err, errNoNews) {
		return err
	}
	if len(rec.Outbox) > 0 {
		w.later(s, nextDue(rec.Outbox))
	}
	if len(rec.Outbox) == maxOutbox {
		w.cfg.Log.Warn("too many alerts wait; the oldest are dropped", zap.Stringer("subject", s))
	}
	return nil
}

// decideAll brings a record up to the facts.
func decideAll(rec *ledger.AlertRecord, rules map[string]Rule, f Facts) {
	switch seen := f.Run != nil && (f.Run.ID == rec.Seen || rec.SeenBackfills.Has(f.Run.ID)); {
	case f.Run == nil:
	case seen && f.Run.State.Final():
		return // its end was looked at before somebody died
	case seen:
		f.Run = nil // it has ended since it was read
	case f.Run.State.Final() && f.isBackfill():
		rec.SeenBackfills = rec.SeenBackfills.With(f.Run.ID)
	case f.Run.State.Final():
		rec.Seen = f.Run.ID
	}
	f.Muted = rec.Mute.Holds(f.Now)
	f.Unmuted = !f.Muted && !rec.Mute.IsZero()
	f.Before, f.Fresh = rec.Success, rec.Since
	switch {
	case f.isBackfill():
		if f.Run.BroughtFiles() {
			rec.Filled = f.Run.FinishedAt
		}
	case f.Run != nil && f.Run.State == ledger.Done && f.Run.Trigger.Regular():
		rec.Success = ledger.AlertSuccess{Run: f.Run.ID, At: f.Run.FinishedAt, Rows: f.Run.Totals.Rows}
	}
	if rec.Success.Run != "" {
		f.Fresh = rec.Success.At
	}
	if rec.Filled.After(f.Fresh) {
		f.Fresh = rec.Filled
	}
	if rec.Rules == nil {
		rec.Rules = map[string]State{}
	}
	for _, key := range slices.Sorted(maps.Keys(rules)) {
		state, m := Decide(rules[key], rec.Rules[key], f)
		if !reflect.DeepEqual(state, State{}) {
			rec.Rules[key] = state
		}
		post(rec, state.To, m, f)
	}
	for _, key := range slices.Sorted(maps.Keys(rec.Rules)) {
		if _, ok := rules[key]; ok || f.Muted && rec.Rules[key].Told { // it is taken back afterwards
			continue
		}
		post(rec, rec.Rules[key].To, Retire(key, rec.Rules[key], f), f)
		delete(rec.Rules, key)
	}
	if f.Unmuted {
		unmute(rec, f.Now)
	}
	if len(rec.Rules) == 0 {
		rec.Rules = nil // as it is read
	}
}

// depth is how many runs are looked at to find one that succeeded before alerts
// were defined.
const depth = 50

// lastSuccess finds the newest run that succeeded, other than the one at hand.
func (w *Watcher) lastSuccess(ctx context.Context, s ledger.Subject, but *ledger.Run) (ledger.AlertSuccess, error) {
	looked := 0
	for id, err := range w.ledger.History(ctx, s) {
		if err != nil {
			return ledger.AlertSuccess{}, err
		}
		if but != nil && id == but.ID {
			continue
		}
		r, err := w.ledger.Run(ctx, id)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return ledger.AlertSuccess{}, err
		}
		if err == nil && r.State == ledger.Done && r.Trigger.Regular() {
			return ledger.AlertSuccess{Run: r.ID, At: r.FinishedAt, Rows: r.Totals.Rows}, nil
		}
		if looked++; looked == depth {
			break
		}
	}
	return ledger.AlertSuccess{}, nil
}
