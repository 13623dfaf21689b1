package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/longshore/longshore/internal/def"
)

var connectionTypes = []string{"s3", "minio", "postgres", "mysql", "clickhouse"}

// confidential are the ends of keys whose values are secrets.
var confidential = []string{"S3_ACCESS_KEY", "S3_SECRET", "S3_EXTERNAL_ID", "_PASSWORD", "_URL"}

func isConfidential(key string) bool {
	return slices.ContainsFunc(confidential, func(end string) bool { return strings.HasSuffix(key, end) })
}

// setting is a line of a .connection file.
type setting struct{ key, value string }

// newConnection is a connection that is being made.
type newConnection struct {
	name, kind, dir string
	sets, secrets   []string // KEY=value, KEY=NAME
}

func (a *app) createCommand() *cobra.Command {
	var n newConnection
	c := &cobra.Command{
		Use:   "create NAME",
		Short: "Write the file of a connection",
		Long: `Write connections/NAME.connection.

Without --type the fields are asked for; that takes a terminal. Secrets are
written as {{ secret("NAME") }}, for the producer and the workers to look up in
their environment or secrets folder. A secret that is typed in, or given with
--set, is written as it is: then keep the file out of git.`,
		Example: `  longshore connection create lake
  longshore connection create lake --type s3 --set S3_REGION=eu-west-1 --set S3_BUCKET=shop-lake
  longshore connection create shop_db --type postgres --set POSTGRES_HOST=db --secret POSTGRES_PASSWORD=SHOP_DB_PASSWORD`,
		Args: cobra.ExactArgs(1), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(_ *cobra.Command, args []string) error {
			n.name = args[0]
			return a.createConnection(n)
		},
	}
	c.Flags().StringVar(&n.kind, "type", "", strings.Join(connectionTypes, ", "))
	c.Flags().StringArrayVar(&n.sets, "set", nil, "KEY=value of a field, as often as needed")
	c.Flags().StringArrayVar(&n.secrets, "secret", nil, "KEY=NAME of a field whose value is the secret NAME")
	c.Flags().StringVar(&n.dir, "dir", ".", "the project's folder")
	_ = c.RegisterFlagCompletionFunc("type", cobra.FixedCompletions(connectionTypes, cobra.ShellCompDirectiveNoFileComp)) // fails for unknown flags alone
	return c
}

type createResult struct {
	File    string   `json:"file"`
	Secrets []string `json:"secrets"` // that the file refers to
}

func (a *app) createConnection(n newConnection) error {
	path := filepath.Join(n.dir, "connections", n.name+".connection")
	if _, err := os.Lstat(path); err == nil {
		return fail(Invalid, "%s exists already; nothing was written", path)
	}
	settings, err := a.settings(n)
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, s := range settings {
		fmt.Fprintf(&text, "%s %s\n", s.key, s.value)
	}
	file := "connections/" + n.name + ".connection"
	if err := a.complain(map[string][]byte{file: []byte(text.String())}); err != nil {
		return fail(Invalid, "nothing was written")
	}
	if err := writeNew(path, []byte(text.String())); err != nil {
		return err
	}
	result := createResult{File: path, Secrets: a.warn(settings)}
	return a.show(result, func(w io.Writer) {
		fmt.Fprintln(w, "wrote", path)
		if len(result.Secrets) > 0 {
			fmt.Fprintln(w, "The producer and the workers need the secrets", strings.Join(result.Secrets, ", "))
		}
		fmt.Fprintln(w, "Next: longshore connection test", n.name)
	})
}

// warn tells which secrets are written as they are, and returns the names of
// those that are referred to.
func (a *app) warn(settings []setting) []string {
	names := []string{}
	for _, s := range settings {
		name, referred := strings.CutPrefix(s.value, `{{ secret("`)
		switch {
		case referred:
			names = append(names, strings.TrimSuffix(name, `") }}`))
		case isConfidential(s.key) && !strings.Contains(s.value, "{{"):
			a.say("%s is written as it is: keep the file out of git, or use --secret %s=NAME", s.key, s.key)
		}
	}
	return names
}

