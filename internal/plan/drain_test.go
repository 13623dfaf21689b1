package plan_test

import (
	"testing"
	"time"

	"github.com/longshore/longshore/internal/plan"
)

func TestDrain(t *testing.T) {
	pace := plan.Pace{Files: 10, Bytes: 1000, Took: 20 * time.Second} // 2 s a file, 20 ms a byte
	tests := []struct {
		name         string
		files, bytes int64
		pace         plan.Pace
		perRun       int
		every        time.Duration
		want         time.Duration
		known        bool
	}{
		{"nothing waits", 0, 0, pace, 5, time.Minute, 0, true},
		{"a run a minute", 12, 1200, pace, 5, time.Minute, 3 * time.Minute, true},
		{"the last run is not full", 11, 1100, pace, 5, time.Minute, 3 * time.Minute, true},
		{"runs that take longer than a minute", 80, 8000, pace, 40, time.Minute, 2 * 2 * time.Minute, true},
		{"large files take longer than their number", 10, 100_000, pace, 5, time.Minute, 2 * 17 * time.Minute, true},
		{"small files take as long as their number", 10, 10, pace, 10, 0, 20 * time.Second, true},
		{"runs in a row", 30, 3000, pace, 10, 0, time.Minute, true},
		{"no run yet: one fits into a minute", 12, 1200, plan.Pace{}, 5, time.Minute, 3 * time.Minute, true},
		{"no run yet, and no clock", 12, 1200, plan.Pace{}, 5, 0, 0, false},
		{"empty files only", 10, 0, plan.Pace{Files: 10, Took: 10 * time.Second}, 10, 0, 10 * time.Second, true},
		{"nobody takes them", 10, 100, pace, 0, time.Minute, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, known := plan.Drain(tt.files, tt.bytes, tt.pace, tt.perRun, tt.every)
			if got != tt.want || known != tt.known {
				t.Errorf("got %s %v, want %s %v", got, known, tt.want, tt.known)
			}
		})
	}
}
