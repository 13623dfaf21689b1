package csv_test

import (
	"bytes"
	"cmp"
	stdcsv "encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/batch/batchtest"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/csv"
	"github.com/longshore/longshore/pkg/format/formattest"
)

func TestWriter(t *testing.T) {
	option := func(name string, o format.CSVWriteOptions) formattest.Options {
		return formattest.Options{Name: name, WriteOptions: format.WriteOptions{CSV: o}}
	}
	formattest.Write(t, formattest.Writing{
		Writer: csv.Format{},
		Rows:   rows,
		Golden: "testdata/write",
		Options: []formattest.Options{
			option("default", format.CSVWriteOptions{}),
			option("semicolon-crlf-bom", format.CSVWriteOptions{Delimiter: ';', LineEnding: "\r\n", BOM: true}),
			option("tab-backslash-n", format.CSVWriteOptions{Delimiter: '\t', Null: `\N`, NoHeader: true}),
			option("pipe-strings", format.CSVWriteOptions{Delimiter: '|', Quote: format.QuoteStrings}),
			option("tilde-all-null", format.CSVWriteOptions{Delimiter: '~', Quote: format.QuoteAll, Null: "NULL"}),
			option("null-is-a-number", format.CSVWriteOptions{Null: "0"}),
			option("null-is-nan", format.CSVWriteOptions{Null: "NaN"}),
			option("null-is-true", format.CSVWriteOptions{Null: "true", Quote: format.QuoteStrings}),
		},
	})
}

// rows reads a file field by field: strictly by RFC 4180, a null being the null
// text without quotes.
func rows(file []byte, schema *arrow.Schema, opts format.WriteOptions) ([]string, error) {
	o := opts.CSV
	text := string(file)
	if o.BOM {
		var ok bool
		if text, ok = strings.CutPrefix(text, "\uFEFF"); !ok {
			return nil, errors.New("there is no BOM")
		}
	}
	r := reader{text: text, delimiter: cmp.Or(o.Delimiter, ','), newline: cmp.Or(o.LineEnding, "\n"), null: o.Null}
	var out []string
	for header := !o.NoHeader; r.text != ""; header = false {
		fields, err := r.row()
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", len(out), err)
		}
		if len(fields) != schema.NumFields() {
			return nil, fmt.Errorf("row %d has %d fields, want %d", len(out), len(fields), schema.NumFields())
		}
		if !header {
			out = append(out, strings.Join(fields, " "))
			continue
		}
		for i, field := range schema.Fields() {
			if want := fmt.Sprintf("%q", field.Name); fields[i] != want {
				return nil, fmt.Errorf("header %d: got %s, want %s", i, fields[i], want)
			}
		}
	}
	return out, nil
}

// reader is a plain, strict CSV reader that tells quoted fields from others.
type reader struct {
	text      string
	delimiter byte
	newline   string
	null      string
}

// row returns the next row's fields in Go syntax, and null for a null.
func (r *reader) row() ([]string, error) {
	var fields []string
	for {
		field, err := r.field()
		if err != nil {
			return nil, err
		}
		fields = append(fields, field)
		if rest, ok := strings.CutPrefix(r.text, r.newline); ok {
			r.text = rest
			return fields, nil
		}
		if r.text == "" || r.text[0] != r.delimiter {
			return nil, fmt.Errorf("after field %d: got %.20q, want a delimiter or line ending", len(fields), r.text)
		}
		r.text = r.text[1:]
	}
}

func (r *reader) field() (string, error) {
	if !strings.HasPrefix(r.text, `"`) {
		n := strings.IndexAny(r.text, string(r.delimiter)+"\r\n\"")
		if n < 0 {
			return "", errors.New("the file ends in a row")
		}
		bare := r.text[:n]
		r.text = r.text[n:]
		if bare == r.null {
			return "null", nil
		}
		return fmt.Sprintf("%q", bare), nil
	}
	var value strings.Builder
	for r.text = r.text[1:]; ; {
		inner, rest, ended := strings.Cut(r.text, `"`)
		if !ended {
			return "", errors.New("a quote isn't closed")
		}
		value.WriteString(inner)
		if r.text = rest; !strings.HasPrefix(rest, `"`) {
			return fmt.Sprintf("%q", value.String()), nil
		}
		value.WriteByte('"')
		r.text = rest[1:]
	}
}