// settings returns the lines of the file: from the flags, or asked for.
func (a *app) settings(n newConnection) ([]setting, error) {
	if n.kind == "" {
		if _, ok := terminal(a.stdin); !ok || len(n.sets)+len(n.secrets) > 0 {
			return nil, fail(Invalid, "give --type and --set KEY=value; without a terminal nothing can be asked")
		}
		return a.ask(n.name)
	}
	all := []setting{{"TYPE", n.kind}}
	for _, pair := range n.sets {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || strings.ContainsAny(value, "\r\n") {
			return nil, fail(Invalid, "--set takes KEY=value in one line")
		}
		all = append(all, setting{key, value})
	}
	for _, pair := range n.secrets {
		key, name, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, fail(Invalid, "--secret takes KEY=NAME")
		}
		all = append(all, setting{key, reference(name)})
	}
	return all, nil
}

func reference(name string) string { return `{{ secret("` + name + `") }}` }

// ask goes through the fields of a type, on the terminal of standard input.
func (a *app) ask(name string) ([]setting, error) {
	in := bufio.NewReader(unbuffered{a.stdin})
	kind, err := a.line(in, "Type ("+strings.Join(connectionTypes, ", ")+"): ")
	if err != nil {
		return nil, err
	}
	if !slices.Contains(connectionTypes, kind) {
		return nil, fail(Invalid, "%q is not a type; use %s", kind, strings.Join(connectionTypes, ", "))
	}
	a.say("An empty answer leaves a field out.")
	all := []setting{{"TYPE", kind}}
	for _, key := range keysOf(kind) {
		value, err := a.askField(in, name, key)
		if err != nil {
			return nil, err
		}
		if value != "" {
			all = append(all, setting{key.Path, value})
		}
	}
	return all, nil
}

func (a *app) askField(in *bufio.Reader, name string, key def.Key) (string, error) {
	if !isConfidential(key.Path) {
		return a.line(in, fmt.Sprintf("%s  %s: ", key.Path, key.Meaning))
	}
	suggested := strings.ToUpper(strings.ReplaceAll(name, "-", "_") + "_" + key.Path)
	a.say("%s  %s", key.Path, key.Meaning)
	answer, err := a.line(in, fmt.Sprintf("  name of the secret, such as %s, or = to type the secret itself: ", suggested))
	switch {
	case err != nil || answer == "":
		return "", err
	case answer != "=":
		return reference(answer), nil
	}
	typed, err := a.hidden("  the secret (not shown): ")
	a.say("")
	if err != nil {
		return "", fail(Invalid, "read the secret: %w", err)
	}
	return typed, nil
}

// hidden asks for a line that the terminal doesn't show: not from the question
// on, however fast it is typed.
func (a *app) hidden(question string) (string, error) {
	f, _ := terminal(a.stdin)
	shown, err := term.MakeRaw(int(f.Fd())) // ReadPassword alone would come after the question
	if err != nil {
		return "", err
	}
	fmt.Fprint(a.stderr, question)
	typed, err := term.ReadPassword(int(f.Fd()))
	return string(typed), errors.Join(err, term.Restore(int(f.Fd()), shown))
}

// line asks for one line.
func (a *app) line(in *bufio.Reader, question string) (string, error) {
	fmt.Fprint(a.stderr, question)
	text, err := in.ReadString('\n')
	if err != nil {
		return "", fail(Invalid, "nothing more to read; nothing was written")
	}
	return strings.TrimSpace(text), nil
}

// unbuffered keeps a bufio.Reader from reading ahead: a terminal is read
// byte by byte, so that the next secret is left for term.ReadPassword.
type unbuffered struct{ io.Reader }

func (u unbuffered) Read(p []byte) (int, error) { return u.Reader.Read(p[:1]) }

// keysOf returns the fields of a type in the order of the documentation. A URL
// and fields exclude each other: the fields are asked for.
func keysOf(kind string) []def.Key {
	prefix := strings.ToUpper(kind) + "_"
	if kind == "minio" {
		prefix = "S3_"
	}
	var keys []def.Key
	for _, key := range def.Keys() {
		if key.Kind == def.ConnectionFile && strings.HasPrefix(key.Path, prefix) && !strings.HasSuffix(key.Path, "_URL") {
			keys = append(keys, key)
		}
	}
	return keys
}
