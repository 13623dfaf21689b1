package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/longshore/longshore/internal/api"
)

// patience is how long a run is waited for while the API doesn't answer: a
// producer that is replaced is back sooner.
const patience = 2 * time.Minute

// watcher is told how a run comes along.
type watcher interface {
	tell(r api.RunDetail)
	// trouble says that the API doesn't answer for the moment.
	trouble()
	// close leaves the terminal as it was.
	close()
}

// wait follows a run to its end, prints what came of it, and returns the end as
// an exit code.
func (a *app) wait(ctx context.Context, c *client, id string) error {
	r, err := a.follow(ctx, c, id)
	if ctx.Err() != nil {
		a.say("run %s goes on; follow it with  longshore run show %s --wait  or stop it with  longshore run cancel %s", id, id, id)
		return silent(Interrupted)
	}
	if err != nil {
		return err
	}
	err = a.show(r, func(w io.Writer) {
		fmt.Fprintln(w, a.summary(r))
		if r.Verification != nil {
			printVerification(w, r.Verification)
		}
	})
	if err != nil {
		return err
	}
	if r.Note != "" {
		a.say("warning: %s", printable(r.Note))
	}
	switch {
	case r.State == "canceled":
		return silent(Canceled)
	case r.State == "failed" && r.Failure != nil:
		return fail(RunFailed, "run %s failed: %s", r.ID, r.Failure.Message)
	case r.State == "failed", r.Verification != nil && !r.Verification.Clean:
		return silent(RunFailed)
	}
	return nil
}

// follow looks at a run until it ends.
func (a *app) follow(ctx context.Context, c *client, id string) (api.RunDetail, error) {
	var r api.RunDetail
	w := a.watcher(id)
	defer w.close()
	ticker := time.NewTicker(a.Poll)
	defer ticker.Stop()
	var answered time.Time // zero before the first answer
	for {
		r = api.RunDetail{}
		err := c.get(ctx, "/runs/"+escape(id), &r)
		switch {
		case err == nil:
			answered = time.Now()
			w.tell(r)
		case codeOf(err) != Unreachable || time.Since(answered) > patience:
			return r, err
		default:
			w.trouble()
		}
		if r.Ended() {
			return r, nil
		}
		select {
		case <-ctx.Done():
			return r, ctx.Err()
		case <-ticker.C:
		}
	}
}

// summary is the last line about a run.
func (a *app) summary(r api.RunDetail) string {
	text := fmt.Sprintf("%s: %s, %s, %s", a.colored(r.State), plural(int(r.Progress.Rows), "row"), size(r.Progress.Bytes), span(r.Seconds))
	switch {
	case r.Trigger.Verify != nil:
		return text + afterComma(r.Trigger.Purpose)
	case r.Trigger.Replay != nil:
		return text + ", brought in from the quarantine; " + count(r.Totals.Quarantined) + " left there"
	case r.Kind == "sync":
		text += fmt.Sprintf(", %s written", plural(len(r.Objects), "object"))
	default:
		text += fmt.Sprintf(", %s read", plural(int(r.Totals.Files), "file"))
	}
	if r.Totals.Quarantined > 0 {
		text += ", " + plural(int(r.Totals.Quarantined), "row") + " in quarantine"
	}
	if r.Totals.FailedFiles > 0 {
		text += ", " + plural(int(r.Totals.FailedFiles), "file") + " failed"
	}
	return text + afterComma(r.Trigger.Purpose)
}

func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return count(int64(n)) + " " + thing + "s"
}
