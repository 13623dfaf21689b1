package def

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// base is a project without mistakes that tests change.
func base() map[string][]byte {
	return map[string][]byte{
		"connections/db.connection":   []byte("TYPE postgres\nPOSTGRES_HOST h\n"),
		"connections/lake.connection": []byte("TYPE s3\nS3_BUCKET bucket\n"),
		"models/m.yaml":               []byte("connection: db\nprimary_key: id\nsql: SELECT 1\n"),
		"syncs/s.yaml":                []byte("model: m\nmode: all\ndestination: {connection: lake, path: x.csv, format: csv}\n"),
	}
}

func TestSyncDefaults(t *testing.T) {
	p, problems := Parse(base())
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	s := p.Syncs["s"]
	want := Destination{
		Connection: "lake", Path: "x.csv", Format: CSV, Compression: None, OnConflict: Overwrite,
		CSV: CSVOutput{Delimiter: ",", Header: true, Quote: QuoteNeeded, LineEnding: LF},
	}
	if s.Destination != want {
		t.Errorf("got %+v, want %+v", s.Destination, want)
	}
	if s.ID != "s" || s.Parallelism != DefaultParallelism || s.Schedule.Kind != Manual {
		t.Errorf("got %+v", s)
	}
}

func TestProjectMistakes(t *testing.T) {
	const sync = "model: m\nmode: all\ndestination: {connection: lake, path: x.csv, format: csv}\n"
	tests := []struct{ name, file, content, want string }{
		{"model in two files", "models/m.sql", "-- connection: db\nSELECT 1", "models/m.yaml:1: the model m is defined in models/m.sql too"},
		{"sql without connection", "models/n.sql", "SELECT 1", "models/n.sql:1: connection is missing"},
		{"sql header", "models/n.sql", "-- connection: db\n-- primary_kee: id\nSELECT 1", `models/n.sql:2: unknown key "primary_kee", did you mean "primary_key"?`},
		{"sql without query", "models/n.sql", "-- connection: db\n", "the model has no query"},
		{"model on s3", "models/m.yaml", "connection: lake\nsql: SELECT 1", "the connection lake is of type s3"},
		{"no primary key", "models/m.yaml", "connection: db\nsql: SELECT 1", ""},
		{"sync on postgres", "syncs/s.yaml", strings.Replace(sync, "lake", "db", 1), "of type postgres, which a destination can't use"},
		{"yaml", "syncs/s.yaml", "model: [", "syncs/s.yaml:1: the file is no valid YAML"},
		{"empty", "syncs/s.yaml", "", "syncs/s.yaml:1: the file is nothing, not an object"},
		{"two documents", "syncs/s.yaml", sync + "---\n" + sync, "second document"},
		{"key twice", "syncs/s.yaml", sync + "mode: all\n", "syncs/s.yaml:4: mode is given twice, first in line 2"},
		{"circle", "syncs/s.yaml", sync + "schedule: {after: s}\n", "s → s"},
		{"after nobody", "syncs/s.yaml", sync + "schedule: {after: ss}\n", `there is no sync or datasource "ss", did you mean "s"?`},
		{"two schedules", "syncs/s.yaml", sync + "schedule: {every: 1m, cron: '@daily'}\n", "has 2 ways to start a run"},
		{"no cron", "syncs/s.yaml", sync + "schedule: {cron: ''}\n", "empty spec string"},
		{"never", "syncs/s.yaml", sync + "schedule: {cron: '0 0 30 2 *'}\n", "never happens"},
		{"zone in cron", "syncs/s.yaml", sync + "schedule: {cron: 'TZ=UTC'}\n", "not a part of the expression"},
		{"columns and mapping", "syncs/s.yaml", sync + "columns: [a]\nmapping: {a: b}\n", "syncs/s.yaml:5: mapping excludes columns"},
		{"column twice", "syncs/s.yaml", sync + "columns: [a, {column: b, as: a}]\n", `two columns "a"`},
		{"variable", "syncs/s.yaml", sync + "mapping: {a: {variable: sync.run}}\n", `there is no variable "sync.run"`},
		{"two kinds", "syncs/s.yaml", sync + "mapping: {a: {column: x, static: 1}}\n", "mapping.a has 2 kinds of value"},
		{"nested", "syncs/s.yaml", sync + "mapping: {a: {object: {b: {colum: x}}}}\n", `unknown key "colum" in mapping.a.object.b, did you mean "column"?`},
		{"liquid", "syncs/s.yaml", sync + "mapping: {a: {template: '{{ x'}}\n", "{{ is never closed"},
		{"parquet as csv", "syncs/s.yaml", strings.Replace(sync, "format: csv", "format: parquet, csv: {bom: true}", 1), "destination.csv is of no use with format parquet"},
		{"size", "syncs/s.yaml", strings.Replace(sync, "format: csv", "format: csv, batch: {bytes: -1MiB}", 1), "positive size such as 64MiB"},
		{"no bucket", "connections/lake.connection", "TYPE s3\n", "syncs/s.yaml:3: neither the destination nor the connection lake names a bucket"},
		{"minio", "connections/lake.connection", "TYPE minio\nS3_BUCKET bucket\n", "needs S3_ENDPOINT"},
		{"another type's key", "connections/db.connection", "TYPE postgres\nPOSTGRES_HOST h\nMYSQL_USER u\n", "connections/db.connection:3: MYSQL_USER does not belong to a connection of type postgres, did you mean POSTGRES_USER?"},
		{"reference", "connections/db.connection", "TYPE postgres\nPOSTGRES_HOST {{ secret(X) }}\n", "a reference in {{ }} is malformed"},
		{"name", "syncs/a b.yaml", sync, `"a b" is no valid name of a sync`},
		{"nested file", "syncs/a/b.yaml", sync, "move it to syncs/b.yaml"},
		{"folder", "sync/b.yaml", sync, "did you mean syncs/b.yaml?"},
		{"settings", "longshore.yml", "", "the project settings are in longshore.yaml"},
		{"id", "syncs/t.yaml", "id: s\n" + sync, `the sync t has the id "s" of the sync s`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := base()
			files[tt.file] = []byte(tt.content)
			_, problems := Parse(files)
			if tt.want == "" && len(problems) > 0 || !strings.Contains(problems.Error(), tt.want) || tt.want != "" && len(problems) == 0 {
				t.Errorf("got %q, want %q", problems.Error(), tt.want)
			}
		})
	}
}

