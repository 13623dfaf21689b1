package daemon_test

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/ClickHouse/clickhouse-go/v2"
	_ "github.com/jackc/pgx/v5/stdlib"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"

	"github.com/longshore/longshore/internal/daemon"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
	"github.com/longshore/longshore/internal/queue"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/objstore/s3"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// stage is real servers, and a ledger on them, for producers and workers to act on.
type stage struct {
	t      *testing.T
	store  servertest.S3
	state  string // bucket
	data   string // bucket
	redis  string
	pgURL  string
	ch     servertest.CH
	chName string // database
	ledger *ledger.Ledger
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, store: servertest.MinIO(t), redis: servertest.Redis(t), pgURL: servertest.Postgres(t), ch: servertest.ClickHouse(t)}
	s.state, s.data = s.store.NewBucket(t), s.store.NewBucket(t)
	s.chName = servertest.ClickHouseDatabase(t, s.ch.Native)
	s.ledger = ledger.New(ledgertest.Bucket(t, s.store, s.state), "", nil)
	return s
}

func (s *stage) clickhouseURL() string {
	return "clickhouse://default@" + s.ch.Native + "/" + s.chName
}

func (s *stage) config() daemon.Config {
	return daemon.Config{
		Queue: queue.Config{Addrs: []string{s.redis}},
		State: daemon.StateConfig{
			URI: "s3://" + s.state, Endpoint: s.store.Endpoint, Region: s.store.Region,
			AccessKey: s.store.AccessKey, Secret: s.store.Secret, PathStyle: true,
		},
		ClickHouse:      s.clickhouseURL(),
		ShutdownTimeout: 2 * time.Second,
	}
}

// environ is config as a process reads it.
func (s *stage) environ(more ...string) []string {
	c := s.config()
	return append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "AWS_EC2_METADATA_DISABLED=true",
		"LONGSHORE_REDIS_ADDR=" + s.redis,
		"LONGSHORE_STATE_URI=" + c.State.URI, "LONGSHORE_S3_ENDPOINT=" + c.State.Endpoint, "LONGSHORE_S3_REGION=" + c.State.Region,
		"LONGSHORE_S3_ACCESS_KEY=" + c.State.AccessKey, "LONGSHORE_S3_SECRET=" + c.State.Secret, "LONGSHORE_S3_PATH_STYLE=true",
		"LONGSHORE_CLICKHOUSE_URL=" + c.ClickHouse, "LONGSHORE_SHUTDOWN_TIMEOUT=2s",
		"LONGSHORE_LISTEN=127.0.0.1:0", "LONGSHORE_HEALTH_LISTEN=off",
	}, more...)
}

// push makes files the project. Connections to the stage's servers are added:
// minio, postgres and clickhouse.
func (s *stage) push(files map[string]string) {
	s.t.Helper()
	all := map[string][]byte{
		"connections/minio.connection": fmt.Appendf(nil, "TYPE minio\nS3_ENDPOINT %s\nS3_REGION %s\nS3_ACCESS_KEY %s\nS3_SECRET %s\nS3_BUCKET %s\nS3_PATH_STYLE true\n",
			s.store.Endpoint, s.store.Region, s.store.AccessKey, s.store.Secret, s.data),
		"connections/postgres.connection":   fmt.Appendf(nil, "TYPE postgres\nPOSTGRES_URL %s\n", s.pgURL),
		"connections/clickhouse.connection": fmt.Appendf(nil, "TYPE clickhouse\nCLICKHOUSE_URL %s\n", s.clickhouseURL()),
	}
	for name, body := range files {
		all[name] = []byte(body)
	}
	if _, problems := def.Parse(all); len(problems) > 0 {
		s.t.Fatal(problems)
	}
	current, err := s.ledger.CurrentProjectID(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.ledger.SaveProject(s.t.Context(), all, current); err != nil {
		s.t.Fatal(err)
	}
}

// spawn runs a daemon in this process until stop or the test's end.
func (s *stage) spawn(what string, daemon func(ctx context.Context, log *zap.Logger) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.t.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := daemon(ctx, zaptest.NewLogger(s.t, zaptest.Level(zap.WarnLevel))); err != nil {
			s.t.Errorf("%s: %v", what, err)
		}
	}()
	stop = sync.OnceFunc(func() { cancel(); <-ended })
	s.t.Cleanup(stop)
	return stop
}

// produce runs a producer and returns its API's URL.
func (s *stage) produce() (url string, stop func()) {
	s.t.Helper()
	address := make(chan net.Addr, 1)
	cfg := daemon.ProducerConfig{Config: s.config(), Listen: "127.0.0.1:0"}
	stop = s.spawn("producer", func(ctx context.Context, log *zap.Logger) error {
		return daemon.Producer(ctx, cfg, log, func(a net.Addr) { address <- a })
	})
	select {
	case a := <-address:
		return "http://" + a.String(), stop
	case <-time.After(30 * time.Second):
		s.t.Fatal("the producer doesn't listen")
		return "", nil
	}
}

