package daemon_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/objstore"
)

// eightPart is a format that an object of eight parts is written in.
type eightPart struct {
	format, compression string
	ext                 string
	clickhouse          string // its reader
	duck                string // its reader of a file
}

func (e eightPart) name() string { return strings.ReplaceAll(e.ext[1:], ".", "_") }

var eightParts = []eightPart{
	{"parquet", "zstd", ".parquet", "Parquet", "read_parquet('%s')"},
	{"csv", "gzip", ".csv.gz", "CSVWithNames", "read_csv('%s', auto_detect = false, header = true, quote = '\"', escape = '\"', columns = " + measuresInDuckDB + ")"},
	{"json", "none", ".json", "JSONEachRow", "read_json('%s', format = 'array', columns = " + measuresInDuckDB + ")"},
	{"ndjson", "zstd", ".ndjson.zst", "JSONEachRow", "read_json('%s', format = 'newline_delimited', compression = 'zstd', columns = " + measuresInDuckDB + ")"},
}

// One object that four worker processes wrote in eight parts has the rows of the
// table to every reader, and is as small as the one that a single worker wrote.
func TestEightPartsByFourProcessesAreOneObject(t *testing.T) {
	s := newStage(t)
	const rows = 850_000 // eight parts of 100,000 and more, each of more than a piece in every format
	exec1(t, s.postgres(), fmt.Sprintf(measures, rows), "analyze measures")
	want := one(t, s.postgres(), tallyInPostgres)
	files := map[string]string{"models/measures.yaml": "connection: postgres\nsql: select * from measures\n"}
	for _, e := range eightParts {
		for by, parts := range map[string]int{"one": 1, "eight": 8} {
			files["syncs/"+by+"_"+e.name()+".yaml"] = fmt.Sprintf(
				"model: measures\nmode: all\nparallelism: %d\ndestination:\n  connection: minio\n  path: '%s{ext}'\n  format: %s\n  compression: %s\n",
				parts, by, e.format, e.compression)
		}
	}
	s.push(files)
	s.start("producer")
	workers := s.startWorkers(1)
	alone := map[string]export.Object{}
	for _, e := range eightParts {
		r, o := s.wrote("one_"+e.name(), "one"+e.ext)
		if r.Parts != 1 || wroteAll(t, workers, s.parts(r)) != 1 {
			t.Fatalf("%s: got %d parts, want one", o.Key, r.Parts)
		}
		s.readByClickHouse(e, o.Key, want)
		alone[e.ext] = o
	}
	workers = append(workers, s.startWorkers(3)...)
	for _, e := range eightParts {
		t.Run(e.name(), func(t *testing.T) {
			s := s.in(t)
			r, o := s.wrote("eight_"+e.name(), "eight"+e.ext)
			s.byEightParts(r, o, workers)
			more := float64(o.Bytes)/float64(alone[e.ext].Bytes) - 1
			if t.Logf("%d bytes by 8 parts, %d by one: %+.3f %%", o.Bytes, alone[e.ext].Bytes, 100*more); math.Abs(more) > 0.03 {
				t.Errorf("%d bytes differ by more than 3 %% from one worker's %d", o.Bytes, alone[e.ext].Bytes)
			}
			s.readByAll(e, o, want)
		})
	}
	if keys := s.keys(); len(keys) != 2*len(eightParts) {
		t.Errorf("the bucket has %v", keys)
	}
}

// wrote runs a sync and returns its one object, which has the key.
func (s *stage) wrote(sync, key string) (ledger.Run, export.Object) {
	s.t.Helper()
	start := time.Now()
	r := s.done(ledger.Export, sync)
	o := s.written(r)
	if o.Key != key {
		s.t.Fatalf("got object %s, want %s", o.Key, key)
	}
	s.t.Logf("%s: %.1f MiB in %d pieces, after %s", key, mib(o.Bytes), len(o.Pieces), time.Since(start).Round(10*time.Millisecond))
	return r, o
}

// byEightParts wants pieces from each of eight parts, which four processes did.
func (s *stage) byEightParts(r ledger.Run, o export.Object, workers []*process) {
	s.t.Helper()
	parts := s.parts(r)
	if n := wroteAll(s.t, workers, parts); r.Parts != 8 || n != 4 {
		s.t.Errorf("got %d parts done by %d processes, want 8 by 4", r.Parts, n)
	}
	for i, p := range parts {
		var pieces, size int64
		for _, piece := range o.Pieces {
			if strings.Contains(string(p.Output), piece.ETag) {
				pieces++
				size += piece.Size
			}
		}
		if pieces == 0 || size < objstore.MinPiece || p.Totals.Rows == 0 {
			s.t.Errorf("part %d: %d pieces of %d bytes, %d rows; want a piece at least", i, pieces, size, p.Totals.Rows)
		}
	}
}

func (s *stage) readByClickHouse(e eightPart, key, want string) {
	s.t.Helper()
	if got := one(s.t, s.clickhouse(), fmt.Sprintf(tallyInClickHouse, s.s3(key, e.clickhouse, measuresInClickHouse))); got != want {
		s.t.Errorf("%s: ClickHouse reads %s, want %s", key, got, want)
	}
}

// readByAll has every reader read the object.
func (s *stage) readByAll(e eightPart, o export.Object, want string) {
	s.t.Helper()
	s.readByClickHouse(e, o.Key, want)
	path := filepath.Join(s.t.TempDir(), "measures"+e.ext)
	file, err := os.Create(path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer file.Close()
	s.fetch(o, file)
	if got := servertest.DuckDB(s.t, fmt.Sprintf(tallyInDuckDB, fmt.Sprintf(e.duck, path)))[0]["tally"]; got != want {
		s.t.Errorf("DuckDB reads %s, want %s", got, want)
	}
	if e.format != "parquet" {
		return
	}
	rows, groups := readParquet(s.t, path)
	if rows.String() != want {
		s.t.Errorf("parquet-go reads %s, want %s", rows, want)
	}
	checkGroups(s.t, groups, 8)
}
