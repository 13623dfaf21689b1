package devstack_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// binary builds the command once.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "devstack")
	out, err := exec.Command("go", "build", "-C", moduleDir, "-o", path, "./cmd/devstack").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return path, nil
})

// process is a running devstack command.
type process struct {
	*exec.Cmd
	env     map[string]string
	envFile string
	stdin   io.Closer
}

// run starts the command and waits for its environment file. It is killed at the end of the test.
func run(t *testing.T, args ...string) *process {
	t.Helper()
	p, err := launch(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func launch(t *testing.T, args ...string) (*process, error) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{envFile: filepath.Join(t.TempDir(), "env")}
	p.Cmd = exec.Command(path, append(args, "-embedded", "-env", p.envFile)...)
	p.Cmd.Env = append(os.Environ(), "LONGSHORE_CHDB_LIBRARY="+library)
	if p.stdin, err = p.Cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	var errors strings.Builder
	p.Cmd.Stderr = &errors
	out, err := p.Cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.kill() })
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == "devstack: ready" {
			p.env = readEnv(t, p.envFile)
			go io.Copy(io.Discard, out)
			return p, nil
		}
	}
	p.Cmd.Wait()
	return nil, fmt.Errorf("%s", errors.String())
}

func (p *process) kill() {
	p.Process.Kill()
	p.Wait()
}

func readEnv(t *testing.T, path string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{}
	for line := range strings.Lines(string(data)) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if !ok {
			t.Errorf("line %q", line)
		}
		env[name] = value
	}
	return env
}

func (p *process) open(t *testing.T) driver.Conn {
	t.Helper()
	options, err := clickhouse.ParseDSN(p.env["LONGSHORE_CLICKHOUSE_URL"])
	if err != nil {
		t.Fatal(err)
	}
	c, err := clickhouse.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestEnvFile(t *testing.T) {
	p := run(t, "-data", t.TempDir())
	want := []string{"AWS_EC2_METADATA_DISABLED", "LONGSHORE_CLICKHOUSE_HTTP_URL", "LONGSHORE_CLICKHOUSE_URL", "LONGSHORE_REDIS_ADDR",
		"LONGSHORE_S3_ACCESS_KEY", "LONGSHORE_S3_ENDPOINT", "LONGSHORE_S3_PATH_STYLE", "LONGSHORE_S3_REGION", "LONGSHORE_S3_SECRET", "LONGSHORE_STATE_URI"}
	if got := slices.Sorted(maps.Keys(p.env)); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if _, err := put(t.Context(), s3Client(p.env), "x", "y"); err != nil {
		t.Error("the state bucket is not there:", err)
	}
	if err := p.open(t).Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestOnly(t *testing.T) {
	p := run(t, "-data", t.TempDir(), "-only", "redis,s3")
	if p.env["LONGSHORE_REDIS_ADDR"] == "" || p.env["LONGSHORE_S3_ENDPOINT"] == "" || p.env["LONGSHORE_CLICKHOUSE_URL"] != "" {
		t.Errorf("got %v", p.env)
	}
	if _, err := launch(t, "-data", t.TempDir(), "-only", "mysql"); err == nil || !strings.Contains(err.Error(), "no server is called") {
		t.Errorf("got %v", err)
	}
}

func TestRestart(t *testing.T) {
	dir := t.TempDir()
	p := run(t, "-data", dir)
	c := p.open(t)
	execute(t, c, "CREATE TABLE kept (a UInt64) ENGINE = MergeTree ORDER BY a")
	execute(t, c, "INSERT INTO kept SELECT number FROM numbers(1000)")
	if _, err := launch(t, "-data", dir); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("second devstack over one folder: got %v", err)
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	if _, err := os.Stat(p.envFile); !os.IsNotExist(err) {
		t.Errorf("the environment file is still there: %v", err)
	}
	again := run(t, "-data", dir)
	if !maps.Equal(again.env, p.env) {
		t.Errorf("got %v, want %v", again.env, p.env)
	}
	if got := scalar(t, again.open(t), "SELECT (count(), sum(a)) FROM kept"); got != "(1000,499500)" {
		t.Errorf("got %s", got)
	}
}

// TestSurvivesKill kills the process while it inserts, several times, and repeats what was not acknowledged under
// the same token: no row may be missing or there twice.
func TestSurvivesKill(t *testing.T) {
	const rows = 2000
	dir := t.TempDir()
	acknowledged := 0
	for round := range 4 {
		p := run(t, "-data", dir)
		c := p.open(t)
		execute(t, c, "CREATE TABLE IF NOT EXISTS survived (a UInt64) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 1000")
		if _, err := put(t.Context(), s3Client(p.env), fmt.Sprint("round/", round), "x"); err != nil {
			t.Fatal(err)
		}
		killed := make(chan struct{})
		for n := 0; ; n++ {
			if n == 20 {
				go func() {
					defer close(killed)
					p.kill()
				}()
			}
			if insertChunk(t.Context(), c, acknowledged, rows) != nil {
				break
			}
			acknowledged++
		}
		<-killed
	}
	p := run(t, "-data", dir)
	c := p.open(t)
	for chunk := range acknowledged + 1 {
		if err := insertChunk(t.Context(), c, chunk, rows); err != nil {
			t.Fatal(err)
		}
	}
	want := fmt.Sprintf("(%d,%d)", (acknowledged+1)*rows, (acknowledged+1)*rows)
	if got := scalar(t, c, "SELECT (count(), uniqExact(a)) FROM survived"); got != want {
		t.Errorf("got %s rows and distinct rows, want %s", got, want)
	}
	for round := range 4 {
		if text, _ := get(t, s3Client(p.env), fmt.Sprint("round/", round)); text != "x" {
			t.Errorf("object of round %d: got %q", round, text)
		}
	}
}

// insertChunk inserts one chunk of rows under its own token.
func insertChunk(ctx context.Context, c driver.Conn, chunk, rows int) error {
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"insert_deduplication_token": fmt.Sprint("chunk ", chunk)}))
	b, err := c.PrepareBatch(ctx, "INSERT INTO survived")
	if err != nil {
		return err
	}
	for i := range rows {
		if err := b.Append(uint64(chunk*rows + i)); err != nil {
			return err
		}
	}
	return b.Send()
}

