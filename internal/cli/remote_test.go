package cli_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/api/apitest"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/internal/task"
)

func TestGoldenWithAPI(t *testing.T) {
	s := apitest.Start(t, nil)
	queued := task.Task{Kind: task.ExportPart, Queue: task.QueueExport, Run: "R"} // the other queues never had a task
	if err := s.Queue.Enqueue(t.Context(), queued); err != nil {
		t.Fatal(err)
	}
	dir := newProject(t)
	check := func(name string, args ...string) {
		t.Run(name, func(t *testing.T) { golden(t, name, remote(t, s, args...)) })
	}
	check("sync-ls-empty", "sync", "ls")
	check("push-dry-run", "push", "--dry-run", dir)
	check("push", "push", dir)
	check("push-again", "push", dir)
	change(t, filepath.Join(dir, "syncs/orders_daily.yaml"), "compression: gzip", "compression: zstd")
	check("push-change", "push", "--dry-run", dir)
	check("push-old-base", "push", "--base", "7-00000000", dir)
	fill(t, s)
	check("sync-ls", "sync", "ls")
	check("sync-show", "sync", "show", "orders_daily")
	check("sync-show-typo", "sync", "show", "orders_dayly")
	check("sync-run", "sync", "run", "orders_daily")
	check("sync-run-queued", "sync", "run", "orders_daily")
	check("sync-pause", "sync", "pause", "orders_daily")
	check("sync-resume", "sync", "resume", "orders_daily")
	check("datasource-ls", "datasource", "ls")
	check("datasource-show", "datasource", "show", "page_views")
	check("datasource-sync", "datasource", "sync", "page_views")
	beyond := ledger.Run{ID: "01HW0000000000000000000000", Subject: ledger.Subject{Kind: ledger.Ingest, Name: "page_views"}}
	if err := s.Ledger.PauseFor(t.Context(), beyond, "run "+string(beyond.ID)+": 7 of 9 rows went to quarantine, more than IMPORT_ERROR_BUDGET 1%"); err != nil {
		t.Fatal(err)
	}
	check("datasource-ls-budget", "datasource", "ls")
	check("datasource-show-budget", "datasource", "show", "page_views")
	check("datasource-resume-budget", "datasource", "resume", "page_views")
	check("verify", "verify", "page_views", "--repair")
	check("verify-remove-alone", "verify", "page_views", "--remove-unrecorded")
	check("quarantine-replay-conflict", "quarantine", "replay", "page_views", "--fingerprint", "f1")
	check("connection-ls", "connection", "ls")
	check("run-ls", "run", "ls", "--limit", "3")
	check("run-show-unknown", "run", "show", "nonsense")
	check("queue-ls", "queue", "ls")
	check("version", "version")
}

func change(t *testing.T, path, before, after string) {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(body, []byte(before)) {
		t.Fatalf("%s lacks %q: %v", path, before, err)
	}
	if err := os.WriteFile(path, bytes.Replace(body, []byte(before), []byte(after), 1), 0o600); err != nil {
		t.Fatal(err)
	}
}

// fill records runs: one done, one failed, one queued behind nothing.
func fill(t *testing.T, s *apitest.Server) {
	t.Helper()
	done := s.Create(t, ledger.Export, "orders_daily")
	manifest := export.Manifest{Objects: []export.Object{{Bucket: "shop-lake", Key: "orders/orders.csv.gz", Rows: 1234567, Bytes: 98765432, CRC64NVME: "AA=="}}}
	if err := s.Ledger.SaveManifest(t.Context(), done.ID, manifest); err != nil {
		t.Fatal(err)
	}
	s.End(t, done.ID, ledger.Done, ledger.Totals{Rows: 1234567, Bytes: 98765432, Files: 1}, nil)
	failed := s.Create(t, ledger.Export, "orders_daily")
	s.Run(t, failed.ID, 2)
	why := &ledger.Failure{Kind: "denied", Message: "connection lake: upload orders.csv.gz: access denied; grant s3:PutObject", Part: 1}
	if err := s.Ledger.KillPart(t.Context(), failed.ID, 1, *why); err != nil {
		t.Fatal(err)
	}
	s.End(t, failed.ID, ledger.Failed, ledger.Totals{}, why)
	s.Create(t, ledger.Export, "orders_daily")
	t.Run("run-show-done", func(t *testing.T) { golden(t, "run-show-done", remote(t, s, "run", "show", string(done.ID))) })
	t.Run("run-show-failed", func(t *testing.T) { golden(t, "run-show-failed", remote(t, s, "run", "show", string(failed.ID))) })
}

// With --output json standard output is one document, of the API's types.
func TestJSONIsPure(t *testing.T) {
	s := shop(t)
	fill := s.Create(t, ledger.Export, "orders_daily")
	for _, test := range []struct {
		args []string
		into any
	}{
		{[]string{"push", "--dry-run", newProject(t)}, &api.PushResult{}},
		{[]string{"sync", "ls"}, &struct{ Syncs []api.Sync }{}},
		{[]string{"sync", "show", "orders_daily"}, &api.SyncDetail{}},
		{[]string{"sync", "run", "orders_daily"}, &api.StartResult{}},
		{[]string{"sync", "pause", "orders_daily"}, &api.Schedule{}},
		{[]string{"datasource", "ls"}, &struct{ Datasources []api.Datasource }{}},
		{[]string{"datasource", "show", "page_views"}, &api.DatasourceDetail{}},
		{[]string{"connection", "ls"}, &struct{ Connections []api.Connection }{}},
		{[]string{"run", "ls"}, &struct {
			Runs []api.Run
			Next string
		}{}},
		{[]string{"run", "show", string(fill.ID)}, &api.RunDetail{}},
		{[]string{"run", "cancel", string(fill.ID)}, &api.Run{}},
	} {
		r := remote(t, s, append(test.args, "-o", "json")...)
		d := json.NewDecoder(strings.NewReader(r.stdout))
		d.DisallowUnknownFields()
		if err := d.Decode(test.into); err != nil || r.code != 0 || d.More() {
			t.Errorf("%v: got %+v, %v", test.args, r, err)
		}
	}
	if r := remote(t, s, "sync", "show", "nonsense", "-o", "json"); r.code != 2 || r.stdout != "" {
		t.Errorf("an error: got %+v", r)
	}
}

