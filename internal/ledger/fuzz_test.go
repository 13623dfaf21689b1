package ledger

import (
	"context"
	"encoding/json"
	"iter"
	"testing"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
)

// sameRecord is a bucket in which every record has the same body.
type sameRecord struct {
	Store
	body []byte
}

func (s sameRecord) Get(context.Context, string) ([]byte, objstore.Object, error) {
	return s.body, objstore.Object{ETag: "e"}, nil
}

// List has one record in each folder, whose name is the body.
func (s sameRecord) List(_ context.Context, prefix, _ string) iter.Seq2[objstore.Object, error] {
	return func(yield func(objstore.Object, error) bool) {
		yield(objstore.Object{Key: prefix + string(s.body)}, nil)
	}
}

// FuzzRecords reads every kind of record from any bytes.
func FuzzRecords(f *testing.F) {
	for _, record := range []any{
		Run{ID: "01J", Subject: Subject{Kind: Export, Name: "orders"}, State: Done}, SubjectRecord{Queued: "01J"}, Plan{Parts: 2},
		PartManifest{Part: 1, Output: json.RawMessage(`{}`)}, []AddedColumn{{Name: "a", Type: "Int8", Path: "$.a"}}, AlertRecord{}, BackfillRecord{Name: "b"}, Lease{Term: 3},
	} {
		body, err := json.Marshal(record)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	for _, body := range []string{"", "null", "[]", "{}", "00003.json", "a000100000.json", "EXPORT/orders.json", `{"run":"01J","turn":-1,"batch":{}}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		l := New(sameRecord{body: body}, "state", nil)
		for name, read := range records(l) {
			if err := read(t.Context()); err != nil && fault.KindOf(err) != fault.Invalid && fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s of %q: got %v of kind %v", name, body, err, fault.KindOf(err))
			}
		}
	})
}

// records is what can be read of a ledger.
func records(l *Ledger) map[string]func(context.Context) error {
	s := Subject{Kind: Export, Name: "orders"}
	var body json.RawMessage
	return map[string]func(context.Context) error{
		"alerts":   func(ctx context.Context) error { _, err := l.Alerts(ctx, s); return err },
		"backfill": func(ctx context.Context) error { _, err := l.Backfill(ctx, "b"); return err },
		"baseline": func(ctx context.Context) error { _, err := l.Baseline(ctx, "orders", &body); return err },
		"columns":  func(ctx context.Context) error { _, err := l.AddedColumns(ctx, "clicks"); return err },
		"dead":     func(ctx context.Context) error { _, err := l.DeadPart(ctx, "01J", 1, 0); return err },
		"intent":   func(ctx context.Context) error { return l.Intent(ctx, "01J", &body) },
		"lease":    func(ctx context.Context) error { _, err := l.Lease(ctx); return err },
		"manifest": func(ctx context.Context) error { return l.Manifest(ctx, "01J", &body) },
		"part":     func(ctx context.Context) error { return l.PartPlan(ctx, "01J", 1, 0, &body) },
		"parts":    func(ctx context.Context) error { _, err := l.FinishedParts(ctx, "01J", 1, 0); return err },
		"plan":     func(ctx context.Context) error { _, err := l.Plan(ctx, "01J", 1); return err },
		"project":  func(ctx context.Context) error { _, err := l.CurrentProject(ctx); return err },
		"replay":   func(ctx context.Context) error { _, _, err := l.ReplayTurn(ctx, "clicks", &body); return err },
		"run":      func(ctx context.Context) error { _, err := l.Run(ctx, "01J"); return err },
		"stored":   func(ctx context.Context) error { _, err := l.PartManifest(ctx, "01J", 1, 0); return err },
		"subject":  func(ctx context.Context) error { _, err := l.Subject(ctx, s); return err },
		"upload":   func(ctx context.Context) error { _, err := l.Upload(ctx, "01J", 1, 0); return err },
		"uploads":  func(ctx context.Context) error { return all(l.Uploads(ctx, "01J", 1)) },
		"openings": func(ctx context.Context) error { return all(l.Openings(ctx, "01J", 1)) },
		"alerted":  func(ctx context.Context) error { return all(l.AlertSubjects(ctx)) },
		"history":  func(ctx context.Context) error { return all(l.History(ctx, s)) },
	}
}

func all[T any](seq iter.Seq2[T, error]) error {
	for _, err := range seq {
		if err != nil {
			return err
		}
	}
	return nil
}
