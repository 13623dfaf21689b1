package daemon_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/daemon"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/servertest"
)

// page is the reference page of a destination: its rows, tried together. They
// are syncs of one project. All of them run, then what they read changes, and
// then those run again that say so.
type page struct {
	*stage
	kind  string // TYPE of the destination's connection
	files map[string]string
	rows  []*row
	url   string // of the producer's API
	clock atomic.Pointer[time.Time]
	log   *observer.ObservedLogs // of the producer
}

// row is a line of the page, and the sync that shows it.
type row struct {
	name  string // of the subtest: the page's words
	model string
	mode  string // empty for all
	path  string // in a folder of the row's own
	// format is csv when empty.
	format string
	to     string // more lines of the destination
	more   string // more lines of the sync
	// connection is the page's own when empty.
	connection string
	again      bool // runs once more after the change

	// want is the row's folder: contents by key, in which run1 and run2 stand for
	// the ids of runs. Nil is a run that fails and leaves nothing.
	want map[string]string
	// read is how contents are looked at; nil takes the bytes.
	read func(p *page, key string) string
	// failure is what the message of a failed run says.
	failure []string
	// check looks at what want can't say; it may be nil.
	check func(p *page, runs []ledger.Run)

	runs []ledger.Run
}

// The times of the first runs and of those after the change, in a zone where the
// first of them is in another year, and the minute is never that of UTC.
var (
	firstTime  = time.Date(2024, 12, 31, 16, 5, 6, 7e6, time.UTC).In(elsewhere)
	secondTime = time.Date(2031, 2, 3, 4, 9, 8, 90e6, time.UTC).In(elsewhere)
	elsewhere  = time.FixedZone("elsewhere", 14*3600+30*60)
)

func newPage(s *stage, kind string) *page {
	p := &page{stage: s, kind: kind, files: map[string]string{
		"longshore.yaml":                    "timezone: Pacific/Kiritimati\n",
		"connections/postgres.connection":   "TYPE postgres\nPOSTGRES_URL " + s.pgURL + "\n",
		"connections/clickhouse.connection": "TYPE clickhouse\nCLICKHOUSE_URL " + s.clickhouseURL() + "\n",
	}}
	p.connect("bucket", s.store, s.data, s.store.AccessKey, s.store.Secret)
	return p
}

// connect adds a connection to a bucket, of the page's type.
func (p *page) connect(name string, store servertest.S3, bucket, key, secret string) {
	p.files["connections/"+name+".connection"] = fmt.Sprintf("TYPE %s\nS3_ENDPOINT %s\nS3_BUCKET %s\nS3_ACCESS_KEY %s\nS3_SECRET %s\n",
		p.kind, store.Endpoint, bucket, key, secret)
}

// model adds a model of the tables in the stage's PostgreSQL.
func (p *page) model(name, sql, more string) {
	p.files["models/"+name+".yaml"] = fmt.Sprintf("connection: postgres\nsql: %q\n%s", sql, more)
}

// add adds the sync of a row.
func (p *page) add(rows ...row) {
	for _, r := range rows {
		p.files["syncs/"+r.sync(len(p.rows))+".yaml"] = r.yaml()
		p.rows = append(p.rows, &r)
	}
}

func (r *row) sync(i int) string { return fmt.Sprintf("row_%02d", i) }

func (r *row) yaml() string {
	or := func(text, otherwise string) string {
		if text == "" {
			return otherwise
		}
		return text
	}
	return fmt.Sprintf("model: %s\nmode: %s\n%sdestination:\n  connection: %s\n  path: '%s'\n  format: %s\n%s",
		r.model, or(r.mode, "all"), r.more, or(r.connection, "bucket"), r.path, or(r.format, "csv"), r.to)
}

// folder is where the row's objects are.
func (r *row) folder() string {
	folder, _, _ := strings.Cut(r.path, "/")
	return folder + "/"
}

// open starts a producer, whose clock is the page's, and a worker, and pushes
// the project as people do.
func (p *page) open() {
	p.t.Helper()
	folders := map[string]string{}
	for _, r := range p.rows {
		if other, taken := folders[r.folder()]; taken {
			p.t.Fatalf("rows %q and %q share the folder %s", other, r.name, r.folder())
		}
		folders[r.folder()] = r.name
	}
	p.clock.Store(&firstTime)
	cfg := daemon.ProducerConfig{Config: p.config(), Listen: "127.0.0.1:0"}
	cfg.Now = func() time.Time { return *p.clock.Load() }
	core, observed := observer.New(zap.WarnLevel)
	p.log = observed
	address := make(chan net.Addr, 1)
	p.spawn("producer", func(ctx context.Context, log *zap.Logger) error {
		log = log.WithOptions(zap.WrapCore(func(c zapcore.Core) zapcore.Core { return zapcore.NewTee(c, core) }))
		return daemon.Producer(ctx, cfg, log, func(a net.Addr) { address <- a })
	})
	select {
	case a := <-address:
		p.url = "http://" + a.String()
	case <-time.After(patience):
		p.t.Fatal("the producer doesn't listen")
	}
	workers := daemon.WorkerConfig{Config: p.config(), Queues: daemon.Queues{"export": 8}}
	p.spawn("worker", func(ctx context.Context, log *zap.Logger) error { return daemon.Worker(ctx, workers, log) })
	if status, text := p.call("POST", "/project", api.PushRequest{Files: p.files}, nil); status != http.StatusOK {
		p.t.Fatalf("push: %d %s", status, text)
	}
}

