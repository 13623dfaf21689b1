package task_test

import (
	"testing"

	"github.com/longshore/longshore/internal/task"
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
