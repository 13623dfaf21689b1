package ledger_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/fault"
)

func TestCreateBackfill(t *testing.T) {
	l := ledgertest.New(t, nil)
	create := func(name, key string) (ledger.BackfillRecord, bool, error) {
		return l.CreateBackfill(t.Context(), ledger.BackfillRecord{Name: name, Datasource: "events"}, "1-00000000", ledger.Trigger{By: "api"}, key)
	}
	first, made, err := create("", "tonight")
	if err != nil || !made || first.Name != "events-1" {
		t.Fatalf("got %+v, made %v, %v", first, made, err)
	}
	if again, made, err := create("other", "tonight"); err != nil || made || again.Name != "events-1" || again.Run != first.Run {
		t.Errorf("the same key: got %+v, made %v, %v", again, made, err)
	}
	if second, made, err := create("", ""); err != nil || !made || second.Name != "events-2" {
		t.Errorf("the next name: got %+v, made %v, %v", second, made, err)
	}
	if _, _, err := create("events-1", ""); !fault.Is(err, fault.Conflict) {
		t.Errorf("a name that is taken: got %v", err)
	}
	r, err := l.Run(t.Context(), first.Run)
	if err != nil || r.State != ledger.Queued || r.Subject != first.Subject() {
		t.Errorf("got run %+v, %v", r, err)
	}
	if sub, err := l.Subject(t.Context(), first.Subject()); err != nil || sub.Active != first.Run {
		t.Errorf("got subject %+v, %v", sub, err)
	}
	var names []string
	for name, err := range l.Backfills(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if want := []string{"events-1", "events-2"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
	if _, err := l.UpdateBackfill(t.Context(), "nobody", func(*ledger.BackfillRecord) error { return nil }); !fault.Is(err, fault.NotFound) {
		t.Errorf("update of none: got %v", err)
	}
}

// A creator that died half way is completed by who repeats its request.
func TestABackfillWhoseCreatorDied(t *testing.T) {
	store := servertest.MinIO(t)
	for writes := range 6 { // key, record, run, history, open, subject
		t.Run(fmt.Sprint(writes), func(t *testing.T) {
			b := ledgertest.Bucket(t, store, store.NewBucket(t))
			create := func(l *ledger.Ledger) (ledger.BackfillRecord, error) {
				rec, _, err := l.CreateBackfill(t.Context(), ledger.BackfillRecord{Datasource: "events"}, "1-00000000", ledger.Trigger{By: "api"}, "tonight")
				return rec, err
			}
			if _, err := create(ledger.New(&mortal{b, writes}, "", nil)); err == nil {
				t.Fatal("the creator survived")
			}
			l := ledger.New(b, "", nil)
			rec, err := create(l)
			if err != nil {
				t.Fatal(err)
			}
			sub, err := l.Subject(t.Context(), rec.Subject())
			if err != nil || rec.Name != "events-1" || sub.Active != rec.Run {
				t.Errorf("got %+v, %v; want run %s of %s active", sub, err, rec.Run, rec.Name)
			}
			if got := openRuns(t, l); len(got) != 1 || got[0] != rec.Run {
				t.Errorf("open: got %v, want %s", got, rec.Run)
			}
		})
	}
}

// The name of a backfill that never came to be is free again after a while.
func TestANameWithoutARunIsFree(t *testing.T) {
	store := servertest.MinIO(t)
	b := ledgertest.Bucket(t, store, store.NewBucket(t))
	now := time.Now()
	clock := func() time.Time { return now }
	create := func(l *ledger.Ledger) (ledger.BackfillRecord, bool, error) {
		return l.CreateBackfill(t.Context(), ledger.BackfillRecord{Name: "old", Datasource: "events"}, "1-00000000", ledger.Trigger{}, "")
	}
	if _, _, err := create(ledger.New(&mortal{b, 1}, "", clock)); err == nil {
		t.Fatal("the creator survived")
	}
	l := ledger.New(b, "", clock)
	if _, _, err := create(l); !fault.Is(err, fault.Conflict) {
		t.Errorf("while its creator may be alive: got %v", err)
	}
	now = now.Add(2 * time.Minute)
	if rec, made, err := create(l); err != nil || !made || rec.Name != "old" {
		t.Errorf("got %+v, made %v, %v", rec, made, err)
	}
}