// call asks the producer's API.
func (p *page) call(method, path string, body, into any) (status int, text string) {
	p.t.Helper()
	sent, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(p.t.Context(), method, p.url+"/api/v1"+path, bytes.NewReader(sent))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	if err == nil && into != nil && answer.StatusCode/100 == 2 {
		err = json.Unmarshal(got, into)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return answer.StatusCode, string(got)
}

// begin starts a run of a sync.
func (p *page) begin(sync string) ledger.RunID {
	p.t.Helper()
	var started api.StartResult
	if status, text := p.call("POST", "/syncs/"+sync+"/runs", api.StartRequest{}, &started); status != http.StatusCreated {
		p.t.Fatalf("start %s: %d %s", sync, status, text)
	}
	return ledger.RunID(started.Run.ID)
}

// settles runs a sync and waits until everything is done about it.
func (p *page) settles(sync string) ledger.Run {
	p.t.Helper()
	r := p.ended(p.begin(sync))
	p.idle(r.Subject)
	return r
}

// wave runs all rows, or those that run again.
func (p *page) wave(which func(*row) bool) {
	p.t.Helper()
	ids := map[*row]ledger.RunID{}
	for i, r := range p.rows {
		if which(r) {
			ids[r] = p.begin(r.sync(i))
		}
	}
	for _, r := range p.rows {
		if id, began := ids[r]; began {
			run := p.ended(id)
			p.idle(run.Subject)
			r.runs = append(r.runs, run)
		}
	}
}

// show runs everything and looks at each row in a subtest.
func (p *page) show(change func()) {
	p.t.Helper()
	p.wave(func(*row) bool { return true })
	change()
	p.clock.Store(&secondTime)
	p.wave(func(r *row) bool { return r.again })
	for _, r := range p.rows {
		p.sub(r.name, func(p *page) { r.shown(p) })
	}
}

// sub is a subtest of the page.
func (p *page) sub(name string, test func(p *page)) {
	p.t.Run(name, func(t *testing.T) {
		test(&page{stage: p.in(t), kind: p.kind, files: p.files, url: p.url, log: p.log})
	})
}

// shown compares what the row's runs left with what the page says.
func (r *row) shown(p *page) {
	p.t.Helper()
	for _, run := range r.runs {
		switch {
		case r.want != nil && run.State != ledger.Done:
			p.t.Fatalf("run is %s: %+v", run.State, run.Failure)
		case r.want == nil && run.State != ledger.Failed:
			p.t.Fatalf("run is %s, want failed", run.State)
		}
		for _, want := range r.failure {
			if !strings.Contains(run.Failure.Message, want) {
				p.t.Errorf("got %q, want %q", run.Failure.Message, want)
			}
		}
	}
	if r.connection == "" {
		r.compare(p)
	}
	if r.check != nil {
		r.check(p, r.runs)
	}
}

func (r *row) compare(p *page) {
	p.t.Helper()
	read := r.read
	if read == nil {
		read = func(p *page, key string) string { return string(p.download(key)) }
	}
	got := map[string]string{}
	for _, key := range p.keys() {
		if strings.HasPrefix(key, r.folder()) {
			got[r.named(key)] = read(p, key)
		}
	}
	if maps.Equal(got, r.want) {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		p.t.Logf("got %s with %q", key, tail(got[key], 500))
	}
	for _, key := range slices.Sorted(maps.Keys(r.want)) {
		if _, there := got[key]; !there {
			p.t.Errorf("got no %s, want one with %q", key, r.want[key])
		} else if got[key] != r.want[key] {
			p.t.Errorf("%s: got %q, want %q", key, got[key], r.want[key])
		}
		delete(got, key)
	}
	for key := range got {
		p.t.Errorf("got %s, want no such object", key)
	}
}

// named is a key, with the runs' numbers for their ids.
func (r *row) named(key string) string {
	for i, run := range r.runs {
		key = strings.ReplaceAll(key, string(run.ID), fmt.Sprintf("run%d", i+1))
	}
	return key
}