func TestEndsWithItsParent(t *testing.T) {
	t.Run("stdin", func(t *testing.T) {
		p := run(t, "-data", t.TempDir(), "-until-stdin-closes")
		p.stdin.Close()
		ends(t, p)
	})
	t.Run("pid", func(t *testing.T) {
		parent := exec.Command("sleep", "1000")
		if err := parent.Start(); err != nil {
			t.Fatal(err)
		}
		p := run(t, "-data", t.TempDir(), "-parent-pid", fmt.Sprint(parent.Process.Pid))
		parent.Process.Kill()
		parent.Wait()
		ends(t, p)
	})
}

func ends(t *testing.T, p *process) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- p.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Error("still runs after a minute")
	}
}

// TestSeveralAtOnce starts three at the same moment; each has its own ports and tables.
func TestSeveralAtOnce(t *testing.T) {
	var wg sync.WaitGroup
	stacks := make([]*process, 3)
	for i := range stacks {
		dir := t.TempDir()
		wg.Go(func() {
			var err error
			if stacks[i], err = launch(t, "-data", dir); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i, p := range stacks {
		if p == nil {
			return
		}
		execute(t, p.open(t), "CREATE TABLE own (a UInt64) ENGINE = MergeTree ORDER BY a")
		execute(t, p.open(t), fmt.Sprintf("INSERT INTO own VALUES (%d)", i))
	}
	for i, p := range stacks {
		if got := scalar(t, p.open(t), "SELECT groupArray(a) FROM own"); got != fmt.Sprintf("[%d]", i) {
			t.Errorf("stack %d: got %s", i, got)
		}
	}
}