func TestQuoting(t *testing.T) {
	for _, tt := range []struct {
		name, value, want string
		opts              format.CSVWriteOptions
	}{
		{"plain", "abc", `abc`, format.CSVWriteOptions{}},
		{"empty", "", `""`, format.CSVWriteOptions{}},
		{"delimiter", "a,b", `"a,b"`, format.CSVWriteOptions{}},
		{"other delimiter", "a;b", `a;b`, format.CSVWriteOptions{}},
		{"quote", `a"b`, `"a""b"`, format.CSVWriteOptions{}},
		{"quotes only", `""`, `""""""`, format.CSVWriteOptions{}},
		{"cr", "a\rb", "\"a\rb\"", format.CSVWriteOptions{}},
		{"lf far in", "0123456789abcdef\n", "\"0123456789abcdef\n\"", format.CSVWriteOptions{}},
		{"leading space", " a", `" a"`, format.CSVWriteOptions{}},
		{"trailing space", "a ", `"a "`, format.CSVWriteOptions{}},
		{"leading tab", "\ta", "\"\ta\"", format.CSVWriteOptions{}},
		{"trailing tab", "a\t", "\"a\t\"", format.CSVWriteOptions{}},
		{"inner tab", "a\tb", "a\tb", format.CSVWriteOptions{}},
		{"inner space", "a b", `a b`, format.CSVWriteOptions{}},
		{"null text", "NULL", `"NULL"`, format.CSVWriteOptions{Null: "NULL"}},
		{"null text of another dialect", "NULL", `NULL`, format.CSVWriteOptions{}},
		{"end of data", `\.`, `"\."`, format.CSVWriteOptions{}},
		{"null of ClickHouse", `\N`, `"\N"`, format.CSVWriteOptions{}},
		{"byte order mark", "\uFEFFa", "\"\uFEFFa\"", format.CSVWriteOptions{}},
		{"not utf-8", "a\xffb", "a\xffb", format.CSVWriteOptions{}},
		{"strings", "abc", `"abc"`, format.CSVWriteOptions{Quote: format.QuoteStrings}},
		{"all", `a"b`, `"a""b"`, format.CSVWriteOptions{Quote: format.QuoteAll}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, want := string(encode(t, tt.opts, formattest.Strings("s", tt.value))), tt.want+"\n"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func encode(t testing.TB, opts format.CSVWriteOptions, rec arrow.Record) []byte {
	t.Helper()
	e, err := csv.Format{}.Encoder(rec.Schema(), format.WriteOptions{CSV: opts})
	if err != nil {
		t.Fatal(err)
	}
	out, err := e.Encode(nil, rec)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestOptionsThatCannotBeRead(t *testing.T) {
	for name, opts := range map[string]format.CSVWriteOptions{
		"delimiter":             {Delimiter: 'x'},
		"line ending":           {LineEnding: "\r"},
		"delimiter in null":     {Null: "a,b"},
		"quote in null":         {Null: `"`},
		"line feed in null":     {Null: "\n"},
		"space around null":     {Null: " null"},
		"unknown quote policy":  {Quote: 9},
		"tab in null as wanted": {Delimiter: '\t', Null: "a\tb"},
	} {
		if _, err := (csv.Format{}).Frame(batchtest.ShopSchema, format.WriteOptions{CSV: opts}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got error %v, want one of kind invalid", name, err)
		}
	}
}

// FuzzWrite holds that encoding/csv reads strings as they were, but for CR LF,
// which it reads as LF, under every delimiter and policy.
func FuzzWrite(f *testing.F) {
	for i, s := range batchtest.Texts {
		f.Add(s, batchtest.Texts[len(batchtest.Texts)-1-i], uint8(i))
	}
	f.Fuzz(func(t *testing.T, a, b string, choice uint8) {
		delimiter := ",;|~\t"[choice%5]
		opts := format.CSVWriteOptions{Delimiter: delimiter, Quote: format.QuotePolicy(choice / 5 % 3), NoHeader: true}
		if choice >= 128 {
			opts.LineEnding = "\r\n"
		}
		out := encode(t, opts, formattest.Strings("s", a, b))
		r := stdcsv.NewReader(bytes.NewReader(out))
		r.Comma = rune(delimiter)
		got, err := r.ReadAll()
		if err != nil {
			t.Fatalf("%q: %v", out, err)
		}
		want := [][]string{{strings.ReplaceAll(a, "\r\n", "\n")}, {strings.ReplaceAll(b, "\r\n", "\n")}}
		if !slices.EqualFunc(got, want, slices.Equal) {
			t.Fatalf("%q: got %q, want %q", out, got, want)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	formattest.BenchmarkEncode(b, csv.Format{}, batchtest.Shop(memory.DefaultAllocator, 1, 8192))
}

// BenchmarkStandardLibrary is BenchmarkEncode by encoding/csv, of the texts that
// Arrow has for values.
func BenchmarkStandardLibrary(b *testing.B) {
	rec := batchtest.Shop(memory.DefaultAllocator, 1, 8192)
	record := make([]string, rec.NumCols())
	var buf bytes.Buffer
	w := stdcsv.NewWriter(&buf)
	b.ReportAllocs()
	for b.Loop() {
		buf.Reset()
		for i := range int(rec.NumRows()) {
			for k, col := range rec.Columns() {
				record[k] = col.ValueStr(i)
			}
			if err := w.Write(record); err != nil {
				b.Fatal(err)
			}
		}
		w.Flush()
	}
	b.SetBytes(int64(buf.Len()))
	b.ReportMetric(float64(rec.NumRows())*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}
