package daemon_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/daemon"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
)

// imported is a datasource over some files, into a table of its own.
func (s *stage) imported(uri, connection, more string) string {
	return "SCHEMA >\n    `id` UInt64,\n    `name` String\n\nENGINE \"MergeTree\"\nENGINE_SORTING_KEY \"id\"\n\n" +
		"IMPORT_SERVICE s3\nIMPORT_CONNECTION_NAME " + connection + "\nIMPORT_BUCKET_URI " + strings.ReplaceAll(uri, "my-bucket", s.data) +
		"\nIMPORT_STRATEGY APPEND\n" + more
}

// TestReferenceIngestFromS3 is the page "S3 Connector", statement by statement.
// Its sections "Schema evolution" and "Limits" have tests of their own.
func TestReferenceIngestFromS3(t *testing.T) {
	s := newStage(t)
	for i, key := range []string{"top.csv", "my-path/a.csv", "my-path/b.csv", "my-path/c.ndjson", "my-path/b.csv.bak", "my-path/deep/d.csv", "my-path-too.csv"} {
		body := fmt.Sprintf("id,name\n%d,%s\n", i, key)
		if strings.HasSuffix(key, ".ndjson") {
			body = fmt.Sprintf("{\"id\":%d,\"name\":%q}\n", i, key)
		}
		s.put(key, []byte(body))
	}
	reader, secret := s.store.AddUser(t, s.policy("s3:GetObject", "s3:ListBucket"))
	files := map[string]string{"longshore.yaml": "clickhouse: clickhouse\n", "connections/reader.connection": s.minioConnection(s.store.Endpoint, s.data, reader, secret)}
	patterns := []struct{ name, uri, connection, want string }{
		{"load a full bucket", "s3://my-bucket", "minio", "[0,1,2,3,4,5,6]"},
		{"load files that match a pattern", "s3://my-bucket/**/d.csv", "minio", "[5]"},
		{"s3://my-bucket/my-path would discover all files in the bucket under the prefix my-path", "s3://my-bucket/my-path", "minio", "[1,2,3,4,5,6]"},
		{"ending the path with *.csv will match all objects that end with the .csv suffix", "s3://my-bucket/my-path/*.csv", "minio", "[1,2]"},
		{"the IAM Role needs the permissions GetObject and ListBucket", "s3://my-bucket/my-path/**", "reader", "[1,2,3,4,5]"},
	}
	for i, p := range patterns {
		files[fmt.Sprintf("datasources/p%d.datasource", i)] = s.imported(p.uri, p.connection, "")
	}
	s.push(files)
	url, _ := s.produce()
	s.work()
	for i, p := range patterns {
		t.Run(p.name, func(t *testing.T) {
			s.done(ledger.Ingest, fmt.Sprintf("p%d", i))
			if got := one(t, s.clickhouse(), fmt.Sprintf("SELECT toString(arraySort(groupArray(id))) FROM p%d", i)); got != p.want {
				t.Errorf("got rows %s, want %s", got, p.want)
			}
		})
	}
	t.Run("run a test discovery and review the list of files that are returned", func(t *testing.T) {
		p := preview(t, url, api.PreviewRequest{URI: "s3://" + s.data + "/my-path/*.csv", Connection: "minio"})
		var keys []string
		for _, f := range p.Files {
			keys = append(keys, f.Key)
		}
		if !slices.Equal(keys, []string{"my-path/a.csv", "my-path/b.csv"}) || len(p.Columns) != 2 {
			t.Errorf("got files %v, columns %+v", keys, p.Columns)
		}
	})
	t.Run("data from new files is appended to any previous data", func(t *testing.T) {
		s.put("my-path/e.csv", []byte("id,name\n7,new\n"))
		if r := s.done(ledger.Ingest, "p3"); r.Totals.Files != 1 || r.Totals.Rows != 1 {
			t.Errorf("got %+v, want one row of the new file", r.Totals)
		}
		if got := one(t, s.clickhouse(), "SELECT toString(arraySort(groupArray(id))) FROM p3"); got != "[1,2,7]" {
			t.Errorf("got rows %s, want [1,2,7]", got)
		}
	})
	t.Run("only APPEND is supported", func(t *testing.T) {
		text := strings.Replace(s.imported("s3://my-bucket", "minio", ""), "STRATEGY APPEND", "STRATEGY REPLACE", 1)
		_, problems := def.Parse(map[string][]byte{"datasources/r.datasource": []byte(text), "connections/minio.connection": []byte("TYPE s3\n")})
		if len(problems) != 1 || !strings.Contains(problems[0].Error(), "APPEND") {
			t.Errorf("got %v, want one problem that names APPEND", problems)
		}
	})
}

