package ndjson

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/schema"
)

// columnsOf reads "name Type $.path; name Type", where a "!" behind the type
// means that the table has a DEFAULT, and no path is the column's name.
func columnsOf(text string) (columns []format.Column) {
	for _, part := range strings.Split(text, ";") {
		words := strings.Fields(part)
		typ, isDefault := strings.CutSuffix(words[1], "!")
		c := format.Column{Name: words[0], Type: schema.MustParseType(typ), Default: isDefault}
		if len(words) > 2 {
			c.Path, _ = schema.ParsePath(words[2])
		}
		columns = append(columns, c)
	}
	return columns
}

func decodeAll(t testing.TB, in io.Reader, columns []format.Column, opts format.ReadOptions, maxRows int) (rows []string, rejects []format.Reject, facts format.Facts) {
	t.Helper()
	d, err := Format{}.Decoder(context.Background(), format.Input{Name: "f.ndjson", Stream: in}, columns, opts)
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
			var cells []string
			for _, c := range b.Columns {
				if c.Rows() != b.Rows() {
					t.Fatalf("column %s has %d rows of %d", c.Name, c.Rows(), b.Rows())
				}
				cells = append(cells, string(c.AppendText(nil, i)))
			}
			rows = append(rows, strings.Join(cells, "|"))
		}
	}
}

