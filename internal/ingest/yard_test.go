package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap/zaptest"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/connection"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ingest"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/queue"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/internal/task"
	formats "github.com/longshore/longshore/pkg/format/all"
	"github.com/longshore/longshore/pkg/objstore"
)

// yard is a producer and workers around a datasource and its backfills, on real
// servers, with gates where a test wants to stop something.
type yard struct {
	*landing
	redis    string
	client   *queue.Client
	ingest   *ingest.Ingest
	backfill *ingest.Backfill
	project  ledger.ProjectID
	leads    context.CancelFunc
	led      chan struct{}

	mu     sync.Mutex
	append func(in clickhouse.Insert) error // before each append; nil: none waits; guarded by mu
	list   func(key string) error           // before each key that is listed; guarded by mu
	load   *clickhouse.Load                 // nil: the server's; guarded by mu
	keys   int                              // how many keys a listing makes up; before those of the store; set before it is listed

	fetched atomic.Int64 // bytes of files' streams
}

// newYard has n files in/000.csv… of ten rows each, whose ids follow one another,
// and parts of one file.
func newYard(t *testing.T, n int) *yard {
	t.Helper()
	y := &yard{landing: newLanding(t), redis: servertest.Redis(t)}
	empty := y.connect()
	if err := empty.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	y.client = queue.NewClient(empty)
	ch := servertest.ClickHouse(t)
	doors := connection.New(y.ledger, connection.Secrets{}, "clickhouse://default@"+ch.Native+"/"+y.house.Database())
	t.Cleanup(func() { doors.Close() })
	y.ingest = ingest.New(y.ledger, ingest.Doors{
		Project: doors.Project, Format: formats.Reader,
		Bucket: func(ctx context.Context, c *def.Connection, name string) (ingest.Bucket, error) {
			b, err := doors.Bucket(ctx, c, name)
			return gatedBucket{bucket{b, &scene{}}, y}, err
		},
		Warehouse: func(context.Context, *def.Connection) (ingest.Warehouse, error) { return gatedHouse{y.house, y}, nil },
	}, zaptest.NewLogger(t))
	y.backfill = ingest.NewBackfill(y.ingest)
	y.backfill.LimitParts(1)
	y.backfill.BrakeAt(10 * time.Millisecond)
	for i := range n {
		y.put(fmt.Sprintf("in/%03d.csv", i), tenRows(i))
	}
	y.project = y.push("in/*")
	return y
}

// tenRows is the i-th file.
func tenRows(i int) string {
	var b strings.Builder
	b.WriteString("id,name\n")
	for row := range 10 {
		fmt.Fprintf(&b, "%d,row\n", i*10+row)
	}
	return b.String()
}

type gatedBucket struct {
	bucket
	y *yard
}

func (g gatedBucket) List(ctx context.Context, prefix, after string) iter.Seq2[objstore.Object, error] {
	return func(yield func(objstore.Object, error) bool) {
		for i := range g.y.keys {
			if !yield(objstore.Object{Key: fmt.Sprintf("in/%08d.csv", i), ETag: "e", Size: 1000}, nil) {
				return
			}
		}
		for obj, err := range g.bucket.List(ctx, prefix, after) {
			g.y.mu.Lock()
			gate := g.y.list
			g.y.mu.Unlock()
			if gate != nil && err == nil {
				err = gate(obj.Key)
			}
			if !yield(obj, err) {
				return
			}
		}
	}
}

func (g gatedBucket) Open(ctx context.Context, key, etag string, offset, length int64) (io.ReadCloser, error) {
	body, err := g.bucket.Open(ctx, key, etag, offset, length)
	return fetchedReader{body, g.y}, err
}

type fetchedReader struct {
	io.ReadCloser
	y *yard
}

func (r fetchedReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.y.fetched.Add(int64(n))
	return n, err
}

type gatedHouse struct {
	*clickhouse.Client
	y *yard
}

func (g gatedHouse) Append(ctx context.Context, in clickhouse.Insert) error {
	if err := g.may(in); err != nil {
		return err
	}
	return g.Client.Append(ctx, in)
}

func (g gatedHouse) Stream(ctx context.Context, in clickhouse.Insert) (*clickhouse.Stream, error) {
	if err := g.may(in); err != nil {
		return nil, err
	}
	return g.Client.Stream(ctx, in)
}

