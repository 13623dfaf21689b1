package ledger_test

import (
	"testing"

	"github.com/longshore/longshore/internal/ledger/ledgertest"
	"github.com/longshore/longshore/pkg/fault"
)

// Of two that found the same rows in a quarantine, one opens its batch.
func TestReplaysTakeTurns(t *testing.T) {
	l := ledgertest.New(t, nil)
	ctx := t.Context()
	turn := func(want int64, wantOpen string) {
		t.Helper()
		var batch string
		got, open, err := l.ReplayTurn(ctx, "events", &batch)
		if err != nil || got != want || open != (wantOpen != "") || batch != wantOpen {
			t.Errorf("got turn %d, open %v %q, %v; want %d, %q", got, open, batch, err, want, wantOpen)
		}
	}
	turn(0, "")
	if err := l.BeginReplay(ctx, "events", 0, "one"); err != nil {
		t.Fatal(err)
	}
	turn(1, "one")
	for _, late := range []int64{0, 1} {
		if err := l.BeginReplay(ctx, "events", late, "two"); !fault.Is(err, fault.Conflict) {
			t.Errorf("turn %d while one is open: got %v, want a conflict", late, err)
		}
	}
	for range 2 {
		if err := l.EndReplay(ctx, "events", 1); err != nil {
			t.Fatal(err)
		}
	}
	turn(1, "")
	if err := l.BeginReplay(ctx, "events", 0, "late"); !fault.Is(err, fault.Conflict) {
		t.Errorf("a turn that is over: got %v, want a conflict", err)
	}
	if err := l.BeginReplay(ctx, "events", 1, "two"); err != nil {
		t.Fatal(err)
	}
	if err := l.EndReplay(ctx, "events", 1); err != nil { // by a twin of who did the first
		t.Fatal(err)
	}
	turn(2, "two")
}

// The text of a batch is there from when it was saved until it is dropped.
func TestReplayTexts(t *testing.T) {
	l := ledgertest.New(t, nil)
	ctx := t.Context()
	for range 2 {
		if err := l.SaveReplayText(ctx, "events", "b1", []byte("rows")); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := l.ReplayText(ctx, "events", "b1"); err != nil || string(got) != "rows" {
		t.Errorf("got %q, %v", got, err)
	}
	for range 2 {
		if err := l.DropReplayText(ctx, "events", "b1"); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := l.ReplayText(ctx, "events", "b1"); !fault.Is(err, fault.NotFound) {
		t.Errorf("got %q, %v, want NotFound", got, err)
	}
}