func (s *stage) work() (stop func()) {
	cfg := daemon.WorkerConfig{Config: s.config(), Queues: daemon.Queues{"export": 2, "ingest": 2}}
	return s.spawn("worker", func(ctx context.Context, log *zap.Logger) error { return daemon.Worker(ctx, cfg, log) })
}

// process is a daemon in a process of its own, to be killed.
type process struct {
	*exec.Cmd
	ended chan struct{}
}

// start runs cmd/NAME as a process.
func (s *stage) start(name string, env ...string) *process {
	s.t.Helper()
	p := &process{Cmd: exec.Command(binary(s.t, name)), ended: make(chan struct{})}
	p.Env = s.environ(env...)
	log, err := os.Create(filepath.Join(s.t.TempDir(), name+".log"))
	if err != nil {
		s.t.Fatal(err)
	}
	p.Stderr = log
	if err := p.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.Wait() // how it ends is the test's to say
	}()
	s.t.Cleanup(func() {
		p.kill()
		if s.t.Failed() {
			body, _ := os.ReadFile(log.Name())
			s.t.Logf("%s %d:\n%s", name, p.Process.Pid, tail(string(body), 4000))
		}
		log.Close()
	})
	return p
}

// kill ends the process as a power cut would.
func (p *process) kill() {
	_ = p.Process.Signal(syscall.SIGKILL) // it may have ended
	<-p.ended
}

func tail(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}

var built sync.Map // name → func() (path string, err error)

// binary builds cmd/NAME once for all tests.
func binary(t *testing.T, name string) string {
	t.Helper()
	build, _ := built.LoadOrStore(name, sync.OnceValues(func() (string, error) {
		dir, err := os.MkdirTemp("", "longshore-bin-") //nolint:usetesting // it outlives the test
		if err != nil {
			return "", err
		}
		servertest.AtEnd(func() { os.RemoveAll(dir) })
		path := filepath.Join(dir, name)
		out, err := exec.Command("go", "build", "-o", path, "../../cmd/"+name).CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("build %s: %w\n%s", name, err, out)
		}
		return path, nil
	}))
	path, err := build.(func() (string, error))()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func (s *stage) trigger(kind ledger.Kind, name string) ledger.RunID {
	s.t.Helper()
	project, err := s.ledger.CurrentProjectID(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := s.ledger.Create(s.t.Context(), ledger.Subject{Kind: kind, Name: name}, project, ledger.Trigger{By: "manual"}, "")
	if err != nil {
		s.t.Fatal(err)
	}
	return r.ID
}

// ended waits for a run's end.
func (s *stage) ended(id ledger.RunID) ledger.Run {
	s.t.Helper()
	return s.until(id, "ended", func(r ledger.Run) bool { return r.State.Final() })
}

// patience is how long a test waits for what must come; it bounds, and asserts
// nothing about speed.
const patience = 4 * time.Minute

func (s *stage) until(id ledger.RunID, what string, ok func(ledger.Run) bool) ledger.Run {
	s.t.Helper()
	for deadline := time.Now().Add(patience); ; pause(s.t) {
		r, err := s.ledger.Run(s.t.Context(), id)
		if err != nil {
			s.t.Fatal(err)
		}
		if ok(r) {
			return r
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("run is still not %s: %+v", what, r)
		}
	}
}

// done triggers a run and expects it to succeed.
func (s *stage) done(kind ledger.Kind, name string) ledger.Run {
	s.t.Helper()
	r := s.ended(s.trigger(kind, name))
	if r.State != ledger.Done {
		s.t.Fatalf("run of %s is %s: %+v", name, r.State, r.Failure)
	}
	return r
}

func (s *stage) bucket(name string) *s3.Bucket { return ledgertest.Bucket(s.t, s.store, name) }

// keys lists the data bucket.
func (s *stage) keys() []string {
	s.t.Helper()
	var all []string
	for obj, err := range s.bucket(s.data).List(s.t.Context(), "", "") {
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, obj.Key)
	}
	return all
}

func open(t *testing.T, driver, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func (s *stage) postgres() *sql.DB   { return open(s.t, "pgx", s.pgURL) }
func (s *stage) clickhouse() *sql.DB { return open(s.t, "clickhouse", s.clickhouseURL()) }

func exec1(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// one reads a single value as text.
func one(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	var v any
	if err := db.QueryRowContext(t.Context(), query).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return strings.TrimSpace(fmt.Sprint(v))
}

// s3 is a ClickHouse table function that reads an object of the data bucket.
func (s *stage) s3(key, format, structure string) string {
	f := fmt.Sprintf("s3('%s/%s/%s', '%s', '%s', '%s'", s.store.Endpoint, s.data, key, s.store.AccessKey, s.store.Secret, format)
	if structure != "" {
		f += ", '" + strings.ReplaceAll(structure, "'", "\\'") + "'"
	}
	return f + ")"
}
