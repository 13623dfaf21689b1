package ledger_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
	"github.com/longshore/longshore/pkg/fault"
)

// claimAll claims n objects of a part as an attempt does, one after the other.
func claimAll(t *testing.T, l *ledger.Ledger, op string, part, n int) []int {
	var got []int
	last := 0
	for seq := range n {
		number, err := l.ClaimObject(t.Context(), "R", 1, op, part, seq, last+1)
		if err != nil {
			t.Error(err)
		}
		last = number
		got = append(got, number)
	}
	return got
}

// Parts and twins of their attempts number objects at the same moment: there are
// no gaps, no number has two owners, and twins agree.
func TestObjectNumbersAreDense(t *testing.T) {
	l := ledgertest.New(t, nil)
	const parts, each = 4, 5
	var mu sync.Mutex
	got := map[string][][]int{} // op and part → what each attempt got
	var wg sync.WaitGroup
	for _, op := range []string{"added", "removed"} {
		for part := range parts {
			for range 2 {
				wg.Go(func() {
					numbers := claimAll(t, l, op, part, each)
					mu.Lock()
					defer mu.Unlock()
					key := fmt.Sprint(op, part)
					got[key] = append(got[key], numbers)
				})
			}
		}
	}
	wg.Wait()
	for _, op := range []string{"added", "removed"} {
		var all []int
		for part := range parts {
			twins := got[fmt.Sprint(op, part)]
			if !slices.Equal(twins[0], twins[1]) {
				t.Errorf("%s of part %d: one attempt got %v, the other %v", op, part, twins[0], twins[1])
			}
			all = append(all, twins[0]...)
		}
		slices.Sort(all)
		for i, n := range all {
			if n != i+1 {
				t.Fatalf("%s: got numbers %v, want 1 to %d", op, all, parts*each)
			}
		}
	}
}

func TestAnObjectKeepsItsNumber(t *testing.T) {
	l := ledgertest.New(t, nil)
	if got := claimAll(t, l, "added", 0, 3); !slices.Equal(got, []int{1, 2, 3}) {
		t.Fatalf("got %v", got)
	}
	if got := claimAll(t, l, "added", 7, 2); !slices.Equal(got, []int{4, 5}) {
		t.Errorf("another part: got %v", got)
	}
	n, err := l.ClaimObject(t.Context(), "R", 1, "added", 7, 1, 1)
	if err != nil || n != 5 {
		t.Errorf("with a lower hint: got %d, %v, want 5", n, err)
	}
	n, err = l.ClaimObject(t.Context(), "R", 2, "added", 7, 1, 1)
	if err != nil || n != 1 {
		t.Errorf("in the next epoch: got %d, %v, want 1", n, err)
	}
}

func TestUploadsAreListedByObject(t *testing.T) {
	l, ctx := ledgertest.New(t, nil), t.Context()
	want := []ledger.ObjectUpload{{0, "a"}, {9, "b"}, {10, "c"}, {999_999, "d"}, {1_000_000, "e"}}
	for _, up := range slices.Backward(want) {
		if _, err := l.ClaimUpload(ctx, "R", 1, up.Object, up.Upload); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.ClaimUpload(ctx, "R", 2, 5, "of another epoch"); err != nil {
		t.Fatal(err)
	}
	var got []ledger.ObjectUpload
	for up, err := range l.Uploads(ctx, "R", 1) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, up)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A part has slots and tails in each object that it writes to.
func TestObjectsOfAPartAreApart(t *testing.T) {
	l, ctx := ledgertest.New(t, nil), t.Context()
	var names []string
	for _, object := range []int{0, 1, 10, 1_000_000} {
		slot, err := l.ClaimSlot(ctx, "R", 1, object, 3, 4)
		if err != nil || slot != 0 {
			t.Errorf("object %d: got slot %d, %v", object, slot, err)
		}
		name, err := l.SaveTail(ctx, "R", 1, 3, "attempt", object, fmt.Append(nil, object))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	for i, object := range []int{0, 1, 10, 1_000_000} {
		if body, err := l.Tail(ctx, "R", 1, names[i]); err != nil || string(body) != fmt.Sprint(object) {
			t.Errorf("tail in object %d: got %q, %v", object, body, err)
		}
	}
	if err := l.DropTails(ctx, "R", 1); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if _, err := l.Tail(ctx, "R", 1, name); !fault.Is(err, fault.NotFound) {
			t.Errorf("tail %s is still there: %v", name, err)
		}
	}
}
