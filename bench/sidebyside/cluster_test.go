package sidebyside_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/bench/report"
	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// cluster is real servers, and Longshore between them: a producer and one worker with the settings that users get.
type cluster struct {
	t         *testing.T
	pg        string // URL
	ch        servertest.CH
	old       string // native address of 18.16
	store     servertest.S3
	state     string // bucket
	data      string // bucket
	redis     string // address
	bin       string // folder of programs
	api       string // URL
	profiles  string // URL of the worker's
	processes watched
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{t: t, bin: t.TempDir(), processes: watched{}}
	var server *servertest.Server
	watch := func(name string) { c.processes[name] = []int{server.PID()} }
	c.pg, server = servertest.StartPostgres(t)
	watch("PostgreSQL")
	c.store, server = servertest.StartMinIO(t)
	watch("MinIO")
	c.redis, server = servertest.StartRedis(t)
	watch("Redis")
	c.ch, server = servertest.StartClickHouse(t)
	watch("ClickHouse")
	c.old, server = servertest.StartClickHouse18(t)
	watch("ClickHouse 18.16")
	c.state, c.data = c.store.NewBucket(t), c.store.NewBucket(t)
	c.build(".", "./cmd/producer", "./cmd/worker", "./cmd/longshore")
	c.build("bench", "./s3pipe", "./feed")
	c.launch()
	return c
}

// build builds programs of the module in a folder of the checkout.
func (c *cluster) build(module string, packages ...string) {
	c.t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		c.t.Fatal(err)
	}
	cmd := exec.Command("go", append([]string{"build", "-C", filepath.Join(root, module), "-o", c.bin + "/"}, packages...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		c.t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
}

// launch starts a producer and a worker, and ends them with the test.
func (c *cluster) launch() {
	c.t.Helper()
	port := servertest.FreePort(c.t)
	c.api = fmt.Sprintf("http://127.0.0.1:%d", port)
	profiles := map[string]string{"worker": fmt.Sprintf("127.0.0.1:%d", servertest.FreePort(c.t))}
	c.profiles = "http://" + profiles["worker"] + "/debug/pprof/"
	for _, name := range []string{"producer", "worker"} {
		cmd := exec.Command(filepath.Join(c.bin, name))
		cmd.Env = append(os.Environ(), "AWS_EC2_METADATA_DISABLED=true", "LONGSHORE_REDIS_ADDR="+c.redis, "LONGSHORE_STATE_URI=s3://"+c.state,
			"LONGSHORE_S3_ENDPOINT="+c.store.Endpoint, "LONGSHORE_S3_REGION="+c.store.Region, "LONGSHORE_S3_ACCESS_KEY="+c.store.AccessKey,
			"LONGSHORE_S3_SECRET="+c.store.Secret, "LONGSHORE_S3_PATH_STYLE=true", "LONGSHORE_LISTEN="+strings.TrimPrefix(c.api, "http://"),
			"LONGSHORE_HEALTH_LISTEN=off", "LONGSHORE_PPROF_LISTEN="+profiles[name], "LONGSHORE_LOG_FORMAT=console", "LONGSHORE_SHUTDOWN_TIMEOUT=2s")
		log, err := os.Create(filepath.Join(c.bin, name+".log"))
		if err != nil {
			c.t.Fatal(err)
		}
		cmd.Stdout, cmd.Stderr = log, log
		if err := cmd.Start(); err != nil {
			c.t.Fatal(err)
		}
		c.processes[name] = []int{cmd.Process.Pid}
		c.t.Cleanup(func() {
			_ = cmd.Process.Signal(os.Interrupt) // it may have ended
			_ = cmd.Wait()
			log.Close()
			if c.t.Failed() {
				body, _ := os.ReadFile(log.Name())
				c.t.Logf("%s:\n%s", name, body[max(0, len(body)-4000):])
			}
		})
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) { //nolint:forbidigo // nothing tells when a process listens
		err := exec.Command(filepath.Join(c.bin, "longshore"), "--api", c.api, "queue", "ls").Run()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("the producer doesn't answer: %v", err)
		}
	}
}

