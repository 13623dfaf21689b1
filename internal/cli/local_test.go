package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/longshore/longshore/internal/cli"
	"github.com/longshore/longshore/internal/def"
)

func TestGoldenWithoutAPI(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shop")
	tests := []struct {
		name string
		args []string
	}{
		{"help", []string{"--help"}},
		{"help-sync-run", []string{"sync", "run", "--help"}},
		{"help-push", []string{"push", "--help"}},
		{"help-create", []string{"connection", "create", "--help"}},
		{"help-preview", []string{"preview", "--help"}},
		{"preview-type-nonsense", []string{"preview", "s3://b/x", "--connection", "lake", "--type", "Decimal(12, 2)"}},
		{"preview-rename-twice", []string{"preview", "s3://b/x", "--connection", "lake", "--rename", "a=b", "--rename", "a=c"}},
		{"init", []string{"init", dir}},
		{"init-again", []string{"init", dir}},
		{"push-no-folder", []string{"push", "testdata/nowhere"}},
		{"push-no-project", []string{"push", "testdata"}},
		{"push-unreachable", []string{"push", dir}},
		{"unknown-command", []string{"synk"}},
		{"unknown-flag", []string{"sync", "ls", "--nonsense"}},
		{"missing-argument", []string{"sync", "run"}},
		{"output-nonsense", []string{"sync", "ls", "--output", "xml"}},
		{"api-nonsense", []string{"sync", "ls", "--api", "nonsense"}},
		{"create-without-terminal", []string{"connection", "create", "fresh", "--dir", dir}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { golden(t, test.name, local(t, test.args...)) })
	}
}

// Every mistake is told here, without an API, as package def words it.
func TestPushTellsEveryMistake(t *testing.T) {
	mistakes, err := os.ReadFile("../def/testdata/mistakes.txt")
	if err != nil {
		t.Fatal(err)
	}
	n := bytes.Count(mistakes, []byte("\n"))
	want := string(mistakes) + fmt.Sprintf("longshore: %d mistakes; nothing was changed\n", n)
	if r := local(t, "push", "../def/testdata/mistakes"); r.code != 2 || r.stderr != want || r.stdout != "" || n < 20 {
		t.Errorf("got %d %s\nwant %s", r.code, r.stderr, want)
	}
}

// The project that init makes has no mistake.
func TestInitMakesAProject(t *testing.T) {
	dir := newProject(t)
	files, err := def.ReadFiles(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	p, problems := def.Parse(files)
	if len(problems) > 0 || len(p.Connections) != 3 || len(p.Syncs) != 1 || len(p.Datasources) != 1 || len(p.Models) != 1 {
		t.Errorf("got %+v, %v", p, problems)
	}
}

func TestInitWritesAllOrNothing(t *testing.T) {
	dir := t.TempDir()
	mine := filepath.Join(dir, "longshore.yaml")
	if err := os.WriteFile(mine, []byte("name: mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := local(t, "init", dir); r.code != 2 || !strings.Contains(r.stderr, "longshore.yaml already") {
		t.Errorf("got %+v", r)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("got %v, %v", entries, err)
	}
}

func TestCreateConnection(t *testing.T) {
	const secret = "hunter2-literal"
	tests := []struct {
		name string
		args []string
		code int
		file string // what is written; empty when nothing is
		told string // in standard error
	}{
		{
			"references", []string{"--type", "s3", "--set", "S3_BUCKET=shop", "--secret", "S3_ACCESS_KEY=K", "--secret", "S3_SECRET=S"}, 0,
			"TYPE s3\nS3_BUCKET shop\nS3_ACCESS_KEY {{ secret(\"K\") }}\nS3_SECRET {{ secret(\"S\") }}\n", "",
		},
		{
			"literal", []string{"--type", "postgres", "--set", "POSTGRES_HOST=db", "--set", "POSTGRES_PASSWORD=" + secret}, 0,
			"TYPE postgres\nPOSTGRES_HOST db\nPOSTGRES_PASSWORD " + secret + "\n", "POSTGRES_PASSWORD is written as it is",
		},
		{"unknown key", []string{"--type", "s3", "--set", "S3_REGON=x"}, 2, "", `did you mean "S3_REGION"?`},
		{"unknown type", []string{"--type", "s4"}, 2, "", "nothing was written"},
		{"half a pair", []string{"--type", "s3", "--secret", "S3_SECRET=S"}, 2, "", "S3_SECRET is given without S3_ACCESS_KEY"},
		{"no value", []string{"--type", "s3", "--set", "S3_BUCKET"}, 2, "", "KEY=value"},
		{"two lines", []string{"--type", "s3", "--set", "S3_BUCKET=a\nS3_REGION b"}, 2, "", "one line"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			r := local(t, append([]string{"connection", "create", "new", "--dir", dir}, test.args...)...)
			if r.code != test.code || !strings.Contains(r.stderr, test.told) || strings.Contains(r.stdout+r.stderr, secret) {
				t.Errorf("got %+v", r)
			}
			path := filepath.Join(dir, "connections/new.connection")
			got, err := os.ReadFile(path)
			if string(got) != test.file || (err != nil) != (test.file == "") {
				t.Errorf("got file %q, %v; want %q", got, err, test.file)
			}
			if test.file == "" {
				return
			}
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("others can read it: %v, %v", info.Mode(), err)
			}
			if again := local(t, append([]string{"connection", "create", "new", "--dir", dir}, test.args...)...); again.code != 2 {
				t.Errorf("it was written over: %+v", again)
			}
		})
	}
}

