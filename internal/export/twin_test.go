package export_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// standstill holds a process up before one of its calls.
type standstill struct {
	mu      sync.Mutex
	at      int
	seen    int
	reached chan string
	resume  chan struct{}
}

func newStandstill(at int) *standstill {
	return &standstill{at: at, reached: make(chan string, 1), resume: make(chan struct{})}
}

func (s *standstill) deny(op string) (before, after error) {
	if strings.HasPrefix(op, "get ") {
		return nil, nil
	}
	s.mu.Lock()
	s.seen++
	here := s.seen == s.at
	s.mu.Unlock()
	if here {
		s.reached <- op
		<-s.resume
	}
	return nil, nil
}

// outcomes of two attempts at a part of which one stands still meanwhile.
const (
	wins  = "wins"           // its twin's manifest never came to be
	loses = "loses"          // its twin was first to write a manifest
	late  = "comes too late" // the run was over when it went on
)

// An attempt at a part stands still at one of its calls while another does the
// whole part. Whichever counts, the outcome is the same, and the other leaves
// nothing.
func TestTwinsOfADiffAreOnePart(t *testing.T) {
	each(t, 3, 2, func(t *testing.T, w *world, i int, s situation) {
		ref := w.reference(t, s)
		for part := 0; part < len(ref.parts); part += s.parts {
			for j, outcome := range []string{wins, loses, late} {
				for at := range ref.parts[part] {
					if n := len(ref.parts[part]); !proving() && (at != (i+j+part)%n || s.parts == 3 && j != (i+part/3)%3) {
						continue
					}
					t.Run(fmt.Sprint("part ", part, " at ", at+1, " ", outcome), func(t *testing.T) { w.twins(t, s, ref, part, at+1, outcome) })
				}
			}
		}
	})
}

func (w *world) twins(t *testing.T, s situation, ref *reference, part, at int, outcome string) {
	tr := w.trial(t, s)
	tr.begin(s.move)
	tr.do(0, part)
	still, ended := newStandstill(at), make(chan error, 1)
	first := tr.process(still.deny)
	var m ledger.PartManifest
	go func() {
		var err error
		m, err = tr.part(first, part, "first")
		ended <- err
	}()
	var op string
	select {
	case op = <-still.reached:
	case err := <-ended:
		t.Fatalf("the attempt ended before: %v", err)
	}
	goOn := sync.OnceFunc(func() { close(still.resume) })
	defer goOn()
	second, err := tr.part(tr.process(nil), part, "second")
	if err != nil {
		t.Fatalf("while the twin stands before %s: %v", op, err)
	}
	if outcome == late {
		tr.unknown = atOnce
		if err := tr.ledger.FinishPart(t.Context(), tr.run.ID, 1, second); err != nil {
			t.Fatal(err)
		}
		totals := tr.rest(part, ref)
		goOn()
		t.Logf("%s: stood before %s until the run was over, then ended with: %v", s.name, op, <-ended)
		tr.agree(totals, ref.objects)
		return
	}
	goOn()
	if err := <-ended; err != nil {
		t.Fatalf("having stood before %s: %v", op, err)
	}
	counts, other := m, second
	if outcome == loses {
		counts, other = second, m
	}
	if err := tr.ledger.FinishPart(t.Context(), tr.run.ID, 1, counts); err != nil {
		t.Fatal(err)
	}
	if err := tr.ledger.FinishPart(t.Context(), tr.run.ID, 1, other); !fault.Is(err, fault.Conflict) {
		t.Errorf("the other attempt: got %v, want a conflict", err)
	}
	tr.rest(part, ref)
	tr.nextFindsNothing()
	t.Logf("%s: stood before %s and %s: objects, manifest and baseline agree, nothing left, the next run finds nothing", s.name, op, outcome)
}

// rest finishes the run behind a part.
func (tr *trial) rest(part int, ref *reference) ledger.Totals {
	tr.t.Helper()
	tr.do(part+1, tr.plan.Parts)
	totals := tr.committed()
	tr.finish(totals)
	tr.agree(totals, ref.objects)
	return totals
}

// A producer stands still at one of the calls of a commit, and doesn't know that
// another one leads meanwhile and commits the run. When it goes on, it must not
// come to the end that the run has failed, nor change what is visible; nor when
// the run is over and cleaned up behind.
func TestTwoLeadersCommitADiffOnce(t *testing.T) {
	each(t, 3, 5, func(t *testing.T, w *world, i int, s situation) {
		ref := w.reference(t, s)
		for at := range ref.commit {
			for j, over := range []bool{false, true} {
				if n := len(ref.commit); !proving() && (at != (3*i+2)%n || j != i%2) {
					continue
				}
				t.Run(fmt.Sprint(at+1, " over ", over), func(t *testing.T) { w.leaders(t, s, ref, at+1, over) })
			}
		}
	})
}

func (w *world) leaders(t *testing.T, s situation, ref *reference, at int, over bool) {
	tr := w.trial(t, s)
	tr.begin(s.move)
	tr.do(0, tr.plan.Parts)
	still, ended := newStandstill(at), make(chan error, 1)
	first, parts := tr.process(still.deny), tr.manifests()
	deposed, plan := tr.run, tr.plan
	go func() {
		_, err := first.Commit(t.Context(), deposed, plan, parts)
		ended <- err
	}()
	var op string
	select {
	case op = <-still.reached:
	case err := <-ended:
		t.Fatalf("the commit ended before: %v", err)
	}
	goOn := sync.OnceFunc(func() { close(still.resume) })
	defer goOn()
	totals := tr.committed()
	if over {
		tr.finish(totals)
	}
	goOn()
	err := <-ended
	if !over {
		if err != nil && !fault.KindOf(err).Retryable() {
			t.Errorf("having stood before %s, the other leader fails a run that is committed: %v", op, err)
		}
		tr.finish(totals)
	}
	tr.agree(totals, ref.objects)
	tr.nextFindsNothing()
	t.Logf("%s: the former leader stood before %s until the run was committed, over %v, and ended with: %v; objects, manifest and baseline agree", s.name, op, over, err)
}