// longshore runs the command-line tool.
func (c *cluster) longshore(args ...string) []byte {
	c.t.Helper()
	cmd := exec.Command(filepath.Join(c.bin, "longshore"), append([]string{"--api", c.api}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		c.t.Fatalf("longshore %s: %v\n%s%s", strings.Join(args, " "), err, out, stderr.Bytes())
	}
	return out
}

// push makes files the project, with the connections postgres, minio, clickhouse and old.
func (c *cluster) push(files map[string]string) {
	c.t.Helper()
	dir := c.t.TempDir()
	all := map[string]string{
		"longshore.yaml":                    "name: bench\nclickhouse: clickhouse\n",
		"connections/postgres.connection":   "TYPE postgres\nPOSTGRES_URL " + c.pg + "\n",
		"connections/clickhouse.connection": "TYPE clickhouse\nCLICKHOUSE_URL clickhouse://default@" + c.ch.Native + "/default\n",
		"connections/old.connection":        "TYPE clickhouse\nCLICKHOUSE_URL clickhouse://default@" + c.old + "/default\n",
		"connections/minio.connection": fmt.Sprintf("TYPE minio\nS3_ENDPOINT %s\nS3_REGION %s\nS3_ACCESS_KEY %s\nS3_SECRET %s\nS3_BUCKET %s\nS3_PATH_STYLE true\n",
			c.store.Endpoint, c.store.Region, c.store.AccessKey, c.store.Secret, c.data),
	}
	for name, body := range files {
		all[name] = body
	}
	for name, body := range all {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			c.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
	c.longshore("push", dir)
}

// run has a sync or a datasource run, and measures from the request to the end of the run.
func (c *cluster) run(kind, name string) report.Measure {
	c.t.Helper()
	verb := map[string]string{"sync": "run", "datasource": "sync"}[kind]
	profiled := c.profile(name)
	since := c.processes.begin(c.t)
	out := c.longshore(kind, verb, name, "--wait", "--output", "json")
	var m report.Measure
	c.processes.end(c.t, since, &m)
	profiled()
	var r api.Run
	if err := json.Unmarshal(out, &r); err != nil {
		c.t.Fatalf("%v in %s", err, out)
	}
	m.Seconds = r.FinishedAt.Sub(r.CreatedAt).Seconds()
	m.Rows, m.Size = r.Totals.Rows, r.Totals.Bytes
	if r.Totals.Quarantined > 0 || r.Totals.FailedFiles > 0 {
		c.t.Fatalf("%s: %+v", name, r.Totals)
	}
	return m
}

// shell has a pipe of programs run, and measures it.
func (c *cluster) shell(script string, env ...string) report.Measure {
	c.t.Helper()
	cmd := exec.Command("bash", "-c", "set -euo pipefail; "+script)
	cmd.Env = append(os.Environ(), "AWS_EC2_METADATA_DISABLED=true", "AWS_ENDPOINT_URL="+c.store.Endpoint, "AWS_REGION="+c.store.Region,
		"AWS_ACCESS_KEY_ID="+c.store.AccessKey, "AWS_SECRET_ACCESS_KEY="+c.store.Secret, "DATA="+c.data, "PGURL="+c.pg,
		"PATH="+c.bin+":"+os.Getenv("PATH"))
	cmd.Env = append(cmd.Env, env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	since := c.processes.begin(c.t)
	start := time.Now()
	if err := cmd.Run(); err != nil {
		c.t.Fatalf("%s: %v\n%s", script, err, stderr.Bytes())
	}
	m := report.Measure{Seconds: time.Since(start).Seconds()}
	c.processes.end(c.t, since, &m)
	m.CPU["tools"] = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	return m
}

// ask has PostgreSQL do something, outside of what is measured, and returns what it says.
func (c *cluster) ask(statements ...string) string {
	c.t.Helper()
	args := []string{c.pg, "-qAtX", "-v", "ON_ERROR_STOP=1"}
	for _, s := range statements {
		args = append(args, "-c", s)
	}
	out, err := exec.Command("psql", args...).CombinedOutput()
	if err != nil {
		c.t.Fatalf("psql %q: %v\n%s", statements, err, out)
	}
	return strings.TrimSpace(string(out))
}

// postgresTable is the table function by which ClickHouse reads a table of PostgreSQL.
func (c *cluster) postgresTable(table string) string {
	u, err := url.Parse(c.pg)
	if err != nil {
		c.t.Fatal(err)
	}
	password, _ := u.User.Password()
	return fmt.Sprintf("postgresql('%s', 'postgres', '%s', '%s', '%s')", u.Host, table, u.User.Username(), password)
}

// s3 is the table function by which ClickHouse reads or writes objects, whatever their keys end in.
func (c *cluster) s3(key, format, structure, compression string) string {
	return fmt.Sprintf("s3('%s/%s/%s', '%s', '%s', '%s', '%s', '%s')", c.store.Endpoint, c.data, key, c.store.AccessKey, c.store.Secret, format,
		strings.ReplaceAll(structure, "'", `\'`), compression)
}
