package ledger_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
	"github.com/longshore/longshore/pkg/fault"
)

type rows struct{ Files []string }

func inForce(t *testing.T, l *ledger.Ledger) ledger.RunID {
	t.Helper()
	var v rows
	run, err := l.Baseline(t.Context(), "orders", &v)
	if fault.Is(err, fault.NotFound) {
		return ""
	}
	if err != nil || len(v.Files) != 1 || v.Files[0] != string(run) {
		t.Fatalf("got %+v of run %s, %v", v, run, err)
	}
	return run
}

func save(t *testing.T, l *ledger.Ledger, run ledger.RunID) {
	t.Helper()
	if err := l.SaveBaseline(t.Context(), "orders", run, rows{[]string{string(run)}}); err != nil {
		t.Fatal(err)
	}
}

func TestABaselineMovesFromRunToRun(t *testing.T) {
	l, ctx := ledgertest.New(t, nil), t.Context()
	save(t, l, "A")
	if got := inForce(t, l); got != "" {
		t.Fatalf("a version that was only saved is in force: %s", got)
	}
	var v rows
	if err := l.BaselineOf(ctx, "orders", "A", &v); err != nil || v.Files[0] != "A" {
		t.Errorf("got %+v, %v", v, err)
	}
	if err := l.SaveBaseline(ctx, "orders", "A", rows{[]string{"another"}}); err != nil {
		t.Fatal(err)
	}
	save(t, l, "B")
	for _, step := range []struct{ from, to, want ledger.RunID }{
		{"", "A", "A"},
		{"", "A", "A"}, // repeated after a crash
		{"A", "B", "B"},
		{"A", "B", "B"},
	} {
		if err := l.MoveBaseline(ctx, "orders", step.from, step.to); err != nil {
			t.Fatalf("from %q to %s: %v", step.from, step.to, err)
		}
		if got := inForce(t, l); got != step.want {
			t.Errorf("got %s, want %s", got, step.want)
		}
	}
	err := l.MoveBaseline(ctx, "orders", "A", "C")
	if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), `"B"`) || inForce(t, l) != "B" {
		t.Errorf("got %v, want a conflict that names B", err)
	}
	if err := l.MoveBaseline(ctx, "orders", "", "C"); !fault.Is(err, fault.Conflict) {
		t.Errorf("as if there were none: got %v, want a conflict", err)
	}
	if _, err := l.Baseline(ctx, "customers", &v); !fault.Is(err, fault.NotFound) {
		t.Errorf("another sync: got %v, want not found", err)
	}
}

func TestOneMoveOfABaselineWins(t *testing.T) {
	l := ledgertest.New(t, nil)
	runs := []ledger.RunID{"A", "B", "C", "D"}
	for _, run := range runs {
		save(t, l, run)
	}
	var mu sync.Mutex
	var won []ledger.RunID
	var wg sync.WaitGroup
	for _, run := range runs {
		wg.Go(func() {
			err := l.MoveBaseline(t.Context(), "orders", "", run)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won = append(won, run)
			} else if !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(won) != 1 || inForce(t, l) != won[0] {
		t.Errorf("got moves of %v, in force %s", won, inForce(t, l))
	}
}
