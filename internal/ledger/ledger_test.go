package ledger_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/fault"
)

func TestMain(m *testing.M) { servertest.Main(m) }

var orders = ledger.Subject{Kind: ledger.Export, Name: "orders"}

func create(t *testing.T, l *ledger.Ledger, key string) (ledger.Run, error) {
	t.Helper()
	return l.Create(t.Context(), orders, "1-00000000", ledger.Trigger{By: "manual"}, key)
}

func openRuns(t *testing.T, l *ledger.Ledger) []ledger.RunID {
	t.Helper()
	var ids []ledger.RunID
	for id, err := range l.Open(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

func TestRunsOfASubjectTakeTurns(t *testing.T) {
	l := ledgertest.New(t, nil)
	first, err := create(t, l, "")
	if err != nil {
		t.Fatal(err)
	}
	second, err := create(t, l, "")
	if err != nil {
		t.Fatal(err)
	}
	third, err := create(t, l, "")
	if !errors.Is(err, ledger.ErrAlreadyQueued) || third.ID != second.ID {
		t.Fatalf("a third trigger: got run %s, %v; want the queued run %s", third.ID, err, second.ID)
	}
	if got := openRuns(t, l); !slices.Equal(got, []ledger.RunID{first.ID, second.ID}) {
		t.Errorf("open: got %v", got)
	}
	sub, err := l.Subject(t.Context(), orders)
	if err != nil || sub.Active != first.ID || sub.Queued != second.ID {
		t.Fatalf("got %+v, %v", sub, err)
	}
	if err := l.Close(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	sub, err = l.Subject(t.Context(), orders)
	if err != nil || sub.Active != second.ID || sub.Queued != "" || sub.Last != first.ID {
		t.Errorf("after the first ended: got %+v, %v", sub, err)
	}
}

func TestConcurrentTriggersMakeTwoRuns(t *testing.T) {
	l := ledgertest.New(t, nil)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := create(t, l, ""); err != nil && !errors.Is(err, ledger.ErrAlreadyQueued) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := openRuns(t, l); len(got) != 2 {
		t.Errorf("got open runs %v, want one active and one queued", got)
	}
}

func TestIdempotencyKeyNamesOneRun(t *testing.T) {
	l := ledgertest.New(t, nil)
	ids := make([]ledger.RunID, 6)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			r, err := create(t, l, "tick 1700000000")
			if err != nil {
				t.Error(err)
			}
			ids[i] = r.ID
		})
	}
	wg.Wait()
	if len(slices.Compact(ids)) != 1 {
		t.Errorf("got runs %v of one key", ids)
	}
	if got := openRuns(t, l); len(got) != 1 {
		t.Errorf("got open runs %v, want one", got)
	}
}

func TestHistoryIsNewestFirst(t *testing.T) {
	now := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	l := ledgertest.New(t, func() time.Time { now = now.Add(time.Second); return now })
	var want []ledger.RunID
	for range 5 {
		r, err := create(t, l, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		want = append([]ledger.RunID{r.ID}, want...)
	}
	var got []ledger.RunID
	for id, err := range l.History(t.Context(), orders) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, id)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAnEndedRunDoesNotChange(t *testing.T) {
	l := ledgertest.New(t, nil)
	r, err := create(t, l, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []fault.Kind{fault.Unknown, fault.Conflict} {
		_, err := l.UpdateRun(t.Context(), r.ID, func(r *ledger.Run) error { r.State = ledger.Failed; return nil })
		if got := fault.KindOf(err); got != want {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	if err := l.RequestCancel(t.Context(), r.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("cancel an ended run: got %v", err)
	}
	if _, err := l.Run(t.Context(), "01NONE"); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown run: got %v", err)
	}
}

func TestFirstAttemptAtAPartCounts(t *testing.T) {
	l := ledgertest.New(t, nil)
	ctx := t.Context()
	if err := l.SavePlan(ctx, "R", ledger.Plan{Epoch: 1, Parts: 2}, []json.RawMessage{[]byte(`1`), []byte(`2`)}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []fault.Kind{fault.Unknown, fault.Conflict} {
		err := l.FinishPart(ctx, "R", 1, ledger.PartManifest{Part: 1, Attempt: fmt.Sprint(i)})
		if got := fault.KindOf(err); got != want {
			t.Errorf("attempt %d: got %v, want %v", i, err, want)
		}
	}
	m, err := l.PartManifest(ctx, "R", 1, 1)
	if err != nil || m.Attempt != "0" {
		t.Errorf("got %+v, %v; want the first attempt's", m, err)
	}
	if done, err := l.FinishedParts(ctx, "R", 1, 0); err != nil || !slices.Equal(done, []int{1}) {
		t.Errorf("finished: got %v, %v", done, err)
	}
	var detail int
	if err := l.PartPlan(ctx, "R", 1, 1, &detail); err != nil || detail != 2 {
		t.Errorf("got %d, %v", detail, err)
	}
}

func TestSlotsBelongToOnePartEach(t *testing.T) {
	l := ledgertest.New(t, nil)
	const parts = 6
	slots := make([]int, parts)
	var wg sync.WaitGroup
	for part := range parts {
		wg.Go(func() {
			for range 2 { // a retry finds the slot that its part took
				slot, err := l.ClaimSlot(t.Context(), "R", 1, 0, part, parts)
				if err != nil {
					t.Error(err)
				}
				slots[part] = slot
			}
		})
	}
	wg.Wait()
	slices.Sort(slots)
	if !slices.Equal(slots, []int{0, 1, 2, 3, 4, 5}) {
		t.Errorf("got slots %v", slots)
	}
}

func TestPushesDoNotOverwriteEachOther(t *testing.T) {
	l := ledgertest.New(t, nil)
	ctx := t.Context()
	one, err := l.SaveProject(ctx, map[string][]byte{"a": []byte("1")}, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.SaveProject(ctx, map[string][]byte{"a": []byte("2")}, ""); !fault.Is(err, fault.Conflict) {
		t.Errorf("a push that didn't see version 1: got %v", err)
	}
	two, err := l.SaveProject(ctx, map[string][]byte{"a": []byte("2")}, one.ID)
	if err != nil || two.Version != 2 {
		t.Fatalf("got %+v, %v", two, err)
	}
	current, err := l.CurrentProject(ctx)
	if err != nil || current.ID != two.ID || string(current.Files["a"]) != "2" {
		t.Errorf("got %+v, %v", current, err)
	}
	old, err := l.Project(ctx, one.ID)
	if err != nil || string(old.Files["a"]) != "1" {
		t.Errorf("version 1: got %+v, %v", old, err)
	}
}

func TestOnlyOneSwapOfALeaseWins(t *testing.T) {
	l := ledgertest.New(t, nil)
	ctx := t.Context()
	read, err := l.Lease(ctx)
	if err != nil || !read.Released() {
		t.Fatalf("got %+v, %v", read, err)
	}
	var wins sync.Map
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			holder := fmt.Sprint(i)
			if _, err := l.SwapLease(ctx, read, ledger.Lease{Holder: holder, Term: 1, Beat: 1}); err == nil {
				wins.Store(holder, true)
			} else if !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var winners []any
	wins.Range(func(k, _ any) bool { winners = append(winners, k); return true })
	if len(winners) != 1 {
		t.Fatalf("got winners %v, want one", winners)
	}
	if held, err := l.Lease(ctx); err != nil || held.Holder != winners[0] {
		t.Errorf("got %+v, %v", held, err)
	}
}
