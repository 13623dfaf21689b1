package queue

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/internal/task"
	"github.com/longshore/longshore/pkg/fault"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// patience bounds the wait for what must come; it asserts nothing about speed.
const patience = time.Minute

// bench is a queue on a Redis of its own, and the worker's side of it.
type bench struct {
	t     *testing.T
	redis redis.UniversalClient
	*Client
}

func newBench(t *testing.T) *bench {
	t.Helper()
	r := Open(Config{Addrs: []string{servertest.Redis(t)}})
	t.Cleanup(func() { r.Close() })
	return &bench{t: t, redis: r, Client: NewClient(r)}
}

func exportTask(part int) task.Task {
	return task.Task{Kind: task.ExportPart, Queue: task.QueueExport, Run: "R", Epoch: 1, Part: part}
}

func (b *bench) enqueue(t task.Task) {
	b.t.Helper()
	if err := b.Enqueue(b.t.Context(), t); err != nil {
		b.t.Fatal(err)
	}
}

// until waits until the queue has a task in a state.
func (b *bench) until(t task.Task, want State) (why string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	for tick := time.NewTicker(5 * time.Millisecond); ; {
		got, why, err := b.State(t)
		if err != nil {
			b.t.Fatal(err)
		}
		if got == want {
			tick.Stop()
			return why
		}
		select {
		case <-ctx.Done():
			b.t.Fatalf("task %s is %s, want %s", t.ID(), got, want)
		case <-tick.C:
		}
	}
}

// work runs a worker until stop, which returns when it has stopped.
func (b *bench) work(h Handler, grace time.Duration) (stop func()) {
	b.t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.t.Context()))
	w := NewWorker(b.redis, WorkerConfig{Queues: map[string]int{task.QueueExport: 2}, Grace: grace, Log: zap.NewNop()}, h)
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			b.t.Errorf("worker: %v", err)
		}
	})
	b.t.Cleanup(stop)
	return stop
}

// handler is a Handler of functions.
type handler struct {
	handle func(ctx context.Context, t task.Task, attempt string) error
	dead   func(t task.Task, cause error)
}

func (h handler) Handle(ctx context.Context, t task.Task, attempt string) error {
	return h.handle(ctx, t, attempt)
}

func (h handler) Dead(_ context.Context, t task.Task, cause error) error {
	h.dead(t, cause)
	return nil
}

func TestEnqueueTwiceIsOnce(t *testing.T) {
	b := newBench(t)
	for range 2 {
		b.enqueue(exportTask(0))
	}
	b.enqueue(exportTask(1))
	depths, err := b.Depths()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range depths {
		want := Depth{Queue: d.Queue}
		if d.Queue == task.QueueExport {
			want.Waiting = 2
		}
		if d != want {
			t.Errorf("got depth %+v, want %+v", d, want)
		}
	}
}

// What is enqueued after Redis was flushed can be found, counted and withdrawn.
func TestAFlushedQueueIsKnownAgain(t *testing.T) {
	b := newBench(t)
	b.enqueue(exportTask(0))
	b.until(exportTask(0), Waiting)
	if err := b.redis.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	b.until(exportTask(0), Absent)
	b.enqueue(exportTask(0))
	b.until(exportTask(0), Waiting)
	if depths, err := b.Depths(); err != nil || depths[0].Queue != task.QueueExport || depths[0].Waiting != 1 {
		t.Errorf("got depths %+v, %v; want one task of queue export", depths, err)
	}
	if err := b.Withdraw(exportTask(0)); err != nil {
		t.Fatal(err)
	}
	b.until(exportTask(0), Absent)
}

