package alert

import (
	"slices"
	"time"

	"github.com/longshore/longshore/internal/ledger"
)

// maxOutbox is how many messages of a subject wait at most. The oldest go first.
const maxOutbox = 100

// post puts a message into the outbox, once for each channel.
func post(rec *ledger.AlertRecord, to []string, m *Message, f Facts) {
	if m == nil {
		return
	}
	for _, channel := range to {
		if f.Unmuted && saidByHeld(rec, channel, m) {
			continue
		}
		rec.Outbox = append(rec.Outbox, ledger.AlertDelivery{Message: *m, Channel: channel, At: f.Now})
		rec.Last = m
	}
	rec.Outbox = rec.Outbox[max(0, len(rec.Outbox)-maxOutbox):]
}

// saidByHeld reports whether a channel needs no message when a mute ends,
// because of the one that the mute held back: that says that the trigger is
// true, so a reminder adds nothing; and of an incident that nobody was told of
// there is no end to tell, so both go. One that was tried may have arrived.
func saidByHeld(rec *ledger.AlertRecord, channel string, m *Message) bool {
	at := slices.IndexFunc(rec.Outbox, func(d ledger.AlertDelivery) bool {
		return d.Channel == channel && d.Message.Dedup == m.Dedup && !d.Message.Resolved
	})
	if at < 0 || !m.Resolved {
		return at >= 0
	}
	if d := rec.Outbox[at]; d.Tries > 0 || len(d.Done) > 0 {
		return false
	}
	rec.Outbox = slices.Delete(rec.Outbox, at, at+1)
	return true
}

// unmute ends a mute: what it held back is worth sending from now on.
func unmute(rec *ledger.AlertRecord, now time.Time) {
	rec.Mute = ledger.AlertMute{}
	for i := range rec.Outbox {
		rec.Outbox[i].At = now
	}
}

// nextDue is when the first of some deliveries is tried.
func nextDue(outbox []ledger.AlertDelivery) time.Time {
	outbox = waitable(outbox)
	at := outbox[0].Next
	for _, d := range outbox {
		if d.Next.Before(at) {
			at = d.Next
		}
	}
	return at
}
