package textvalue

import (
	"regexp"
	"testing"
	"time"
)

var wallClock = regexp.MustCompile(`^(?s:\d{4}-\d\d-\d\d[ tT]\d\d:\d\d:\d\d)$`)

// TestMomentsOfAnyByte puts each byte in each place of a moment: it is one exactly
// where digits are digits, separators separators, and the calendar has it.
func TestMomentsOfAnyByte(t *testing.T) {
	const whole = "2024-02-19T12:34:56"
	good := 0
	for i := range whole {
		for c := range 256 {
			text := []byte(whole)
			text[i] = byte(c)
			var want time.Time
			ok := wallClock.Match(text)
			if ok {
				var err error
				want, err = time.Parse(time.DateTime, string(text[:10])+" "+string(text[11:]))
				ok = err == nil
			}
			got, gotOK := readMoment(text)
			if gotOK != ok {
				t.Errorf("%q: got %t, want %t", text, gotOK, ok)
			}
			if ok {
				good++
				if got.seconds != want.Unix() || got.nanos != 0 {
					t.Errorf("%q: got %d s, %d ns, want %d s", text, got.seconds, got.nanos, want.Unix())
				}
			}
		}
	}
	if good < 80 {
		t.Errorf("got %d moments, want more: nothing was tested", good)
	}
}
