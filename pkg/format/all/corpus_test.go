package all_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/all"
)

var update = flag.Bool("update", false, "write the corpus, and what becomes of its files, anew")

const (
	corpusFolder = "testdata/corpus"
	// manyRows is from how many rows on the manifest has their hash alone.
	manyRows = 40
	// memoryFor is what reading a file may allocate besides 100 times its size: a
	// window of the text, and half of it while it grows.
	memoryFor = 300 << 20
)

// TestCorpus reads every file of the corpus: what becomes of it is what the
// manifest says, whether it comes at once or in halves, in blocks or row by row.
func TestCorpus(t *testing.T) {
	manifest := readManifest(t)
	for i := range manifest {
		e := &manifest[i]
		t.Run(e.file, func(t *testing.T) {
			content, err := os.ReadFile(filepath.Join(corpusFolder, e.file))
			if err != nil {
				t.Fatal(err)
			}
			got := boundedOutcome(t, e, content)
			if *update {
				e.outcome = got
				return
			}
			if !slices.Equal(got, e.outcome) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(e.outcome, "\n"))
			}
		})
	}
	if *update {
		writeManifest(t, manifest)
	}
}

// TestManifestIsComplete: no file is without an entry.
func TestManifestIsComplete(t *testing.T) {
	named := map[string]bool{}
	for _, e := range readManifest(t) {
		if named[e.file] {
			t.Errorf("%s has two entries", e.file)
		}
		named[e.file] = true
	}
	err := filepath.WalkDir(corpusFolder, func(path string, entry fs.DirEntry, err error) error {
		name, _ := filepath.Rel(corpusFolder, path)
		if err == nil && !entry.IsDir() && path != manifestFile && !named[filepath.ToSlash(name)] {
			t.Errorf("%s has no entry in the manifest", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// boundedOutcome reads a file twice, and bounds the memory that the first time takes.
func boundedOutcome(t *testing.T, e *entry, content []byte) []string {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	whole := outcomeOf(e, bytes.NewReader(content), content, 10_000)
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > memoryFor+100*uint64(len(content)) {
		t.Errorf("allocated %d MiB for %d bytes", got>>20, len(content))
	}
	if pieces := outcomeOf(e, iotest.HalfReader(bytes.NewReader(content)), content, 1); !slices.Equal(whole, pieces) {
		t.Errorf("in pieces got\n%s\nwant\n%s", strings.Join(pieces, "\n"), strings.Join(whole, "\n"))
	}
	return whole
}

// outcomeOf is what becomes of a file, in the manifest's words.
func outcomeOf(e *entry, stream io.Reader, content []byte, maxRows int) []string {
	reader, err := all.Reader(e.format())
	if err != nil {
		return []string{"fail " + err.Error()}
	}
	in := format.Input{Name: "FILE", At: bytes.NewReader(content), Size: int64(len(content))}
	if !reader.Traits().RandomAccess {
		plain, _, err := compress.NewReader(stream)
		if err != nil {
			return []string{failure(err)}
		}
		defer plain.Close()
		in.Stream = plain
	}
	columns, lines, err := e.columns(reader, content)
	if err != nil {
		return append(lines, failure(err))
	}
	d, err := reader.Decoder(context.Background(), in, columns, e.options())
	if err != nil {
		return append(lines, failure(err))
	}
	defer d.Close()
	rows, err := readRows(d, maxRows)
	if err != nil {
		return append(lines, failure(err)) // the rows before it count for nothing
	}
	return append(lines, short(rows)...)
}

func failure(err error) string {
	if !fault.Is(err, fault.Invalid) {
		return "fail NOT INVALID: " + err.Error()
	}
	return "fail " + strings.ReplaceAll(err.Error(), "\n", " ")
}

// readRows reads to the end: a line for each row and each reject, and the error.
func readRows(d format.Decoder, maxRows int) (lines []string, err error) {
	var rejected []string
	for b := new(block.Block); ; {
		_, err := d.Next(b, maxRows)
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return append(lines, rejected...), err
		}
		for i := range b.Rows() {
			lines = append(lines, "row "+rowJSON(b, i))
		}
		for _, r := range d.Rejected() {
			line := fmt.Sprintf("bad %d", r.Row)
			for _, e := range r.Errors {
				line += fmt.Sprintf(" %s: %s;", e.Column, e.Code)
			}
			rejected = append(rejected, strings.TrimSuffix(line, ";"))
		}
	}
}

func rowJSON(b *block.Block, row int) string {
	values := make([]*string, len(b.Columns))
	for i, c := range b.Columns {
		if !c.IsNull(row) {
			text := string(c.AppendText(nil, row))
			values[i] = &text
		}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(values) // texts can't fail
	return strings.TrimSuffix(out.String(), "\n")
}

// short is lines, or how many there are and their hash, where they are many or long.
func short(lines []string) []string {
	size := 0
	for _, l := range lines {
		size += len(l)
	}
	if len(lines) <= manyRows && size < 16<<10 {
		return lines
	}
	hash := fnv.New64a()
	kinds := map[string]int{}
	for _, l := range lines {
		_, _ = io.WriteString(hash, l+"\n")
		kinds[l[:3]]++
	}
	return []string{fmt.Sprintf("many %d rows, %d bad, hash %016x", kinds["row"], kinds["bad"], hash.Sum64())}
}
