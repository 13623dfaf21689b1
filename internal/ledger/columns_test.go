package ledger_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
)

func TestAddedColumnsOfANewDatasource(t *testing.T) {
	got, err := ledgertest.New(t, nil).AddedColumns(t.Context(), "orders")
	if err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}

// Many find one new field at once, each with a type of its own: there is one
// column, and all learn which. Fields of their own are all added.
func TestTheFirstDecidesAboutAColumn(t *testing.T) {
	l, ctx := ledgertest.New(t, nil), t.Context()
	const workers = 8
	seen := make([][]ledger.AddedColumn, workers)
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			want := []ledger.AddedColumn{
				{Name: "shared", Type: fmt.Sprintf("Nullable(Decimal(%d, 1))", w+1), Path: "$.shared", File: fmt.Sprint(w)},
				{Name: fmt.Sprintf("own_%d", w), Type: "Nullable(String)", Path: fmt.Sprintf("$.own_%d", w)},
			}
			var err error
			seen[w], err = l.AddColumns(ctx, "orders", func(have []ledger.AddedColumn) (more []ledger.AddedColumn) {
				for _, c := range want {
					if !slices.ContainsFunc(have, func(h ledger.AddedColumn) bool { return h.Name == c.Name }) {
						more = append(more, c)
					}
				}
				return more
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	final, err := l.AddedColumns(ctx, "orders")
	if err != nil || len(final) != workers+1 {
		t.Fatalf("got %d columns, %v, want %d", len(final), err, workers+1)
	}
	for w, got := range seen {
		if !slices.Equal(got, final[:len(got)]) {
			t.Errorf("worker %d saw %v, which is no beginning of %v", w, got, final)
		}
		if !slices.ContainsFunc(got, func(c ledger.AddedColumn) bool { return c.Name == fmt.Sprintf("own_%d", w) }) {
			t.Errorf("worker %d didn't see its own column", w)
		}
	}
	again, err := l.AddColumns(ctx, "orders", func([]ledger.AddedColumn) []ledger.AddedColumn { return nil })
	if err != nil || !slices.Equal(again, final) {
		t.Errorf("adding nothing: got %v, %v", again, err)
	}
}