// What a handler returns decides what becomes of its task.
func TestWhatBecomesOfATask(t *testing.T) {
	b := newBench(t)
	var mu sync.Mutex
	attempts, dead := map[int]int{}, map[int]string{}
	answers := []error{
		nil,
		fault.New(fault.Conflict, "somebody did it"),
		fault.New(fault.Invalid, "bad data"),
		fault.New(fault.Denied, "no grant"),
		nil, // a panic
	}
	b.work(handler{
		handle: func(_ context.Context, t task.Task, _ string) error {
			mu.Lock()
			defer mu.Unlock()
			attempts[t.Part]++
			if t.Part == 4 && attempts[t.Part] == 1 {
				panic("a bad file")
			}
			return answers[t.Part]
		},
		dead: func(t task.Task, cause error) {
			mu.Lock()
			defer mu.Unlock()
			dead[t.Part] = cause.Error()
		},
	}, time.Second)
	for part := range answers {
		b.enqueue(exportTask(part))
	}
	for part, want := range []State{Absent, Absent, Dead, Dead, Absent} {
		why := b.until(exportTask(part), want)
		if want == Dead && !strings.Contains(why, answers[part].Error()) {
			t.Errorf("part %d is dead because of %q, want %q", part, why, answers[part])
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(dead) != 2 || dead[2] != "bad data" || dead[3] != "no grant" {
		t.Errorf("got dead tasks %v, want 2 and 3 with their causes", dead)
	}
	for part, want := range []int{1, 1, 1, 1, 2} {
		if attempts[part] != want {
			t.Errorf("part %d was attempted %d times, want %d", part, attempts[part], want)
		}
	}
}

func TestWithdraw(t *testing.T) {
	b := newBench(t)
	waiting, active := exportTask(0), exportTask(1)
	b.enqueue(waiting)
	if err := b.Withdraw(waiting); err != nil {
		t.Fatal(err)
	}
	b.until(waiting, Absent)

	begun, ended := make(chan struct{}), make(chan error, 1)
	var once sync.Once
	b.work(handler{handle: func(ctx context.Context, _ task.Task, _ string) error {
		again := true
		once.Do(func() { again = false; close(begun) })
		if again {
			return fault.New(fault.Conflict, "the run is over")
		}
		<-ctx.Done()
		ended <- ctx.Err()
		return ctx.Err()
	}}, time.Second)
	b.enqueue(active)
	<-begun
	if err := b.Withdraw(active); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the attempt was told %v, want that it is canceled", err)
	}
	b.until(active, Absent)
	if err := b.Withdraw(active); err != nil {
		t.Errorf("withdraw a task that isn't there: %v", err)
	}
}

// A worker that is told to stop gives its task back, as an attempt that doesn't
// count, and another one does it.
func TestAStoppedWorkerGivesItsTaskBack(t *testing.T) {
	b := newBench(t)
	begun := make(chan struct{})
	stop := b.work(handler{handle: func(ctx context.Context, _ task.Task, _ string) error {
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	}}, time.Millisecond)
	b.enqueue(exportTask(0))
	<-begun
	stop()
	b.until(exportTask(0), Waiting)
	info, err := b.inspector.GetTaskInfo(task.QueueExport, exportTask(0).ID())
	if err != nil || info.Retried != 0 {
		t.Errorf("got %+v, %v; want a task without an attempt that counts", info, err)
	}
	b.work(handler{handle: func(context.Context, task.Task, string) error { return nil }}, time.Second)
	b.until(exportTask(0), Absent)
}

func TestProgress(t *testing.T) {
	b := newBench(t)
	one, other := exportTask(0), exportTask(1)
	for seen := int64(1); seen <= 2; seen++ {
		if err := b.Report(t.Context(), one, Progress{Attempt: "A", Rows: seen * 10, Bytes: seen * 100, Seen: seen}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Report(t.Context(), other, Progress{Attempt: "B", Seen: 1}); err != nil {
		t.Fatal(err)
	}
	got, err := b.Progress(t.Context(), "R")
	if err != nil {
		t.Fatal(err)
	}
	if p := got[0]; len(got) != 2 || p.Attempt != "A" || p.Rows != 20 || p.Bytes != 200 || p.Seen != 2 || p.Epoch != 1 {
		t.Errorf("got progress %+v, want the last report of each of two parts", got)
	}
	if left := b.redis.TTL(t.Context(), progressKey+"R").Val(); left <= 0 || left > progressExpiry {
		t.Errorf("progress is kept for %v, want at most %v", left, progressExpiry)
	}
	if err := b.Forget(t.Context(), "R"); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Progress(t.Context(), "R"); err != nil || len(got) != 0 {
		t.Errorf("got %v, %v; want nothing once it is forgotten", got, err)
	}
}

func TestListenersAreNotified(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	heard := make(chan string, 1)
	var listening sync.WaitGroup
	listening.Go(func() {
		b.Listen(ctx, func(run string) {
			select {
			case heard <- run:
			default:
			}
		})
	})
	for tick := time.NewTicker(10 * time.Millisecond); ; { // hints before the subscription are lost
		if err := b.Notify(ctx, "R"); err != nil {
			t.Fatal(err)
		}
		select {
		case run := <-heard:
			if run != "R" {
				t.Errorf("heard of run %q, want R", run)
			}
			tick.Stop()
			cancel()
			listening.Wait()
			return
		case <-tick.C:
		}
	}
}

func TestARedisThatIsGone(t *testing.T) {
	addr, server := servertest.StartRedis(t)
	r := Open(Config{Addrs: []string{addr}})
	defer r.Close()
	c := NewClient(r)
	if err := c.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.Kill(t)
	for what, err := range map[string]error{"ping": c.Ping(t.Context()), "enqueue": c.Enqueue(t.Context(), exportTask(0))} {
		if !fault.Is(err, fault.Temporary) || !strings.Contains(err.Error(), "LONGSHORE_REDIS_ADDR") {
			t.Errorf("%s: got %v, want a temporary error that names LONGSHORE_REDIS_ADDR", what, err)
		}
	}
}

// Slots are those of workers that serve the queue now.
func TestSlots(t *testing.T) {
	b := newBench(t)
	want := func(queue string, want int) {
		t.Helper()
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for deadline := time.After(time.Minute); ; {
			got, err := b.Slots(queue)
			if err != nil {
				t.Fatal(err)
			}
			if got == want {
				return
			}
			select {
			case <-tick.C:
			case <-deadline:
				t.Fatalf("got %d slots of queue %s, want %d", got, queue, want)
			}
		}
	}
	want(task.QueueExport, 0)
	idle := handler{handle: func(context.Context, task.Task, string) error { return nil }}
	stop := b.work(idle, time.Second)
	b.work(idle, time.Second)
	want(task.QueueExport, 4)
	want(task.QueueBackfill, 0)
	stop()
	want(task.QueueExport, 2)
}
