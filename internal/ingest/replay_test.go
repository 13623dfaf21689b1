package ingest_test

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/connection"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ingest"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/internal/servertest"
	formats "github.com/longshore/longshore/pkg/format/all"
	"github.com/longshore/longshore/pkg/objstore"
	"github.com/longshore/longshore/pkg/objstore/s3"
)

// shelf is a datasource on real servers whose schema a test mends, run after run.
type shelf struct {
	t      *testing.T
	ledger *ledger.Ledger
	ingest *ingest.Ingest
	data   *s3.Bucket
	db     *sql.DB
	minio  string // the connection
	uri    string
	engine string // of the table; empty is MergeTree
	// step is asked before and after each thing that is written to ClickHouse.
	step func(what string, after bool) error
	// commits is how often the end of a run is committed; zero is once.
	commits int
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	store, ch := servertest.MinIO(t), servertest.ClickHouse(t)
	url := "clickhouse://default@" + ch.Native + "/" + servertest.ClickHouseDatabase(t, ch.Native)
	bucket := store.NewBucket(t)
	s := &shelf{
		t: t, ledger: ledgertest.New(t, nil), data: ledgertest.Bucket(t, store, bucket), uri: "s3://" + bucket + "/*",
		minio: fmt.Sprintf("TYPE minio\nS3_ENDPOINT %s\nS3_REGION %s\nS3_ACCESS_KEY %s\nS3_SECRET %s\nS3_PATH_STYLE true\n",
			store.Endpoint, store.Region, store.AccessKey, store.Secret),
	}
	var err error
	if s.db, err = sql.Open("clickhouse", url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.db.Close() })
	doors := connection.New(s.ledger, connection.Secrets{}, url)
	t.Cleanup(func() { doors.Close() })
	s.ingest = ingest.New(s.ledger, ingest.Doors{
		Project: doors.Project, Format: formats.Reader,
		Bucket: func(ctx context.Context, c *def.Connection, name string) (ingest.Bucket, error) {
			b, err := doors.Bucket(ctx, c, name)
			return plainBucket{b}, err
		},
		Warehouse: func(ctx context.Context, c *def.Connection) (ingest.Warehouse, error) {
			house, err := doors.ClickHouse(ctx, c)
			return shelfHouse{house, s}, err
		},
	}, zap.NewNop())
	return s
}

// plainBucket is a bucket as ingest asks for it.
type plainBucket struct{ *s3.Bucket }

func (b plainBucket) ReaderAt(ctx context.Context, obj objstore.Object) io.ReaderAt {
	return b.Bucket.ReaderAt(ctx, obj, 1<<20)
}

// shelfHouse is a real warehouse that says no when its shelf does.
type shelfHouse struct {
	ingest.Warehouse
	s *shelf
}

func (w shelfHouse) guarded(what string, do func() error) error {
	for _, after := range []bool{false, true} {
		if after {
			if err := do(); err != nil {
				return err
			}
		}
		if w.s.step == nil {
			continue
		}
		if err := w.s.step(what, after); err != nil {
			return err
		}
	}
	return nil
}

func (w shelfHouse) Append(ctx context.Context, in clickhouse.Insert) error {
	return w.guarded("append", func() error { return w.Warehouse.Append(ctx, in) })
}

func (w shelfHouse) RecordFiles(ctx context.Context, files []clickhouse.FileRecord) error {
	if len(files) == 0 {
		return w.Warehouse.RecordFiles(ctx, files)
	}
	return w.guarded("record "+string(files[0].State), func() error { return w.Warehouse.RecordFiles(ctx, files) })
}

func (w shelfHouse) RemoveFiles(ctx context.Context, table string, files []clickhouse.FileVersion) error {
	return w.guarded("remove", func() error { return w.Warehouse.RemoveFiles(ctx, table, files) })
}

