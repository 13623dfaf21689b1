package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/longshore/longshore/internal/api"
)

// share is how much of a backfill's bytes is done, in percent; where they are
// none, of its parts.
func share(b api.Backfill) string {
	switch {
	case b.State == "done":
		return "100 %"
	case !b.Found.Complete:
		return "-"
	case b.Found.Bytes > 0:
		return fmt.Sprintf("%d %%", b.Done.Bytes*100/b.Found.Bytes)
	case b.Done.TotalParts > 0:
		return fmt.Sprintf("%d %%", b.Done.Parts*100/b.Done.TotalParts)
	}
	return "0 %"
}

// leftText is how long the rest takes; empty where nothing is known.
func leftText(b api.Backfill) string {
	if b.SecondsLeft == nil || b.Ended() {
		return ""
	}
	return "about " + span(*b.SecondsLeft)
}

// backfillWords is where a backfill stands.
func backfillWords(b api.Backfill) []string {
	words := []string{b.State}
	if b.State == "planning" {
		words = append(words, foundText(b.Found))
	}
	if b.Done.TotalParts > 0 {
		words = append(words, share(b), count(b.Done.Files)+" of "+plural(int(b.Found.Files), "file"), size(b.Done.Bytes)+" of "+size(b.Found.Bytes),
			plural(int(b.Done.Rows+b.UnderWay.Rows), "row"))
	}
	if left := leftText(b); left != "" {
		words = append(words, size(int64(b.BytesPerSecond))+"/s", left+" left")
	}
	if b.Throttled != nil {
		words = append(words, "because "+b.Throttled.Why)
	}
	if b.CancelRequested && !b.Ended() {
		words = append(words, "cancel requested")
	}
	return words
}

func printBackfill(w io.Writer, b api.Backfill) {
	var why, failure, lost, between, found, done, parts string
	if b.Found != (api.BackfillFound{}) {
		found = foundText(b.Found)
	}
	if b.Done.TotalParts > 0 {
		done = strings.Join([]string{share(b), plural(int(b.Done.Files), "file"), size(b.Done.Bytes), plural(int(b.Done.Rows), "row")}, ", ")
		parts = count(int64(b.Done.Parts)) + " of " + count(int64(b.Done.TotalParts)) + " done"
	}
	if b.Throttled != nil {
		why = b.Throttled.Why + ", since " + moment(&b.Throttled.Since)
	}
	if b.Failure != nil {
		failure = b.Failure.Message
	}
	if b.UnderWay.Stale {
		lost = "Redis does not answer: what runs at the moment is not known"
	}
	if b.From != nil || b.To != nil {
		between = dash(moment(b.From)) + " to " + dash(moment(b.To))
	}
	state := b.State
	if b.CancelRequested {
		state += ", cancel requested"
	}
	limits := fmt.Sprintf("%d parts, %d merges", b.Limits.MaxParts, b.Limits.MaxMerges)
	if b.Limits.MaxBytesPerSecond > 0 {
		limits += ", " + size(b.Limits.MaxBytesPerSecond) + "/s"
	}
	rate := ""
	if b.BytesPerSecond >= 1 {
		rate = size(int64(b.BytesPerSecond)) + "/s"
	}
	pairs(w, "backfill", b.Name, "of", "datasource "+b.Datasource, "files", b.URI, "modified", between, "state", state, "failure", failure,
		"throttled", why, "paused since", moment(b.PausedAt), "limits", limits, "run", b.Run,
		"created", moment(&b.CreatedAt), "started", moment(b.StartedAt), "finished", moment(b.FinishedAt), "ran for", span(b.ActiveSeconds),
		"found", found, "in already", several(b.Found.Known, "file"), "claimed by others", several(b.Found.Held, "file"), "done", done,
		"quarantined", several(b.Done.Quarantined, "row"), "failed", several(b.Done.FailedFiles, "file"), "left to others", several(b.Done.SkippedFiles, "file"),
		"parts", parts,
		"under way", underWay(b), "rate", rate, "left", leftText(b), "verified", verifiedText(b), "note", lost)
}

func underWay(b api.Backfill) string {
	if b.UnderWay.Parts == 0 {
		return ""
	}
	return plural(b.UnderWay.Parts, "part") + ", " + plural(int(b.UnderWay.Rows), "row")
}

