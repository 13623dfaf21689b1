package alert_test

import (
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/alert"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
)

var noon = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

// run is one that took some minutes.
func run(state ledger.State, minutes int, totals ledger.Totals) *ledger.Run {
	r := &ledger.Run{ID: "RUN", State: state, Totals: totals, StartedAt: noon.Add(-time.Duration(minutes) * time.Minute)}
	if state.Final() {
		r.FinishedAt = noon
	}
	if state == ledger.Failed {
		r.Failure = &ledger.Failure{Message: "no such table"}
	}
	return r
}

// replay is a run that takes no new files.
func replay(totals ledger.Totals) *ledger.Run {
	r := run(ledger.Done, 1, totals)
	r.Trigger.Replay = &ledger.Replay{}
	return r
}

func rows(n int64) ledger.Totals        { return ledger.Totals{Rows: n} }
func rejects(n int64) ledger.Totals     { return ledger.Totals{Quarantined: n} }
func hours(n float64) time.Duration     { return time.Duration(n * float64(time.Hour)) }
func after(n int64) ledger.AlertSuccess { return ledger.AlertSuccess{Run: "BEFORE", Rows: n} }

// Each trigger, on facts that make it true, no longer true, or say nothing.
func TestTriggers(t *testing.T) {
	failed := def.Alert{When: def.RunFailed}
	long := def.Alert{When: def.LongRun, Duration: 45 * time.Minute}
	drop := def.Alert{When: def.RowDrop, Percent: 20}
	rejected := def.Alert{When: def.RejectedRows, Rows: 100}
	fresh := def.Alert{When: def.Freshness, Duration: 24 * time.Hour}
	const fires, ends, silent = "fires", "ends", "silent"
	tests := []struct {
		name  string
		rule  def.Alert
		facts alert.Facts
		does  string // from fine to fires, from told to ends, else silent
		text  string
	}{
		{"failed", failed, alert.Facts{Run: run(ledger.Failed, 1, rows(0))}, fires, "sync orders failed: no such table"},
		{"succeeded", failed, alert.Facts{Run: run(ledger.Done, 1, rows(0))}, ends, "sync orders succeeded again"},
		{"canceled", failed, alert.Facts{Run: run(ledger.Canceled, 1, rows(0))}, silent, ""},
		{"under way", failed, alert.Facts{Run: run(ledger.Running, 1, rows(0))}, silent, ""},
		{"the clock alone", failed, alert.Facts{}, silent, ""},

		{"long", long, alert.Facts{Run: run(ledger.Done, 46, rows(0))}, fires, "sync orders took 46m, more than 45m"},
		{"exactly as long", long, alert.Facts{Run: run(ledger.Done, 45, rows(0))}, ends, "sync orders took 45m, within 45m again"},
		{"long so far", long, alert.Facts{Run: run(ledger.Running, 60, rows(0))}, fires, "sync orders has been running for 1h, more than 45m"},
		{"short so far", long, alert.Facts{Run: run(ledger.Running, 5, rows(0))}, silent, ""},
		{"failed late", long, alert.Facts{Run: run(ledger.Failed, 90, rows(0))}, fires, "sync orders took 1h30m, more than 45m"},
		{"failed early", long, alert.Facts{Run: run(ledger.Failed, 5, rows(0))}, silent, ""},
		{"not begun", long, alert.Facts{Run: &ledger.Run{State: ledger.Queued}}, silent, ""},

		{"drop", drop, alert.Facts{Run: run(ledger.Done, 1, rows(79)), Before: after(100)}, fires, "sync orders had 79 rows, 21% fewer than the 100 of the run before"},
		{"to nothing", drop, alert.Facts{Run: run(ledger.Done, 1, rows(0)), Before: after(7)}, fires, "sync orders had 0 rows, 100% fewer than the 7 of the run before"},
		{"drop at the limit", drop, alert.Facts{Run: run(ledger.Done, 1, rows(80)), Before: after(100)}, ends, "sync orders had 80 rows, after 100 in the run before"},
		{"growth", drop, alert.Facts{Run: run(ledger.Done, 1, rows(300)), Before: after(100)}, ends, "sync orders had 300 rows, after 100 in the run before"},
		{"first run", drop, alert.Facts{Run: run(ledger.Done, 1, rows(0))}, ends, "sync orders had 0 rows, after 0 in the run before"},
		{"failed run", drop, alert.Facts{Run: run(ledger.Failed, 1, rows(0)), Before: after(100)}, silent, ""},

		{"rejected", rejected, alert.Facts{Run: run(ledger.Done, 1, rejects(101))}, fires, "sync orders rejected 101 rows, more than 100"},
		{"rejected and failed", rejected, alert.Facts{Run: run(ledger.Failed, 1, rejects(101))}, fires, "sync orders rejected 101 rows, more than 100"},
		{"few rejected", rejected, alert.Facts{Run: run(ledger.Done, 1, rejects(100))}, ends, "sync orders rejected 100 rows, no more than 100 again"},
		{"few rejected before it failed", rejected, alert.Facts{Run: run(ledger.Failed, 1, rejects(3))}, silent, ""},

		{"replay", drop, alert.Facts{Run: replay(rows(1)), Before: after(100)}, silent, ""},
		{"replay that leaves rows", rejected, alert.Facts{Run: replay(rejects(101))}, silent, ""},
		{"replay that succeeded", failed, alert.Facts{Run: replay(rows(0))}, ends, "sync orders succeeded again"},

		{"stale", fresh, alert.Facts{Fresh: noon.Add(-hours(25))}, fires, "sync orders has had no successful run for 25h, more than 24h"},
		{"stale, and failed again", fresh, alert.Facts{Fresh: noon.Add(-hours(24.5)), Run: run(ledger.Failed, 1, rows(0))}, fires, "sync orders has had no successful run for 24h30m, more than 24h"},
		{"fresh", fresh, alert.Facts{Fresh: noon.Add(-hours(24))}, ends, "sync orders succeeded again"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.facts.Now, tt.facts.Event, tt.facts.Subject = noon, "NEW", ledger.Subject{Kind: ledger.Export, Name: "orders"}
			told := alert.State{Bad: true, Told: true, Event: "OLD", To: []string{"old"}}
			tt.rule.To = []string{"ops"}
			for _, from := range []alert.State{{}, told} {
				next, m := alert.Decide(alert.Rule{Alert: tt.rule}, from, tt.facts)
				news := tt.does == fires && !from.Told || tt.does == ends && from.Told
				if (m != nil) != news {
					t.Fatalf("from %+v: got %+v, want news: %t", from, m, news)
				}
				if next.Bad != next.Told || next.Bad != (tt.does == fires || tt.does == silent && from.Bad) {
					t.Errorf("from %+v: got %+v", from, next)
				}
				if m == nil {
					continue
				}
				if m.Text != tt.text || m.Resolved != from.Told {
					t.Errorf("got %+v, want %q", m, tt.text)
				}
				if event := map[bool]string{false: "/NEW", true: "/OLD"}[from.Told]; !strings.HasSuffix(m.Dedup, event) {
					t.Errorf("got dedup %q, want the incident %s", m.Dedup, event)
				}
				if to := map[bool]string{false: "ops", true: "old"}[from.Told]; next.To[0] != to {
					t.Errorf("got %v told, want %s", next.To, to)
				}
			}
		})
	}
}

