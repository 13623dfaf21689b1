package ingest_test

import (
	"testing"

	"github.com/longshore/longshore/internal/event"
	"github.com/longshore/longshore/internal/ledger"
)

func (l *landing) hint(id ledger.ProjectID, keys ...string) ledger.RunID {
	l.t.Helper()
	var objects []event.Object
	for _, key := range keys {
		objects = append(objects, event.Object{Bucket: l.name, Key: key})
	}
	r, err := l.ingest.Hint(l.t.Context(), id, "events", objects)
	if err != nil {
		l.t.Fatal(err)
	}
	return r
}

// An event makes a run of the object that it is about, and of no other. Twice,
// late, about nothing or another's it makes none, and what no event told of is
// found by the listing.
func TestEventsAreHints(t *testing.T) {
	l := newLanding(t)
	for _, key := range []string{"in/a b+c%ü.csv", "in/a b+c%ü.csv.more.csv", "in/lost.csv", "other/x.csv"} {
		l.put(key, "id,name\n1,x\n")
	}
	id := l.push("in/*.csv", "IMPORT_SCHEDULE @auto")
	for _, keys := range [][]string{{"in/gone.csv"}, {"other/x.csv"}, {"in/"}, {}} {
		if r := l.hint(id, keys...); r != "" {
			t.Errorf("%q: got run %s", keys, r)
		}
	}
	if r, err := l.ingest.Hint(t.Context(), id, "events", []event.Object{{Bucket: "elsewhere", Key: "in/lost.csv"}}); err != nil || r != "" {
		t.Errorf("another bucket: got run %s, %v", r, err)
	}
	first := l.run(l.hint(id, "in/a b+c%ü.csv", "in/a b+c%ü.csv", "in/gone.csv"))
	l.lists = nil
	wantKeys(t, l.planned(first), "in/a b+c%ü.csv")
	wantKeys(t, l.lists, "in/a b+c%ü.csv")
	l.finish(first)
	if r := l.hint(id, "in/a b+c%ü.csv"); r != "" {
		t.Errorf("twice: got run %s", r)
	}
	rec := l.subject()
	if !rec.LastScanAt.IsZero() {
		t.Errorf("got %+v: looking at a key is no scan", rec)
	}
	wantKeys(t, l.planned(l.create(id)), "in/a b+c%ü.csv.more.csv", "in/lost.csv")
}

func (l *landing) run(id ledger.RunID) ledger.Run {
	l.t.Helper()
	r, err := l.ledger.Run(l.t.Context(), id)
	if err != nil {
		l.t.Fatal(err)
	}
	return r
}

// Events of a run's time gather in the next one.
func TestEventsGather(t *testing.T) {
	l := newLanding(t)
	for _, key := range []string{"1.csv", "2.csv", "3.csv"} {
		l.put(key, "id,name\n1,x\n")
	}
	id := l.push("*.csv")
	active, queued := l.hint(id, "1.csv"), l.hint(id, "2.csv")
	if again := l.hint(id, "3.csv"); again != queued || queued == active {
		t.Errorf("got runs %s %s %s, want the last two to be one", active, queued, again)
	}
	wantKeys(t, l.run(queued).Trigger.Keys, "2.csv", "3.csv")
}

// The limit of files holds for events too; the listing takes the rest.
func TestEventsKeepTheLimit(t *testing.T) {
	l := newLanding(t)
	for _, key := range []string{"1.csv", "2.csv", "3.csv"} {
		l.put(key, "id,name\n1,x\n")
	}
	id := l.push("*.csv", "IMPORT_SCHEDULE @auto", "IMPORT_MAX_FILES 2")
	r := l.run(l.hint(id, "1.csv", "2.csv", "3.csv"))
	wantKeys(t, l.planned(r), "1.csv", "2.csv")
	l.finish(r)
	if files, err := l.ingest.Scan(t.Context(), id, "events"); err != nil || files != 1 {
		t.Errorf("got %d files, %v; want the third", files, err)
	}
}

// What a listing found before a run looked at some of it is not what is new then.
func TestAListingFromBeforeAnEventIsForgotten(t *testing.T) {
	l := newLanding(t)
	l.put("1.csv", "id,name\n1,x\n")
	l.put("2.csv", "id,name\n1,x\n")
	id := l.push("*.csv")
	if files, err := l.ingest.Scan(t.Context(), id, "events"); err != nil || files != 2 {
		t.Fatalf("got %d files, %v", files, err)
	}
	r := l.run(l.hint(id, "1.csv"))
	l.planned(r)
	l.finish(r)
	wantKeys(t, l.planned(l.create(id)), "2.csv")
}

func TestEventsOfAPausedDatasourceStartNothing(t *testing.T) {
	l := newLanding(t)
	l.put("1.csv", "id,name\n1,x\n")
	id := l.push("*.csv")
	if _, err := l.ledger.UpdateSubject(t.Context(), events, func(r *ledger.SubjectRecord) error { r.PausedAt = l.ledger.Now(); return nil }); err != nil {
		t.Fatal(err)
	}
	if r := l.hint(id, "1.csv"); r != "" {
		t.Errorf("got run %s", r)
	}
}
