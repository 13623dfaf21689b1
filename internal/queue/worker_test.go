package queue

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/longshore/longshore/pkg/fault"
)

func TestVerdict(t *testing.T) {
	tests := []struct {
		name    string
		err     error
		retried int
		want    outcome
	}{
		{"no error", nil, 0, done},
		{"somebody did it already", fault.New(fault.Conflict, "x"), 0, done},
		{"may pass", fault.New(fault.Temporary, "x"), 0, again},
		{"throttled", fault.New(fault.Throttled, "x"), 3, again},
		{"nobody knows", fmt.Errorf("x"), 3, again},
		{"may pass, but tries are spent", fault.New(fault.Temporary, "x"), 14, dead},
		{"told to stop, however often", fmt.Errorf("part: %w", context.Canceled), 14, again},
		{"bad data", fault.New(fault.Invalid, "x"), 0, dead},
		{"no grant", fault.New(fault.Denied, "x"), 0, dead},
		{"not there", fault.New(fault.NotFound, "x"), 0, dead},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := verdict(tt.err, tt.retried, 14); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestRetryDelayGrowsAndIsBounded(t *testing.T) {
	for _, tt := range []struct {
		retried int
		kind    fault.Kind
		least   time.Duration
		most    time.Duration
	}{
		{0, fault.Canceled, 0, 0},
		{0, fault.Temporary, time.Second / 2, 3 * time.Second / 2},
		{3, fault.Temporary, 4 * time.Second, 12 * time.Second},
		{1, fault.Throttled, 4 * time.Second, 12 * time.Second},
		{100, fault.Unknown, 30 * time.Second, 90 * time.Second},
	} {
		for range 50 {
			if got := retryDelay(tt.retried, tt.kind); got < tt.least || got > tt.most {
				t.Errorf("retry %d of %s: got %s, want %s to %s", tt.retried, tt.kind, got, tt.least, tt.most)
			}
		}
	}
}
