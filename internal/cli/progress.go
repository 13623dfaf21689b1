package cli

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/longshore/longshore/internal/api"
)

// watcher returns a bar where somebody sees it, else lines.
func (a *app) watcher(id string) watcher {
	if _, ok := terminal(a.stderr); ok && a.Env("TERM") != "dumb" {
		return newBar(a)
	}
	return &lines{app: a, id: id}
}

// pace is how fast a run goes, from what is known since it was first seen.
type pace struct {
	first     time.Time
	firstRows int64
	rate      float64 // rows per second
}

func (p *pace) see(r api.RunDetail, now time.Time) {
	if p.first.IsZero() {
		p.first, p.firstRows = now, r.Progress.Rows
	}
	if passed := now.Sub(p.first).Seconds(); passed > 0 {
		p.rate = float64(r.Progress.Rows-p.firstRows) / passed
	}
}

// eta is how long the rest takes if parts go on as they did; empty while
// nothing can be said.
func eta(r api.RunDetail) string {
	if r.Progress.Done == 0 || r.Parts == r.Progress.Done || r.Seconds == 0 {
		return ""
	}
	left := r.Seconds * float64(r.Parts-r.Progress.Done) / float64(r.Progress.Done)
	return "about " + span(left) + " left"
}

// promptly is how soon a run begins that has nothing to wait for.
const promptly = 3 * time.Second

// status is where a run stands, in one line.
func status(r api.RunDetail, rate float64) string {
	if r.State == "queued" && time.Since(r.CreatedAt) < promptly {
		return "queued"
	}
	if r.State == "queued" {
		return "queued: another run of " + r.Kind + " " + r.Name + " is active, or nobody leads yet"
	}
	parts := []string{r.State}
	if r.Parts > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d parts", r.Progress.Done, r.Parts))
	}
	parts = append(parts, plural(int(r.Progress.Rows), "row"), size(r.Progress.Bytes))
	if rate >= 1 && !r.Ended() {
		parts = append(parts, count(int64(rate))+" rows/s")
	}
	if left := eta(r); left != "" && !r.Ended() {
		parts = append(parts, left)
	}
	if r.CancelRequested && !r.Ended() {
		parts = append(parts, "cancel requested")
	}
	return strings.Join(parts, ", ")
}

// lines tells progress in lines: a new state at once, numbers now and then.
type lines struct {
	*app
	id    string
	pace  pace
	state string
	told  time.Time
}

func (l *lines) tell(r api.RunDetail) {
	now := time.Now()
	l.pace.see(r, now)
	if r.State == l.state && now.Sub(l.told) < l.Tell || r.Ended() {
		return
	}
	l.state, l.told = r.State, now
	l.say("run %s: %s", r.ID, status(r, l.pace.rate))
}

func (l *lines) trouble() {
	if l.state != troubled {
		l.state = troubled
		l.say("run %s: %s", l.id, troubled)
	}
}

const troubled = "the API does not answer; still trying"

func (l *lines) close() {}

// bar tells progress in one line that is drawn again and again.
type bar struct {
	all  *mpb.Progress
	bar  *mpb.Bar
	pace pace

	mu   sync.Mutex
	text string // guarded by mu
}

func newBar(a *app) *bar {
	b := &bar{all: mpb.New(mpb.WithOutput(a.stderr), mpb.WithWidth(30), mpb.WithRefreshRate(200*time.Millisecond))}
	b.bar = b.all.AddBar(0, mpb.BarRemoveOnComplete(), mpb.AppendDecorators(decor.Any(func(decor.Statistics) string {
		b.mu.Lock()
		defer b.mu.Unlock()
		return " " + b.text
	})))
	return b
}

func (b *bar) say(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = text
}

func (b *bar) trouble() { b.say(troubled) }

func (b *bar) tell(r api.RunDetail) {
	b.pace.see(r, time.Now())
	b.say(status(r, b.pace.rate))
	b.bar.SetTotal(int64(max(r.Parts, 1)), false)
	b.bar.SetCurrent(int64(r.Progress.Done))
}

func (b *bar) close() {
	b.bar.Abort(true)
	b.all.Wait()
}
