package ledger_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
)

// Who decided by packs that have changed meanwhile is asked again.
func TestPacksAreDecidedOneAfterAnother(t *testing.T) {
	l, ctx := ledgertest.New(t, nil), t.Context()
	add := func(id string, seen func(open []ledger.Pack)) error {
		return l.ChangePacks(ctx, "events", func(open []ledger.Pack) ([]ledger.Pack, bool, error) {
			seen(open)
			return append(open, ledger.Pack{ID: id}), true, nil
		})
	}
	calls := 0
	err := add("slow", func(open []ledger.Pack) {
		if calls++; calls == 1 {
			if err := add("quick", func([]ledger.Pack) {}); err != nil {
				t.Fatal(err)
			}
		}
	})
	if err != nil || calls != 2 {
		t.Errorf("got %d calls, %v; want 2", calls, err)
	}
	no := errors.New("no")
	for _, want := range []error{nil, no} {
		err := l.ChangePacks(ctx, "events", func([]ledger.Pack) ([]ledger.Pack, bool, error) { return nil, false, want })
		if !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	open, err := l.Packs(ctx, "events")
	if got := fmt.Sprintf("%d %s %s", len(open), open[0].ID, open[1].ID); err != nil || got != "2 quick slow" {
		t.Errorf("got %s, %v", got, err)
	}
	if open, err := l.Packs(ctx, "others"); err != nil || len(open) != 0 {
		t.Errorf("got %v, %v", open, err)
	}
}
