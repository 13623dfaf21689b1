package export_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/connection"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
)

// mortal is a store whose every writing call can be denied, and listings of
// uploads: a process that died doesn't abort uploads either.
type mortal struct{ *store }

func (b *mortal) AbortUpload(ctx context.Context, key, id string) error {
	_, err := guard(b.store, "abort "+key, func() (struct{}, error) { return struct{}{}, b.Bucket.AbortUpload(ctx, key, id) })
	return err
}

func (b *mortal) Delete(ctx context.Context, key string) error {
	_, err := guard(b.store, "delete "+key, func() (struct{}, error) { return struct{}{}, b.Bucket.Delete(ctx, key) })
	return err
}

func (b *mortal) ListUploads(ctx context.Context, prefix string) iter.Seq2[objstore.Upload, error] {
	all, err := guard(b.store, "get uploads of "+prefix, func() (iter.Seq2[objstore.Upload, error], error) {
		return b.Bucket.ListUploads(ctx, prefix), nil
	})
	if err != nil {
		return func(yield func(objstore.Upload, error) bool) { yield(objstore.Upload{}, err) }
	}
	return all
}

// mortal is a process as scene.process makes them, which dies wholly.
func (s *scene) mortal(deny func(op string) (before, after error)) *export.Export {
	l := ledger.New(&mortal{&store{s.state, deny, s.opened}}, "", nil)
	doors := connection.New(l, connection.Secrets{}, "")
	s.t.Cleanup(func() { doors.Close() })
	return export.New(l, export.Doors{
		Project: doors.Project, Source: doors.Source, Format: s.formats,
		Bucket: func(ctx context.Context, c *def.Connection, name string) (export.Bucket, error) {
			b, err := doors.Bucket(ctx, c, name)
			return &mortal{&store{b, deny, s.opened}}, err
		},
	}, export.Config{}, zap.NewNop())
}

func ended(r ledger.Run, state ledger.State) ledger.Run {
	r.State = state
	return r
}

// waysToDie are all ways to die of a process that makes these calls.
func waysToDie(seen []string) (all []*calls) {
	for at, op := range seen {
		if !strings.HasPrefix(op, "get") { // what changes nothing is no place to die at
			all = append(all, &calls{dieAt: at + 1}, &calls{dieAt: at + 1, made: true})
		}
	}
	return all
}

// cleaned cleans up behind an ended run. No upload is open then, not even an
// empty one.
func (s *scene) cleaned(state ledger.State, key, what string) {
	s.t.Helper()
	if err := s.process(nil).Clean(s.t.Context(), ended(s.run, state), 1); err != nil {
		s.t.Fatal(err)
	}
	if n := s.uploads(key); n != 0 {
		s.t.Errorf("after the death at %s and a run that is %s: got %d uploads open", what, state, n)
	}
	for o, err := range s.ledger.Openings(s.t.Context(), s.run.ID, 1) {
		s.t.Errorf("got the opening %+v left, %v", o, err)
	}
}

// A worker dies after each call that changes something; then others finish the
// run, or it fails.
func TestNoUploadOutlivesADeadWorker(t *testing.T) {
	for _, batch := range []string{"", "  batch: {rows: 140000}\n"} {
		key := "orders.csv"
		if batch != "" {
			key = "orders-00001.csv"
		}
		scene := func() *scene { return newScene(t, large, "  path: orders.csv\n  format: csv\n"+batch, 1) }
		whole := &calls{}
		s := scene()
		if _, err := s.part(s.mortal(whole.deny), 0, "whole"); err != nil {
			t.Fatal(err)
		}
		for _, death := range waysToDie(whole.seen) {
			what := fmt.Sprintf("%s (made %v)", whole.seen[death.dieAt-1], death.made)
			s := scene()
			if _, err := s.part(s.mortal(death.deny), 0, "first"); err == nil && !strings.HasPrefix(what, "delete") {
				t.Fatalf("%s: the attempt survived", what)
			}
			failed := scene()
			again := &calls{dieAt: death.dieAt, made: death.made}
			_, _ = failed.part(failed.mortal(again.deny), 0, "first")
			failed.cleaned(ledger.Failed, key, what)

			m, err := s.part(s.process(nil), 0, "second")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.process(nil).Commit(t.Context(), s.run, s.plan, []ledger.PartManifest{m}); err != nil {
				t.Fatal(err)
			}
			s.cleaned(ledger.Done, key, what)
		}
	}
}

