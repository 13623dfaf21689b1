package daemon_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/objstore"
)

// events is a datasource over the data bucket.
func (s *stage) events(pattern, more string) map[string]string {
	return map[string]string{
		"longshore.yaml": "clickhouse: clickhouse\n",
		"datasources/events.datasource": "SCHEMA >\n    `id` UInt64,\n    `name` LowCardinality(String),\n    `amount` Nullable(Decimal(12, 2)),\n    `at` DateTime64(3, 'UTC')\n\n" +
			"ENGINE \"MergeTree\"\nENGINE_SORTING_KEY \"id\"\n\nIMPORT_SERVICE s3\nIMPORT_CONNECTION_NAME minio\n" +
			"IMPORT_BUCKET_URI s3://" + s.data + "/" + pattern + "\nIMPORT_STRATEGY APPEND\n" + more,
	}
}

func (s *stage) put(key string, body []byte) {
	s.t.Helper()
	if _, err := s.bucket(s.data).Put(s.t.Context(), key, body, objstore.PutOptions{}); err != nil {
		s.t.Fatal(err)
	}
}

// csvEvents is rows of events from one id on.
func csvEvents(from, n int) []byte {
	var b bytes.Buffer
	b.WriteString("id,name,amount,at\n")
	for i := from; i < from+n; i++ {
		fmt.Fprintf(&b, "%d,\"n, %d\",%d.50,2024-05-01 10:%02d:%02d.125\n", i, i%7, i, i/60%60, i%60)
	}
	return b.Bytes()
}

func ndjsonEvents(from, n int) []byte {
	var b bytes.Buffer
	for i := from; i < from+n; i++ {
		fmt.Fprintf(&b, "{\"id\":%d,\"name\":\"n, %d\",\"amount\":%d.5,\"at\":\"2024-05-01T10:%02d:%02d.125Z\"}\n", i, i%7, i, i/60%60, i%60)
	}
	return b.Bytes()
}

func gzipped(t *testing.T, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zstandard(t *testing.T, body []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(body, nil)
}

const eventSums = "SELECT concat(count(), ' ', uniqExact(id), ' ', sum(id), ' ', toString(sum(amount)), ' ', uniqExact(name), ' ', toString(max(at))) FROM "

func TestIngestFormatsAndCodecs(t *testing.T) {
	s := newStage(t)
	s.put("in/a.csv", csvEvents(0, 1000))
	s.put("in/b.csv.gz", append(gzipped(t, csvEvents(1000, 500)), gzipped(t, csvEvents(1500, 500)[len("id,name,amount,at\n"):])...))
	s.put("in/deep/c.ndjson", ndjsonEvents(2000, 1000))
	s.put("in/deep/d.misnamed", zstandard(t, ndjsonEvents(3000, 1000)))
	s.put("in/empty.csv", nil)
	s.put("out/e.csv", csvEvents(9000, 10))
	exec1(t, s.clickhouse(), "INSERT INTO FUNCTION "+s.s3("in/f.parquet", "Parquet", "")+
		" SELECT number + 4000 AS id, concat('n, ', toString(id % 7)) AS name, CAST(id + 0.5 AS Nullable(Decimal(12, 2))) AS amount,"+
		" toDateTime64('2024-05-01 10:00:00.125', 3, 'UTC') + (id % 3600) AS at FROM numbers(1000)")
	s.push(s.events("in/**", ""))
	s.produce()
	s.work()
	r := s.done(ledger.Ingest, "events")
	if r.Totals.Rows != 5000 || r.Totals.Files != 6 || r.Totals.Quarantined != 0 || r.Totals.FailedFiles != 0 {
		t.Errorf("got totals %+v", r.Totals)
	}
	got := one(t, s.clickhouse(), eventSums+"events")
	if want := "5000 5000 12497500 12500000 7 2024-05-01 10:59:59.125"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	again := s.done(ledger.Ingest, "events")
	if again.Parts != 0 || one(t, s.clickhouse(), "SELECT count() FROM events") != "5000" {
		t.Errorf("a second run: got %+v", again)
	}
}

func TestBadRowsGoToQuarantine(t *testing.T) {
	s := newStage(t)
	s.put("in/a.csv", []byte("id,name,amount,at\n1,one,1.50,2024-05-01 10:00:00\nx2,\"two, 2\",,2024-05-01 10:00:00\n3,three,3.999,2024-05-01 10:00:00\n4,four,,2024-05-01 10:00:00\n5,too,many,fields,here\n"))
	s.put("in/b.ndjson", []byte("{\"id\":6,\"name\":\"six\",\"at\":\"2024-05-01T10:00:00Z\"}\n{\"id\":7,\"name\":\n{\"id\":-8,\"name\":\"eight\",\"at\":\"2024-05-01T10:00:00Z\"}\n"))
	s.push(s.events("in/*", ""))
	s.produce()
	s.work()
	r := s.done(ledger.Ingest, "events")
	if r.Totals.Rows != 3 || r.Totals.Quarantined != 5 || r.Totals.FailedFiles != 0 {
		t.Errorf("got totals %+v, want 3 rows and 5 in quarantine", r.Totals)
	}
	if got := one(t, s.clickhouse(), "SELECT toString(arraySort(groupArray(id))) FROM events"); got != "[1,4,6]" {
		t.Errorf("got rows %s", got)
	}
	got := one(t, s.clickhouse(), `SELECT toString(arraySort(groupArray((c__file, c__row, c__line, name, c__error_column)))) FROM events_quarantine`)
	for _, want := range []string{
		"('in/a.csv',2,3,'two, 2',['id'])", "('in/a.csv',3,4,'three',['amount'])", "('in/b.ndjson',3,3,'eight',['id'])", "('in/a.csv',5,6,", "('in/b.ndjson',2,2,",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("quarantine has no %s:\n%s", want, got)
		}
	}
	if got := one(t, s.clickhouse(), "SELECT c__raw FROM events_quarantine WHERE c__row = 2 AND c__file = 'in/a.csv'"); got != `x2,"two, 2",,2024-05-01 10:00:00` {
		t.Errorf("got raw %q", got)
	}
	if got := one(t, s.clickhouse(), "SELECT toString(min(length(c__import_id) = 26 AND c__fingerprint != '' AND length(c__error) = length(c__error_column))) FROM events_quarantine"); got != "1" {
		t.Error("a row lacks its run, its fingerprint or an error")
	}
}

