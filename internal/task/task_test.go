package task_test

import (
	"testing"

	"github.com/longshore/longshore/internal/task"
	"github.com/longshore/longshore/pkg/fault"
)

func TestPayloadAndIDRoundTrip(t *testing.T) {
	want := task.Task{Kind: task.ExportPart, Queue: task.QueueExport, Run: "01J", Epoch: 2, Part: 7, Round: 1}
	got, err := task.Decode(want.Encode())
	if err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	run, epoch, part, round, err := task.ParseID(want.ID())
	if err != nil || run != "01J" || epoch != 2 || part != 7 || round != 1 {
		t.Errorf("got %s %d %d %d, %v", run, epoch, part, round, err)
	}
}

func TestDecodeRubbish(t *testing.T) {
	if _, err := task.Decode([]byte("{")); err == nil {
		t.Error("half an object was taken for a payload")
	}
	for _, id := range []string{"", "a.b.c", "a.1.2.x", "a.1.2.3.4"} {
		if _, _, _, _, err := task.ParseID(id); err == nil {
			t.Errorf("%q was taken for a task id", id)
		}
	}
}

// FuzzTask has ids and payloads of any text: what is understood is written as it was.
func FuzzTask(f *testing.F) {
	f.Add("01J.2.7.1", []byte(`{"kind":"export.part","queue":"export","run":"01J","epoch":2,"part":7,"round":1}`))
	f.Add("a.1.2.99999999999999999999", []byte(`{"part":1e3}`))
	f.Fuzz(func(t *testing.T, id string, payload []byte) {
		run, epoch, part, round, err := task.ParseID(id)
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("id %q: got %v, want an Invalid error", id, err)
		}
		if err == nil {
			again := task.Task{Run: run, Epoch: epoch, Part: part, Round: round}.ID()
			if r, e, p, n, err := task.ParseID(again); err != nil || r != run || e != epoch || p != part || n != round {
				t.Errorf("id %q: got %q again, %v", id, again, err)
			}
		}
		got, err := task.Decode(payload)
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("payload %q: got %v, want an Invalid error", payload, err)
		}
		if again, err := task.Decode(got.Encode()); err != nil || again != got {
			t.Errorf("payload %q: got %+v again, %v, want %+v", payload, again, err, got)
		}
	})
}
