package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/jackc/pgx/v5"

	"github.com/longshore/longshore/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// shell runs the command as a person would, against servers of the test.
type shell struct {
	program, dir, api string
	env               []string
}

func newShell(t *testing.T) *shell {
	t.Helper()
	store := servertest.MinIO(t)
	sh := &shell{program: filepath.Join(t.TempDir(), "longshore"), dir: filepath.Join(t.TempDir(), "shop"), api: freeAddress(t)}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", sh.program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	sh.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_EC2_METADATA_DISABLED=true", "LONGSHORE_API=http://" + sh.api,
		"LONGSHORE_STATE_URI=s3://" + store.NewBucket(t), "LONGSHORE_S3_ENDPOINT=" + store.Endpoint, "LONGSHORE_S3_REGION=" + store.Region,
		"LONGSHORE_S3_ACCESS_KEY=" + store.AccessKey, "LONGSHORE_S3_SECRET=" + store.Secret, "LONGSHORE_S3_PATH_STYLE=true",
		"LONGSHORE_REDIS_ADDR=" + servertest.Redis(t), "LONGSHORE_SHUTDOWN_TIMEOUT=2s",
		"LAKE_ACCESS_KEY=" + store.AccessKey, "LAKE_SECRET=" + store.Secret,
	}
	return sh
}

// freeAddress is one that nobody listened on a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (sh *shell) run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var out, told bytes.Buffer
	cmd := exec.CommandContext(ctx, sh.program, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = sh.env, &out, &told
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), told.String()
}

func (sh *shell) must(t *testing.T, args ...string) string {
	t.Helper()
	code, stdout, stderr := sh.run(t, args...)
	if code != 0 {
		t.Fatalf("longshore %s: exit code %d\n%s%s", strings.Join(args, " "), code, stdout, stderr)
	}
	return stdout
}

// dev starts a producer and a worker, and returns when they are ready. They end
// by Ctrl-C.
func (sh *shell) dev(t *testing.T) {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), sh.program, "dev", "--listen", sh.api)
	var log bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = sh.env, &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGINT) // it may have ended, and Wait says how
		if err := cmd.Wait(); err != nil {
			t.Errorf("dev: %v\n%s", err, &log)
		}
	})
	deadline := time.NewTimer(time.Minute)
	tick := time.NewTicker(50 * time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for {
		answer, err := http.Get("http://" + sh.api + "/readyz")
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-deadline.C:
			t.Fatal("dev is not ready")
		case <-tick.C:
		}
	}
}

// The first five minutes of somebody new: init, connections, push, run.
func TestFromInitToFile(t *testing.T) {
	sh := newShell(t)
	store, database := servertest.MinIO(t), servertest.Postgres(t)
	bucket := store.NewBucket(t)
	sh.must(t, "init", sh.dir)
	for _, name := range []string{"lake", "shop_db"} {
		if err := os.Remove(filepath.Join(sh.dir, "connections", name+".connection")); err != nil {
			t.Fatal(err)
		}
	}
	sh.must(t, "connection", "create", "lake", "--dir", sh.dir, "--type", "minio", "--set", "S3_ENDPOINT="+store.Endpoint, "--set", "S3_BUCKET="+bucket,
		"--secret", "S3_ACCESS_KEY=LAKE_ACCESS_KEY", "--secret", "S3_SECRET=LAKE_SECRET")
	sh.must(t, "connection", "create", "shop_db", "--dir", sh.dir, "--type", "postgres", "--set", "POSTGRES_URL="+database)
	orders(t, database, 5000)
	sh.dev(t)
	for _, name := range []string{"lake", "shop_db"} {
		if got := sh.must(t, "connection", "test", name, "--dir", sh.dir); !strings.Contains(got, "works") {
			t.Errorf("test %s: got %s", name, got)
		}
	}
	sh.must(t, "push", sh.dir)
	if got := sh.must(t, "sync", "run", "orders_daily", "--wait"); !strings.HasPrefix(got, "done: 5,000 rows") || !strings.Contains(got, "1 object written") {
		t.Errorf("got %s", got)
	}
	if got := rowsIn(t, store, bucket); got != 5001 {
		t.Errorf("got %d rows with the header, want 5001", got)
	}
	_, err := store.Client().PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: aws.String("prices/a.csv"), Body: strings.NewReader("sku,price\na-1,9.5\na-2,10\n")})
	if err != nil {
		t.Fatal(err)
	}
	shown := sh.must(t, "preview", "s3://"+bucket+"/prices/*.csv", "--connection", "lake", "--write", "prices", "--dir", sh.dir)
	if !strings.Contains(shown, "1 file, ") || !strings.Contains(shown, "price") || !strings.Contains(shown, "a-2") {
		t.Errorf("got %s", shown)
	}
	if got := sh.must(t, "push", "--dry-run", sh.dir); !strings.Contains(got, "create datasource prices") {
		t.Errorf("got %s", got)
	}
	drop(t, database)
	code, _, told := sh.run(t, "sync", "run", "orders_daily", "--wait")
	if code != 1 || !strings.Contains(told, "shop_db") || !strings.Contains(told, "orders") {
		t.Errorf("without the table: got %d %s", code, told)
	}
}

// rowsIn counts the rows of the one object in a bucket, a CSV file in gzip.
func rowsIn(t *testing.T, store servertest.S3, bucket string) int {
	t.Helper()
	list, err := store.Client().ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &bucket})
	if err != nil || len(list.Contents) != 1 {
		t.Fatalf("got %+v, %v; want one object", list, err)
	}
	object, err := store.Client().GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: list.Contents[0].Key})
	if err != nil {
		t.Fatal(err)
	}
	defer object.Body.Close()
	plain, err := gzip.NewReader(object.Body)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(plain).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return len(rows)
}

func orders(t *testing.T, database string, n int) {
	t.Helper()
	sql(t, database, `create table orders as select i as order_id, i % 7 as customer_id, 1.50::numeric(12,2) as total, 'EUR' as currency,
		now() as created_at from generate_series(1, $1::int) i`, n)
}

func drop(t *testing.T, database string) {
	t.Helper()
	sql(t, database, "drop table orders")
}

func sql(t *testing.T, database, statement string, args ...any) {
	t.Helper()
	db, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context())
	if _, err := db.Exec(t.Context(), statement, append([]any{pgx.QueryExecModeSimpleProtocol}, args...)...); err != nil {
		t.Fatal(err)
	}
}
