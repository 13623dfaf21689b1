package all_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/schema"
)

var manifestFile = filepath.Join(corpusFolder, "manifest.txt")

// entry is a file of the corpus and what becomes of it. In the manifest it is a
// paragraph:
//
//	file csv/ragged.csv
//	by   hand
//	why  rows with more and fewer fields than the header
//	as   a Int32; b Nullable(String) $.x.y; c Int8 DEFAULT
//	with pad delimiter=;
//	row  ["1","x"]
//	bad  2 : wrong number of fields
//	fail read FILE: the error of the file as a whole
//
// Without as, columns are inferred, and stand in the outcome as col. The outcome
// is what -update writes.
type entry struct {
	file, by, why, as, with string
	outcome                 []string
}

func (e *entry) format() string { return strings.SplitN(e.file, "/", 2)[0] }

func readManifest(t testing.TB) (entries []entry) {
	t.Helper()
	text, err := os.ReadFile(manifestFile)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
			continue
		case word == "file":
			entries = append(entries, entry{file: rest})
			continue
		case len(entries) == 0:
			t.Fatalf("manifest: %q is of no file", line)
		}
		e := &entries[len(entries)-1]
		if header, ok := map[string]*string{"by": &e.by, "why": &e.why, "as": &e.as, "with": &e.with}[word]; ok {
			*header = rest
		} else {
			e.outcome = append(e.outcome, line)
		}
	}
	return entries
}

const manifestHead = `# The corpus of files that the readers are tested with, and what becomes of each. A paragraph is a file: who wrote it and why
# it is here, the columns it is read into (inferred where there is no "as"), then its rows as texts, rejected rows by number,
# and the error of the file. TestCorpus holds the readers to it; go test ./pkg/format/all -run Corpus -update writes it anew.
`

func writeManifest(t *testing.T, entries []entry) {
	t.Helper()
	slices.SortStableFunc(entries, func(a, b entry) int { return strings.Compare(path.Dir(a.file), path.Dir(b.file)) })
	out := bytes.NewBufferString(manifestHead)
	for _, e := range entries {
		fmt.Fprintf(out, "\nfile %s\nby %s\nwhy %s\n", e.file, e.by, e.why)
		for word, text := range map[string]string{"as": e.as} {
			if text != "" {
				fmt.Fprintf(out, "%s %s\n", word, text)
			}
		}
		if e.with != "" {
			fmt.Fprintf(out, "with %s\n", e.with)
		}
		for _, line := range e.outcome {
			fmt.Fprintln(out, line)
		}
	}
	if err := os.WriteFile(manifestFile, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// columns are those of as, or inferred, with a line for each.
func (e *entry) columns(reader format.Reader, content []byte) (columns []format.Column, lines []string, err error) {
	if e.as != "" {
		return parseColumns(e.as), nil, nil
	}
	in := format.Input{Name: "FILE", At: bytes.NewReader(content), Size: int64(len(content))}
	plain, _, err := compress.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, nil, err
	}
	defer plain.Close()
	in.Stream = plain
	inference, err := reader.Infer(context.Background(), in, e.options())
	if err != nil {
		return nil, nil, err
	}
	for _, f := range inference.Fields {
		columns = append(columns, format.Column{Name: f.Name, Type: f.Type, Path: f.Path})
		if len(inference.Fields) <= manyRows {
			lines = append(lines, fmt.Sprintf("col %s %s", strconv.QuoteToGraphic(f.Name), f.Type))
		}
	}
	return columns, lines, nil
}

// parseColumns reads "a Int32; b Nullable(String) $.x.y; c Int8 DEFAULT".
func parseColumns(text string) (columns []format.Column) {
	for part := range strings.SplitSeq(text, "; ") {
		part, isDefault := strings.CutSuffix(part, " DEFAULT")
		part, at, hasPath := strings.Cut(part, " $")
		name, typ, _ := strings.Cut(part, " ")
		c := format.Column{Name: name, Type: schema.MustParseType(typ), Default: isDefault}
		if hasPath {
			c.Path, _ = schema.ParsePath("$" + at)
		}
		columns = append(columns, c)
	}
	return columns
}

// options reads "pad delimiter=; header=no".
func (e *entry) options() (opts format.ReadOptions) {
	for word := range strings.FieldsSeq(e.with) {
		name, text, _ := strings.Cut(word, "=")
		switch name {
		case "pad":
			opts.CSV.Pad = true
		case "delimiter":
			opts.CSV.Delimiter = text[0]
		case "quote":
			opts.CSV.Quote = text[0]
		case "escape":
			opts.CSV.Escape = text[0]
		case "null":
			opts.CSV.Null = text
		case "header":
			opts.CSV.Header = map[string]format.Header{"yes": format.HeaderYes, "no": format.HeaderNo}[text]
		case "longest":
			opts.MaxRowBytes, _ = strconv.Atoi(text)
		}
	}
	return opts
}
