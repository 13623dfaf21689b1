package def_test

import (
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "rewrite what tests expect under testdata")

// golden compares got with a file of testdata, or rewrites the file.
func golden(t *testing.T, path, got string) {
	t.Helper()
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

// A push with more than twenty different mistakes in six files, and two files in
// the wrong place, prints them all.
func TestAllMistakesAtOnce(t *testing.T) {
	_, problems := parseFolder(t, "testdata/mistakes")
	files := map[string]bool{}
	for _, p := range problems {
		files[p.File] = true
		if p.Line < 1 {
			t.Errorf("no line: %+v", p)
		}
		if p.Remedy == "" {
			t.Errorf("no remedy: %v", p)
		}
	}
	if len(problems) < 20 || len(files) < 6 {
		t.Errorf("got %d problems in %d files, want 20 in 6 at least", len(problems), len(files))
	}
	golden(t, "testdata/mistakes.txt", problems.Error()+"\n")
}
