package run_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// The end of a run is told before the next of its subject begins: again after an
// error that may pass, once after one that won't.
func TestTheEndOfARunIsToldInOrder(t *testing.T) {
	s := newScene(t, &verb{parts: 1})
	var mu sync.Mutex
	var told []ledger.RunID
	s.cfg.Ended = func(_ context.Context, r ledger.Run) error {
		mu.Lock()
		defer mu.Unlock()
		if !r.State.Final() {
			t.Errorf("told of run %s, which is %s", r.ID, r.State)
		}
		told = append(told, r.ID)
		switch len(told) {
		case 1:
			return fault.New(fault.Temporary, "not now")
		case 2:
			return fault.New(fault.Invalid, "never")
		default:
			return nil
		}
	}
	s.lead()
	s.work(time.Second)
	first, second := s.trigger(), s.trigger()
	s.ended(second.ID)
	mu.Lock()
	defer mu.Unlock()
	if len(told) < 2 || told[0] != first.ID || told[1] != first.ID || len(told) > 3 || len(told) == 3 && told[2] != second.ID {
		t.Errorf("got %v, want %s twice, then %s", told, first.ID, second.ID)
	}
}
