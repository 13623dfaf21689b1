package ingest_test

import (
	"context"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/connection"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ingest"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/internal/servertest"
	formats "github.com/longshore/longshore/pkg/format/all"
	"github.com/longshore/longshore/pkg/objstore"
	"github.com/longshore/longshore/pkg/objstore/s3"
)

// landing is a datasource over a bucket of its own, on real servers, that is
// scanned and planned but whose parts nobody does.
type landing struct {
	t      *testing.T
	store  servertest.S3
	name   string // of the bucket of files
	data   *s3.Bucket
	state  *s3.Bucket
	ledger *ledger.Ledger
	house  *clickhouse.Client
	ingest *ingest.Ingest
	// modified is asked when an object was modified; nil leaves that to the store.
	modified func(key string) time.Time
	lists    []string // prefixes that were listed
	lookups  int      // of the file ledger
}

var events = ledger.Subject{Kind: ledger.Ingest, Name: "events"}

func newLanding(t *testing.T) *landing {
	t.Helper()
	store, ch := servertest.MinIO(t), servertest.ClickHouse(t)
	l := &landing{t: t, store: store, name: store.NewBucket(t)}
	l.data, l.state = ledgertest.Bucket(t, store, l.name), ledgertest.Bucket(t, store, store.NewBucket(t))
	l.ledger = ledger.New(l.state, "", nil)
	doors := connection.New(l.ledger, connection.Secrets{}, "clickhouse://default@"+ch.Native+"/"+servertest.ClickHouseDatabase(t, ch.Native))
	t.Cleanup(func() { doors.Close() })
	var err error
	if l.house, err = doors.ClickHouse(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	l.ingest = ingest.New(l.ledger, ingest.Doors{
		Project: doors.Project, Format: formats.Reader,
		Bucket: func(ctx context.Context, c *def.Connection, name string) (ingest.Bucket, error) {
			b, err := doors.Bucket(ctx, c, name)
			return watched{bucket{b, &scene{}}, l}, err
		},
		Warehouse: func(context.Context, *def.Connection) (ingest.Warehouse, error) { return asked{l.house, l}, nil },
	}, zap.NewNop())
	return l
}

// watched is a bucket whose listings are seen.
type watched struct {
	bucket
	l *landing
}

func (w watched) List(ctx context.Context, prefix, after string) iter.Seq2[objstore.Object, error] {
	w.l.lists = append(w.l.lists, prefix)
	return func(yield func(objstore.Object, error) bool) {
		for obj, err := range w.bucket.List(ctx, prefix, after) {
			if w.l.modified != nil {
				obj.Modified = w.l.modified(obj.Key)
			}
			if !yield(obj, err) {
				return
			}
		}
	}
}

// asked is a ClickHouse whose file ledger is seen to be asked.
type asked struct {
	*clickhouse.Client
	l *landing
}

func (a asked) KnownVersions(ctx context.Context, datasource string, keys []string) (map[string][]clickhouse.FileRecord, error) {
	a.l.lookups++
	return a.Client.KnownVersions(ctx, datasource, keys)
}

func (l *landing) put(key, body string) {
	l.t.Helper()
	if _, err := l.data.Put(l.t.Context(), key, []byte(body), objstore.PutOptions{}); err != nil {
		l.t.Fatal(err)
	}
}

// push defines the datasource by its pattern and more lines.
func (l *landing) push(pattern string, more ...string) ledger.ProjectID {
	l.t.Helper()
	current, err := l.ledger.CurrentProjectID(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	p, err := l.ledger.SaveProject(l.t.Context(), map[string][]byte{
		"connections/minio.connection": fmt.Appendf(nil, "TYPE minio\nS3_ENDPOINT %s\nS3_REGION %s\nS3_ACCESS_KEY %s\nS3_SECRET %s\nS3_PATH_STYLE true\n",
			l.store.Endpoint, l.store.Region, l.store.AccessKey, l.store.Secret),
		"datasources/events.datasource": fmt.Appendf(nil, "SCHEMA >\n    `id` UInt64,\n    `name` String\n\nENGINE \"MergeTree\"\nENGINE_SORTING_KEY \"id\"\n\n"+
			"IMPORT_SERVICE s3\nIMPORT_CONNECTION_NAME minio\nIMPORT_BUCKET_URI s3://%s/%s\n%s\n", l.name, pattern, strings.Join(more, "\n")),
	}, current)
	if err != nil {
		l.t.Fatal(err)
	}
	return p.ID
}

func (l *landing) create(id ledger.ProjectID) ledger.Run {
	l.t.Helper()
	r, err := l.ledger.Create(l.t.Context(), events, id, ledger.Trigger{By: "manual"}, "")
	if err != nil {
		l.t.Fatal(err)
	}
	return r
}

// planned returns the keys that a run takes, in the order of its parts.
func (l *landing) planned(r ledger.Run) []string {
	l.t.Helper()
	var keys []string
	for _, f := range l.files(r) {
		keys = append(keys, f.Key)
	}
	return keys
}

func (l *landing) files(r ledger.Run) (all []plan.File) {
	l.t.Helper()
	work, err := l.ingest.Plan(l.t.Context(), r)
	if err != nil {
		l.t.Fatal(err)
	}
	work.Plan.Epoch, work.Plan.Parts = 1, len(work.Parts)
	if err := l.ledger.SavePlan(l.t.Context(), r.ID, work.Plan, work.Parts); err != nil {
		l.t.Fatal(err)
	}
	for i := range work.Parts {
		var part struct{ Files []plan.File }
		if err := l.ledger.PartPlan(l.t.Context(), r.ID, 1, i, &part); err != nil {
			l.t.Fatal(err)
		}
		all = append(all, part.Files...)
	}
	return all
}

// finish does all parts of a planned run, commits and closes it.
func (l *landing) finish(r ledger.Run) ledger.Totals {
	l.t.Helper()
	ctx := l.t.Context()
	p, err := l.ledger.Plan(ctx, r.ID, 1)
	if err != nil {
		l.t.Fatal(err)
	}
	var manifests []ledger.PartManifest
	for i := range p.Parts {
		totals, _, err := l.ingest.Part(ctx, run.Part{Run: r, Plan: p, Index: i, Attempt: "A", Meter: new(run.Meter)})
		if err != nil {
			l.t.Fatal(err)
		}
		manifests = append(manifests, ledger.PartManifest{Part: i, Totals: totals})
	}
	var total ledger.Totals
	for range 2 { // a commit may be repeated
		if total, err = l.ingest.Commit(ctx, r, p, manifests); err != nil {
			l.t.Fatal(err)
		}
	}
	if _, err := l.ledger.UpdateRun(ctx, r.ID, func(r *ledger.Run) error { r.State = ledger.Done; return nil }); err != nil {
		l.t.Fatal(err)
	}
	if err := l.ledger.Close(ctx, r); err != nil {
		l.t.Fatal(err)
	}
	return total
}

func (l *landing) subject() ledger.SubjectRecord {
	l.t.Helper()
	rec, err := l.ledger.Subject(l.t.Context(), events)
	if err != nil {
		l.t.Fatal(err)
	}
	return rec
}

func wantKeys(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAPatternIsListedByItsPrefixes(t *testing.T) {
	l := newLanding(t)
	for _, key := range []string{"2023/01/a.csv", "2024/01/a.csv", "2024/02/a.csv", "2024/02/a.txt", "2025/01/ü +%.csv", "2025/03/a.csv"} {
		l.put(key, "id,name\n1,x\n")
	}
	id := l.push("{2024,2025}/{01..02}/*.csv")
	wantKeys(t, slices.Sorted(slices.Values(l.planned(l.create(id)))), "2024/01/a.csv", "2024/02/a.csv", "2025/01/ü +%.csv")
	wantKeys(t, l.lists, "2024/01/", "2024/02/", "2025/01/", "2025/02/")
}

// IMPORT_FROM_TIMESTAMP takes in the file of that very moment, and none before.
func TestFromTimestampTakesInItsMoment(t *testing.T) {
	moment := time.Date(2024, 5, 1, 8, 0, 0, 0, time.UTC)
	times := map[string]time.Time{
		"before.csv": moment.Add(-time.Millisecond), "at.csv": moment, "after.csv": moment.Add(time.Millisecond),
		"elsewhere.csv": moment.In(time.FixedZone("", 3600)),
	}
	l := newLanding(t)
	l.modified = func(key string) time.Time { return times[key] }
	for key := range times {
		l.put(key, "id,name\n1,x\n")
	}
	for _, line := range []string{"2024-05-01T08:00:00Z", "2024-05-01T10:00:00+02:00"} {
		id := l.push("*.csv", "IMPORT_FROM_TIMESTAMP "+line)
		wantKeys(t, slices.Sorted(slices.Values(l.planned(l.create(id)))), "after.csv", "at.csv", "elsewhere.csv")
		l = l.again()
	}
}

// again is the landing with an empty ledger.
func (l *landing) again() *landing {
	next := newLanding(l.t)
	next.modified = l.modified
	for obj, err := range l.data.List(l.t.Context(), "", "") {
		if err != nil {
			l.t.Fatal(err)
		}
		next.put(obj.Key, "id,name\n1,x\n")
	}
	return next
}

// The store itself gives times to the second or finer; a file's own time, as the
// listing has it, is the boundary that takes it in.
func TestFromTimestampByTheStoresClock(t *testing.T) {
	l := newLanding(t)
	l.put("a.csv", "id,name\n1,x\n")
	var modified time.Time
	for obj, err := range l.data.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		modified = obj.Modified
	}
	for _, tt := range []struct {
		from  time.Time
		files int
	}{{modified, 1}, {modified.Add(time.Millisecond), 0}} {
		id := l.push("*", "IMPORT_FROM_TIMESTAMP "+tt.from.Format(time.RFC3339Nano))
		if files, err := l.ingest.Scan(t.Context(), id, "events"); err != nil || files != tt.files {
			t.Errorf("from %s of a file of %s: got %d files, %v; want %d", tt.from, modified, files, err, tt.files)
		}
	}
}

func TestMarkersOfFoldersAreNoFilesAndEmptyOnesAre(t *testing.T) {
	l := newLanding(t)
	l.put("in/", "")
	l.put("in/sub/", "")
	l.put("in/empty.csv", "")
	l.put("in/one.csv", "id,name\n1,x\n")
	r := l.create(l.push("in"))
	wantKeys(t, slices.Sorted(slices.Values(l.planned(r))), "in/empty.csv", "in/one.csv")
	if got := l.finish(r); got.Files != 2 || got.Rows != 1 || got.FailedFiles != 0 {
		t.Errorf("got %+v, want 2 files, 1 row, none failed", got)
	}
	if files, err := l.ingest.Scan(t.Context(), r.Project, "events"); err != nil || files != 0 {
		t.Errorf("got %d files afterwards, %v", files, err)
	}
}

// A file that comes late with a smaller name and an older time than what was
// ingested is new all the same.
func TestTheLedgerDecidesWhatIsNew(t *testing.T) {
	l := newLanding(t)
	old := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	l.modified = func(key string) time.Time {
		if key == "a.csv" {
			return old
		}
		return old.Add(time.Hour)
	}
	l.put("m.csv", "id,name\n1,x\n")
	r := l.create(l.push("*.csv"))
	wantKeys(t, l.planned(r), "m.csv")
	l.finish(r)
	l.put("a.csv", "id,name\n2,x\n")
	r = l.create(r.Project)
	wantKeys(t, l.planned(r), "a.csv")
	if got := l.finish(r); got.Rows != 1 {
		t.Errorf("got %+v, want a row", got)
	}
	wantKeys(t, l.planned(l.create(r.Project)))
}

// Whoever asks for all files gets them, in runs that follow each other.
func TestManyFilesAreRunsInARow(t *testing.T) {
	l := newLanding(t)
	l.ingest.LimitRuns(2)
	for i := range 5 {
		l.put(fmt.Sprint(i, ".csv"), "id,name\n1,x\n")
	}
	r := l.create(l.push("*.csv"))
	var files []string
	for n := 1; ; n++ {
		files = append(files, l.planned(r)...)
		l.finish(r)
		next := l.subject().Active
		if next == "" {
			break
		}
		follower, err := l.ledger.Run(t.Context(), next)
		if err != nil || follower.Trigger.Upstream != r.ID || n > 3 {
			t.Fatalf("run %d: got %+v, %v, want one that follows %s", n, follower, err, r.ID)
		}
		r = follower
	}
	slices.Sort(files)
	wantKeys(t, files, "0.csv", "1.csv", "2.csv", "3.csv", "4.csv")
}

// A limit that the datasource sets itself is kept: no run follows.
func TestALimitOfTheDatasourceIsKept(t *testing.T) {
	l := newLanding(t)
	for i := range 3 {
		l.put(fmt.Sprint(i, ".csv"), "id,name\n1,x\n")
	}
	r := l.create(l.push("*.csv", "IMPORT_MAX_FILES 2"))
	wantKeys(t, l.planned(r), "0.csv", "1.csv")
	l.finish(r)
	rec := l.subject()
	if rec.Active != "" || rec.Backlog.Files != 1 || rec.Backlog.Bytes != 12 || rec.Backlog.Oldest.IsZero() {
		t.Errorf("got %+v, want no run and a backlog of one file", rec)
	}
}

// A scan that finds nothing changes one field of one record, asks the file
// ledger once per page, and writes nothing to ClickHouse.
func TestAnEmptyScanWritesTheTimeAlone(t *testing.T) {
	l := newLanding(t)
	l.put("a.csv", "id,name\n1,x\n")
	r := l.create(l.push("*.csv"))
	l.planned(r)
	l.finish(r)
	before, parts, rec := l.objects(), l.parts(), l.subject()
	l.lookups = 0
	if files, err := l.ingest.Scan(t.Context(), r.Project, "events"); err != nil || files != 0 {
		t.Fatalf("got %d files, %v", files, err)
	}
	after := l.objects()
	var changed []string
	for key, etag := range after {
		if before[key] != etag {
			changed = append(changed, key)
		}
	}
	wantKeys(t, changed, "subjects/datasource/events.json")
	if len(after) != len(before) || l.parts() != parts || l.lookups != 1 {
		t.Errorf("got %d objects, parts %s, %d lookups; want %d, %s, 1", len(after), l.parts(), l.lookups, len(before), parts)
	}
	rec.LastScanAt = l.subject().LastScanAt
	if got := l.subject(); !reflect.DeepEqual(got, rec) {
		t.Errorf("got %+v, want %+v", got, rec)
	}
}

func (l *landing) objects() map[string]string {
	l.t.Helper()
	all := map[string]string{}
	for obj, err := range l.state.List(l.t.Context(), "", "") {
		if err != nil {
			l.t.Fatal(err)
		}
		all[obj.Key] = obj.ETag
	}
	return all
}

// parts names all parts that the database's tables ever had.
func (l *landing) parts() (names string) {
	l.t.Helper()
	err := l.house.Query(l.t.Context(), "check", "SELECT toString(groupArray((table, max_block_number))) FROM (SELECT table, max(max_block_number) AS max_block_number "+
		"FROM system.parts WHERE database = currentDatabase() GROUP BY table ORDER BY table)", func(scan func(...any) error) error { return scan(&names) })
	if err != nil {
		l.t.Fatal(err)
	}
	return names
}
