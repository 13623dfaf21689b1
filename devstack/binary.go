package devstack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"text/template"
	"time"
)

// The oldest clickhouse binary that is used.
const (
	oldestMajor = 23
	oldestMinor = 8
)

// findBinary returns the path of a clickhouse binary that is new enough, or nothing.
func findBinary(ctx context.Context) string {
	path, err := exec.LookPath("clickhouse")
	if err != nil {
		return ""
	}
	out, err := exec.CommandContext(ctx, path, "local", "--version").Output()
	if err != nil || !newEnough(string(out)) {
		return ""
	}
	return path
}

var versionText = regexp.MustCompile(`version (\d+)\.(\d+)`)

// newEnough reads "ClickHouse local version 24.8.4.13 (official build)."
func newEnough(text string) bool {
	m := versionText.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	major, _ := strconv.Atoi(m[1])
	minor, _ := strconv.Atoi(m[2])
	return major > oldestMajor || major == oldestMajor && minor >= oldestMinor
}

// binaryConfig is the smallest server configuration: one account without a password, on loopback.
var binaryConfig = template.Must(template.New("config").Parse(`<clickhouse>
    <logger><level>warning</level><log>{{.Dir}}/server.log</log><size>10M</size><count>2</count></logger>
    <listen_host>127.0.0.1</listen_host>
    <tcp_port>{{.TCP}}</tcp_port>
    <http_port>{{.HTTP}}</http_port>
    <path>{{.Dir}}/data/</path>
    <tmp_path>{{.Dir}}/tmp/</tmp_path>
    <user_files_path>{{.Dir}}/user_files/</user_files_path>
    <format_schema_path>{{.Dir}}/format_schemas/</format_schema_path>
    <mark_cache_size>67108864</mark_cache_size>
    <user_directories><users_xml><path>{{.Dir}}/config.xml</path></users_xml></user_directories>
    <profiles><default/></profiles>
    <quotas><default/></quotas>
    <users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users>
</clickhouse>
`))

// binaryClickHouse is a clickhouse server in a process of its own.
type binaryClickHouse struct {
	ports portMap
	cmd   *exec.Cmd
	done  chan error
}

func startBinary(ctx context.Context, path string, config Config, ports portMap) (server, error) {
	dir := filepath.Join(config.DataDir, "clickhouse-server")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	file, err := os.Create(filepath.Join(dir, "config.xml"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	values := map[string]any{"Dir": dir, "TCP": ports[ClickHouse], "HTTP": ports[clickHouseHTTP]}
	if err := binaryConfig.Execute(file, values); err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	b := &binaryClickHouse{ports: ports, done: make(chan error, 1)}
	b.cmd = exec.Command(path, "server", "--config-file="+file.Name())
	b.cmd.Dir = dir
	if err := startBound(b.cmd); err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	go func() { b.done <- b.cmd.Wait() }()
	if err := b.ready(ctx); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// ready waits until the server answers.
func (b *binaryClickHouse) ready(ctx context.Context) error {
	url := "http://" + b.ports.address(clickHouseHTTP) + "/ping"
	for {
		if response, err := http.Get(url); err == nil {
			response.Body.Close()
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for clickhouse server: %w", ctx.Err())
		case err := <-b.done:
			b.done <- err
			if err == nil {
				err = errors.New("by itself")
			}
			return fmt.Errorf("clickhouse server ended, see server.log beside its config.xml: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (b *binaryClickHouse) env(into map[string]string) { clickHouseEnv(b.ports, into) }

func (b *binaryClickHouse) close() error {
	_ = b.cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	<-b.done                                  //nolint:errcheck // however it ended, it is gone
	return nil
}
