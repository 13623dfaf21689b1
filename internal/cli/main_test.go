package cli_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/api/apitest"
	"github.com/longshore/longshore/internal/cli"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/servertest"
)

var update = flag.Bool("update", false, "rewrite what tests expect under testdata")

func TestMain(m *testing.M) { servertest.Main(m) }

// result is what a command left behind.
type result struct {
	code           int
	stdout, stderr string
}

// options are those of a person whose environment is env.
func options(env map[string]string) cli.Options {
	return cli.Options{Version: "v9.9.9", Env: func(name string) string { return env[name] }, Poll: 5 * time.Millisecond, Tell: time.Hour}
}

// local runs a command that has no API.
func local(t *testing.T, args ...string) result {
	t.Helper()
	return execute(t.Context(), options(map[string]string{"LONGSHORE_API": "http://127.0.0.1:1"}), args...)
}

// remote runs a command against an API.
func remote(t *testing.T, s *apitest.Server, args ...string) result {
	t.Helper()
	return execute(t.Context(), options(reaching(s)), args...)
}

func reaching(s *apitest.Server) map[string]string {
	return map[string]string{"LONGSHORE_API": s.URL, "LONGSHORE_API_TOKEN": apitest.Token}
}

func execute(ctx context.Context, o cli.Options, args ...string) result {
	var stdout, stderr bytes.Buffer
	code := cli.Run(ctx, args, strings.NewReader(""), &stdout, &stderr, o)
	return result{code, stdout.String(), stderr.String()}
}

// golden compares a result with a file of testdata, or rewrites the file.
func golden(t *testing.T, name string, r result) {
	t.Helper()
	got := fmt.Sprintf("exit code %d\n", r.code)
	if r.stdout != "" {
		got += "--- stdout\n" + r.stdout
	}
	if r.stderr != "" {
		got += "--- stderr\n" + r.stderr
	}
	got = steady(got)
	path := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
	}
}

var (
	anyRun     = regexp.MustCompile(`\b[0-9A-HJKMNP-TV-Z]{26}\b`)
	anyTime    = regexp.MustCompile(`\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ`)
	anyOffset  = regexp.MustCompile(`\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d`)
	anyVersion = regexp.MustCompile(`\b\d+-[0-9a-f]{8}\b`)
	anyAddress = regexp.MustCompile(`\b127\.0\.0\.1:\d{4,5}\b`)
	anyFolder  = regexp.MustCompile(`/\S*/TestGolden\w*/\d+`)
)

// steady replaces what differs from run to run, by as many characters.
func steady(text string) string {
	names := map[string]string{}
	text = anyRun.ReplaceAllStringFunc(text, func(id string) string {
		if names[id] == "" {
			names[id] = fmt.Sprintf("RUN-%022d", len(names)+1)
		}
		return names[id]
	})
	text = anyTime.ReplaceAllString(text, "YYYY-MM-DD hh:mm:ssZ")
	text = anyOffset.ReplaceAllString(text, "YYYY-MM-DD hh:mm:ss+hh:mm")
	text = anyVersion.ReplaceAllString(text, "N-VERSION0")
	text = anyAddress.ReplaceAllString(text, "HOST:PORT")
	return anyFolder.ReplaceAllString(text, "FOLDER")
}

// shop is an API with the project of init in force.
func shop(t *testing.T) *apitest.Server {
	t.Helper()
	s := apitest.Start(t, nil)
	if r := remote(t, s, "push", newProject(t)); r.code != 0 {
		t.Fatalf("push: %+v", r)
	}
	return s
}

func newProject(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shop")
	if r := local(t, "init", dir); r.code != 0 {
		t.Fatalf("init: %+v", r)
	}
	return dir
}

// ear is standard error that tells when a text was written to it.
type ear struct {
	mu    sync.Mutex
	text  strings.Builder
	waits map[string]chan struct{}
}

func (e *ear) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.text.Write(p)
	for word, heard := range e.waits {
		if strings.Contains(e.text.String(), word) {
			close(heard)
			delete(e.waits, word)
		}
	}
	return len(p), nil
}

// hear waits for a text.
func (e *ear) hear(t *testing.T, word string) {
	t.Helper()
	e.mu.Lock()
	if strings.Contains(e.text.String(), word) {
		e.mu.Unlock()
		return
	}
	heard := make(chan struct{})
	if e.waits == nil {
		e.waits = map[string]chan struct{}{}
	}
	e.waits[word] = heard
	e.mu.Unlock()
	select {
	case <-heard:
	case <-time.After(time.Minute):
		t.Fatalf("did not hear %q in %q", word, e.String())
	}
}

func (e *ear) String() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.text.String()
}

// started is a command that goes on while the test plays the conductor.
type started struct {
	stderr *ear
	cancel context.CancelFunc
	ended  chan result
}

func start(t *testing.T, o cli.Options, args ...string) started {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	s := started{stderr: &ear{}, cancel: cancel, ended: make(chan result, 1)}
	go func() {
		var stdout bytes.Buffer
		code := cli.Run(ctx, args, strings.NewReader(""), &stdout, s.stderr, o)
		s.ended <- result{code, stdout.String(), s.stderr.String()}
	}()
	return s
}

func (s started) end(t *testing.T) result {
	t.Helper()
	select {
	case r := <-s.ended:
		return r
	case <-time.After(time.Minute):
		t.Fatalf("the command does not end; it said %q", s.stderr)
		return result{}
	}
}

// active returns the run of orders_daily that is under way.
func active(t *testing.T, s *apitest.Server) ledger.RunID {
	t.Helper()
	rec, err := s.Ledger.Subject(t.Context(), ledger.Subject{Kind: ledger.Export, Name: "orders_daily"})
	if err != nil || rec.Active == "" {
		t.Fatalf("got %+v, %v", rec, err)
	}
	return rec.Active
}
