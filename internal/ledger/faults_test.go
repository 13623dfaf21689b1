package ledger_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
	"github.com/longshore/longshore/pkg/objstore/s3"
)

// mortal is a process's view of a real bucket, which dies after some writes.
type mortal struct {
	*s3.Bucket
	writes int // left to live
}

func (m *mortal) Put(ctx context.Context, key string, body []byte, o objstore.PutOptions) (objstore.Object, error) {
	if m.writes--; m.writes < 0 {
		return objstore.Object{}, fault.New(fault.Temporary, "killed")
	}
	return m.Bucket.Put(ctx, key, body, o)
}

// Whoever triggers a run again by the same key, after a process that died over
// it, gets a run that will be driven.
func TestARunWhoseCreatorDiedIsCreated(t *testing.T) {
	store := servertest.MinIO(t)
	for writes := range 5 { // key, run, history, open, subject
		t.Run(fmt.Sprint(writes), func(t *testing.T) {
			b := ledgertest.Bucket(t, store, store.NewBucket(t))
			if _, err := create(t, ledger.New(&mortal{b, writes}, "", nil), "tick 1"); err == nil {
				t.Fatal("the creator survived")
			}
			l := ledger.New(b, "", nil)
			r, err := create(t, l, "tick 1")
			if err != nil {
				t.Fatal(err)
			}
			sub, err := l.Subject(t.Context(), orders)
			if err != nil || sub.Active != r.ID {
				t.Errorf("run %s is not active: %+v, %v", r.ID, sub, err)
			}
			if got := openRuns(t, l); len(got) != 1 || got[0] != r.ID {
				t.Errorf("open: got %v, want %s", got, r.ID)
			}
		})
	}
}

// Two leaders plan the same epoch: the parts of the two never make one plan.
func TestPartsOfTwoPlansDoNotMix(t *testing.T) {
	store := servertest.MinIO(t)
	b := ledgertest.Bucket(t, store, store.NewBucket(t))
	l, ctx := ledger.New(b, "", nil), t.Context()
	if err := l.SavePlan(ctx, "R", ledger.Plan{Epoch: 1, Parts: 1, Queue: "a"}, []json.RawMessage{[]byte(`"a"`)}); err != nil {
		t.Fatal(err)
	}
	// One that got as far as a part, and not to its plan.
	if err := ledger.New(&mortal{b, 1}, "", nil).SavePlan(ctx, "S", ledger.Plan{Epoch: 1}, []json.RawMessage{[]byte(`"a"`)}); err == nil {
		t.Fatal("the planner survived")
	}
	for _, run := range []ledger.RunID{"R", "S"} {
		err := l.SavePlan(ctx, run, ledger.Plan{Epoch: 1, Parts: 2, Queue: "b"}, []json.RawMessage{[]byte(`"b"`), []byte(`"b"`)})
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("run %s: got %v, want a conflict", run, err)
		}
		var detail string
		if err := l.PartPlan(ctx, run, 1, 1, &detail); !fault.Is(err, fault.NotFound) {
			t.Errorf("run %s: part 1 of the other plan is there: %q, %v", run, detail, err)
		}
	}
}
