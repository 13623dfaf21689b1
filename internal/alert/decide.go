package alert

import (
	"fmt"
	"strings"
	"time"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
)

// Facts is what is known when a rule is looked at.
type Facts struct {
	Project string // its name; may be empty
	Subject ledger.Subject
	// Event names an incident that begins now. No other may have the same name.
	Event string
	Now   time.Time
	// Muted is set while nothing may be said, and Unmuted when that has just ended.
	Muted, Unmuted bool
	// Run is the run that just ended, or is under way; nil when there is none.
	Run *ledger.Run
	// Active is how long Run let parts begin, pauses excluded, where it is a backfill's.
	Active time.Duration
	// Before is the run that succeeded last before Run, else the zero value.
	Before ledger.AlertSuccess
	// Fresh is when a run succeeded last, Run included; where none did, it is when
	// the subject was first looked at.
	Fresh time.Time
}

func (f Facts) isBackfill() bool { return f.Run != nil && f.Run.Subject.Kind == ledger.Backfill }

// who is whom a rule's text is about.
func (f Facts) who(rule Rule) string {
	if rule.Backfills && f.isBackfill() {
		return f.Run.Subject.String() + " of " + f.Subject.String()
	}
	return f.Subject.String()
}

// Decide says where a rule stands given the facts, and what there is to say
// about it: nothing, unless that is news.
//
//	fine ── trigger is true: message ──→ told
//	fine ←── it is not: recovery ─────── told
//
// While the subject is muted the state follows the facts in silence. When that
// ends, one message says what is still news; of a trigger that was told of before
// and is true still, or again, it is a reminder.
func Decide(rule Rule, previous State, f Facts) (State, *Message) {
	next := previous
	found := judge(rule, f)
	if found.known && found.bad != previous.Bad {
		next.Bad, next.Text, next.At, next.Run = found.bad, f.who(rule)+" "+found.text, f.Now, ""
		if f.Run != nil && rule.When != def.Freshness {
			next.Run = f.Run.ID
		}
		if found.bad && !previous.Told {
			next.Event = f.Event
		}
	}
	if f.Muted {
		return next, nil
	}
	if next.Bad == next.Told {
		return next, remind(rule, next, found, f)
	}
	next.Told = next.Bad
	if next.Told {
		next.To = rule.To
	}
	return next, announce(rule.key(), next, f)
}

// remind is the message about what was told of before a mute and is true after
// it; else nil.
func remind(rule Rule, s State, found finding, f Facts) *Message {
	if !s.Told || !f.Unmuted {
		return nil
	}
	if found.bad {
		s.Text = f.who(rule) + " " + found.text
	}
	s.Text, s.At = "still: "+s.Text, f.Now
	m := announce(rule.key(), s, f)
	m.Repeat = f.Event
	return m
}

// Retire says that a rule which was removed, known by its key, has nothing more
// to say.
func Retire(rule string, previous State, f Facts) *Message {
	if !previous.Told {
		return nil
	}
	previous.Told, previous.Run, previous.At = false, "", f.Now
	previous.Text = f.Subject.String() + " is no longer watched for " + rule
	return announce(rule, previous, f)
}

// announce is the message about a state that was reached.
func announce(rule string, s State, f Facts) *Message {
	when, _, _ := strings.Cut(rule, " ")
	dedup := []string{string(f.Subject.Kind), f.Subject.Name, strings.ReplaceAll(rule, " ", "-"), s.Event}
	return &Message{
		Dedup: strings.Join(dedup, "/"), Resolved: !s.Told, Project: f.Project, Subject: f.Subject, When: when,
		Text: s.Text, Run: s.Run, At: s.At,
	}
}

// finding is what the facts say about a trigger.
type finding struct {
	known bool   // else they say nothing
	bad   bool   // the trigger is true
	text  string // without the subject
}

func bad(format string, args ...any) finding {
	return finding{true, true, fmt.Sprintf(format, args...)}
}

func fine(format string, args ...any) finding {
	return finding{true, false, fmt.Sprintf(format, args...)}
}

func judge(rule Rule, f Facts) finding {
	if rule.When == def.Freshness {
		return freshness(rule, f)
	}
	if f.Run == nil || f.Run.State == ledger.Canceled || rule.Backfills != f.isBackfill() {
		return finding{}
	}
	switch rule.When {
	case def.RunFailed:
		return failed(f.Run)
	case def.LongRun:
		return long(rule, f)
	case def.RowDrop, def.RejectedRows:
		if !f.Run.Trigger.Regular() {
			return finding{} // its rows say nothing about those that come in
		}
		if rule.When == def.RowDrop {
			return drop(rule, f)
		}
		return rejected(rule, f.Run)
	default:
		return finding{}
	}
}

func failed(r *ledger.Run) finding {
	switch {
	case r.State == ledger.Failed && r.Failure != nil:
		return bad("failed: %s", r.Failure.Message)
	case r.State == ledger.Failed:
		return bad("failed")
	case r.State == ledger.Done:
		return fine("succeeded again")
	}
	return finding{}
}

// long looks at a run under way, too: who waits for it wants to know before its
// end. That a run failed early doesn't mean that they are fast again.
func long(rule Rule, f Facts) finding {
	if f.Run.StartedAt.IsZero() {
		return finding{}
	}
	end, verb := f.Now, "has been running for"
	if f.Run.State.Final() {
		end, verb = f.Run.FinishedAt, "took"
	}
	took := end.Sub(f.Run.StartedAt)
	if f.isBackfill() {
		took = f.Active
	}
	switch {
	case took > rule.Duration:
		return bad("%s %s, more than %s", verb, shown(took), shown(rule.Duration))
	case f.Run.State == ledger.Done:
		return fine("took %s, within %s again", shown(took), shown(rule.Duration))
	}
	return finding{}
}

// drop compares with the last run that succeeded. So a run that is as small as
// a small one before is fine.
func drop(rule Rule, f Facts) finding {
	if f.Run.State != ledger.Done {
		return finding{}
	}
	now, before := f.Run.Totals.Rows, f.Before.Rows
	if f.Before.Run != "" && before > 0 {
		if percent := 100 * float64(before-now) / float64(before); percent > rule.Percent {
			return bad("had %d rows, %.3g%% fewer than the %d of the run before", now, percent, before)
		}
	}
	return fine("had %d rows, after %d in the run before", now, before)
}

func rejected(rule Rule, r *ledger.Run) finding {
	switch n := r.Totals.Quarantined; {
	case r.State.Final() && n > rule.Rows:
		return bad("rejected %d rows, more than %d", n, rule.Rows)
	case r.State == ledger.Done:
		return fine("rejected %d rows, no more than %d again", n, rule.Rows)
	}
	return finding{}
}

func freshness(rule Rule, f Facts) finding {
	if age := f.Now.Sub(f.Fresh); age > rule.Duration {
		return bad("has had no successful run for %s, more than %s", shown(age), shown(rule.Duration))
	}
	return fine("succeeded again")
}

// shown is a duration as people write it: 1h30m, not 1h30m0s.
func shown(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	text := d.Round(time.Second).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