// A worker opens an upload where another one was faster, and dies, or is not
// allowed to abort its own.
func TestNoUploadOutlivesALostClaim(t *testing.T) {
	// late is an attempt at part 1 whose upload comes behind that of part 0.
	late := func(deny func(string) (before, after error)) (*scene, ledger.PartManifest, error) {
		s := newScene(t, large, "  path: orders.csv\n  format: csv\n", 2)
		var first ledger.PartManifest
		_, err := s.part(s.mortal(func(op string) (before, after error) {
			if strings.HasPrefix(op, "create upload") {
				if first, before = s.part(s.process(nil), 0, "whole"); before != nil {
					return before, nil
				}
			}
			return deny(op)
		}), 1, "late")
		return s, first, err
	}
	whole := &calls{}
	if _, _, err := late(whole.deny); err != nil {
		t.Fatal(err)
	}
	all := waysToDie(whole.seen)
	for _, death := range all {
		what := fmt.Sprintf("%s (made %v)", whole.seen[death.dieAt-1], death.made)
		s, first, _ := late(death.deny)
		second, err := s.part(s.process(nil), 1, "second")
		if err != nil {
			t.Fatal(err)
		}
		if first.Attempt == "" {
			continue // it died before it mattered; that is the other test's
		}
		if _, err := s.process(nil).Commit(t.Context(), s.run, s.plan, []ledger.PartManifest{first, second}); err != nil {
			t.Fatal(err)
		}
		s.cleaned(ledger.Done, "orders.csv", what)
	}
	refused := fault.New(fault.Denied, "no abort")
	s, _, err := late(func(op string) (before, after error) {
		if strings.HasPrefix(op, "abort") {
			return refused, nil
		}
		return nil, nil
	})
	if !fault.Is(err, fault.Denied) {
		t.Fatalf("got %v, want the refusal", err)
	}
	s.cleaned(ledger.Failed, "orders.csv", "a refused abort")
}

// The producer dies after each call of a commit that opens an upload itself.
func TestNoUploadOutlivesADeadCommit(t *testing.T) {
	scene := func() *scene { return newScene(t, middle, "  path: orders.csv\n  format: csv\n", 4) }
	whole := &calls{}
	s := scene()
	if _, err := s.mortal(whole.deny).Commit(t.Context(), s.run, s.plan, s.parts()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(whole.seen, "\n"), "create upload orders.csv") {
		t.Fatalf("the commit opened no upload: %q", whole.seen)
	}
	intent := slices.IndexFunc(whole.seen, func(op string) bool { return strings.HasSuffix(op, "intent.json") && strings.HasPrefix(op, "put") })
	for _, death := range waysToDie(whole.seen) {
		what := fmt.Sprintf("%s (made %v)", whole.seen[death.dieAt-1], death.made)
		for _, state := range []ledger.State{ledger.Done, ledger.Canceled} {
			if state == ledger.Canceled && death.dieAt > intent {
				continue // from the intent on a run is finished
			}
			s := scene()
			parts := s.parts()
			dying := &calls{dieAt: death.dieAt, made: death.made}
			_, err := s.mortal(dying.deny).Commit(t.Context(), s.run, s.plan, parts)
			if state == ledger.Done {
				if _, err := s.process(nil).Commit(t.Context(), s.run, s.plan, parts); err != nil {
					t.Fatal(err)
				}
			} else if err == nil && !strings.HasPrefix(what, "delete") {
				t.Fatalf("%s: the commit survived", what)
			}
			s.cleaned(state, "orders.csv", what)
		}
	}
}

