package house

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

var (
	testInDocs = regexp.MustCompile("`(Test[A-Z][A-Za-z0-9_]*)`")
	testInCode = regexp.MustCompile(`(?m)^func (Test[A-Z][A-Za-z0-9_]*)\(`)
)

// TestDocsNameTestsThatExist holds the documentation to the tests that it calls upon.
func TestDocsNameTestsThatExist(t *testing.T) {
	exist := map[string]bool{}
	eachGoFile(t, func(file string) {
		for _, m := range testInCode.FindAllSubmatch(read(t, file), -1) {
			exist[string(m[1])] = true
		}
	})
	docs, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, doc := range append(docs, filepath.Join(root, "DESIGN.md"), filepath.Join(root, "README.md")) {
		text, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range testInDocs.FindAllSubmatch(text, -1) {
			named++
			if name := string(m[1]); !exist[name] {
				t.Errorf("%s names %s, and there is no such test", doc, name)
			}
		}
	}
	if named == 0 {
		t.Fatal("no document names a test")
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return body
}