func (g gatedHouse) may(in clickhouse.Insert) error {
	g.y.mu.Lock()
	gate := g.y.append
	g.y.mu.Unlock()
	if gate == nil {
		return nil
	}
	return gate(in)
}

func (g gatedHouse) Load(ctx context.Context, database, table string) (clickhouse.Load, error) {
	g.y.mu.Lock()
	defer g.y.mu.Unlock()
	if g.y.load != nil {
		return *g.y.load, nil
	}
	return g.Client.Load(ctx, database, table)
}

func (y *yard) loaded(l *clickhouse.Load) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.load = l
}

// stopAt has the n-th append from now on say that it is there, and wait. It
// returns what waits for that, and what lets it go on.
func (y *yard) stopAt(n int) (reached <-chan struct{}, goOn func()) {
	at, release := make(chan struct{}), make(chan struct{})
	var mu sync.Mutex
	seen := 0
	y.mu.Lock()
	y.append = func(clickhouse.Insert) error {
		mu.Lock()
		seen++
		hit := seen == n
		mu.Unlock()
		if hit {
			close(at)
			<-release
		}
		return nil
	}
	y.mu.Unlock()
	goOn = sync.OnceFunc(func() { close(release) })
	y.t.Cleanup(goOn)
	return at, goOn
}

// lead starts a producer's conductor.
func (y *yard) lead() {
	ctx, cancel := context.WithCancel(y.t.Context())
	y.leads, y.led = cancel, make(chan struct{})
	led := y.led
	c := run.NewConductor(y.ledger, y.client, map[ledger.Kind]run.Verb{ledger.Ingest: y.ingest, ledger.Backfill: y.backfill},
		run.Config{Scan: 20 * time.Millisecond, Reconcile: 200 * time.Millisecond, PlanPatience: 2 * time.Second}, zaptest.NewLogger(y.t))
	go func() {
		defer close(led)
		_ = c.Lead(ctx)
	}()
	y.t.Cleanup(y.depose)
}

// depose stops the producer, with everything it had in memory.
func (y *yard) depose() {
	y.leads()
	<-y.led
}

// work starts a worker of a task at a time of each queue.
func (y *yard) work() {
	r := y.connect()
	h := &run.Parts{
		Ledger: y.ledger, Report: queue.NewClient(r), Log: zaptest.NewLogger(y.t),
		Workers: map[ledger.Kind]run.Worker{ledger.Ingest: y.ingest, ledger.Backfill: y.backfill},
	}
	w := queue.NewWorker(r, queue.WorkerConfig{
		Queues: map[string]int{task.QueueIngest: 1, task.QueueBackfill: 1}, Grace: 100 * time.Millisecond, Log: zaptest.NewLogger(y.t),
	}, h)
	ctx, cancel := context.WithCancel(y.t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := w.Run(ctx); err != nil {
			y.t.Error(err)
		}
	}()
	y.t.Cleanup(func() { cancel(); <-ended })
}

// fill creates a backfill of all that matches in/.
func (y *yard) fill(change ...func(*ledger.BackfillRecord)) ledger.BackfillRecord {
	y.t.Helper()
	rec := ledger.BackfillRecord{Datasource: "events", URI: "s3://" + y.name + "/in/*", Limits: ledger.BackfillLimits{MaxParts: 300, MaxMerges: 100}}
	for _, c := range change {
		c(&rec)
	}
	rec, _, err := y.ledger.CreateBackfill(y.t.Context(), rec, y.project, ledger.Trigger{By: "api"}, "")
	if err != nil {
		y.t.Fatal(err)
	}
	return rec
}

func (y *yard) record(rec ledger.BackfillRecord) ledger.BackfillRecord {
	y.t.Helper()
	rec, err := y.ledger.Backfill(y.t.Context(), rec.Name)
	if err != nil {
		y.t.Fatal(err)
	}
	return rec
}

func (y *yard) pause(rec ledger.BackfillRecord, pause bool) {
	y.t.Helper()
	if _, err := y.ledger.PauseBackfill(y.t.Context(), rec.Name, pause); err != nil {
		y.t.Fatal(err)
	}
}

func (y *yard) cancel(id ledger.RunID) {
	y.t.Helper()
	if err := y.ledger.RequestCancel(y.t.Context(), id); err != nil {
		y.t.Fatal(err)
	}
}

