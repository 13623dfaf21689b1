package ledger

import "time"

// Pace is how fast bytes came in lately, by a clock that stands still while the
// backfill is paused. It is pure: who moves it says what time it is.
type Pace struct {
	// Active is how long the backfill ran, pauses excluded, until At.
	Active time.Duration `json:"active"`
	// At is when it was moved last; zero while the clock stands still.
	At time.Time `json:"at,omitzero"`
	// Samples is how far it was at some moments of late, oldest first.
	Samples []PaceSample `json:"samples,omitempty"`
}

// PaceSample is how far a backfill was at a moment.
type PaceSample struct {
	Active time.Duration `json:"active"`
	Bytes  int64         `json:"bytes"`
}

const (
	// paceWindow is how far back the rate looks: long enough for several parts,
	// short enough to follow the hour of the day.
	paceWindow = 5 * time.Minute
	// paceEvery is the least time between samples that are kept.
	paceEvery = 10 * time.Second
	// paceGap is the longest time between two moves that counts: over a longer one
	// nobody led.
	paceGap = time.Minute
)

// Move notes how many bytes are done now. The clock runs from the first move on.
func (p *Pace) Move(now time.Time, bytes int64) {
	if !p.At.IsZero() {
		p.Active += min(max(now.Sub(p.At), 0), paceGap)
	}
	p.At = now
	n := len(p.Samples)
	if n >= 2 && p.Samples[n-1].Active-p.Samples[n-2].Active < paceEvery {
		n-- // the newest one is replaced until it is old enough
	}
	p.Samples = append(p.Samples[:n], PaceSample{p.Active, bytes})
	for len(p.Samples) > 2 && p.Active-p.Samples[1].Active >= paceWindow {
		p.Samples = p.Samples[1:]
	}
}

// Stop has the clock stand still until the next move.
func (p *Pace) Stop(now time.Time) {
	if !p.At.IsZero() {
		p.Active += min(max(now.Sub(p.At), 0), paceGap)
	}
	p.At = time.Time{}
}

// Rate returns the bytes per second of late, and zero where nothing can be said.
func (p Pace) Rate() float64 {
	if len(p.Samples) < 2 {
		return 0
	}
	first, last := p.Samples[0], p.Samples[len(p.Samples)-1]
	if last.Active <= first.Active || last.Bytes <= first.Bytes {
		return 0
	}
	return float64(last.Bytes-first.Bytes) / (last.Active - first.Active).Seconds()
}

// Left returns how long so many bytes take at the present rate, and false where
// nothing can be said.
func (p Pace) Left(bytes int64) (time.Duration, bool) {
	rate := p.Rate()
	if rate == 0 {
		return 0, false
	}
	return time.Duration(float64(max(bytes, 0)) / rate * float64(time.Second)), true
}
