package ingest_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"testing"

	_ "github.com/ClickHouse/clickhouse-go/v2"
	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/connection"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ingest"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/fault"
	formats "github.com/longshore/longshore/pkg/format/all"
	"github.com/longshore/longshore/pkg/objstore"
	"github.com/longshore/longshore/pkg/objstore/s3"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// scene is a run of a datasource with one part, on real servers.
type scene struct {
	t       *testing.T
	ledger  *ledger.Ledger
	project ledger.ProjectID
	files   map[string][]byte // the definitions
	store   servertest.S3
	data    *s3.Bucket
	db      *sql.DB
	ingest  *ingest.Ingest
	run     ledger.Run
	plan    ledger.Plan
	// open is asked before an object is opened, read after it was, append before
	// rows are sent, write before anything of ClickHouse is changed; recorded is told
	// of records that were written.
	open     func(key string) error
	read     func(key string) error
	append   func(in clickhouse.Insert) error
	write    func(what string) error
	recorded func(files []clickhouse.FileRecord)
	sharded  bool
}

func newScene(t *testing.T, files ...string) *scene {
	t.Helper()
	store, ch := servertest.MinIO(t), servertest.ClickHouse(t)
	url := "clickhouse://default@" + ch.Native + "/" + servertest.ClickHouseDatabase(t, ch.Native)
	data := store.NewBucket(t)
	s := &scene{t: t, store: store, data: ledgertest.Bucket(t, store, data)}
	db, err := sql.Open("clickhouse", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s.db = db
	for i, name := range files {
		if _, err := s.data.Put(t.Context(), name, fmt.Appendf(nil, "id,name\n%d,one\n%d,two\n", 2*i, 2*i+1), objstore.PutOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	l := ledgertest.New(t, nil)
	s.ledger, s.files = l, map[string][]byte{
		"connections/minio.connection": fmt.Appendf(nil, "TYPE minio\nS3_ENDPOINT %s\nS3_REGION %s\nS3_ACCESS_KEY %s\nS3_SECRET %s\nS3_PATH_STYLE true\n",
			store.Endpoint, store.Region, store.AccessKey, store.Secret),
		"datasources/events.datasource": fmt.Appendf(nil, "SCHEMA >\n    `id` UInt64,\n    `name` String\n\nENGINE \"MergeTree\"\nENGINE_SORTING_KEY \"id\"\n\n"+
			"IMPORT_SERVICE s3\nIMPORT_CONNECTION_NAME minio\nIMPORT_BUCKET_URI s3://%s/*\nIMPORT_STRATEGY APPEND\n", data),
	}
	s.push("")
	doors := connection.New(l, connection.Secrets{}, url)
	t.Cleanup(func() { doors.Close() })
	s.ingest = ingest.New(l, ingest.Doors{
		Project: doors.Project, Format: formats.Reader,
		Bucket: func(ctx context.Context, c *def.Connection, name string) (ingest.Bucket, error) {
			b, err := doors.Bucket(ctx, c, name)
			return bucket{b, s}, err
		},
		Warehouse: func(ctx context.Context, c *def.Connection) (ingest.Warehouse, error) {
			client, err := doors.ClickHouse(ctx, c)
			return warehouse{client, s}, err
		},
	}, zap.NewNop())
	if len(files) > 0 {
		s.replan()
	}
	return s
}

// push adds a line to the datasource's definition.
func (s *scene) push(line string) {
	s.t.Helper()
	name := "datasources/events.datasource"
	s.files[name] = append(s.files[name], line+"\n"...)
	project, err := s.ledger.SaveProject(s.t.Context(), s.files, s.project)
	if err != nil {
		s.t.Fatal(err)
	}
	s.project = project.ID
}

// end closes the run, so that another can begin.
func (s *scene) end() {
	s.t.Helper()
	if s.run.ID == "" {
		return
	}
	r, err := s.ledger.UpdateRun(s.t.Context(), s.run.ID, func(r *ledger.Run) error {
		r.State = ledger.Done
		return nil
	})
	if err == nil {
		err = s.ledger.Close(s.t.Context(), r)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// replan begins another run, of one part.
func (s *scene) replan() {
	s.t.Helper()
	ctx := s.t.Context()
	s.end()
	r, err := s.ledger.Create(ctx, ledger.Subject{Kind: ledger.Ingest, Name: "events"}, s.project, ledger.Trigger{By: "manual"}, "")
	if err != nil {
		s.t.Fatal(err)
	}
	work, err := s.ingest.Plan(ctx, r)
	if err != nil {
		s.t.Fatal(err)
	}
	work.Plan.Epoch, work.Plan.Parts = 1, len(work.Parts)
	if err := s.ledger.SavePlan(ctx, r.ID, work.Plan, work.Parts); err != nil || len(work.Parts) != 1 {
		s.t.Fatal(len(work.Parts), err)
	}
	s.run, s.plan = r, work.Plan
}

// chunksOf makes the chunks of files that the run begins smaller, and of so many blocks.
func (s *scene) chunksOf(rows, blocks int) {
	s.plan.Shared = fmt.Appendf(nil, `{"chunk_rows": %d, "chunk_bytes": 1000000, "chunk_blocks": %d}`, rows, blocks)
}

// part does the run's part.
func (s *scene) part() (ledger.Totals, error) {
	totals, _, err := s.ingest.Part(s.t.Context(), run.Part{Run: s.run, Plan: s.plan, Attempt: "A", Meter: new(run.Meter)})
	return totals, err
}

func (s *scene) one(query string) string {
	s.t.Helper()
	var v any
	if err := s.db.QueryRowContext(s.t.Context(), query).Scan(&v); err != nil {
		s.t.Fatal(err)
	}
	return fmt.Sprint(v)
}

// states is how many files the file ledger has in which state.
func (s *scene) states() string {
	return s.one("SELECT toString(groupArray((state, n))) FROM (SELECT toString(state) AS state, count() AS n FROM " +
		clickhouse.FileTable + " FINAL GROUP BY state ORDER BY state)")
}

// warehouse is a real one that says no when its scene does.
type warehouse struct {
	*clickhouse.Client
	s *scene
}

func (w warehouse) Append(ctx context.Context, in clickhouse.Insert) error {
	if w.s.append != nil {
		if err := w.s.append(in); err != nil {
			return err
		}
	}
	if err := w.may("append"); err != nil {
		return err
	}
	return w.Client.Append(ctx, in)
}

func (w warehouse) Sharded() bool { return w.s.sharded }

func (w warehouse) Stream(ctx context.Context, in clickhouse.Insert) (*clickhouse.Stream, error) {
	if w.s.append != nil {
		if err := w.s.append(in); err != nil {
			return nil, err
		}
	}
	if err := w.may("append"); err != nil {
		return nil, err
	}
	return w.Client.Stream(ctx, in)
}

func (w warehouse) AddColumn(ctx context.Context, t clickhouse.Table, column clickhouse.Column) error {
	if err := w.may("alter"); err != nil {
		return err
	}
	return w.Client.AddColumn(ctx, t, column)
}

func (w warehouse) RecordFiles(ctx context.Context, files []clickhouse.FileRecord) error {
	if err := w.may("record"); err != nil {
		return err
	}
	err := w.Client.RecordFiles(ctx, files)
	if err == nil && w.s.recorded != nil {
		w.s.recorded(files)
	}
	return err
}

func (w warehouse) RemoveFiles(ctx context.Context, table string, files []clickhouse.FileVersion) error {
	if err := w.may("remove"); err != nil {
		return err
	}
	return w.Client.RemoveFiles(ctx, table, files)
}

func (w warehouse) may(what string) error {
	if w.s.write == nil {
		return nil
	}
	return w.s.write(what)
}

// bucket is a real one that says no when its scene does.
type bucket struct {
	*s3.Bucket
	s *scene
}

func (b bucket) Open(ctx context.Context, key, etag string, offset, length int64) (io.ReadCloser, error) {
	if b.s.open != nil {
		if err := b.s.open(key); err != nil {
			return nil, err
		}
	}
	body, err := b.Bucket.Open(ctx, key, etag, offset, length)
	return stream{body, key, b.s}, err
}

func (b bucket) ReaderAt(ctx context.Context, obj objstore.Object) io.ReaderAt {
	return b.Bucket.ReaderAt(ctx, obj, 1<<20)
}

type stream struct {
	io.ReadCloser
	key string
	s   *scene
}

func (r stream) Read(p []byte) (int, error) {
	if r.s.read != nil {
		if err := r.s.read(r.key); err != nil {
			return 0, err
		}
	}
	return r.ReadCloser.Read(p)
}

// What a store or the way to it answers for a while doesn't make a file fail for
// ever: the name server knows no such host, a proxy answers with a page.
func TestAStoreThatIsNotItselfFailsNoFile(t *testing.T) {
	for _, kind := range []fault.Kind{fault.NotFound, fault.Invalid} {
		for _, where := range []string{"open", "read"} {
			t.Run(kind.String()+" on "+where, func(t *testing.T) {
				s := newScene(t, "a.csv", "b.csv")
				no := func(string) error { return fault.New(kind, "not the store") }
				if where == "open" {
					s.open = no
				} else {
					s.read = no
				}
				if _, err := s.part(); !fault.Is(err, kind) {
					t.Errorf("got %v", err)
				}
				if got := s.states(); got != "[('ingesting',2)]" {
					t.Errorf("got %s", got)
				}
				s.open, s.read = nil, nil
				totals, err := s.part()
				if err != nil || totals.Rows != 4 || totals.FailedFiles != 0 {
					t.Errorf("the next attempt: got %+v, %v", totals, err)
				}
				if got := s.one("SELECT count() FROM events"); got != "4" {
					t.Errorf("got %s rows", got)
				}
			})
		}
	}
}

func TestAFileThatWasDeletedFails(t *testing.T) {
	s := newScene(t, "a.csv", "a.csv.more")
	if err := s.data.Delete(t.Context(), "a.csv"); err != nil {
		t.Fatal(err)
	}
	totals, err := s.part()
	if err != nil || totals.Files != 2 || totals.FailedFiles != 1 || totals.Rows != 2 {
		t.Errorf("got %+v, %v", totals, err)
	}
	if got := s.states(); got != "[('done',1),('failed',1)]" {
		t.Errorf("got %s", got)
	}
}

// One object that may not be read keeps back none behind it.
func TestAnObjectThatMayNotBeReadKeepsBackNoOther(t *testing.T) {
	s := newScene(t, "a.csv", "b.csv", "c.csv")
	s.open = func(key string) error {
		if key == "a.csv" {
			return fault.New(fault.Denied, "InvalidObjectState: the object is archived")
		}
		return nil
	}
	if _, err := s.part(); !fault.Is(err, fault.Denied) {
		t.Errorf("got %v, want the denial", err)
	}
	if got := s.states(); got != "[('done',2),('ingesting',1)]" {
		t.Errorf("got %s", got)
	}
}

// A file is deleted after a twin of the attempt was done with it: it is done.
func TestAFileThatATwinDidIsDone(t *testing.T) {
	s := newScene(t, "a.csv")
	s.open = func(string) error {
		s.open = nil
		if _, err := s.part(); err != nil { // the twin
			t.Fatal(err)
		}
		return s.data.Delete(t.Context(), "a.csv")
	}
	totals, err := s.part()
	if err != nil || totals.Rows != 2 || totals.FailedFiles != 0 {
		t.Errorf("got %+v, %v", totals, err)
	}
	if got := s.states(); got != "[('done',1)]" {
		t.Errorf("got %s", got)
	}
	if got := s.one("SELECT concat(rows, ' ', bytes) FROM " + clickhouse.FileTable + " FINAL"); got != "2 20" {
		t.Errorf("the record has %s rows and bytes", got)
	}
}
