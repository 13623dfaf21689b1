package ledger_test

import (
	"testing"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
)

// A count is of a range of a file, and of a run's epoch.
func TestACountIsFoundAgain(t *testing.T) {
	l, ctx := ledgertest.New(t, nil), t.Context()
	const run, file = "01J0000000000000000000000A", 7
	want := ledger.RangeCount{Rows: 3, Lines: 5}
	for range 2 { // whoever counts finds the same
		if err := l.SaveCount(ctx, run, 1, file, 2, want); err != nil {
			t.Fatal(err)
		}
	}
	if got, known, err := l.Count(ctx, run, 1, file, 2); err != nil || !known || got != want {
		t.Errorf("got %+v, %v, %v", got, known, err)
	}
	for _, other := range []struct {
		epoch  int
		file   uint64
		number uint32
	}{{2, file, 2}, {1, 8, 2}, {1, file, 3}} {
		if _, known, err := l.Count(ctx, run, other.epoch, other.file, other.number); err != nil || known {
			t.Errorf("%+v: known %v, %v", other, known, err)
		}
	}
}
