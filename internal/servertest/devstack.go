package servertest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// CH says how to reach a ClickHouse: as user default, without a password.
type CH struct {
	Native string // host:port of the native protocol
	HTTP   string // http://host:port
}

// Stack is the three servers of devstack in one process.
type Stack struct {
	RedisAddr  string // host:port; empty at each start
	S3         S3     // one owner and no policies: AddUser is for MinIO
	ClickHouse CH
}

var (
	sharedClickHouse = shared[CH]{start: startClickHouse}
	sharedDevstack   = shared[Stack]{start: startDevstack}
)

// ClickHouse is this test binary's ClickHouse 26: the real engine behind devstack's native and HTTP fronts. Work in
// a database of your own: ClickHouseDatabase.
func ClickHouse(t testing.TB) CH {
	t.Helper()
	return sharedClickHouse.get(t, "ClickHouse")
}

// StartClickHouse starts a ClickHouse 26 for this test alone.
func StartClickHouse(t testing.TB) (CH, *Server) {
	t.Helper()
	return own(t, "ClickHouse", startClickHouse)
}

// Devstack is this test binary's Redis, S3 and ClickHouse in one process, as `make demo` runs them.
func Devstack(t testing.TB) Stack {
	t.Helper()
	return sharedDevstack.get(t, "devstack")
}

// StartDevstack starts a Redis, S3 and ClickHouse in one process for this test alone.
func StartDevstack(t testing.TB) (Stack, *Server) {
	t.Helper()
	return own(t, "devstack", startDevstack)
}

func startClickHouse() (CH, *Server, error) {
	stack, server, err := startStack("clickhouse", "clickhouse", "clickhouse-http")
	return stack.ClickHouse, server, err
}

func startDevstack() (Stack, *Server, error) {
	return startStack("redis,s3,clickhouse", "redis", "s3", "clickhouse", "clickhouse-http")
}

// startStack starts devstack with some of its servers, on ports that stay the same over restarts.
func startStack(only string, listeners ...string) (Stack, *Server, error) {
	program, err := buildDevstack()
	if err != nil {
		return Stack{}, nil, err
	}
	root, err := checkout()
	if err != nil {
		return Stack{}, nil, err
	}
	ports := make([]string, len(listeners))
	for i, name := range listeners {
		port, err := freePort()
		if err != nil {
			return Stack{}, nil, err
		}
		ports[i] = fmt.Sprintf("%s=%d", name, port)
	}
	dir, err := newFolder("devstack")
	if err != nil {
		return Stack{}, nil, err
	}
	// devstack writes its environment once all its servers answer, so the file's being there is the sign.
	env := filepath.Join(dir, "env")
	server := &Server{
		name:       "devstack",
		dir:        dir,
		stopSignal: syscall.SIGTERM,
		command: func() *exec.Cmd {
			os.Remove(env) // a killed one left it
			cmd := exec.Command(program, "-embedded", "-only", only, "-ports", strings.Join(ports, ","),
				"-data", filepath.Join(dir, "data"), "-env", env)
			cmd.Env = append(os.Environ(), "LONGSHORE_CACHE="+filepath.Join(root, ".cache"))
			return cmd
		},
		ready: func(context.Context) error {
			_, err := os.Stat(env)
			return err
		},
	}
	if err := server.start(context.Background()); err != nil {
		return Stack{}, nil, err
	}
	stack, err := readStack(env)
	if err != nil {
		server.close()
		return Stack{}, nil, err
	}
	return stack, server, nil
}

// readStack understands the NAME=value lines of devstack's environment.
func readStack(file string) (Stack, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Stack{}, err
	}
	env := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		env[name] = value
	}
	native, err := url.Parse(env["LONGSHORE_CLICKHOUSE_URL"])
	if err != nil {
		return Stack{}, fmt.Errorf("devstack's environment: %w", err)
	}
	return Stack{
		RedisAddr: env["LONGSHORE_REDIS_ADDR"],
		S3: S3{
			Endpoint:  env["LONGSHORE_S3_ENDPOINT"],
			Region:    env["LONGSHORE_S3_REGION"],
			AccessKey: env["LONGSHORE_S3_ACCESS_KEY"],
			Secret:    env["LONGSHORE_S3_SECRET"],
		},
		ClickHouse: CH{Native: native.Host, HTTP: env["LONGSHORE_CLICKHOUSE_HTTP_URL"]},
	}, nil
}

// buildDevstack builds devstack's program as it is in this checkout, once per test binary and one at a time.
var buildDevstack = sync.OnceValues(func() (program string, err error) {
	root, err := checkout()
	if err != nil {
		return "", err
	}
	program = filepath.Join(root, ".cache", "bin", "devstack")
	if err := os.MkdirAll(filepath.Dir(program), 0o755); err != nil {
		return "", err
	}
	lock, err := lockFile(program+".lock", syscall.LOCK_EX)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	build := func() ([]byte, error) {
		return exec.Command("go", "build", "-C", filepath.Join(root, "devstack"), "-o", program, "./cmd/devstack").CombinedOutput()
	}
	out, err := build()
	if err != nil { // it can't be written while another test runs it, but it can be replaced
		os.Remove(program)
		out, err = build()
	}
	if err != nil {
		return "", fmt.Errorf("build devstack: %w\n%s", err, out)
	}
	return program, nil
})
