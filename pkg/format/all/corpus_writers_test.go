package all_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// written is a file of the corpus and how it comes into being.
type written struct {
	entry
	make func(t *testing.T) []byte
}

// TestCorpusWriters has each writer write its file again: it reads as the one
// that is kept, which an older version of the writer may have made. With -update
// the files are written, and entered into the manifest.
func TestCorpusWriters(t *testing.T) {
	var files []written
	files = append(files, csvFiles()...)
	files = append(files, ndjsonFiles()...)
	files = append(files, compressedFiles()...)
	files = append(files, parquetFiles()...)
	files = append(files, serverFiles()...)
	var manifest []entry
	if !*update {
		manifest = readManifest(t)
		if len(manifest) != len(files) {
			t.Errorf("got %d writers of %d files", len(files), len(manifest))
		}
	}
	for _, f := range files {
		t.Run(f.file, func(t *testing.T) {
			content := f.make(t)
			if *update {
				f.outcome = boundedOutcome(t, &f.entry, content)
				manifest = append(manifest, f.entry)
				save(t, f.file, content)
				return
			}
			at := slices.IndexFunc(manifest, func(e entry) bool { return e.file == f.file })
			if at < 0 {
				t.Fatal("the file isn't in the manifest")
			}
			want := manifest[at].outcome
			if got := boundedOutcome(t, &f.entry, content); !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
	if *update {
		writeManifest(t, manifest)
	}
}

func save(t *testing.T, file string, content []byte) {
	t.Helper()
	path := filepath.Join(corpusFolder, file)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// hand is a file that was written by hand.
func hand(file, why, as, with, content string) written {
	return written{entry{file: file, by: "hand", why: why, as: as, with: with}, func(*testing.T) []byte { return []byte(content) }}
}
