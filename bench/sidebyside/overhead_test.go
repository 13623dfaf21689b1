package sidebyside_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hibiken/asynq"

	"github.com/longshore/longshore/bench/report"
)

// parts is how many empty parts, and empty tasks, are timed in a round.
const parts = 20

// overheads compare an empty run, from the request to its commit, with an empty task of asynq, from its being enqueued until it is
// handled, by a worker that had nothing to do. Each goes when the one before has ended.
func (b *bench) overheads() []report.Job {
	b.t.Helper()
	b.ask("create table nothing (id bigint primary key)")
	b.push(map[string]string{
		"models/nothing.yaml": "connection: postgres\nsql: select * from nothing\nprimary_key: id\n",
		"syncs/nothing.yaml":  "model: nothing\nmode: all\ndestination:\n  connection: minio\n  path: nothing.csv\n  format: csv\n",
	})
	b.run("sync", "nothing")
	handled, stop := b.asynq()
	defer stop()
	return b.compete([]job{{"An empty part", "", []contender{
		{report.Longshore, func(int) report.Measure {
			return timed(func() float64 { return b.run("sync", "nothing").Seconds })
		}, nil},
		{report.Asynq, func(int) report.Measure { return timed(handled) }, nil},
	}}})
}

// timed sums up what something takes several times.
func timed(once func() float64) report.Measure {
	all := make([]float64, parts)
	var m report.Measure
	for i := range all {
		all[i] = once()
		m.Seconds += all[i]
	}
	slices.Sort(all)
	m.Further = map[string]float64{"median": all[parts/2], "p99": all[parts-1]}
	return m
}

// asynq runs a worker with the library's settings, and returns what times a task of its.
func (b *bench) asynq() (handled func() float64, stop func()) {
	b.t.Helper()
	redis := asynq.RedisClientOpt{Addr: b.redis}
	done := make(chan struct{})
	server := asynq.NewServer(redis, asynq.Config{Queues: map[string]int{"empty": 1}, LogLevel: asynq.FatalLevel})
	if err := server.Start(asynq.HandlerFunc(func(context.Context, *asynq.Task) error { done <- struct{}{}; return nil })); err != nil {
		b.t.Fatal(err)
	}
	client := asynq.NewClient(redis)
	n := 0
	return func() float64 {
			n++
			start := time.Now()
			if _, err := client.Enqueue(asynq.NewTask("empty", fmt.Append(nil, n)), asynq.Queue("empty")); err != nil {
				b.t.Fatal(err)
			}
			<-done
			return time.Since(start).Seconds()
		}, func() {
			server.Shutdown()
			client.Close()
		}
}
