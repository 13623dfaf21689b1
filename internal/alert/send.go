package alert

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

const (
	// maxPause is the longest pause between two tries, unless the channel asks for
	// a longer one.
	maxPause = 15 * time.Minute
	// giveUp is how long after it was recorded a message is no longer worth sending.
	giveUp = 24 * time.Hour
	// senders is how many subjects' messages are sent at a time.
	senders = 8
)

// send goes through the outboxes that are due.
func (w *Watcher) send(ctx context.Context) {
	var group errgroup.Group
	group.SetLimit(senders)
	for _, s := range w.takeDue() {
		group.Go(func() error {
			if err := w.deliver(ctx, s); err != nil && ctx.Err() == nil {
				w.cfg.Log.Warn("alerts not sent", zap.Stringer("subject", s), zap.Stringer("kind", fault.KindOf(err)), zap.Error(err))
				w.later(s, w.ledger.Now().Add(w.cfg.Retry))
			}
			return nil
		})
	}
	_ = group.Wait() // none returns an error
}

func (w *Watcher) takeDue() []ledger.Subject {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []ledger.Subject
	now := w.ledger.Now()
	for s, at := range w.due {
		if !at.After(now) {
			all = append(all, s)
			delete(w.due, s)
		}
	}
	return all
}

// deliver sends what is due of a subject's outbox, and takes out what was sent.
// Errors are the ledger's; those of channels are logged.
func (w *Watcher) deliver(ctx context.Context, s ledger.Subject) error {
	project, err := w.project(ctx)
	if err != nil || project == nil {
		return err
	}
	rec, err := w.ledger.Alerts(ctx, s)
	if err != nil {
		return err
	}
	var waiting []ledger.AlertDelivery
	for _, d := range rec.Outbox {
		if !rec.Mute.IsZero() {
			return nil // until its end is looked at: what is sent depends on that
		}
		if !d.Next.After(w.ledger.Now()) && !slices.ContainsFunc(waiting, func(e ledger.AlertDelivery) bool { return overtakes(d, e) }) {
			over := w.try(ctx, project, &d)
			if ctx.Err() != nil && !over {
				return ctx.Err()
			}
			if rec, err = w.settle(context.WithoutCancel(ctx), s, d, over); err != nil {
				return err
			}
			if over {
				continue
			}
		}
		waiting = append(waiting, d)
	}
	if len(rec.Outbox) > 0 {
		w.later(s, nextDue(rec.Outbox))
	}
	return nil
}

// overtakes reports whether d would arrive before e, which says what went before.
func overtakes(d, e ledger.AlertDelivery) bool {
	return d.Channel == e.Channel && d.Message.Dedup == e.Message.Dedup
}

// waitable are deliveries without those that wait for another one.
func waitable(outbox []ledger.AlertDelivery) []ledger.AlertDelivery {
	var all []ledger.AlertDelivery
	for _, d := range outbox {
		if !slices.ContainsFunc(all, func(e ledger.AlertDelivery) bool { return overtakes(d, e) }) {
			all = append(all, d)
		}
	}
	return all
}

// settle records the outcome of a try: over takes the delivery out.
func (w *Watcher) settle(ctx context.Context, s ledger.Subject, d ledger.AlertDelivery, over bool) (ledger.AlertRecord, error) {
	return w.ledger.UpdateAlerts(ctx, s, func(rec *ledger.AlertRecord) error {
		at := slices.IndexFunc(rec.Outbox, func(e ledger.AlertDelivery) bool {
			return e.Channel == d.Channel && e.Message.ID() == d.Message.ID()
		})
		switch {
		case at < 0: // a former leader was slow to stop
		case over:
			rec.Outbox = slices.Delete(rec.Outbox, at, at+1)
		default:
			rec.Outbox[at] = d
		}
		return nil
	})
}

// try sends a delivery to the receivers that don't have it yet, and reports
// whether it is over: sent, or no longer worth it. Else d says when to go on.
func (w *Watcher) try(ctx context.Context, project *def.Project, d *ledger.AlertDelivery) (over bool) {
	log := w.cfg.Log.With(zap.String("channel", d.Channel), zap.String("message", d.Message.ID()))
	known := project.Settings.Channels[d.Channel]
	if known == nil {
		log.Warn("alert dropped: its channel was removed")
		return true
	}
	err := w.sendAll(ctx, known, d)
	if err == nil {
		log.Info("alert sent", zap.Int("tries", d.Tries+1))
		return true
	}
	if ctx.Err() != nil {
		return false // a new leader tries again
	}
	log = log.With(zap.Int("tries", d.Tries+1), zap.Stringer("kind", fault.KindOf(err)), zap.Error(err))
	now := w.ledger.Now()
	if now.Sub(d.At) > giveUp {
		log.Error("alert dropped: it can't be sent")
		return true
	}
	d.Next = now.Add(w.backoff(d.Tries, err))
	d.Tries++
	log.Warn("alert not sent yet", zap.Time("next", d.Next))
	return false
}

// backoff is the pause after a failure. What a person has to mend is tried
// again, too: a channel that is wrong shouldn't cost a message.
func (w *Watcher) backoff(tries int, err error) time.Duration {
	if wait := RetryAfter(err); wait > 0 {
		return wait
	}
	if !fault.KindOf(err).Retryable() {
		return max(min(w.cfg.Retry<<(min(tries, 20)+4), maxPause), w.cfg.Retry)
	}
	return min(w.cfg.Retry<<min(tries, 20), maxPause)
}

func (w *Watcher) sendAll(ctx context.Context, known *def.Channel, d *ledger.AlertDelivery) error {
	channel, err := w.cfg.Open(known)
	if err != nil {
		return err
	}
	var first error
	for _, to := range channel.Receivers() {
		mark := receiverMark(to)
		if slices.Contains(d.Done, mark) {
			continue
		}
		err := channel.Send(ctx, to, d.Message)
		if err == nil {
			d.Done = append(d.Done, mark)
		} else if first == nil {
			first = err
		}
		if RetryAfter(err) > 0 {
			return err
		}
	}
	return first
}

// receiverMark tells a receiver from the others without showing it.
func receiverMark(to string) string {
	sum := sha256.Sum256([]byte(to))
	return hex.EncodeToString(sum[:6])
}