func TestADamagedFileFailsAlone(t *testing.T) {
	s := newStage(t)
	whole := gzipped(t, csvEvents(0, 20_000))
	s.put("in/cut.csv.gz", whole[:len(whole)/2])
	s.put("in/fake.parquet", []byte("PAR1 this is no Parquet file at all PAR1"))
	s.put("in/good.csv", csvEvents(50_000, 100))
	s.push(s.events("in/*", ""))
	s.produce()
	s.work()
	r := s.done(ledger.Ingest, "events")
	if r.Totals.FailedFiles != 2 || r.Totals.Files != 3 {
		t.Errorf("got totals %+v, want 2 of 3 files failed", r.Totals)
	}
	got := one(t, s.clickhouse(), "SELECT toString(arraySort(groupArray((key, state, error != '')))) FROM longshore_files FINAL")
	if want := "[('in/cut.csv.gz','failed',1),('in/fake.parquet','failed',1),('in/good.csv','done',0)]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := one(t, s.clickhouse(), "SELECT count() FROM events WHERE id >= 50000"); got != "100" {
		t.Errorf("got %s rows of the good file", got)
	}
	for _, key := range []string{"in/cut.csv.gz", "in/fake.parquet"} {
		if text := one(t, s.clickhouse(), "SELECT error FROM longshore_files FINAL WHERE key = '"+key+"'"); !strings.Contains(text, key) {
			t.Errorf("the error %q doesn't name %s", text, key)
		}
	}
}

// A file that a run began is finished by its definitions, whatever was pushed
// since: all its chunks are of one kind, and tokens name the same rows.
func TestAFileIsFinishedAsItWasBegun(t *testing.T) {
	s := newStage(t)
	s.put("in/a.csv", csvEvents(0, 1000))
	narrow := s.events("in/*", "IMPORT_ON_NEW_COLUMN ignore\n")
	narrow["datasources/events.datasource"] = strings.Replace(narrow["datasources/events.datasource"], "    `amount` Nullable(Decimal(12, 2)),\n", "", 1)
	s.push(narrow)
	s.produce()
	began := s.trigger(ledger.Ingest, "events") // there is no worker yet
	s.until(began, "running", func(r ledger.Run) bool { return r.State == ledger.Running })
	if err := s.ledger.RequestCancel(t.Context(), began); err != nil {
		t.Fatal(err)
	}
	s.ended(began)
	for obj, err := range s.bucket(s.data).List(t.Context(), "in/a.csv", "") {
		if err != nil {
			t.Fatal(err)
		}
		exec1(t, s.clickhouse(), fmt.Sprintf("INSERT INTO longshore_files (datasource, key, etag, state, chunk_rows, chunk_bytes, run_id, version) VALUES ('events', '%s', '%s', 'ingesting', 300, 5000, '%s', 1)",
			obj.Key, obj.ETag, began))
	}
	s.put("in/b.csv", csvEvents(1000, 10))
	s.push(s.events("in/*", ""))
	s.work()
	if r := s.done(ledger.Ingest, "events"); r.Totals.Rows != 1010 {
		t.Errorf("got %+v", r.Totals)
	}
	got := one(t, s.clickhouse(), "SELECT toString((count(), uniqExact(id), countIf(amount IS NULL AND id < 1000), countIf(amount IS NULL AND id >= 1000))) FROM events")
	if want := "(1010,1010,1000,0)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	chunks := one(t, s.clickhouse(), "SELECT chunks FROM longshore_files FINAL WHERE key = 'in/a.csv'")
	if chunks == "1" || chunks == "4" {
		t.Errorf("got %s chunks: the recorded 5000 bytes of each didn't hold", chunks)
	}
}