func TestDiffNeedsPrimaryKey(t *testing.T) {
	files := base()
	files["models/m.yaml"] = []byte("connection: db\nsql: SELECT 1\n")
	files["syncs/s.yaml"] = []byte(strings.Replace(string(files["syncs/s.yaml"]), "mode: all", "mode: diff", 1))
	_, problems := Parse(files)
	if want := "syncs/s.yaml:2: mode diff needs a primary key, and the model m has none, add primary_key: to the model, or use mode: all"; problems.Error() != want {
		t.Errorf("got %q, want %q", problems.Error(), want)
	}
}

func TestModelSQL(t *testing.T) {
	files := base()
	files["models/n.sql"] = []byte("-- About: prose\n-- connection: db\r\n--\n-- primary_key: a, b\n-- partition: {column: a, count: 8}\n\n-- a comment\nWITH x AS (SELECT 1) SELECT * FROM x; \n")
	p, problems := Parse(files)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	m := p.Models["n"]
	if m.Connection != "db" || strings.Join(m.PrimaryKey, " ") != "a b" || *m.Partition != (Partition{"a", 8}) {
		t.Errorf("got %+v, partition %+v", m, m.Partition)
	}
	if want := "WITH x AS (SELECT 1) SELECT * FROM x"; m.SQL != want {
		t.Errorf("got %q, want %q", m.SQL, want)
	}
}

func TestAnchors(t *testing.T) {
	files := base()
	files["syncs/s.yaml"] = []byte("model: m\nmode: all\ndestination: &d {connection: lake, path: &p x.csv, format: csv}\ndescription: *p\n")
	p, problems := Parse(files)
	if err := problems.Err(); err != nil || p.Syncs["s"].Description != "x.csv" {
		t.Errorf("got %v, %+v", err, p.Syncs["s"])
	}
}