func show(rejects []format.Reject) (out []string) {
	for _, r := range rejects {
		s := fmt.Sprintf("%d %d %d", r.Row, r.Line, r.Offset)
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
		rows, rejects       []string
	}{
		{name: "keys in order", columns: "a Int32; b String", text: `{"a":1,"b":"x"}` + "\n" + `{"a":2,"b":"y"}` + "\n", rows: []string{"1|x", "2|y"}},
		{name: "keys in any order", columns: "a Int32; b String", text: `{"b":"x","a":1}` + "\n" + `{"a":2,"b":"y"}` + "\n" + `{"b":"z","a":3}`, rows: []string{"1|x", "2|y", "3|z"}},
		{name: "spaces", columns: "a Int32; b String", text: " { \"a\" : 1 , \"b\" : \"x\" } \r\n\t{\"a\": 2, \"b\": \"y\"}\n", rows: []string{"1|x", "2|y"}},
		{name: "blank lines", columns: "a Int32", text: "\n{\"a\":1}\n  \r\n{\"a\":2}\n\n", rows: []string{"1", "2"}},
		{name: "byte order mark", columns: "a Int32", text: "\ufeff{\"a\":1}", rows: []string{"1"}},
		{name: "empty file", columns: "a Int32", text: ""},
		{name: "escapes", columns: "a String", text: `{"a":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"}`, rows: []string{"\"\\/\b\f\n\r\té😀"}},
		{name: "escaped key", columns: "a Int32", text: `{"\u0061":1}`, rows: []string{"1"}},
		{name: "lone surrogate", columns: "a String", text: `{"a":"\ud83d"}`, rejects: []string{"1 1 0 : invalid UTF-8"}},
		{name: "null and missing", columns: "a Nullable(Int32); b Nullable(String); c LowCardinality(Nullable(String))", text: `{"a":null}`, rows: []string{"NULL|NULL|NULL"}},
		{name: "null and missing where none is taken", columns: "a Int32; b Int32", text: `{"a":null}`, rejects: []string{"1 1 0 a: null in a column that is not nullable b: missing"}},
		{name: "defaults", columns: "a Int32; b Int32!; c LowCardinality(String)!", text: `{"a":1}` + "\n" + `{"a":2,"b":3,"c":null}`, rows: []string{"1|NULL|NULL", "2|3|NULL"}},
		{name: "numbers", columns: "a Int128; b Decimal(76,2); c Float64; d UInt8", text: `{"a":170141183460469231731687303715884105727,"b":-12345678901234567890123456789012345678901234567890.25,"c":1e-7,"d":2.5e1}`,
			rows: []string{"170141183460469231731687303715884105727|-12345678901234567890123456789012345678901234567890.25|1e-7|25"}},
		{name: "numbers in quotes", columns: "a Int64; b Float64; c Decimal(9,2)", text: `{"a":"12","b":"nan","c":"1.5"}`, rows: []string{"12|nan|1.5"}},
		{name: "booleans", columns: "a Bool; b UInt8; c String; d Bool", text: `{"a":true,"b":false,"c":true,"d":0}`, rows: []string{"true|0|true|false"}},
		{name: "raw JSON in text", columns: "a String; b Nullable(String); c String", text: `{"a":{"x":[1, 2.50]},"b":[],"c":1.50}`, rows: []string{`{"x":[1, 2.50]}|[]|1.50`}},
		{name: "nested paths", columns: "b Int32 $.a.b; c String $.a.c.d; e Nullable(Int8) $.x.y", text: `{"a":{"b":1,"c":{"d":"v","z":0},"q":[]}}`, rows: []string{"1|v|NULL"}},
		{name: "a text and what is inside it", columns: "raw String $.a; b Int32 $.a.b", text: `{"a":{"b":1}}`, rows: []string{`{"b":1}|1`}},
		{name: "nested in null", columns: "b Nullable(Int32) $.a.b; c Int32 $.a.c", text: `{"a":null}`, rejects: []string{"1 1 0 c: missing"}},
		{name: "nested in a number", columns: "b Nullable(Int32) $.a.b", text: `{"a":1}`, rejects: []string{"1 1 0 b: not an object"}},
		{name: "whole row", columns: "a Int32; r String $", text: ` {"a":1, "z":[{}]} `, rows: []string{`1|{"a":1, "z":[{}]}`}},
		{name: "whole row as a map", columns: "m Map(String,Int8) $", text: `{"a":1,"b":2}`, rows: []string{"{'a':1,'b':2}"}},
		{name: "arrays of fields", columns: "i Array(Int32) $.items[:].id; n Array(Nullable(String)) $.items[:].name; t Array(String) $.tags[:]",
			text: `{"items":[{"id":1,"name":"x"},{"z":0,"id":2}],"tags":["p","q"]}` + "\n" + `{"items":[],"tags":null}`, rows: []string{"[1,2]|['x',NULL]|['p','q']", "[]|[]|[]"}},
		{name: "arrays in arrays", columns: "i Array(Array(Int8)) $.a[:].b[:].c; j Array(Int8) $.a[:].d", text: `{"a":[{"b":[{"c":1},{"c":2}],"d":3},{"d":4,"b":[]}]}`, rows: []string{"[[1,2],[]]|[3,4]"}},
		{name: "missing in an element", columns: "i Array(Int32) $.items[:].id", text: `{"items":[{"id":1},{}]}`, rejects: []string{"1 1 0 i: missing in an element of the array"}},
		{name: "not an array", columns: "i Array(Int32) $.items[:].id; j Array(Int8)", text: `{"items":{"id":1},"j":7}`, rejects: []string{"1 1 0 i: not an array j: not an array"}},
		{name: "unknown fields", columns: "a Int32", text: `{"q":{"a":[1,{"b":null}]},"a":1,"r":"s"}`, rows: []string{"1"}},
		{name: "duplicate key", columns: "a Int32", text: `{"a":1,"a":2}` + "\n" + `{"z":1,"a":2,"z":3}`, rejects: []string{"1 1 0 : duplicate key", "2 2 14 : duplicate key"}},
		{name: "not an object", columns: "a Int32", text: "[1]\n7\n{\"a\":1}\n", rows: []string{"1"}, rejects: []string{"1 1 0 : not a JSON object", "2 2 4 : not a JSON object"}},
		{name: "malformed", columns: "a Int32; b Nullable(String)", text: "{\"a\":1\n{\"a\":01}\n{\"a\":1,}\n{\"a\":1}x\n{\"a\":+1}\n{\"a\":1,\"b\":\"\t\"}\n{\"a\":nul}\n{'a':1}\n{\"a\":1}\n", rows: []string{"1|NULL"},
			rejects: []string{"1 1 0 : malformed JSON", "2 2 7 : malformed JSON", "3 3 16 : malformed JSON", "4 4 25 : malformed JSON", "5 5 34 : malformed JSON", "6 6 43 : malformed JSON", "7 7 59 : malformed JSON", "8 8 69 : malformed JSON"}},
		{name: "invalid utf-8", columns: "a String", text: "{\"a\":\"\xff\"}\n{\"a\":\"é\"}\n", rows: []string{"é"}, rejects: []string{"1 1 0 : invalid UTF-8"}},
		{name: "too deep", columns: "a String", text: `{"a":` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + "}", rejects: []string{"1 1 0 : nested too deep"}},
		{name: "all bad columns are named", columns: "a Int8; b UUID; c Date", text: `{"c":"x","b":"y","a":300}`, rejects: []string{"1 1 0 a: out of range b: not a UUID c: not a date"}},
	}
	for _, tt := range tests {
		for maxRows := 1; maxRows < 4; maxRows += 2 {
			for _, wrap := range []func(io.Reader) io.Reader{iotest.OneByteReader, func(r io.Reader) io.Reader { return r }} {
				t.Run(tt.name, func(t *testing.T) {
					rows, rejects, facts := decodeAll(t, wrap(strings.NewReader(tt.text)), columnsOf(tt.columns), format.ReadOptions{}, maxRows)
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
	columns := columnsOf("a Int32; b Nullable(Int8); c Nullable(String) $.o.c; i Array(Int8) $.l[:].i; s String")
	text := `{"a":"x","o":{"z":1},"y":2,"l":[{"i":1}],"s":"\u00e9"}` + "\n"
	_, rejects, facts := decodeAll(t, strings.NewReader(text), columns, format.ReadOptions{}, 10)
	if got, want := fmt.Sprint(facts.Unknown, facts.Missing), "[o.z y] [b c]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var values []string
	for _, v := range rejects[0].Values {
		if v == nil {
			values = append(values, "-")
		} else {
			values = append(values, *v)
		}
	}
	if want := []string{"x", "-", "-", `[{"i":1}]`, "é"}; !slices.Equal(values, want) {
		t.Errorf("got %q, want %q", values, want)
	}
	if got, want := string(rejects[0].Raw), strings.TrimSpace(text); got != want {
		t.Errorf("got raw %s, want %s", got, want)
	}
}

func TestPathNeedsItsArrays(t *testing.T) {
	_, err := Format{}.Decoder(context.Background(), format.Input{Stream: strings.NewReader("")}, columnsOf("a Int32 $.a[:].b"), format.ReadOptions{})
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("got %v, want invalid", err)
	}
}

func TestLongRows(t *testing.T) {
	long := strings.Repeat("x", 3<<20)
	text := `{"a":"1"}` + "\n" + `{"a":"` + long + `"}` + "\n" + `{"a":"2"}` + "\n" + `{"a":"` + long
	rows, rejects, facts := decodeAll(t, strings.NewReader(text), columnsOf("a String"), format.ReadOptions{MaxRowBytes: 1 << 20}, 100)
	if want := []string{"1", "2"}; !slices.Equal(rows, want) || len(rejects) != 2 {
		t.Errorf("got %d rows, %d rejects, want 2 and 2", len(rows), len(rejects))
	}
	for _, r := range rejects {
		if r.Errors[0].Code != codeLong || len(r.Raw) != 64<<10 {
			t.Errorf("got %s, %d bytes", r.Errors[0].Code, len(r.Raw))
		}
	}
	if facts.Bytes != int64(len(text)) {
		t.Errorf("got %d bytes, want %d", facts.Bytes, len(text))
	}
}

func TestManyKeysAreForgotten(t *testing.T) {
	var b strings.Builder
	for i := range 3 * maxMembers {
		fmt.Fprintf(&b, "{\"k%d\":1,\"a\":%d}\n", i, i)
	}
	rows, _, facts := decodeAll(t, strings.NewReader(b.String()), columnsOf("a Int32"), format.ReadOptions{}, 100)
	if len(rows) != 3*maxMembers || len(facts.Unknown) >= maxMembers {
		t.Errorf("got %d rows, %d unknown", len(rows), len(facts.Unknown))
	}
}

func TestCutAnywhere(t *testing.T) {
	text := `{"a":1,"b":"x\u00e9\ud83d\ude00","c":[{"d":[1,2]},{"d":[]}],"e":null}` + "\n"
	columns := columnsOf("a Int32; b String; c Array(Array(Int8)) $.c[:].d; e Nullable(String)")
	for n := range len(text) - 1 {
		rows, rejects, _ := decodeAll(t, strings.NewReader(text[:n]), columns, format.ReadOptions{}, 100)
		if len(rows) > 0 || (n > 0) != (len(rejects) == 1) {
			t.Errorf("cut at %d: got %d rows, %d rejects", n, len(rows), len(rejects))
		}
	}
}

// FuzzDecode compares with encoding/json: what is a row for one is for the other.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"a":"x","b":1}`, `{"b":-1.5e3,"a":null}`, `{"a":"\ud83d\ude00","c":[{"d":[]}]}`, `{"a":{"b":[1]}} `, `{"a":"` + "\x00", `{"a":1}x`, `{"\u0061":tru}`} {
		f.Add(s)
	}
	columns := columnsOf("a Nullable(String); b Nullable(Float64); r String $; l Array(Nullable(String))! $.c[:].d")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
			return // UTF-16, which is an error of the file
		}
		rows, rejects, facts := decodeAll(t, strings.NewReader(text), columns, format.ReadOptions{}, 3)
		if facts.Bytes != int64(len(text)) {
			t.Errorf("%q: got %d bytes, want %d", text, facts.Bytes, len(text))
		}
		if strings.ContainsAny(text, "\n\ufeff") {
			return
		}
		var want map[string]any
		err := json.Unmarshal([]byte(text), &want)
		if len(rows) == 1 && err != nil {
			t.Errorf("%q: got a row, want %v", text, err)
		}
		for _, r := range rejects {
			for _, e := range r.Errors {
				if err == nil && want != nil && e.Code == "malformed JSON" {
					t.Errorf("%q: got %v, want a row", text, e)
				}
			}
		}
		if len(rows) == 1 {
			if s, ok := want["a"].(string); ok && !strings.HasPrefix(rows[0], s+"|") {
				t.Errorf("%q: got %q, want %q", text, rows[0], s)
			}
		}
	})
}