func (w shelfHouse) RecordReplays(ctx context.Context, records []clickhouse.ReplayRecord) error {
	return w.guarded("record "+string(records[0].State), func() error { return w.Warehouse.RecordReplays(ctx, records) })
}

// push makes the datasource events of these columns the one in force.
func (s *shelf) push(columns string, more ...string) {
	s.t.Helper()
	current, err := s.ledger.CurrentProjectID(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	files := map[string][]byte{
		"connections/minio.connection": []byte(s.minio),
		"datasources/events.datasource": fmt.Appendf(nil, "SCHEMA >\n    %s\n\nENGINE \"%s\"\nENGINE_SORTING_KEY \"id\"\n\n"+
			"IMPORT_SERVICE s3\nIMPORT_CONNECTION_NAME minio\nIMPORT_BUCKET_URI %s\nIMPORT_STRATEGY APPEND\n%s", columns, cmp.Or(s.engine, "MergeTree"), s.uri, strings.Join(more, "\n")),
	}
	if _, problems := def.Parse(files); len(problems) > 0 {
		s.t.Fatal(problems)
	}
	if _, err := s.ledger.SaveProject(s.t.Context(), files, current); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) put(key string, body string) {
	s.t.Helper()
	if _, err := s.data.Put(s.t.Context(), key, []byte(body), objstore.PutOptions{}); err != nil {
		s.t.Fatal(err)
	}
}

// begin makes a run and returns what does its parts and ends it.
func (s *shelf) begin(by ledger.Trigger) func() (ledger.Totals, error) {
	s.t.Helper()
	ctx := s.t.Context()
	project, err := s.ledger.CurrentProjectID(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	by.By = "manual"
	r, err := s.ledger.Create(ctx, ledger.Subject{Kind: ledger.Ingest, Name: "events"}, project, by, "")
	if err != nil {
		s.t.Fatal(err)
	}
	work, err := s.ingest.Plan(ctx, r)
	if err != nil {
		s.t.Fatal(err)
	}
	work.Plan.Epoch, work.Plan.Parts = 1, len(work.Parts)
	if err := s.ledger.SavePlan(ctx, r.ID, work.Plan, work.Parts); err != nil {
		s.t.Fatal(err)
	}
	return func() (ledger.Totals, error) {
		var parts []ledger.PartManifest
		for i := range work.Parts {
			totals, output, err := s.ingest.Part(ctx, run.Part{Run: r, Plan: work.Plan, Index: i, Attempt: "A", Meter: new(run.Meter)})
			if err != nil {
				return totals, err
			}
			parts = append(parts, ledger.PartManifest{Part: i, Totals: totals, Output: output})
		}
		totals, err := s.ingest.Commit(ctx, r, work.Plan, parts)
		for range s.commits - 1 {
			totals, err = s.ingest.Commit(ctx, r, work.Plan, parts)
		}
		if err != nil {
			return totals, err
		}
		r, err = s.ledger.UpdateRun(ctx, r.ID, func(r *ledger.Run) error { r.State, r.Totals = ledger.Done, totals; return nil })
		if err != nil {
			return totals, err
		}
		return totals, s.ledger.Close(ctx, r)
	}
}

// done makes a run and expects it to succeed.
func (s *shelf) done(by ledger.Trigger) ledger.Totals {
	s.t.Helper()
	totals, err := s.begin(by)()
	if err != nil {
		s.t.Fatal(err)
	}
	return totals
}

func (s *shelf) one(query string) string {
	s.t.Helper()
	var v any
	if err := s.db.QueryRowContext(s.t.Context(), query).Scan(&v); err != nil {
		s.t.Fatalf("%s: %v", query, err)
	}
	return fmt.Sprint(v)
}

func (s *shelf) exec(statement string) {
	s.t.Helper()
	if _, err := s.db.ExecContext(s.t.Context(), statement); err != nil {
		s.t.Fatalf("%s: %v", statement, err)
	}
}

// events is the ids in the table, in order.
func (s *shelf) events() string {
	return s.one("SELECT toString(arraySort(groupArray(id))) FROM events")
}

func (s *shelf) waiting() []clickhouse.QuarantineRow {
	s.t.Helper()
	id, err := s.ledger.CurrentProjectID(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	rows, err := s.ingest.QuarantineRows(s.t.Context(), id, "events", clickhouse.QuarantineFilter{})
	if err != nil {
		s.t.Fatal(err)
	}
	return rows
}

var all = ledger.Trigger{Replay: &ledger.Replay{}}

// After a fix the rows that fit come in, once; the others stay, and say why.
func TestReplayBringsInWhatFitsNow(t *testing.T) {
	s := newShelf(t)
	s.push("`id` UInt64,\n    `n` UInt8,\n    `s` String")
	s.put("a.csv", "s;n;id\nold;1;1\n\"quoted; and\nbroken \"\"line\";300;2\n\xff;1;3\nlong;301;4;more\nlast;-1;5")
	s.put("b.ndjson", "{\"id\":6,\"n\":256,\"s\":\"b\"}\n{\"id\":7,\"n\":7}\n{\"id\":8,\"n\":\"x\",\"s\":\"b\"}\n{\"id\":9,\"n\":9,\"s\":\"b\"}\n")
	s.put("c.csv", "10,300,c\n11,11,c\n")
	s.exec("INSERT INTO FUNCTION s3('" + s.s3URL("d.parquet") + ", 'Parquet') SELECT number AS id, toInt32(number * 20) AS n, 'd' AS s FROM numbers(12, 3)")
	if got := s.done(ledger.Trigger{}); got.Rows != 4 || got.Quarantined != 10 {
		t.Fatalf("got %+v", got)
	}
	if got := s.done(all); got.Rows != 0 || got.Quarantined != 10 {
		t.Errorf("a replay without a fix: got %+v", got)
	}
	s.exec("ALTER TABLE events MODIFY COLUMN n Int32")
	s.push("`id` UInt64,\n    `n` Int32,\n    `s` String")
	if got := s.done(ledger.Trigger{Replay: &ledger.Replay{Key: "b.ndjson"}}); got.Rows != 1 || got.Quarantined != 2 || got.Files != 1 {
		t.Errorf("one file: got %+v", got)
	}
	if got := s.done(all); got.Rows != 5 || got.Quarantined != 4 {
		t.Errorf("all: got %+v", got)
	}
	if got, want := s.events(), "[1,2,5,6,9,10,11,12,13,14]"; got != want {
		t.Errorf("got ids %s, want %s", got, want)
	}
	if got, want := s.one("SELECT toString(groupArray((id, n, s))) FROM (SELECT * FROM events WHERE id IN (2, 5, 10, 14) ORDER BY id)"),
		`[(2,300,'quoted; and\nbroken "line'),(5,-1,'last'),(10,300,'c'),(14,280,'d')]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var left []string
	for _, r := range s.waiting() {
		left = append(left, fmt.Sprintf("%s %d %s %s", r.Key, r.Row, strings.Join(r.Columns, ","), strings.Join(r.Reasons, ",")))
	}
	if got, want := strings.Join(left, "\n"), "a.csv 3  invalid UTF-8\na.csv 4  wrong number of fields\nb.ndjson 2 s missing\nb.ndjson 3 n not a number"; got != want {
		t.Errorf("what is left:\n%s\nwant\n%s", got, want)
	}
	if got := s.done(all); got.Rows != 0 || got.Quarantined != 4 || s.events() != "[1,2,5,6,9,10,11,12,13,14]" {
		t.Errorf("a second replay: got %+v", got)
	}
}

// s3URL is an object of the data bucket for the table function s3, with keys.
func (s *shelf) s3URL(key string) string {
	store := servertest.MinIO(s.t)
	return fmt.Sprintf("%s/%s/%s', '%s', '%s'", store.Endpoint, s.data.Name(), key, store.AccessKey, store.Secret)
}

// mend makes every row of replayCutOff fit, as a schema of another kind.
func (s *shelf) mend() {
	s.exec("ALTER TABLE events MODIFY COLUMN n String")
	s.push("`id` UInt64,\n    `n` String")
}

var errCut = errors.New("the power is cut")

// Wherever a replay is cut off, before or behind a step, the next one ends with
// every row in the table once: also when the schema was changed in between, and
// when who was cut off goes on late.
func TestAReplayThatIsCutOffIsFinishedAsItWasBegun(t *testing.T) {
	cut := 0
	for reached := true; reached; {
		cut++
		for _, late := range []bool{false, true} {
			t.Run(fmt.Sprintf("step %d, late %v", cut, late), func(t *testing.T) { reached = replayCutOff(t, cut, late) })
		}
	}
	if cut != 11 {
		t.Errorf("a replay has %d steps, want 10: rows are open, appended and done, or failed; a file has some", cut-1)
	}
}

// replayCutOff cuts a replay off at a step, which may be behind its last, and
// reports whether it came to that.
func replayCutOff(t *testing.T, cut int, late bool) bool {
	s := newShelf(t)
	s.push("`id` UInt64,\n    `n` UInt8")
	s.put("a.csv", "id,n\n1,1\n2,300\n3,x\n4,400\n")
	s.put("b.csv", "id,n\n5,500\n6,y\n")
	s.done(ledger.Trigger{})
	s.exec("ALTER TABLE events MODIFY COLUMN n Int32")
	s.push("`id` UInt64,\n    `n` Int32")
	first, steps := s.begin(all), 0
	s.step = func(string, bool) error {
		if steps++; steps == cut {
			if !late {
				return errCut
			}
			s.step = nil // the others meanwhile
			s.mend()
			s.done(all)
		}
		return nil
	}
	if _, err := first(); err != nil && !errors.Is(err, errCut) {
		t.Fatal(err)
	}
	s.step = nil
	s.mend()
	s.done(all)
	if got := s.one("SELECT toString(arraySort(groupArray((id, n)))) FROM events"); got != "[(1,'1'),(2,'300'),(3,'x'),(4,'400'),(5,'500'),(6,'y')]" {
		t.Errorf("got %s", got)
	}
	for key, want := range map[string]string{"a.csv": "[1,2,3,4]", "b.csv": "[5,6]"} {
		id := clickhouse.FileID(key, s.one("SELECT etag FROM longshore_files WHERE key = '"+key+"' LIMIT 1"))
		if got := s.one(fmt.Sprintf("SELECT toString(arraySort(groupArray(id))) FROM events WHERE _longshore_file = %d", id)); got != want {
			t.Errorf("rows of %s: got %s, want %s", key, got, want)
		}
	}
	if rows := s.waiting(); len(rows) != 0 {
		t.Errorf("still in quarantine: %+v", rows)
	}
	if got := s.done(all); got.Rows != 0 || got.Quarantined != 0 {
		t.Errorf("a further replay: got %+v", got)
	}
	return steps >= cut
}

// A replayed row has its values of columns that files added, and of those that the
// schema named since.
func TestReplayFillsAddedColumns(t *testing.T) {
	s := newShelf(t)
	s.push("`id` UInt64,\n    `n` UInt8")
	s.put("a.csv", "id,n,extra,late\n1,1,a,7\n2,300,b,8\n")
	s.done(ledger.Trigger{})
	s.exec("ALTER TABLE events MODIFY COLUMN n Int32")
	s.push("`id` UInt64,\n    `n` Int32,\n    `late` Nullable(Int64)")
	if got := s.done(all); got.Rows != 1 || got.Quarantined != 0 {
		t.Fatalf("got %+v", got)
	}
	if got, want := s.one("SELECT toString(arraySort(groupArray((id, n, extra, late)))) FROM events"), "[(1,1,'a',7),(2,300,'b',8)]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
