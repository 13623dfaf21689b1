package export_test

import (
	"context"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	formats "github.com/longshore/longshore/pkg/format/all"
)

// Whatever call of a part's fails or loses its answer, another attempt at the
// part does it: the upload that is recorded stays open.
func TestAPartIsDoneAgainWhereverItWasKilled(t *testing.T) {
	s := newScene(t, large, "  path: orders.csv\n  format: csv\n", 1)
	whole := &calls{}
	if _, err := s.part(s.process(whole.deny), 0, "whole"); err != nil {
		t.Fatal(err)
	}
	last := len(whole.seen) - 1 // the look at whether the run is over: the part is done by then
	for at, op := range whole.seen[:last] {
		if strings.HasPrefix(op, "get") && !strings.HasSuffix(op, "run.json") {
			continue // changes nothing
		}
		for _, made := range []bool{false, true} {
			s := newScene(t, large, "  path: orders.csv\n  format: csv\n", 1)
			if _, err := s.part(s.process((&calls{dieAt: at + 1, made: made}).deny), 0, "first"); err == nil {
				t.Fatalf("%s: the attempt survived", op)
			}
			m, err := s.part(s.process(nil), 0, "second")
			if err != nil {
				t.Errorf("after the loss of %s (made %v): %v", op, made, err)
				continue
			}
			totals, err := s.process(nil).Commit(t.Context(), s.run, s.plan, []ledger.PartManifest{m})
			if err != nil {
				t.Fatal(err)
			}
			checkManifest(t, s, totals)
		}
	}
}

// A worker that is told to stop right when its upload was recorded leaves it to
// the next attempt.
func TestAStoppedPartLeavesItsUpload(t *testing.T) {
	s := newScene(t, large, "  path: orders.csv\n  format: csv\n", 1)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	_, err := s.partIn(ctx, s.process(func(op string) (before, after error) {
		if strings.Contains(op, "/upload/") && strings.HasPrefix(op, "put") {
			defer stop()
			return nil, context.Canceled
		}
		return nil, nil
	}), 0, "first")
	if !fault.Is(err, fault.Canceled) {
		t.Fatalf("got %v", err)
	}
	if _, err := s.part(s.process(nil), 0, "second"); err != nil {
		t.Error(err)
	}
}

// The upload of a run that ended meanwhile isn't left open.
func TestAPartOfAnEndedRunAbortsItsUpload(t *testing.T) {
	s := newScene(t, large, "  path: orders.csv\n  format: csv\n", 1)
	e := s.process(func(op string) (before, after error) {
		if strings.HasPrefix(op, "create upload") {
			_, after = s.ledger.UpdateRun(t.Context(), s.run.ID, func(r *ledger.Run) error {
				r.State = ledger.Canceled
				return nil
			})
		}
		return nil, after
	})
	if _, err := s.part(e, 0, "late"); !fault.Is(err, fault.Conflict) {
		t.Errorf("got %v, want a conflict", err)
	}
	if n := s.uploads("orders.csv"); n != 0 {
		t.Errorf("got %d uploads left open", n)
	}
}

// panicking is a format whose encoder has a bug.
type panicking struct{ format.Writer }

func (panicking) Encoder(*arrow.Schema, format.WriteOptions) (format.Encoder, error) {
	return panicking{}, nil
}
func (panicking) Encode([]byte, arrow.Record) ([]byte, error) { panic("index out of range") }
func (panicking) Flush([]byte) (out, meta []byte, err error)  { return nil, nil, nil }

// A value that an encoder panics over fails the part, not the worker with all
// its other parts.
func TestAPanicFailsThePartAlone(t *testing.T) {
	s := newScene(t, small, "  path: orders.csv\n  format: csv\n", 1)
	s.formats = func(name string) (format.Writer, error) {
		w, err := formats.Writer(name)
		return panicking{w}, err
	}
	if _, err := s.part(s.process(nil), 0, "first"); err == nil || !strings.Contains(err.Error(), "index out of range") {
		t.Errorf("got %v, want the panic's text", err)
	}
}
