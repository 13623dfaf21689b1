package export_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// death ends a process at one of the calls that change a bucket.
type death struct {
	mu   sync.Mutex
	at   int  // counts from 1; zero is never
	made bool // the deadly call is made, and its answer lost
	dead bool
	seen []string
}

func (d *death) deny(op string) (before, after error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dead {
		return errKilled, nil
	}
	if strings.HasPrefix(op, "get ") {
		return nil, nil
	}
	if d.seen = append(d.seen, op); d.at != len(d.seen) {
		return nil, nil
	}
	d.dead = true
	if d.made {
		return nil, errKilled
	}
	return errKilled, nil
}

// deaths calls try with the deaths at each call that a process makes which
// doesn't die, or with one of them that which chooses.
func deaths(t *testing.T, seen []string, which int, try func(t *testing.T, d *death)) {
	t.Helper()
	for at, op := range seen {
		for i, made := range []bool{false, true} {
			if !proving() && 2*at+i != which%(2*len(seen)) {
				continue
			}
			verb, _, _ := strings.Cut(op, " t") // the key's first folder is the sync's
			verb, _, _ = strings.Cut(verb, "/")
			t.Run(fmt.Sprintf("%d %s made %v", at+1, verb, made), func(t *testing.T) {
				try(t, &death{at: at + 1, made: made})
			})
		}
	}
}

// dies does something in a process of which nothing counts afterwards but what
// it left in buckets.
func (tr *trial) dies(d *death, do func(e *export.Export) error) {
	tr.t.Helper()
	err := do(tr.process(d.deny))
	if !d.dead {
		tr.t.Fatalf("the process made %d calls, and survived: %v", len(d.seen), err)
	}
	last := d.seen[d.at-1]
	tr.unknown += atOnce
	tr.t.Logf("%s: killed %s %s", tr.of.name, map[bool]string{true: "after", false: "before"}[d.made], last)
}

// reference is an undisturbed run: its objects, and the calls of its steps.
type reference struct {
	objects map[string][]byte
	parts   [][]string
	commit  []string
	clean   []string
}

func (w *world) reference(t *testing.T, s situation) *reference {
	t.Helper()
	tr, ref := w.trial(t, s), &reference{}
	tr.begin(s.move)
	for part := range tr.plan.Parts {
		d := &death{}
		if err := tr.attempt(tr.process(d.deny), part, "whole"); err != nil {
			t.Fatal(err)
		}
		ref.parts = append(ref.parts, d.seen)
	}
	var commit, clean death
	totals, err := tr.commit(tr.process(commit.deny))
	if err != nil {
		t.Fatal(err)
	}
	tr.end(ledger.Done, totals)
	if err := tr.process(clean.deny).Clean(t.Context(), tr.run, 1); err != nil {
		t.Fatal(err)
	}
	tr.close()
	ref.objects, ref.commit, ref.clean = tr.objects(), commit.seen, clean.seen
	tr.agree(totals, nil)
	tr.nextFindsNothing()
	return ref
}

// intended reports whether the run can only be finished.
func (tr *trial) intended() bool {
	tr.t.Helper()
	var intent json.RawMessage
	err := tr.ledger.Intent(tr.t.Context(), tr.run.ID, &intent)
	if err != nil && !fault.Is(err, fault.NotFound) {
		tr.t.Fatal(err)
	}
	return err == nil
}

// A producer dies at each call of a commit, made or not. Another one finishes
// it, or, where it is not to, leaves nothing of it.
func TestAKilledCommitOfADiffIsFinished(t *testing.T) {
	each(t, 8, 5, func(t *testing.T, w *world, i int, s situation) {
		ref := w.reference(t, s)
		deaths(t, ref.commit, 3*i, func(t *testing.T, d *death) { w.commitKilled(t, s, ref, d) })
	})
}

func (w *world) commitKilled(t *testing.T, s situation, ref *reference, d *death) {
	tr := w.trial(t, s)
	before := tr.inForce()
	tr.begin(s.move)
	tr.do(0, tr.plan.Parts)
	tr.dies(d, func(e *export.Export) error { _, err := tr.commit(e); return err })
	if !tr.intended() {
		tr.end(ledger.Canceled, ledger.Totals{})
		tr.cleanKilled(d)
		tr.close()
		tr.asBefore(before)
		t.Log("canceled: no object, baseline as before and readable, nothing left")
		tr.begin(s.move)
		tr.do(0, tr.plan.Parts)
		tr.dies(&death{at: d.at, made: d.made}, func(e *export.Export) error { _, err := tr.commit(e); return err })
	}
	totals := tr.committed()
	tr.finish(totals)
	tr.agree(totals, ref.objects)
	tr.nextFindsNothing()
	t.Logf("finished: %d objects, manifest and baseline agree, nothing left, the next run finds nothing", totals.Files)
}

// cleanKilled cleans up behind a run in a process that dies on the way, if it
// makes that many calls.
func (tr *trial) cleanKilled(like *death) {
	tr.t.Helper()
	d := &death{at: 1 + like.at%4, made: like.made}
	if err := tr.process(d.deny).Clean(tr.t.Context(), tr.run, 1); err != nil && !d.dead {
		tr.t.Fatal(err)
	}
}

// A producer dies while it cleans up behind a run.
func TestAKilledCleanOfADiffIsFinished(t *testing.T) {
	each(t, 2, 2, func(t *testing.T, w *world, i int, s situation) {
		ref := w.reference(t, s)
		deaths(t, ref.clean, 5*i, func(t *testing.T, d *death) {
			tr := w.trial(t, s)
			tr.begin(s.move)
			totals := tr.undisturbed()
			tr.end(ledger.Done, totals)
			tr.dies(d, func(e *export.Export) error { return e.Clean(t.Context(), tr.run, 1) })
			tr.close()
			tr.agree(totals, ref.objects)
			tr.nextFindsNothing()
			t.Log("cleaned: objects, manifest and baseline agree, nothing left, the next run finds nothing")
		})
	})
}

// A worker dies at each call of a part, made or not. Another attempt does it, or
// the run is given up.
func TestAKilledPartOfADiffIsDoneAgain(t *testing.T) {
	each(t, 3, 2, func(t *testing.T, w *world, i int, s situation) {
		ref := w.reference(t, s)
		for part := 0; part < len(ref.parts); part += s.parts { // one of each wave
			t.Run(fmt.Sprint("part ", part), func(t *testing.T) {
				deaths(t, ref.parts[part], 3*i, func(t *testing.T, d *death) { w.partKilled(t, s, ref, part, d) })
			})
		}
	})
}

func (w *world) partKilled(t *testing.T, s situation, ref *reference, part int, d *death) {
	tr := w.trial(t, s)
	before := tr.inForce()
	tr.begin(s.move)
	tr.do(0, part)
	tr.dies(d, func(e *export.Export) error { _, err := tr.part(e, part, "first"); return err })
	tr.end(ledger.Failed, ledger.Totals{})
	tr.cleanKilled(d)
	tr.close()
	tr.asBefore(before)
	t.Log("failed: no object, baseline as before and readable, nothing left")

	tr.begin(s.move)
	tr.do(0, part)
	tr.dies(&death{at: d.at, made: d.made}, func(e *export.Export) error { _, err := tr.part(e, part, "first"); return err })
	tr.do(part, tr.plan.Parts)
	totals := tr.committed()
	tr.finish(totals)
	tr.agree(totals, ref.objects)
	tr.nextFindsNothing()
	t.Logf("done again: %d objects, manifest and baseline agree, nothing left, the next run finds nothing", totals.Files)
}
