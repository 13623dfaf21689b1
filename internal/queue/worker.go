package queue

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/task"
	"github.com/longshore/longshore/pkg/fault"
)

// Handler does one attempt at a task. The ctx ends when the task is withdrawn,
// when its lease is lost, and when the worker's grace period is over.
type Handler interface {
	// Handle does the work. The attempt is unique over all attempts at all tasks.
	Handle(ctx context.Context, t task.Task, attempt string) error
	// Dead records that the task won't be tried again, and why.
	Dead(ctx context.Context, t task.Task, cause error) error
}

// WorkerConfig says what a worker takes on.
type WorkerConfig struct {
	// Queues is how many tasks of each queue it does at a time.
	Queues map[string]int
	// Grace is how long running tasks may go on once the worker is told to stop.
	// Then they are canceled and go back to their queue.
	Grace time.Duration
	// Log gets a line per attempt.
	Log *zap.Logger
}

// Worker takes tasks and hands them to a Handler, one asynq server per queue so
// that none starves another.
type Worker struct {
	cfg     WorkerConfig
	handler Handler
	redis   redis.UniversalClient
}

// NewWorker returns a worker that does nothing until Run.
func NewWorker(r redis.UniversalClient, cfg WorkerConfig, h Handler) *Worker {
	return &Worker{cfg: cfg, handler: h, redis: r}
}

// Run takes tasks until ctx ends, then waits for the running ones: for Grace,
// and then, canceled, a few seconds more. A handler that still runs after that
// is left behind, and its task goes back to the queue.
func (w *Worker) Run(ctx context.Context) error {
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var servers []*asynq.Server
	for name, n := range w.cfg.Queues {
		if n < 1 {
			continue
		}
		srv := asynq.NewServerFromRedisClient(w.redis, w.serverConfig(base, name, n))
		if err := srv.Start(asynq.HandlerFunc(w.process)); err != nil {
			shutdown(servers)
			return classify(err, "start taking tasks of queue %s", name)
		}
		servers = append(servers, srv)
	}
	<-ctx.Done()
	grace := time.AfterFunc(w.cfg.Grace, cancel)
	defer grace.Stop()
	shutdown(servers)
	return nil
}

// settle is how long a canceled handler has to return before asynq gives up on
// it and requeues its task.
const settle = 5 * time.Second

func (w *Worker) serverConfig(base context.Context, queue string, n int) asynq.Config {
	return asynq.Config{
		Concurrency:              n,
		Queues:                   map[string]int{queue: 1},
		BaseContext:              func() context.Context { return base },
		TaskCheckInterval:        200 * time.Millisecond,
		DelayedTaskCheckInterval: time.Second,
		ShutdownTimeout:          w.cfg.Grace + settle,
		RetryDelayFunc:           func(n int, err error, _ *asynq.Task) time.Duration { return retryDelay(n, fault.KindOf(err)) },
		IsFailure:                func(err error) bool { return !fault.Is(err, fault.Canceled) },
		Logger:                   logger{w.cfg.Log.Sugar()},
		LogLevel:                 asynq.WarnLevel,
	}
}

func shutdown(servers []*asynq.Server) {
	var wg sync.WaitGroup
	for _, srv := range servers {
		wg.Go(srv.Shutdown)
	}
	wg.Wait()
}

// process does one attempt and turns its error into what asynq does next.
func (w *Worker) process(ctx context.Context, msg *asynq.Task) (err error) {
	t, err := task.Decode(msg.Payload())
	if err != nil {
		return fmt.Errorf("%w: %w", err, asynq.SkipRetry)
	}
	retried, _ := asynq.GetRetryCount(ctx)
	limit, _ := asynq.GetMaxRetry(ctx)
	attempt := attemptID()
	start := time.Now()
	err = stopped(ctx, w.handle(ctx, t, attempt))
	w.log(t, attempt, retried, time.Since(start), err)
	switch verdict(err, retried, limit) {
	case done:
		return nil
	case again:
		return err
	}
	if dead := w.handler.Dead(context.WithoutCancel(ctx), t, err); dead != nil {
		return fault.New(fault.Temporary, "record the end of task %s: %w", t.ID(), dead)
	}
	return fmt.Errorf("%w: %w", err, asynq.SkipRetry)
}

// stopped makes a cancellation of what a handler says once it was told to stop:
// that what it used was closed under its hands is nobody's mistake, and no
// reason to give the task up.
func stopped(ctx context.Context, err error) error {
	if err == nil || !errors.Is(ctx.Err(), context.Canceled) || fault.Is(err, fault.Conflict) {
		return err
	}
	return fault.New(fault.Canceled, "told to stop: %w", err)
}

// handle makes an error of a panic, so that one bad file doesn't stop a worker.
func (w *Worker) handle(ctx context.Context, t task.Task, attempt string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			w.cfg.Log.Error("handler panicked", zap.String("task", t.ID()), zap.Any("panic", p), zap.Stack("stack"))
			err = fault.New(fault.Unknown, "task %s: panic: %v", t.ID(), p)
		}
	}()
	return w.handler.Handle(ctx, t, attempt)
}

func (w *Worker) log(t task.Task, attempt string, retried int, took time.Duration, err error) {
	fields := []zap.Field{
		zap.String("run", t.Run), zap.String("task", t.ID()), zap.String("attempt", attempt),
		zap.Int("retried", retried), zap.Duration("took", took),
	}
	switch {
	case err == nil:
		w.cfg.Log.Info("part done", fields...)
	case fault.Is(err, fault.Conflict), fault.Is(err, fault.Canceled):
		w.cfg.Log.Info("part left", append(fields, zap.Stringer("kind", fault.KindOf(err)), zap.Error(err))...)
	default:
		w.cfg.Log.Warn("part failed", append(fields, zap.Stringer("kind", fault.KindOf(err)), zap.Error(err))...)
	}
}

type outcome uint8

const (
	done  outcome = iota // leaves the queue
	again                // goes back to the queue
	dead                 // is recorded as such and archived
)

// verdict says what an attempt's error means for its task.
func verdict(err error, retried, limit int) outcome {
	kind := fault.KindOf(err)
	switch {
	case err == nil, kind == fault.Conflict:
		return done
	case kind == fault.Canceled:
		return again
	case kind.Retryable() && retried < limit && !errors.Is(err, asynq.SkipRetry):
		return again
	}
	return dead
}

// retryDelay doubles from a second up to a minute; a throttled task waits four
// times as long, and a canceled one not at all.
func retryDelay(retried int, kind fault.Kind) time.Duration {
	if kind == fault.Canceled {
		return 0
	}
	d := time.Second << min(retried, 6)
	if kind == fault.Throttled {
		d *= 4
	}
	d = min(d, time.Minute)
	return d/2 + rand.N(d) // spread, so that parts that failed together don't return together
}

// logger hands asynq's own lines to zap.
type logger struct{ *zap.SugaredLogger }

func (l logger) Fatal(args ...any) { l.Error(args...) } // a library doesn't end our process
