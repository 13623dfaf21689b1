package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
)

// A queued run that was to look at some keys does for a later trigger only when
// it looks at what that one asks for.
func TestAQueuedRunLooksAtMoreKeys(t *testing.T) {
	l := ledgertest.New(t, nil)
	files := ledger.Subject{Kind: ledger.Ingest, Name: "files"}
	ctx := t.Context()
	create := func(by ledger.Trigger) (ledger.Run, bool) {
		t.Helper()
		r, err := l.Create(ctx, files, "p", by, "")
		if err != nil && !errors.Is(err, ledger.ErrAlreadyQueued) {
			t.Fatal(err)
		}
		return r, err != nil
	}
	active, _ := create(ledger.Trigger{By: "event", Keys: []string{"a"}})
	queued, _ := create(ledger.Trigger{By: "event", Keys: []string{"b"}})
	if active.ID == queued.ID {
		t.Fatal("the run that may have looked already does for a new key")
	}
	for _, tt := range []struct {
		name string
		keys []string
		want []string
	}{
		{"the same", []string{"b"}, []string{"b"}},
		{"another", []string{"c", "a"}, []string{"a", "b", "c"}},
		{"all", nil, nil},
		{"some of all", []string{"d"}, nil},
	} {
		r, again := create(ledger.Trigger{By: "event", Keys: tt.keys})
		stored, err := l.Run(ctx, queued.ID)
		if err != nil || !again || r.ID != queued.ID || !slices.Equal(r.Trigger.Keys, tt.want) || !slices.Equal(stored.Trigger.Keys, tt.want) {
			t.Errorf("%s: got %s %v, stored %v, %v; want %s %v", tt.name, r.ID, r.Trigger.Keys, stored.Trigger.Keys, err, queued.ID, tt.want)
		}
	}
}

// Too many keys are all.
func TestARunOfTooManyKeysLooksAtAll(t *testing.T) {
	l := ledgertest.New(t, nil)
	files := ledger.Subject{Kind: ledger.Ingest, Name: "files"}
	many := make([]string, 600)
	for half := range 3 {
		for i := range many {
			many[i] = fmt.Sprint(half, " ", i)
		}
		r, err := l.Create(t.Context(), files, "p", ledger.Trigger{By: "event", Keys: many}, "")
		if want := []int{600, 600, 0}[half]; len(r.Trigger.Keys) != want || (err != nil) != (half == 2) {
			t.Errorf("%d: got %d keys, %v; want %d", half, len(r.Trigger.Keys), err, want)
		}
	}
}

// A queued run that begins while it is to be widened is left as it is, and the
// keys have a run of their own.
func TestARunThatHasBegunIsNotWidened(t *testing.T) {
	l := ledgertest.New(t, nil)
	files := ledger.Subject{Kind: ledger.Ingest, Name: "files"}
	ctx := t.Context()
	first, err := l.Create(ctx, files, "p", ledger.Trigger{By: "event", Keys: []string{"a"}}, "")
	if err != nil {
		t.Fatal(err)
	}
	second, err := l.Create(ctx, files, "p", ledger.Trigger{By: "event", Keys: []string{"b"}}, "")
	if err != nil {
		t.Fatal(err)
	}
	begin := func(ctx context.Context) {
		if _, err := l.UpdateRun(ctx, second.ID, func(r *ledger.Run) error { r.State = ledger.Planning; return nil }); err != nil {
			t.Error(err)
		}
		if _, err := l.UpdateRun(ctx, first.ID, func(r *ledger.Run) error { r.State = ledger.Done; return nil }); err != nil {
			t.Error(err)
		}
		if err := l.Close(ctx, first); err != nil {
			t.Error(err)
		}
	}
	begin(ctx)
	third, err := l.Create(ctx, files, "p", ledger.Trigger{By: "manual"}, "key")
	if err != nil || third.ID == second.ID || len(third.Trigger.Keys) != 0 {
		t.Errorf("got %+v, %v; want a run of its own", third, err)
	}
	rec, err := l.Subject(ctx, files)
	if err != nil || rec.Active != second.ID || rec.Queued != third.ID {
		t.Errorf("got %+v, %v", rec, err)
	}
}