// verifiedText is how the file ledger compares with what was planned.
func verifiedText(b api.Backfill) string {
	v := b.Verified
	switch {
	case v == nil:
		return ""
	case !v.OK:
		return "NO: " + v.Note
	}
	text := fmt.Sprintf("the file ledger has all %s with %s", plural(int(v.Totals.Files), "file"), plural(int(v.Totals.Rows), "row"))
	if v.Proved > 0 {
		text += fmt.Sprintf(", the table has those of %s", plural(int(v.Proved), "file"))
	}
	return text + afterComma(v.Note)
}

// waitBackfill follows a backfill to its end, prints what came of it, and returns
// the end as an exit code.
func (a *app) waitBackfill(ctx context.Context, c *client, name string) error {
	b, err := a.followBackfill(ctx, c, name)
	if ctx.Err() != nil {
		a.say("backfill %s goes on; follow it with  longshore backfill status %s --wait  or stop it with  longshore backfill cancel %s", name, name, name)
		return silent(Interrupted)
	}
	if err != nil {
		return err
	}
	if err := a.show(b, func(w io.Writer) { fmt.Fprintln(w, a.backfillSummary(b)) }); err != nil {
		return err
	}
	switch {
	case b.State == "canceled":
		return silent(Canceled)
	case b.State == "failed" && b.Failure != nil:
		return fail(RunFailed, "backfill %s failed: %s", b.Name, b.Failure.Message)
	case b.Verified != nil && !b.Verified.OK:
		return fail(RunFailed, "backfill %s does not verify: %s", b.Name, b.Verified.Note)
	case b.State == "failed":
		return silent(RunFailed)
	}
	return nil
}

// followBackfill looks at a backfill until it ends.
func (a *app) followBackfill(ctx context.Context, c *client, name string) (api.Backfill, error) {
	w := a.backfillWatcher(name)
	defer w.close()
	ticker := time.NewTicker(a.Poll)
	defer ticker.Stop()
	var answered time.Time // zero before the first answer
	for {
		var b api.Backfill
		err := c.get(ctx, "/backfills/"+escape(name), &b)
		switch {
		case err == nil:
			answered = time.Now()
			w.tell(b)
		case codeOf(err) != Unreachable || time.Since(answered) > patience:
			return b, err
		default:
			w.trouble()
		}
		if b.Ended() {
			return b, nil
		}
		select {
		case <-ctx.Done():
			return b, ctx.Err()
		case <-ticker.C:
		}
	}
}

// backfillSummary is the last line about a backfill.
func (a *app) backfillSummary(b api.Backfill) string {
	text := fmt.Sprintf("%s: %s, %s, %s, %s", a.colored(b.State), plural(int(b.Done.Rows), "row"), size(b.Done.Bytes),
		plural(int(b.Done.Files), "file"), span(b.ActiveSeconds))
	for _, more := range []struct {
		n           int64
		thing, what string
	}{{b.Done.Quarantined, "row", "in quarantine"}, {b.Done.FailedFiles, "file", "failed"}, {b.Done.SkippedFiles, "file", "left to others"}} {
		if more.n > 0 {
			text += ", " + plural(int(more.n), more.thing) + " " + more.what
		}
	}
	if b.Verified != nil && b.Verified.OK {
		text += ", verified"
	}
	return text
}

// backfillWatcher is told how a backfill comes along.
type backfillWatcher interface {
	tell(b api.Backfill)
	trouble()
	close()
}

// backfillWatcher returns a bar where somebody sees it, else lines.
func (a *app) backfillWatcher(name string) backfillWatcher {
	if _, ok := terminal(a.stderr); ok && a.Env("TERM") != "dumb" {
		return backfillBar{newBar(a)}
	}
	return &backfillLines{app: a, name: name}
}

type backfillBar struct{ *bar }

func (b backfillBar) tell(f api.Backfill) {
	b.say(strings.Join(backfillWords(f), ", "))
	b.bar.bar.SetTotal(max(f.Found.Bytes, 1), false)
	b.bar.bar.SetCurrent(f.Done.Bytes)
}

// backfillLines tells progress in lines: a new state at once, numbers now and then.
type backfillLines struct {
	*app
	name, state string
	told        time.Time
}

func (l *backfillLines) tell(b api.Backfill) {
	now := time.Now()
	if b.State == l.state && now.Sub(l.told) < l.Tell || b.Ended() {
		return
	}
	l.state, l.told = b.State, now
	l.say("backfill %s: %s", b.Name, strings.Join(backfillWords(b), ", "))
}

func (l *backfillLines) trouble() {
	if l.state != troubled {
		l.state = troubled
		l.say("backfill %s: %s", l.name, troubled)
	}
}

func (l *backfillLines) close() {}
