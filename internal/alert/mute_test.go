package alert_test

import (
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/alert"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

const (
	failsAnn = "ann firing sync orders failed: no such table"
	failsBob = "bob firing sync orders failed: no such table"
)

// mute mutes the subject for an hour.
func (s *scene) mute() {
	s.t.Helper()
	if _, err := s.MuteAlerts(s.t.Context(), subject, s.clock().Add(time.Hour), "repairs"); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) unmute() {
	s.t.Helper()
	if _, err := s.UnmuteAlerts(s.t.Context(), subject); err != nil {
		s.t.Fatal(err)
	}
}

// ends has a new leader deal with the end of the mute, and then say all.
func (s *scene) ends() {
	s.t.Helper()
	s.lead("the mute is over and all is said", func() bool { return s.record().Mute.IsZero() && s.drained() })
}

// swept has a leader look by the clock and send, once, as Lead does.
func (s *scene) swept() {
	s.t.Helper()
	w := s.watcher()
	if err := w.Sweep(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	alert.Send(s.t.Context(), w)
}

func TestAMutedSubjectIsSilentUntilThen(t *testing.T) {
	for _, end := range []struct {
		name string
		mute func(s *scene)
	}{
		{"by time", func(s *scene) { s.advance(time.Hour) }},
		{"by hand", (*scene).unmute},
	} {
		t.Run(end.name, func(t *testing.T) {
			s := newScene(t, failing)
			s.mute()
			s.ended("A", ledger.Failed)
			if rec := s.record(); len(rec.Outbox) != 0 || !rec.Rules["failed"].Bad || rec.Rules["failed"].Told {
				t.Fatalf("got %+v, want the state without a message", rec)
			}
			end.mute(s)
			s.ends()
			s.want(failsAnn, failsBob)
			s.swept()
			s.want(failsAnn, failsBob)
			s.ended("B", ledger.Done)
			s.swept()
			s.want(failsAnn, failsBob, "ann resolved sync orders succeeded again", "bob resolved sync orders succeeded again")
		})
	}
}

// What is told of before a mute and true after it is told of once more; under an
// id of its own, so that nobody takes it for the first.
func TestAMuteEndsWithAReminder(t *testing.T) {
	s := newScene(t, failing)
	s.ended("A", ledger.Failed)
	s.swept()
	s.mute()
	s.ended("B", ledger.Failed)
	s.swept()
	s.want(failsAnn, failsBob)
	s.advance(time.Hour)
	s.ends()
	s.swept()
	reminder := "firing still: sync orders failed: no such table"
	s.want(failsAnn, failsBob, "ann "+reminder, "bob "+reminder)
	if last := s.record().Last; last == nil || last.Repeat == "" || last.ID() == last.Dedup+"/firing" {
		t.Errorf("got %+v, want an id of its own", last)
	}
}

func TestARecoveryIsToldWhenTheMuteEnds(t *testing.T) {
	s := newScene(t, failing)
	s.ended("A", ledger.Failed)
	s.swept()
	s.mute()
	s.ended("B", ledger.Done)
	s.swept()
	s.want(failsAnn, failsBob)
	s.unmute()
	s.ends()
	s.swept()
	s.want(failsAnn, failsBob, "ann resolved sync orders succeeded again", "bob resolved sync orders succeeded again")
}

func TestWhatCameAndWentWhileMutedIsNotTold(t *testing.T) {
	s := newScene(t, failing)
	s.mute()
	s.ended("A", ledger.Failed)
	s.ended("B", ledger.Done)
	s.unmute()
	s.ends()
	s.want()
}

// What waits to be sent when the mute begins is held back, too; afterwards it is
// said if it is still so, without a reminder, however long the mute was.
func TestAMuteHoldsBackWhatWaits(t *testing.T) {
	s := newScene(t, failing)
	s.refuse("bob", fault.New(fault.Temporary, "no line"))
	s.ended("A", ledger.Failed)
	s.swept()
	s.want(failsAnn)
	if _, err := s.MuteAlerts(t.Context(), subject, s.clock().Add(72*time.Hour), ""); err != nil {
		t.Fatal(err)
	}
	tries := s.attempts()
	s.advance(71 * time.Hour)
	s.swept()
	if s.attempts() != tries || len(s.record().Outbox) != 1 {
		t.Fatalf("got %d tries and %+v while muted", s.attempts()-tries, s.record())
	}
	s.advance(time.Hour)
	s.swept() // bob is down still
	if rec := s.record(); len(rec.Outbox) != 1 || rec.Outbox[0].Tries != 2 {
		t.Fatalf("after three days: got %+v, want the message kept", rec.Outbox)
	}
	s.refuse("bob", nil)
	s.advance(time.Minute)
	s.swept()
	s.want(failsAnn, failsBob)
}

// A message that no receiver was sent, held back until it is over, isn't worth
// two.
func TestAMuteDropsWhatNobodyHeard(t *testing.T) {
	s := newScene(t, failing)
	s.ended("A", ledger.Failed) // nobody leads who sends it
	s.mute()
	s.ended("B", ledger.Done)
	s.unmute()
	s.ends()
	s.want()
}

// A rule that is removed while muted is taken back afterwards.
func TestARuleRemovedWhileMuted(t *testing.T) {
	s := newScene(t, failing)
	s.ended("A", ledger.Failed)
	s.swept()
	s.mute()
	s.project.Syncs["orders"].Alerts = []def.Alert{}
	s.swept()
	s.want(failsAnn, failsBob)
	s.unmute()
	s.ends()
	if got := s.messages(); len(got) != 4 || !strings.Contains(got[3], "resolved sync orders is no longer watched for failed") {
		t.Errorf("got %q", got)
	}
}

// A mute that is extended began when the first one did; one that ended is over.
func TestMutesOfALedger(t *testing.T) {
	s := newScene(t, failing)
	s.mute()
	s.advance(30 * time.Minute)
	s.mute()
	if m := s.record().Mute; !m.Since.Equal(noon) || !m.Until.Equal(noon.Add(90*time.Minute)) || m.Reason != "repairs" {
		t.Errorf("got %+v", m)
	}
	s.unmute()
	s.advance(time.Minute)
	s.unmute()
	if m := s.record().Mute; !m.Until.Equal(noon.Add(30*time.Minute)) || m.Holds(s.clock()) {
		t.Errorf("got %+v, want the end of the first time", m)
	}
}
