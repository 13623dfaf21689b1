package all_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/longshore/longshore/pkg/compress"
)

// seedFiles is the small files of the corpus in a format.
func seedFiles(f *testing.F, name string) (files [][]byte) {
	f.Helper()
	paths, err := filepath.Glob(filepath.Join(corpusFolder, name, "*"))
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if len(content) < 4<<10 && !isLong(content) {
			files = append(files, content)
		}
	}
	return files
}

// isLong reports whether a file is long when it is decompressed.
func isLong(content []byte) bool {
	plain, _, err := compress.NewReader(bytes.NewReader(content))
	if err != nil {
		return false
	}
	n, err := io.CopyN(io.Discard, plain, 1<<18)
	return n == 1<<18 && err == nil
}

// fuzzOutcome reads a file at once and in pieces, into given and into inferred
// columns: the outcomes are equal, no error blames somebody else, and inferred
// columns take the values that they were inferred from.
func fuzzOutcome(t *testing.T, e *entry, content []byte) {
	t.Helper()
	if isLong(content) {
		t.Skip() // few of these would be tried; the corpus has bombs
	}
	for _, as := range []string{e.as, ""} {
		e.as = as
		whole := outcomeOf(e, bytes.NewReader(content), content, 1000)
		pieces := outcomeOf(e, iotest.HalfReader(bytes.NewReader(content)), content, 1)
		if !slices.Equal(whole, pieces) {
			t.Fatalf("as %q with %q: in pieces got\n%s\nwant\n%s", e.as, e.with, strings.Join(pieces, "\n"), strings.Join(whole, "\n"))
		}
		if i := slices.IndexFunc(whole, isMisfit); as == "" && i >= 0 {
			t.Fatalf("with %q: inferred columns don't take a row: %s", e.with, whole[i])
		}
		if n := len(whole); n > 0 && strings.HasPrefix(whole[n-1], "fail NOT INVALID") {
			t.Fatal(whole[n-1])
		}
	}
}

// isMisfit reports whether a line is of a row with a value that its column doesn't
// take, rather than of one that is malformed as a whole.
func isMisfit(line string) bool {
	rest, ok := strings.CutPrefix(line, "bad ")
	_, errors, _ := strings.Cut(rest, " ")
	return ok && !strings.HasPrefix(errors, ": ")
}

// FuzzCSV has files, compressed or not, and dialects.
func FuzzCSV(f *testing.F) {
	for i, content := range seedFiles(f, "csv") {
		f.Add(content, byte(i))
	}
	dialects := []string{"", "pad", "delimiter=;", "header=no", "header=yes", `escape=\ delimiter=,`, "quote=' pad header=no", "longest=30", "longest=40 pad header=no", "null=x"}
	f.Fuzz(func(t *testing.T, content []byte, dialect byte) {
		e := entry{file: "csv/fuzz", as: "a Int32; b String; c Nullable(Int32); d Array(String) DEFAULT", with: dialects[int(dialect)%len(dialects)]}
		fuzzOutcome(t, &e, content)
	})
}

// FuzzNDJSON has files with paths and nested types.
func FuzzNDJSON(f *testing.F) {
	for i, content := range seedFiles(f, "ndjson") {
		f.Add(content, byte(i))
	}
	f.Fuzz(func(t *testing.T, content []byte, dialect byte) {
		e := entry{file: "ndjson/fuzz", as: "a Nullable(Float64); s String $.s DEFAULT; ids Array(Nullable(Int32)) $.items[:].id; m Map(String, Nullable(Int8)) $.user DEFAULT; row String $", with: []string{"", "longest=30"}[dialect%2]}
		fuzzOutcome(t, &e, content)
	})
}
