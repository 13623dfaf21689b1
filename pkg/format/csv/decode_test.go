package csv

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/schema"
)

// columnsOf reads "name Type, name Type" with a type without commas; a "!" behind
// the type means that the table has a DEFAULT.
func columnsOf(text string) (columns []format.Column) {
	for _, part := range strings.Split(text, ";") {
		name, typ, _ := strings.Cut(strings.TrimSpace(part), " ")
		typ, isDefault := strings.CutSuffix(typ, "!")
		columns = append(columns, format.Column{Name: name, Type: schema.MustParseType(typ), Default: isDefault})
	}
	return columns
}

// decodeAll reads a file, a few rows at a time, and returns its rows as text and
// its rejects.
func decodeAll(t testing.TB, in io.Reader, columns []format.Column, opts format.ReadOptions, maxRows int) (rows []string, rejects []format.Reject, facts format.Facts) {
	t.Helper()
	d, err := Format{}.Decoder(context.Background(), format.Input{Name: "f.csv", Stream: in}, columns, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var b block.Block
	for {
		n, err := d.Next(&b, maxRows)
		if err == io.EOF {
			return rows, rejects, d.Facts()
		}
		if err != nil {
			t.Fatal(err)
		}
		if n != b.Rows()+len(d.Rejected()) || n > maxRows {
			t.Fatalf("got %d consumed of %d, %d rows, %d rejects", n, maxRows, b.Rows(), len(d.Rejected()))
		}
		rejects = append(rejects, d.Rejected()...)
		for i := range b.Rows() {
			rows = append(rows, rowText(&b, i))
		}
	}
}

func rowText(b *block.Block, i int) string {
	var cells []string
	for _, c := range b.Columns {
		cells = append(cells, string(c.AppendText(nil, i)))
	}
	return strings.Join(cells, "|")
}

// show is rejects as "row line offset: column code".
func show(rejects []format.Reject) (out []string) {
	for _, r := range rejects {
		s := fmt.Sprintf("%d %d %d %q", r.Row, r.Line, r.Offset, r.Raw)
		for _, e := range r.Errors {
			s += " " + e.Column + ": " + e.Code
		}
		out = append(out, s)
	}
	return out
}

func TestDecode(t *testing.T) {
	tests := []struct {
		name, columns, text string
		opts                format.CSVReadOptions
		rows, rejects       []string
	}{
		{name: "header in another order", columns: "a Int32;b String", text: "b,a\nx,1\n", rows: []string{"1|x"}},
		{name: "no line feed at the end", columns: "a Int32;b String", text: "a,b\n1,x", rows: []string{"1|x"}},
		{name: "crlf", columns: "a Int32;b String", text: "a,b\r\n1,x\r\n2,\"y\"\r\n", rows: []string{"1|x", "2|y"}},
		{name: "byte order mark", columns: "a Int32;b String", text: "\ufeffa,b\n1,x\n", rows: []string{"1|x"}},
		{name: "empty file", columns: "a Int32", text: ""},
		{name: "header alone", columns: "a Int32", text: "a\n"},
		{name: "quoted delimiter, quote and line feed", columns: "a Int32;b String", text: "a,b\n1,\"x, \"\"y\"\"\nz\"\n2,w\n", rows: []string{"1|x, \"y\"\nz", "2|w"}},
		{name: "null and empty text", columns: "a Nullable(Int32);b Nullable(String);c String", text: "a,b,c\n,,\n\"5\",\"\",\"\"\n", rows: []string{"NULL|NULL|", "5||"}},
		{name: "null text by default", columns: "a Nullable(Int32);b Nullable(String)", text: "a,b\n\\N,\\N\n1,\"\\N\"\n", rows: []string{"NULL|NULL", `1|\N`}},
		{name: "blank lines", columns: "a Int32;b Int32", text: "\n\na,b\n\n1,2\n\r\n3,4\n\n", rows: []string{"1|2", "3|4"}},
		{name: "one column has nulls, not blank lines", columns: "a Nullable(Int32)", text: "a\n1\n\n2\n", rows: []string{"1", "NULL", "2"}},
		{name: "header no", columns: "a String;b String", opts: format.CSVReadOptions{Header: format.HeaderNo}, text: "a,b\nc,d\n", rows: []string{"a|b", "c|d"}},
		{name: "header auto, none", columns: "a Int32;b String", text: "1,x\n2,y\n", rows: []string{"1|x", "2|y"}},
		{name: "fields given", columns: "a Int32;b String", opts: format.CSVReadOptions{Fields: []string{"b", "x", "a"}}, text: "q,w,1\n", rows: []string{"1|q"}},
		{name: "semicolons found", columns: "a Int32;b String", text: "a;b\n1;x,y\n2;z,w\n", rows: []string{"1|x,y", "2|z,w"}},
		{name: "tabs found", columns: "a Int32;b String", text: "a\tb\n1\tx\n", rows: []string{"1|x"}},
		{name: "backslash escapes", columns: "a Int32;b String", opts: format.CSVReadOptions{Escape: '\\'}, text: "a,b\n1,\"x\\\"y\\\\\"\n2,\"\"\n", rows: []string{`1|x"y\`, "2|"}},
		{name: "single quotes", columns: "a Int32;b String", opts: format.CSVReadOptions{Quote: '\''}, text: "a,b\n1,'x,''y'\n", rows: []string{"1|x,'y"}},
		{name: "quote inside an unquoted field", columns: "a Int32;b String", text: "a,b\n1,x\"y\"\n", rows: []string{`1|x"y"`}},
		{name: "bad values", columns: "a Int32;b UInt8;c String", text: "a,b,c\n1,2,x\nq,300,y\n3,4,z\n", rows: []string{"1|2|x", "3|4|z"},
			rejects: []string{`2 3 12 "q,300,y" a: not a number b: out of range`}},
		{name: "null where none is taken", columns: "a Int32;b String", text: "a,b\n,x\n1,y\n", rows: []string{"1|y"},
			rejects: []string{`1 2 4 ",x" a: null in a column that is not nullable`}},
		{name: "ragged", columns: "a Int32;b String", text: "a,b\n1\n1,2,3\n4,5\n", rows: []string{"4|5"},
			rejects: []string{`1 2 4 "1" : wrong number of fields`, `2 3 6 "1,2,3" : wrong number of fields`}},
		{name: "padded", columns: "a Int32;b String;c Nullable(Int32)", opts: format.CSVReadOptions{Pad: true}, text: "a,b,c\n1\n2,x\n3,\"y\"\n\n1,2,3,4\n4,z,5", rows: []string{"1||NULL", "2|x|NULL", "3|y|NULL", "4|z|5"},
			rejects: []string{`4 6 19 "1,2,3,4" : wrong number of fields`}},
		{name: "padded where no null is taken", columns: "a Int32;b Int32;c Int32!", opts: format.CSVReadOptions{Pad: true}, text: "a,b,c\n1\n2,3\n", rows: []string{"2|3|NULL"},
			rejects: []string{`1 2 6 "1" b: null in a column that is not nullable`}},
		{name: "quotes that are pipes", columns: "a Int32;b String", opts: format.CSVReadOptions{Quote: '|'}, text: "a;b\n1;|x|\n2;|y;z|\n", rows: []string{"1|x", "2|y;z"}},
		{name: "stray quote", columns: "a Int32;b String", text: "a,b\n1,\"x\n2,\"y\"\n3,z\n", rows: []string{"2|y", "3|z"},
			rejects: []string{`1 2 4 "1,\"x" : text after a closing quote`}},
		{name: "open quote", columns: "a Int32;b String", text: "a,b\n1,\"x\n2,y\n", rows: []string{"2|y"},
			rejects: []string{`1 2 4 "1,\"x" : quote is not closed`}},
		{name: "invalid utf-8", columns: "a Int32;b String", text: "a,b\n1,\xff\n2,é\n", rows: []string{"2|é"},
			rejects: []string{`1 2 4 "1,\xff" : invalid UTF-8`}},
		{name: "lines are counted", columns: "a Int32;b String", text: "a,b\n1,\"x\ny\"\n\nq,z\n", rows: []string{"1|x\ny"},
			rejects: []string{`2 5 13 "q,z" a: not a number`}},
		{name: "dropped column", columns: "a Int32;b Int32", text: "a,c\n1,2\n", rejects: []string{`1 2 4 "1,2" b: missing`}},
		{name: "all columns renamed", columns: "a Int32;b Int32", text: "x,y\n1,2\n", rejects: []string{`1 2 4 "1,2" a: missing b: missing`}},
		{name: "missing columns that may", columns: "a Int32;b Nullable(Int32);c Int32!;d Array(Int8)!", text: "a\n1\n", rows: []string{"1|NULL|NULL|NULL"}},
		{name: "array, map and null", columns: "a Array(Int32);m Map(String,Int8);z Array(Int8)", text: "a;m\n[1,2];{\"x\":1}\n;\n", rows: []string{"[1,2]|{'x':1}|[]", "[]|{}|[]"}},
	}
	for _, tt := range tests {
		for maxRows := 1; maxRows < 4; maxRows += 2 {
			for _, wrap := range []func(io.Reader) io.Reader{iotest.OneByteReader, func(r io.Reader) io.Reader { return r }} {
				t.Run(tt.name, func(t *testing.T) {
					rows, rejects, facts := decodeAll(t, wrap(strings.NewReader(tt.text)), columnsOf(tt.columns), format.ReadOptions{CSV: tt.opts}, maxRows)
					if !slices.Equal(rows, tt.rows) {
						t.Errorf("got rows %q, want %q", rows, tt.rows)
					}
					if got := show(rejects); !slices.Equal(got, tt.rejects) {
						t.Errorf("got rejects\n%v, want\n%v", strings.Join(got, "\n"), strings.Join(tt.rejects, "\n"))
					}
					if facts.Bytes != int64(len(tt.text)) {
						t.Errorf("got %d bytes, want %d", facts.Bytes, len(tt.text))
					}
				})
			}
		}
	}
}

func TestFactsAndValues(t *testing.T) {
	columns := columnsOf("a Int32;b Nullable(Int8);c String")
	_, rejects, facts := decodeAll(t, strings.NewReader("z,a,c,y\n1,x,,2\n"), columns, format.ReadOptions{}, 10)
	if got, want := fmt.Sprint(facts.Unknown, facts.Missing), "[y z] [b]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	v := rejects[0].Values
	if len(v) != 3 || *v[0] != "x" || v[1] != nil || *v[2] != "" {
		t.Errorf("got values %v", v)
	}
	if got, want := rejects[0].Errors[0].Detail, `a Int32: not a number: "x"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestDefaultedColumnsAreOmitted(t *testing.T) {
	columns := columnsOf("a Int32;b Int32!")
	d, err := Format{}.Decoder(context.Background(), format.Input{Stream: strings.NewReader("a\n1\n")}, columns, format.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var b block.Block
	if _, err := d.Next(&b, 10); err != nil {
		t.Fatal(err)
	}
	if sent := b.Sent(nil); len(sent) != 1 || sent[0].Name != "a" {
		t.Errorf("got %d columns sent, want a alone", len(sent))
	}
}

func TestLongRows(t *testing.T) {
	long := strings.Repeat("x", 3<<20)
	text := "a,b\n1,x\n2," + long + "\n3,y\n4,\"" + long + "\n5,z\n"
	rows, rejects, _ := decodeAll(t, strings.NewReader(text), columnsOf("a Int32;b String"), format.ReadOptions{MaxRowBytes: 1 << 20}, 100)
	if want := []string{"1|x", "3|y", "5|z"}; !slices.Equal(rows, want) {
		t.Errorf("got rows %.200q, want %q", rows, want)
	}
	var codes []string
	for _, r := range rejects {
		codes = append(codes, r.Errors[0].Code)
		if len(r.Raw) > 64<<10 {
			t.Errorf("row %d: %d bytes raw", r.Row, len(r.Raw))
		}
	}
	if want := []string{codeLong, codeLong}; !slices.Equal(codes, want) {
		t.Errorf("got %q, want %q", codes, want)
	}
}

// TestCutAnywhere reads every beginning of a file: nothing panics, and rows
// before the cut are the rows of the whole.
func TestCutAnywhere(t *testing.T) {
	text := "a,b\n1,\"x, \"\"y\"\"\nz\"\n2,é\r\n3,\"w\"\n"
	columns := columnsOf("a Int32;b String")
	all, _, _ := decodeAll(t, strings.NewReader(text), columns, format.ReadOptions{CSV: format.CSVReadOptions{Delimiter: ',', Header: format.HeaderYes}}, 100)
	for n := range len(text) {
		rows, _, _ := decodeAll(t, strings.NewReader(text[:n]), columns, format.ReadOptions{CSV: format.CSVReadOptions{Delimiter: ',', Header: format.HeaderYes}}, 100)
		for i, row := range rows[:max(len(rows)-1, 0)] {
			if row != all[i] {
				t.Errorf("cut at %d: got row %q, want %q", n, row, all[i])
			}
		}
	}
}

// FuzzDecode compares with encoding/csv on files that it accepts too.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "\"a\"\"\",b\n\"\n\",\n", "x\r\n\r\ny", "a,b\n\"c\"d,e\n", "\xff,a\n", ",\n,\n", "a,\"b"} {
		f.Add(s)
	}
	columns := columnsOf("a Nullable(String);b Nullable(String)")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
			return // UTF-16, which is an error of the file
		}
		opts := format.ReadOptions{CSV: format.CSVReadOptions{Delimiter: ',', Header: format.HeaderNo}}
		rows, rejects, facts := decodeAll(t, iotest.HalfReader(strings.NewReader(text)), columns, opts, 2)
		if facts.Bytes != int64(len(text)) {
			t.Errorf("got %d bytes, want %d", facts.Bytes, len(text))
		}
		r := csv.NewReader(strings.NewReader(text))
		want, err := r.ReadAll()
		if err != nil || len(rejects) > 0 || strings.Contains(text, "\r") || strings.HasPrefix(text, "\ufeff") {
			return
		}
		if len(rows) != len(want) {
			t.Fatalf("%q: got %d rows %q, want %d %q", text, len(rows), rows, len(want), want)
		}
		for i, w := range want {
			got := strings.ReplaceAll(rows[i], "NULL", "")
			if len(w) == 2 && got != strings.ReplaceAll(w[0]+"|"+w[1], "NULL", "") {
				t.Errorf("%q row %d: got %q, want %q", text, i, got, w)
			}
		}
	})
}
