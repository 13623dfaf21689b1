package ledger_test

import (
	"testing"
	"time"

	"github.com/longshore/longshore/internal/ledger"
)

func TestPace(t *testing.T) {
	start := time.Date(2024, 5, 1, 22, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name   string
		play   func(p *ledger.Pace)
		active time.Duration
		rate   float64       // MiB per second
		left   time.Duration // of 600 MiB; zero is unknown
	}{
		{"not begun", func(*ledger.Pace) {}, 0, 0, 0},
		{"one look", func(p *ledger.Pace) { p.Move(start, 5*mib) }, 0, 0, 0},
		{"nothing done yet", func(p *ledger.Pace) { p.Move(start, 0); p.Move(start.Add(time.Second), 0) }, time.Second, 0, 0},
		{"steady", func(p *ledger.Pace) {
			for s := range 21 {
				p.Move(start.Add(time.Duration(s)*time.Second), int64(s)*2*mib)
			}
		}, 20 * time.Second, 2, 5 * time.Minute},
		{"what was long ago doesn't count", func(p *ledger.Pace) {
			bytes := int64(0)
			for s := range 2000 { // fast for 1000 seconds, slow for as many
				p.Move(start.Add(time.Duration(s)*time.Second), bytes)
				bytes += mib
				if s < 1000 {
					bytes += 99 * mib
				}
			}
		}, 1999 * time.Second, 1, 10 * time.Minute},
		{"a pause doesn't count", func(p *ledger.Pace) {
			p.Move(start, 0)
			p.Move(start.Add(30*time.Second), 30*mib)
			p.Stop(start.Add(30 * time.Second))
			p.Stop(start.Add(5 * time.Hour))
			p.Move(start.Add(8*time.Hour), 30*mib)
			p.Move(start.Add(8*time.Hour+30*time.Second), 60*mib)
		}, time.Minute, 1, 10 * time.Minute},
		{"nobody led for hours", func(p *ledger.Pace) {
			p.Move(start, 0)
			p.Move(start.Add(6*time.Hour), 60*mib)
		}, time.Minute, 1, 10 * time.Minute},
		{"a clock that is set back", func(p *ledger.Pace) {
			p.Move(start, 0)
			p.Move(start.Add(-time.Hour), 10*mib)
			p.Move(start.Add(-time.Hour+10*time.Second), 20*mib)
		}, 10 * time.Second, 2, 5 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p ledger.Pace
			c.play(&p)
			if p.Active != c.active || p.Rate() != c.rate*mib {
				t.Errorf("got %s active, %v bytes/s; want %s, %v", p.Active, p.Rate(), c.active, c.rate*mib)
			}
			left, ok := p.Left(600 * mib)
			if ok != (c.left > 0) || left != c.left {
				t.Errorf("600 MiB: got %s %v, want %s", left, ok, c.left)
			}
			if len(p.Samples) > 40 {
				t.Errorf("got %d samples: they grow", len(p.Samples))
			}
		})
	}
}