// TestKeysThatNeedEscapes has keys whose content looks like another key's text:
// a backslash and an n is no line feed, and a quote inside is no JSON.
func TestKeysThatNeedEscapes(t *testing.T) {
	columns := []format.Column{
		{Name: "slash", Type: schema.MustParseType("Nullable(Int32)"), Path: schema.FieldPath(`a\n`)},
		{Name: "quote", Type: schema.MustParseType("Nullable(Int32)"), Path: schema.FieldPath(`b"c`)},
		{Name: "tab", Type: schema.MustParseType("Nullable(Int32)"), Path: schema.FieldPath("d\te")},
	}
	rows, rejects, facts := decodeAll(t, strings.NewReader(strings.Join([]string{
		`{"a\\n":1,"b\"c":2,"d\te":3}`, `{"a\\n":1,"b\"c":2,"d\te":3}`, `{"a\n":1}`, `{"b"c":1}`, "{\"d\te\":1}",
	}, "\n")), columns, format.ReadOptions{}, 10)
	if want := []string{"1|2|3", "1|2|3", "NULL|NULL|NULL"}; !slices.Equal(rows, want) {
		t.Errorf("got rows %q, want %q", rows, want)
	}
	if got, want := fmt.Sprint(show(rejects)), "[4 4 68 : malformed JSON 5 5 78 : malformed JSON]"; got != want {
		t.Errorf("got rejects %s, want %s", got, want)
	}
	if want := []string{"a\n"}; !slices.Equal(facts.Unknown, want) {
		t.Errorf("got unknown %q, want %q", facts.Unknown, want)
	}
}
