package def

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fuzzProject checks what must hold whatever a file says: no panic, problems
// have a line in their file, and no literal secret prints.
func fuzzProject(t *testing.T, file string, content []byte) {
	p, problems := Parse(map[string][]byte{file: content})
	lines := strings.Count(strings.ReplaceAll(string(content), "\r\n", "\n"), "\n") + 1
	for _, pr := range problems {
		if pr.Line < 1 || pr.Line > lines || pr.Message == "" {
			t.Errorf("problem %+v in a file of %d lines", pr, lines)
		}
	}
	if _, err := json.Marshal(p); err != nil {
		t.Errorf("marshal: %v", err)
	}
	again, _ := Parse(map[string][]byte{file: content})
	if plan := Diff(p, again); !plan.Empty() {
		t.Errorf("a project differs from itself:\n%s", plan)
	}
}

// seed adds the files of the examples and of the mistakes that end so.
func seed(f *testing.F, patterns ...string) {
	f.Helper()
	for _, pattern := range patterns {
		for _, root := range []string{"../../examples/shop", "testdata/mistakes", "testdata/reference"} {
			files, err := filepath.Glob(filepath.Join(root, pattern))
			if err != nil {
				f.Fatal(err)
			}
			for _, file := range files {
				content, err := os.ReadFile(file)
				if err != nil {
					f.Fatal(err)
				}
				f.Add(content)
			}
		}
	}
}

func FuzzConnection(f *testing.F) {
	seed(f, "connections/*")
	f.Fuzz(func(t *testing.T, content []byte) { fuzzProject(t, "connections/x.connection", content) })
}

func FuzzDatasource(f *testing.F) {
	seed(f, "datasources/*")
	f.Fuzz(func(t *testing.T, content []byte) { fuzzProject(t, "datasources/x.datasource", content) })
}

func FuzzModelYAML(f *testing.F) {
	seed(f, "models/*.yaml")
	f.Fuzz(func(t *testing.T, content []byte) { fuzzProject(t, "models/x.yaml", content) })
}

func FuzzModelSQL(f *testing.F) {
	seed(f, "models/*.sql")
	f.Fuzz(func(t *testing.T, content []byte) { fuzzProject(t, "models/x.sql", content) })
}

func FuzzSync(f *testing.F) {
	seed(f, "syncs/*.yaml")
	f.Fuzz(func(t *testing.T, content []byte) { fuzzProject(t, "syncs/x.yaml", content) })
}

func FuzzSettings(f *testing.F) {
	seed(f, "longshore.yaml")
	f.Fuzz(func(t *testing.T, content []byte) { fuzzProject(t, settingsPath, content) })
}

func FuzzTemplate(f *testing.F) {
	f.Add("upload/{YYYY}-{MM}-{DD}-{HH}-{mm}-result.json")
	f.Add("a.b/{model.id}.{ext}.bak")
	f.Fuzz(func(t *testing.T, path string) {
		tmpl, err := ParseTemplate(path)
		if err != nil {
			return
		}
		v := runVars()
		v.Mode, v.Op, v.Part = "diff", "added", 7
		got, err := tmpl.Render(v)
		if err == nil && (!strings.Contains(got, "added") || !strings.Contains(got, "00007")) {
			t.Errorf("%q renders %q, which does not tell objects apart", path, got)
		}
	})
}

func FuzzBucketURI(f *testing.F) {
	f.Add("s3://bucket/path/**/*.csv")
	f.Add("s3://bucket/{a,b}/{01..12}/x?")
	f.Fuzz(func(t *testing.T, text string) {
		u, err := ParseBucketURI(text)
		if err == nil && (!strings.HasPrefix(u.Key, u.Prefix) || strings.ContainsAny(u.Prefix, "*?{}")) {
			t.Errorf("%q: got %+v", text, u)
		}
	})
}

func FuzzValue(f *testing.F) {
	f.Add(`a {{ secret("NAME") }} b {{ tb_secret("X", "hunter2") }}`)
	f.Fuzz(func(t *testing.T, text string) {
		var ps Problems
		v := parseValue(&ps, Position{"x", 1, 1}, text, true)
		if len(ps) > 0 || v.IsZero() {
			return
		}
		shown := fmt.Sprintf("%v %+v %#v %s %q", v, v, struct{ V Value }{v}, v, []Value{v})
		if plain, ok := v.plain(); ok && len(plain) > 12 && strings.Contains(shown, plain) {
			t.Errorf("a secret prints: %s", shown)
		}
	})
}