// Every command says what it does, shows how, and has an exit code for scripts.
func TestEveryCommandHasExamples(t *testing.T) {
	seen := 0
	var visit func(c *cobra.Command)
	visit = func(c *cobra.Command) {
		if c.Name() == "completion" || c.Name() == "help" {
			return
		}
		seen++
		if c.Short == "" || !strings.Contains(c.Example, "longshore ") {
			t.Errorf("%s has no example", c.CommandPath())
		}
		for _, below := range c.Commands() {
			visit(below)
		}
	}
	visit(cli.Command())
	if seen < 25 {
		t.Errorf("got %d commands", seen)
	}
}

func TestCompletionScripts(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if r := local(t, "completion", shell); r.code != 0 || !strings.Contains(r.stdout, "__complete") {
			t.Errorf("%s: got %d %s", shell, r.code, r.stderr)
		}
	}
}

// The version is told also where no producer answers.
func TestVersionWithoutProducer(t *testing.T) {
	r := local(t, "version", "--output", "json")
	var v struct {
		Version  string
		Producer *struct{}
	}
	if err := json.Unmarshal([]byte(r.stdout), &v); err != nil || r.code != 0 || v.Version != "v9.9.9" || v.Producer != nil {
		t.Errorf("got %+v, %v", r, err)
	}
}

// dev listens where the flag says, else the environment, else on loopback.
func TestDevOptions(t *testing.T) {
	for _, test := range []struct {
		name, env string
		args      []string
		want      cli.DevOptions
	}{
		{"nothing said", "", nil, cli.DevOptions{Listen: "127.0.0.1:8080"}},
		{"environment", "127.0.0.1:9", nil, cli.DevOptions{Listen: "127.0.0.1:9"}},
		{"flag", "127.0.0.1:9", []string{"--listen", "127.0.0.1:7", "shop"}, cli.DevOptions{Listen: "127.0.0.1:7", Dir: "shop"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got cli.DevOptions
			o := options(map[string]string{"LONGSHORE_LISTEN": test.env})
			o.Dev = func(_ context.Context, o cli.DevOptions) error { got = o; return nil }
			if r := execute(t.Context(), o, append([]string{"dev"}, test.args...)...); r.code != 0 || got != test.want {
				t.Errorf("got %+v, %+v; want %+v", r, got, test.want)
			}
		})
	}
	o := options(nil)
	o.Dev = func(context.Context, cli.DevOptions) error { return errors.New("LONGSHORE_STATE_URI is not set") }
	if r := execute(t.Context(), o, "dev"); r.code != 1 || !strings.Contains(r.stderr, "LONGSHORE_STATE_URI") {
		t.Errorf("got %+v", r)
	}
}