// Aliases of aliases can't make a small file a large one.
func TestAliasBomb(t *testing.T) {
	files := base()
	text := string(files["syncs/s.yaml"]) + "mapping:\n  a0: &a0 {array: [x, x]}\n"
	for i := 1; i < 30; i++ {
		text += fmt.Sprintf("  a%[1]d: &a%[1]d {array: [*a%[2]d, *a%[2]d, *a%[2]d]}\n", i, i-1)
	}
	files["syncs/s.yaml"] = []byte(text)
	_, problems := Parse(files)
	if want := "the file has more than 100000 values, use fewer aliases"; len(problems) != 1 || !strings.Contains(problems.Error(), want) {
		t.Errorf("got %d problems, the first %v, want %q", len(problems), problems[:min(1, len(problems))], want)
	}
}

func TestReadFiles(t *testing.T) {
	fsys := fstest.MapFS{}
	for _, name := range []string{"longshore.yaml", "README.md", ".git/syncs/x.yaml", "syncs/a.yaml", "syncs/b.yml", "syncs/notes.md",
		"model/x.sql", "scripts/x.sql", "node_modules/syncs/a.yaml", "x.datasource", "models/.hidden.yaml"} {
		fsys[name] = &fstest.MapFile{Data: []byte("x")}
	}
	files, err := ReadFiles(fsys)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(sortedKeys(files), " "), "longshore.yaml model/x.sql syncs/a.yaml syncs/b.yml x.datasource"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	fsys["syncs/big.yaml"] = &fstest.MapFile{Data: make([]byte, maxFile+1)}
	if _, err := ReadFiles(fsys); err == nil {
		t.Error("got no error for a file that is too large")
	}
}

func TestAmounts(t *testing.T) {
	sizes := map[string]int64{"1": 1, "64MiB": 64 << 20, "1.5 GB": 1_500_000_000, "1kb": 1000, "0": 0, "-1": 0, "1XB": 0, "": 0, "99999999TiB": 0}
	for text, want := range sizes {
		if got, ok := ParseSize(text); got != want || ok != (want > 0) {
			t.Errorf("size %q: got %d, %v, want %d", text, got, ok, want)
		}
	}
	durations := map[string]time.Duration{"15m": 15 * time.Minute, "1d": 24 * time.Hour, "1d12h": 36 * time.Hour, "-1m": 0, "x": 0, "99999999d": 0}
	for text, want := range durations {
		if got, ok := parseDuration(text); got != want || ok != (want > 0) {
			t.Errorf("duration %q: got %s, %v, want %s", text, got, ok, want)
		}
	}
}

func TestBucketURI(t *testing.T) {
	u, err := ParseBucketURI("s3://bucket/web/{eu,us}/{01..12}/**/*.csv")
	if want := (BucketURI{"bucket", "web/{eu,us}/{01..12}/**/*.csv", "web/", true}); err != nil || u != want {
		t.Errorf("got %+v, %v, want %+v", u, err, want)
	}
	u, err = ParseBucketURI("s3://my-bucket/my-path")
	if want := (BucketURI{"my-bucket", "my-path", "my-path", false}); err != nil || u != want {
		t.Errorf("got %+v, %v, want %+v", u, err, want)
	}
	for _, text := range []string{"", "bucket/x", "s3://", "s3://B/x", "s3://bucket/{a", "s3://bucket/a}", "s3://bucket/{a}",
		"s3://bucket/{9..1}", "s3://bucket/{1..99999}", "s3://bucket/{{a,b},c}", "s3://bucket/***"} {
		if u, err := ParseBucketURI(text); err == nil {
			t.Errorf("%q: got %+v, want an error", text, u)
		}
	}
}

func TestNearest(t *testing.T) {
	candidates := []string{"model", "mode", "schedule", "YYYY", "MM", "mm"}
	for word, want := range map[string]string{"modle": "model", "MODE": "mode", "shedule": "schedule", "yyyy": "YYYY", "zzzzzzzzz": ""} {
		if got, _ := nearest(word, candidates); got != want {
			t.Errorf("%s: got %q, want %q", word, got, want)
		}
	}
}