func TestExitCodesOfTheAPI(t *testing.T) {
	s := shop(t)
	strange := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(strange.Close)
	for _, test := range []struct {
		name string
		env  map[string]string
		code int
		told string
	}{
		{"refused", map[string]string{"LONGSHORE_API": "http://127.0.0.1:1"}, 3, "no API answers at http://127.0.0.1:1 ("},
		{"no token", map[string]string{"LONGSHORE_API": s.URL}, 3, "LONGSHORE_API_TOKEN"},
		{"wrong token", map[string]string{"LONGSHORE_API": s.URL, "LONGSHORE_API_TOKEN": "wrong-token"}, 3, "refuses the token"},
		{"not ours", map[string]string{"LONGSHORE_API": strange.URL}, 3, "not as Longshore does"},
		{"ours", reaching(s), 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := execute(t.Context(), options(test.env), "sync", "ls")
			if r.code != test.code || !strings.Contains(r.stderr, test.told) || strings.Count(r.stderr, "\n") > 1 || strings.Contains(r.stderr, "wrong-token") {
				t.Errorf("got %+v", r)
			}
		})
	}
}

// What only the server knows to be wrong is told as the local mistakes are.
func TestPushPrintsTheServersMistakes(t *testing.T) {
	s := apitest.Start(t, func(cfg *api.Config) {
		cfg.Supported = func(p *def.Project) def.Problems {
			at := p.Syncs["orders_daily"].Pos
			return def.Problems{{File: at.File, Line: 7, Message: "this version can't", Remedy: "use another"}}
		}
	})
	r := remote(t, s, "push", newProject(t))
	if want := "syncs/orders_daily.yaml:7: this version can't, use another\nlongshore: 1 mistake in the project; nothing was changed\n"; r.code != 2 || r.stderr != want {
		t.Errorf("got %+v, want %s", r, want)
	}
}

func TestConnectionTest(t *testing.T) {
	s := shop(t)
	store := servertest.MinIO(t)
	create := func(name, bucket string) []string {
		t.Helper()
		dir := t.TempDir()
		r := local(t, "connection", "create", name, "--dir", dir, "--type", "minio", "--set", "S3_ENDPOINT="+store.Endpoint,
			"--set", "S3_BUCKET="+bucket, "--set", "S3_ACCESS_KEY="+store.AccessKey, "--set", "S3_SECRET="+store.Secret)
		if r.code != 0 {
			t.Fatalf("create: %+v", r)
		}
		return []string{"connection", "test", name, "--dir", dir}
	}
	if r := remote(t, s, create("good", store.NewBucket(t))...); r.code != 0 || !strings.Contains(r.stdout, "connection good works") {
		t.Errorf("got %+v", r)
	}
	if r := remote(t, s, create("bad", "no-such-bucket")...); r.code != 1 || !strings.Contains(r.stderr, "connection bad does not work: ") || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("got %+v", r)
	}
	if r := remote(t, s, "connection", "test", "lakes", "--dir", t.TempDir()); r.code != 2 || !strings.Contains(r.stderr, `did you mean "lake"?`) {
		t.Errorf("got %+v", r)
	}
}

func TestCompletionAsksTheAPI(t *testing.T) {
	s := shop(t)
	run := s.Create(t, ledger.Export, "orders_daily")
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"sync", "run", ""}, "orders_daily\tcron"},
		{[]string{"datasource", "sync", ""}, "page_views\t@on-demand"},
		{[]string{"run", "show", ""}, string(run.ID) + "\tsync orders_daily, queued"},
		{[]string{"run", "ls", "--sync", ""}, "orders_daily"},
		{[]string{"connection", "test", ""}, "warehouse\tclickhouse"},
	} {
		if r := remote(t, s, append([]string{"__complete"}, test.args...)...); !strings.Contains(r.stdout, test.want) {
			t.Errorf("%v: got %s, want %s", test.args, r.stdout, test.want)
		}
	}
	if r := local(t, "__complete", "sync", "run", ""); r.code != 0 || !strings.HasPrefix(r.stdout, ":4") {
		t.Errorf("without an API: got %+v", r)
	}
}

// The address given as a flag wins over the environment.
func TestFlagsWinOverEnvironment(t *testing.T) {
	s := shop(t)
	o := options(map[string]string{"LONGSHORE_API": "http://127.0.0.1:1", "LONGSHORE_API_TOKEN": "wrong"})
	if r := execute(t.Context(), o, "sync", "ls", "--api", s.URL+"/", "--token", apitest.Token); r.code != 0 {
		t.Errorf("got %+v", r)
	}
}