// What isn't surely the run's own stays open.
func TestUploadsOfOthersStay(t *testing.T) {
	open := func(s *scene) string {
		id, err := s.data.CreateUpload(s.t.Context(), "orders.csv", objstore.PutOptions{})
		if err != nil {
			s.t.Fatal(err)
		}
		return id
	}
	other := func(s *scene) ledger.RunID {
		r, err := s.ledger.Create(s.t.Context(), ledger.Subject{Kind: ledger.Export, Name: "other"}, s.run.Project, ledger.Trigger{By: "manual"}, "")
		if err != nil {
			s.t.Fatal(err)
		}
		if _, err := s.ledger.UpdateRun(s.t.Context(), r.ID, func(r *ledger.Run) error {
			r.State, r.Epoch = ledger.Running, 1
			return nil
		}); err != nil {
			s.t.Fatal(err)
		}
		return r.ID
	}
	tests := []struct {
		name string
		dies string                     // at which call the worker does
		do   func(s *scene) (id string) // what stays
		left int
	}{
		{"one with pieces", "made", func(s *scene) string {
			id := open(s)
			if _, err := s.data.UploadPiece(s.t.Context(), "orders.csv", id, 1, []byte("theirs")); err != nil {
				s.t.Fatal(err)
			}
			return id
		}, 1},
		{"one of another run", "made", func(s *scene) string {
			id := open(s)
			if _, err := s.ledger.ClaimUpload(s.t.Context(), other(s), 1, 0, id); err != nil {
				s.t.Fatal(err)
			}
			return id
		}, 1},
		{"one that another run may have opened", "made", func(s *scene) string {
			if _, err := s.ledger.SaveOpening(s.t.Context(), other(s), 1, ledger.Opening{Key: "orders.csv"}); err != nil {
				s.t.Fatal(err)
			}
			return open(s)
		}, 2},
		{"one of two", "made", open, 2},
		{"a worker that survived", "", open, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t, large, "  path: orders.csv\n  format: csv\n", 1)
			theirs := tt.do(s)
			_, err := s.part(s.mortal(dyingAfter(tt.dies != "", "create upload")), 0, "first")
			if died := tt.dies != ""; died != (err != nil) {
				t.Fatalf("the attempt: got %v", err)
			}
			if err := s.process(nil).Clean(t.Context(), ended(s.run, ledger.Failed), 1); err != nil {
				t.Fatal(err)
			}
			if _, err := s.data.ListPieces(t.Context(), "orders.csv", theirs); err != nil {
				t.Errorf("the upload of somebody else: %v", err)
			}
			if n := s.uploads("orders.csv"); n != tt.left {
				t.Errorf("got %d uploads open, want %d", n, tt.left)
			}
		})
	}
}

// dyingAfter is a process that dies when it made a call.
func dyingAfter(dies bool, call string) func(op string) (before, after error) {
	dead := false
	return func(op string) (before, after error) {
		switch {
		case dead:
			return errKilled, nil
		case dies && strings.HasPrefix(op, call):
			dead = true
			return nil, errKilled
		}
		return nil, nil
	}
}

// Without the grant to list uploads, a stray one stays and the run ends.
func TestCleanDoesWithoutListing(t *testing.T) {
	s := newScene(t, large, "  path: orders.csv\n  format: csv\n", 1)
	if _, err := s.part(s.mortal(dyingAfter(true, "create upload")), 0, "first"); err == nil {
		t.Fatal("the attempt survived")
	}
	answer := fault.New(fault.Temporary, "slow down")
	deny := func(op string) (before, after error) {
		if strings.HasPrefix(op, "get uploads") {
			return answer, nil
		}
		return nil, nil
	}
	if err := s.mortal(deny).Clean(t.Context(), ended(s.run, ledger.Failed), 1); !fault.Is(err, fault.Temporary) {
		t.Errorf("got %v, want to be told to come again", err)
	}
	answer = fault.New(fault.Denied, "no listing")
	if err := s.mortal(deny).Clean(t.Context(), ended(s.run, ledger.Failed), 1); err != nil {
		t.Error(err)
	}
}