// until polls what must come true.
func (y *yard) until(what string, ok func() bool) {
	y.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !ok(); {
		if time.Now().After(deadline) {
			y.t.Fatalf("still not: %s", what)
		}
		select {
		case <-y.t.Context().Done():
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (y *yard) state(id ledger.RunID) ledger.Run {
	y.t.Helper()
	r, err := y.ledger.Run(y.t.Context(), id)
	if err != nil {
		y.t.Fatal(err)
	}
	return r
}

func (y *yard) ended(id ledger.RunID) ledger.Run {
	y.t.Helper()
	y.until("the run has ended", func() bool { return y.state(id).State.Final() })
	return y.state(id)
}

// done waits for a backfill's end, which must be a good one.
func (y *yard) done(rec ledger.BackfillRecord) ledger.BackfillRecord {
	y.t.Helper()
	r := y.ended(rec.Run)
	rec = y.record(rec)
	if r.State != ledger.Done || rec.Verdict == nil || !rec.Verdict.OK {
		y.t.Fatalf("got %+v with %+v, verdict %+v", r, r.Failure, rec.Verdict)
	}
	return rec
}

// sync has the datasource take what is new, and returns how many files that was.
func (y *yard) sync() int64 {
	y.t.Helper()
	r := y.ended(y.create(y.project).ID)
	if r.State != ledger.Done {
		y.t.Fatalf("got %+v with %+v", r, r.Failure)
	}
	return r.Totals.Files
}

// idle reports whether no part of a backfill waits or is under way.
func (y *yard) idle() bool {
	depths, err := y.client.Depths()
	if err != nil {
		y.t.Fatal(err)
	}
	for _, d := range depths {
		if d.Queue == task.QueueBackfill && d.Waiting+d.Active > 0 {
			return false
		}
	}
	return true
}

// wantRows checks that the rows of n files are in the table, each once.
func (y *yard) wantRows(n int) {
	y.t.Helper()
	var count, distinct, sum uint64
	err := y.house.Query(y.t.Context(), "check", "SELECT count(), uniqExact(id), sum(id) FROM events", func(scan func(...any) error) error {
		return scan(&count, &distinct, &sum)
	})
	if err != nil {
		y.t.Fatal(err)
	}
	rows := uint64(n) * 10
	if count != rows || distinct != rows || rows > 0 && sum != rows*(rows-1)/2 {
		y.t.Errorf("got %d rows of %d ids with sum %d, want the %d rows of %d files once", count, distinct, sum, rows, n)
	}
}

// one returns the one text that a query yields.
func (y *yard) one(query string) (text string) {
	y.t.Helper()
	err := y.house.Query(y.t.Context(), "check", query, func(scan func(...any) error) error { return scan(&text) })
	if err != nil {
		y.t.Fatal(err)
	}
	return text
}

// stopAtRows is stopAt for the appends of the datasource's rows.
func (y *yard) stopAtRows(n int) (reached <-chan struct{}, goOn func()) {
	reached, goOn = y.stopAt(n)
	y.mu.Lock()
	defer y.mu.Unlock()
	gate := y.append
	y.append = func(in clickhouse.Insert) error {
		if in.Table != "events" {
			return nil
		}
		return gate(in)
	}
	return reached, goOn
}

// stopListing has the listing wait before a key.
func (y *yard) stopListing(key string) (reached <-chan struct{}, goOn func()) {
	at, release := make(chan struct{}), make(chan struct{})
	reach := sync.OnceFunc(func() { close(at) })
	y.mu.Lock()
	defer y.mu.Unlock()
	y.list = func(listed string) error {
		if listed == key {
			reach()
			<-release
		}
		return nil
	}
	goOn = sync.OnceFunc(func() { close(release) })
	y.t.Cleanup(goOn)
	return at, goOn
}

// manyRows is a file of n rows.
func manyRows(n int) string {
	var b strings.Builder
	b.WriteString("id,name\n")
	for row := range n {
		fmt.Fprintf(&b, "%d,row\n", row)
	}
	return b.String()
}

func errorsIsHalted(err error) bool { return errors.Is(err, run.ErrHalted) }

// connect opens the yard's Redis.
func (y *yard) connect() redis.UniversalClient {
	r := queue.Open(queue.Config{Addrs: []string{y.redis}})
	y.t.Cleanup(func() { r.Close() })
	return r
}
