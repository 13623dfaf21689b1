package daemon_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/servertest"
)

// dialect is a way to write CSV, and how readers are told of it.
type dialect struct {
	name        string
	compression string
	delimiter   string // none is a comma
	noHeader    bool
	bom         bool
	crlf        bool
	quote       string
	null        string
}

func (d dialect) destination() string {
	out := "  compression: " + d.compression + "\n  csv:\n"
	if d.delimiter != "" {
		out += fmt.Sprintf("    delimiter: %q\n", d.delimiter)
	}
	out += fmt.Sprintf("    header: %v\n    bom: %v\n    null: %q\n", !d.noHeader, d.bom, d.null)
	if d.crlf {
		out += "    line_ending: crlf\n"
	}
	if d.quote != "" {
		out += "    quote: " + d.quote + "\n"
	}
	return out
}

// Under every dialect each value reads back equal, whatever it holds of the
// dialect's own signs.
func TestDialectsReadBackEqual(t *testing.T) {
	s := newStage(t)
	s.makeEdges()
	s.produce()
	s.work()
	for _, d := range []dialect{
		{name: "semicolon, CRLF, all quoted", delimiter: ";", crlf: true, quote: "all", compression: "none"},
		{name: "pipe, no header, null text, strings quoted, gzip", delimiter: "|", noHeader: true, null: "NULL", quote: "strings", compression: "gzip"},
		{name: "tilde, BOM, null text", delimiter: "~", bom: true, null: `\N`, compression: "none"},
		{name: "tab, BOM, no header, CRLF, zstd", delimiter: "\t", bom: true, noHeader: true, crlf: true, compression: "zstd"},
		{name: "comma, BOM, null text, gzip", bom: true, null: "null", compression: "gzip"},
		{name: "tab, all quoted, null text", delimiter: "\t", quote: "all", null: "-", compression: "none"},
	} {
		t.Run(d.name, func(t *testing.T) {
			s := s.in(t)
			key := s.exportEdges("csv", d.destination())
			reader, settings := "CSVWithNames", ""
			if d.noHeader {
				reader = "CSV"
			}
			if d.delimiter != "" {
				settings += ", format_csv_delimiter = '" + strings.ReplaceAll(d.delimiter, "\t", `\t`) + "'"
			}
			if d.delimiter == "\t" {
				settings += ", input_format_csv_allow_whitespace_or_tab_as_delimiter = 1"
			}
			if d.null != "" {
				settings += ", format_csv_null_representation = '" + strings.ReplaceAll(d.null, `\`, `\\`) + "'"
			}
			s.compareText(reader, key, settings)
			s.compareDuckCSV(key, d)
			if d.compression == "none" {
				checkFrame(t, d, s.download(key))
			}
		})
	}
}

// checkFrame looks at what readers pass over.
func checkFrame(t *testing.T, d dialect, body []byte) {
	t.Helper()
	if got := bytes.HasPrefix(body, []byte("\ufeff")); got != d.bom || bytes.Count(body, []byte("\ufeff")) > 3 {
		t.Errorf("byte order mark: got %v, want %v", got, d.bom)
	}
	if got := bytes.HasSuffix(body, []byte("\r\n")); got != d.crlf {
		t.Errorf("last line ends in CRLF: got %v, want %v", got, d.crlf)
	}
	first := bytes.TrimPrefix(body, []byte("\ufeff"))
	if got := bytes.HasPrefix(bytes.TrimPrefix(first, []byte(`"`)), []byte("id")); got == d.noHeader {
		t.Errorf("header: got %v, want %v", got, !d.noHeader)
	}
}

// compareDuckCSV has DuckDB read CSV as text.
func (s *stage) compareDuckCSV(key string, d dialect) {
	s.t.Helper()
	name := "edges.csv" + map[string]string{"gzip": ".gz", "zstd": ".zst"}[d.compression]
	file := filepath.Join(s.t.TempDir(), name)
	if err := os.WriteFile(file, s.download(key), 0o600); err != nil {
		s.t.Fatal(err)
	}
	names, list := []string{"'id': 'INTEGER'"}, []string{}
	for i := range edges {
		names = append(names, fmt.Sprintf("'c%d': 'VARCHAR'", i))
		list = append(list, inText(hexOf.expr, "", fmt.Sprintf("c%d", i))+fmt.Sprintf(" as c%d", i))
	}
	delimiter := d.delimiter
	if delimiter == "" {
		delimiter = ","
	}
	rows := servertest.DuckDB(s.t, fmt.Sprintf(
		`select %s from read_csv('%s', auto_detect = false, columns = {%s}, delim = '%s', header = %v, nullstr = '%s', quote = '"', escape = '"', allow_quoted_nulls = false) order by id`,
		strings.Join(list, ", "), file, strings.Join(names, ", "), delimiter, !d.noHeader, d.null))
	for i, e := range edges {
		var got []sql.NullString
		for _, row := range rows {
			text, ok := row[fmt.Sprintf("c%d", i)].(string)
			got = append(got, sql.NullString{String: text, Valid: ok})
		}
		compareColumn(s.t, e, "by DuckDB, in hex", got, hexOf.want, false)
	}
}

// Compression of the object, or of Parquet's pages, changes no value.
func TestCompressedReadsBackEqual(t *testing.T) {
	s := newStage(t)
	s.makeEdges()
	s.produce()
	s.work()
	for _, tt := range []struct{ format, compression, reader string }{
		{"ndjson", "gzip", "JSONEachRow"}, {"ndjson", "zstd", "JSONEachRow"}, {"json", "gzip", "JSONEachRow"}, {"json", "zstd", "JSONEachRow"},
		{"parquet", "none", "Parquet"}, {"parquet", "gzip", "Parquet"}, {"parquet", "snappy", "Parquet"},
	} {
		t.Run(tt.format+" "+tt.compression, func(t *testing.T) {
			s := s.in(t)
			key := s.exportEdges(tt.format, "  compression: "+tt.compression+"\n")
			s.compareTyped(tt.reader, key)
			if tt.format == "parquet" {
				s.compareDuck(key)
			} else {
				s.compareText(tt.reader, key, "")
			}
		})
	}
}