// step is facts, and whether there is news.
type step struct {
	name  string
	state ledger.State // of a run that ended; empty is the clock
	muted bool
	want  string // status of the message
}

// One message for each change, one for the recovery, none in between or while
// muted; what is still news afterwards, or still bad, is said afterwards, once.
func TestOneMessagePerChange(t *testing.T) {
	tests := []struct {
		name  string
		steps []step
	}{
		{"fails for a while", []step{
			{"fine", ledger.Done, false, ""}, {"fails", ledger.Failed, false, "firing"}, {"again", ledger.Failed, false, ""},
			{"clock", "", false, ""}, {"recovers", ledger.Done, false, "resolved"}, {"fine", ledger.Done, false, ""},
			{"fails anew", ledger.Failed, false, "firing"},
		}},
		{"muted and still bad", []step{
			{"fails", ledger.Failed, true, ""}, {"again", ledger.Failed, true, ""}, {"clock", "", true, ""}, {"unmuted", "", false, "firing"},
			{"clock", "", false, ""}, {"recovers", ledger.Done, false, "resolved"},
		}},
		{"muted and over", []step{
			{"fails", ledger.Failed, true, ""}, {"recovers", ledger.Done, true, ""}, {"unmuted", "", false, ""},
		}},
		{"recovers while muted", []step{
			{"fails", ledger.Failed, false, "firing"}, {"recovers", ledger.Done, true, ""}, {"unmuted", "", false, "resolved"},
		}},
		{"fails on while muted", []step{
			{"fails", ledger.Failed, false, "firing"}, {"recovers", ledger.Done, true, ""}, {"fails", ledger.Failed, true, ""}, {"unmuted", "", false, "reminder"},
			{"clock", "", false, ""}, {"recovers", ledger.Done, false, "resolved"},
		}},
		{"told, muted, and still bad", []step{
			{"fails", ledger.Failed, false, "firing"}, {"clock", "", true, ""}, {"again", ledger.Failed, true, ""}, {"unmuted", "", false, "reminder"},
			{"again", ledger.Failed, false, ""}, {"clock", "", true, ""}, {"unmuted anew", "", false, "reminder"}, {"recovers", ledger.Done, false, "resolved"},
		}},
		{"fails as the mute ends", []step{
			{"fails", ledger.Failed, false, "firing"}, {"clock", "", true, ""}, {"unmuted", ledger.Failed, false, "reminder"}, {"clock", "", false, ""},
		}},
		{"recovers as the mute ends", []step{
			{"fails", ledger.Failed, false, "firing"}, {"clock", "", true, ""}, {"unmuted", ledger.Done, false, "resolved"}, {"clock", "", false, ""},
		}},
		{"fine all along", []step{
			{"fine", ledger.Done, false, ""}, {"clock", "", true, ""}, {"unmuted", "", false, ""},
		}},
		{"fails, recovers and fails while muted", []step{
			{"fails", ledger.Failed, true, ""}, {"recovers", ledger.Done, true, ""}, {"fails", ledger.Failed, true, ""}, {"unmuted", "", false, "firing"},
			{"recovers", ledger.Done, false, "resolved"},
		}},
		{"told, and its end is told before it fails anew while muted", []step{
			{"fails", ledger.Failed, false, "firing"}, {"recovers", ledger.Done, false, "resolved"}, {"fails", ledger.Failed, true, ""},
			{"recovers", ledger.Done, true, ""}, {"unmuted", "", false, ""},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var state alert.State
			open := ""
			for i, s := range tt.steps {
				f := alert.Facts{Now: noon, Event: string(rune('A' + i)), Subject: ledger.Subject{Kind: ledger.Export, Name: "orders"}}
				if s.state != "" {
					f.Run = run(s.state, 1, rows(1))
				}
				f.Muted, f.Unmuted = s.muted, i > 0 && tt.steps[i-1].muted && !s.muted
				var m *alert.Message
				state, m = alert.Decide(alert.Rule{Alert: def.Alert{When: def.RunFailed, To: []string{"ops"}}}, state, f)
				got := ""
				if m != nil {
					got = alert.Status(*m)
				}
				if m != nil && m.Repeat != "" {
					got = "reminder"
				}
				if got != s.want {
					t.Fatalf("step %d, %s: got %q, want %q", i, s.name, got, s.want)
				}
				switch {
				case got == "firing" && m.Dedup == open:
					t.Errorf("step %d: the incident %s began twice", i, open)
				case got == "firing":
					open = m.Dedup
				case got == "reminder" && (m.Dedup != open || m.ID() == open+"/firing" || m.Text != "still: sync orders failed: no such table"):
					t.Errorf("step %d: got %+v, want a reminder of %s", i, m, open)
				case got == "resolved" && m.Dedup != open:
					t.Errorf("step %d: got the end of %s, want that of %s", i, m.Dedup, open)
				}
			}
		})
	}
}