// The page's example is pushed as it stands, with the options "at the end", and
// takes each of the supported file types.
func TestReferenceIngestSupportedFileTypes(t *testing.T) {
	example, err := os.ReadFile("../def/testdata/reference/datasources/analytics_events.datasource")
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(t)
	files := map[string]string{"longshore.yaml": "clickhouse: clickhouse\n"}
	types := []struct{ name, format, extension string }{{"csv", "CSVWithNames", "csv"}, {"ndjson", "JSONEachRow", "ndjson"}, {"parquet", "Parquet", "parquet"}}
	for _, f := range types {
		files["datasources/"+f.name+".datasource"] = string(example) + "\n\nIMPORT_SERVICE s3\nIMPORT_CONNECTION_NAME minio\nIMPORT_STRATEGY APPEND\n" +
			"IMPORT_SCHEDULE @on-demand\nIMPORT_BUCKET_URI s3://" + s.data + "/in/*." + f.extension + "\n"
	}
	s.push(files)
	s.produce()
	s.work()
	const rows = `SELECT toDateTime('2030-01-01 00:00:00', 'UTC') + number AS timestamp, toString(generateUUIDv4(number)) AS session_id, 'action ' || toString(number % 3) AS action,
		'v1' AS version, '{"n":' || toString(number) || '}' AS payload FROM numbers(1000)`
	for _, f := range types {
		t.Run(f.name, func(t *testing.T) {
			exec1(t, s.clickhouse(), "INSERT INTO FUNCTION "+s.s3("in/1."+f.extension, f.format, "")+" "+rows)
			if r := s.done(ledger.Ingest, f.name); r.Totals.Rows != 1000 || r.Totals.Quarantined != 0 {
				t.Fatalf("got %+v", r.Totals)
			}
			got := one(t, s.clickhouse(), "SELECT toString((count(), uniqExact(session_id), uniqExact(action), min(timestamp), max(payload))) FROM "+f.name)
			if want := `(1000,1000,3,'2030-01-01 00:00:00','{"n":9}')`; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

// TestReferenceIngestLimits is the page's section "Limits", and its "On demand".
func TestReferenceIngestLimits(t *testing.T) {
	s := newStage(t)
	for i := range 12 {
		s.put(fmt.Sprintf("in/%02d.csv", i), fmt.Appendf(nil, "id,name\n%d,x\n", i))
	}
	s.push(map[string]string{
		"longshore.yaml":                   "clickhouse: clickhouse\n",
		"datasources/auto.datasource":      s.imported("s3://my-bucket/in/*", "minio", "IMPORT_SCHEDULE @auto\n"),
		"datasources/adjusted.datasource":  s.imported("s3://my-bucket/in/*", "minio", "IMPORT_SCHEDULE @auto\nIMPORT_MAX_FILES 7\n"),
		"datasources/on_demand.datasource": s.imported("s3://my-bucket/in/*", "minio", "IMPORT_SCHEDULE @on-demand\n"),
	})
	clock := &wall{now: time.Now().Truncate(time.Minute).Add(time.Second)}
	cfg := daemon.ProducerConfig{Config: s.config(), Listen: "127.0.0.1:0"}
	cfg.Now = clock.read
	s.spawn("producer", func(ctx context.Context, log *zap.Logger) error { return daemon.Producer(ctx, cfg, log, nil) })
	s.work()
	taken := map[string][][]int64{"auto": {{5}, {5, 5}, {5, 5, 2}}, "adjusted": {{7}, {7, 5}, {7, 5}}} // by the runs so far
	for minute := range 3 {
		for name, want := range taken {
			t.Run(fmt.Sprintf("automatic execution of imports runs once every minute and takes what is left for the next run/%s, minute %d", name, minute+1), func(t *testing.T) {
				s.scanned(t, name, clock.read(), len(want[minute]))
				if got := s.filesOfRuns(name); !slices.Equal(got, want[minute]) {
					t.Errorf("runs took %v files, want %v", got, want[minute])
				}
			})
		}
		clock.advance(time.Minute)
	}
	t.Run("on demand only scans for files when manually executed", func(t *testing.T) {
		if runs := s.filesOfRuns("on_demand"); len(runs) != 0 {
			t.Errorf("got runs of %v files", runs)
		}
	})
	t.Run("when using on-demand these limits do not apply: a manual execution will sync all new files available since the last run", func(t *testing.T) {
		s.done(ledger.Ingest, "on_demand")
		s.put("in/12.csv", []byte("id,name\n12,x\n"))
		s.done(ledger.Ingest, "on_demand")
		if got := s.filesOfRuns("on_demand"); !slices.Equal(got, []int64{12, 1}) {
			t.Errorf("runs took %v files, want [12 1]", got)
		}
	})
}

// wall is a clock that stands until it is advanced.
type wall struct {
	mu  sync.Mutex
	now time.Time // guarded by mu
}

func (w *wall) read() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *wall) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// scanned waits until a datasource was scanned at a time, and has had so many runs.
func (s *stage) scanned(t *testing.T, name string, at time.Time, runs int) {
	t.Helper()
	waitFor(t, name+" is scanned", func() bool {
		rec, err := s.ledger.Subject(t.Context(), ledger.Subject{Kind: ledger.Ingest, Name: name})
		if err != nil {
			t.Fatal(err)
		}
		return rec.LastScanAt.Equal(at.UTC()) && rec.Active == "" && len(s.filesOfRuns(name)) >= runs
	})
}

// filesOfRuns is how many files each run of a datasource took, in their order.
func (s *stage) filesOfRuns(name string) (files []int64) {
	s.t.Helper()
	for _, r := range s.history(ledger.Subject{Kind: ledger.Ingest, Name: name}) {
		if r.State == ledger.Done {
			files = append(files, r.Totals.Files)
		}
	}
	return files
}
