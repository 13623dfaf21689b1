package house

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// root is the repository, seen from this package.
const root = "../.."

// TestImports checks every Go file of the module, also those that this system's build tags leave out.
func TestImports(t *testing.T) {
	uses := 0
	eachGoFile(t, func(file string) {
		folder := filepath.ToSlash(filepath.Dir(file))
		inTest := strings.HasSuffix(file, "_test.go")
		if !inTest && place(folder) < 0 && !isTestPackage(folder) {
			t.Errorf("%s: the package has no place in the reading order: give it one in %s and DESIGN.md, or a room that has",
				file, "internal/house/rules_test.go")
		}
		for _, found := range imports(t, file) {
			uses++
			for _, sin := range broken(use{by: folder, what: found.path, inTest: inTest}) {
				t.Errorf("%s:%d: imports %s: %s", file, found.line, found.path, sin)
			}
		}
	})
	if uses == 0 {
		t.Fatal("no import was looked at")
	}
}

// TestOrderHasNoEmptyPromise finds rooms that are named twice or written wrongly.
func TestOrderHasNoEmptyPromise(t *testing.T) {
	seen := map[string]bool{}
	for _, room := range readingOrder {
		if seen[room] {
			t.Errorf("%s is named twice", room)
		}
		seen[room] = true
		if strings.Trim(room, "/") != room {
			t.Errorf("%q has a slash at its end or beginning", room)
		}
	}
	for _, room := range choosers {
		if !seen[room] {
			t.Errorf("%s chooses drivers, but is not in the reading order", room)
		}
	}
	for _, point := range extensionPoints {
		if !seen[point] {
			t.Errorf("%s is an extension point, but not in the reading order", point)
		}
	}
}

func TestBroken(t *testing.T) {
	tests := []struct {
		name string
		use  use
		want string // part of the complaint; empty when the import is fine
	}{
		{"backwards", use{by: "internal/plan", what: module + "/internal/def"}, ""},
		{"forwards", use{by: "internal/def", what: module + "/internal/plan"}, "is read after"},
		{"same room", use{by: "pkg/format/csv", what: module + "/pkg/format"}, ""},
		{"pkg imports internal", use{by: "pkg/source", what: module + "/internal/def"}, "never imports internal"},
		{"a test in pkg may", use{by: "pkg/source", what: module + "/internal/servertest", inTest: true}, ""},
		{"asynq in queue", use{by: "internal/queue", what: "github.com/hibiken/asynq"}, ""},
		{"asynq elsewhere", use{by: "internal/export", what: "github.com/hibiken/asynq"}, "only internal/queue"},
		{"asynq in a test elsewhere", use{by: "internal/export", what: "github.com/hibiken/asynq", inTest: true}, "only internal/queue"},
		{"asynqmon is another module", use{by: "internal/api", what: "github.com/hibiken/asynqmon"}, ""},
		{"testing", use{by: "internal/export", what: "testing"}, "production code"},
		{"testing in a test package", use{by: "internal/servertest", what: "testing"}, ""},
		{"fstest", use{by: "internal/export", what: "testing/fstest"}, "production code"},
		{"a test package", use{by: "internal/export", what: module + "/internal/servertest"}, "test package"},
		{"driver by all", use{by: "pkg/format/all", what: module + "/pkg/format/csv"}, ""},
		{"driver by wiring", use{by: "cmd/worker", what: module + "/pkg/objstore/s3"}, ""},
		{"driver by itself", use{by: "pkg/format/csv/quote", what: module + "/pkg/format/csv"}, ""},
		{"driver by its parent", use{by: "pkg/format", what: module + "/pkg/format/csv"}, "is a driver"},
		{"driver by a verb", use{by: "internal/export", what: module + "/pkg/source/postgres"}, "is a driver"},
		{"driver by a driver", use{by: "pkg/format/json", what: module + "/pkg/format/csv"}, "is a driver"},
		{"shared by drivers", use{by: "pkg/format/json", what: module + "/pkg/format/internal/text"}, ""},
		{"devstack", use{by: "cmd/longshore", what: module + "/devstack/front"}, "its own module"},
		{"devstack in a test", use{by: "internal/api", what: module + "/devstack", inTest: true}, "its own module"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := strings.Join(broken(test.use), "; ")
			if test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// eachGoFile calls do with every Go file of this module, by its path from the root.
func eachGoFile(t *testing.T, do func(file string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		file, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skipFolder(file)
		}
		if strings.HasSuffix(file, ".go") {
			do(file)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// skipFolder leaves out what the go command leaves out: hidden folders, test data and other modules.
func skipFolder(folder string) error {
	name := filepath.Base(folder)
	if folder == "." {
		return nil
	}
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "node_modules" {
		return fs.SkipDir
	}
	if _, err := os.Stat(filepath.Join(root, folder, "go.mod")); !errors.Is(err, fs.ErrNotExist) {
		return fs.SkipDir
	}
	return nil
}

type imported struct {
	path string
	line int
}

func imports(t *testing.T, file string) []imported {
	t.Helper()
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, filepath.Join(root, file), nil, parser.ImportsOnly)
	if err != nil {
		t.Error(fmt.Errorf("%s: %w", file, err))
		return nil
	}
	var found []imported
	for _, spec := range parsed.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Error(err)
			continue
		}
		found = append(found, imported{path, files.Position(spec.Pos()).Line})
	}
	return found
}
