package all_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/all"
	"github.com/longshore/longshore/pkg/schema"
)

// fields is a type, and what two of its values look like in CSV and in JSON.
var fields = []struct {
	typ        string
	csv, jsons [2]string
}{
	{"Bool", [2]string{"true", "0"}, [2]string{"true", `"no"`}},
	{"Int8", [2]string{"-128", "1e2"}, [2]string{"-128", `"7"`}}, {"UInt64", [2]string{"18446744073709551615", "0"}, [2]string{"18446744073709551615", "0"}},
	{"Int128", [2]string{"-170141183460469231731687303715884105728", "5"}, [2]string{"5", `"-5"`}}, {"UInt256", [2]string{"340282366920938463463374607431768211456", "5"}, [2]string{"5", "6"}},
	{"Float32", [2]string{"1.5", "nan"}, [2]string{"1.5", `"inf"`}}, {"Float64", [2]string{"1.7976931348623157e308", "0.1"}, [2]string{"1e-7", "0.1"}},
	{"Decimal(9, 2)", [2]string{"1.25", "-1e3"}, [2]string{"1.25", `"2"`}}, {"Decimal(76, 20)", [2]string{"123456789012345678901234567890.5", "1"}, [2]string{"1.5", "123456789012345678901234567890.5"}},
	{"String", [2]string{"plain", `"a ""b"", c"`}, [2]string{`"plain"`, `"a\tA\n"`}}, {"FixedString(4)", [2]string{"ab", `"c"`}, [2]string{`"ab"`, `"c"`}},
	{"Date", [2]string{"2024-02-29", "20240301"}, [2]string{`"2024-02-29"`, `"2024-03-01"`}}, {"Date32", [2]string{"1900-01-01", "2024-02-29"}, [2]string{`"1900-01-01"`, `"2024-02-29"`}},
	{"DateTime('Europe/Madrid')", [2]string{"2024-02-29 12:00:00", "2024-07-01T12:00:00Z"}, [2]string{`"2024-02-29 12:00:00"`, "1709210096"}},
	{"DateTime64(9, 'UTC')", [2]string{"2024-02-29 12:00:00.123456789", "1709210096.5"}, [2]string{`"2024-02-29T12:00:00.5+01:00"`, "1709210096"}},
	{"UUID", [2]string{"0a0b0c0d-0000-4000-8000-0123456789ab", "0a0b0c0d0000400080000123456789ab"}, [2]string{`"0a0b0c0d-0000-4000-8000-0123456789ab"`, `"0a0b0c0d0000400080000123456789ab"`}},
	{"IPv4", [2]string{"1.2.3.4", "255.0.0.1"}, [2]string{`"1.2.3.4"`, `"255.0.0.1"`}}, {"IPv6", [2]string{"2001:db8::1", "1.2.3.4"}, [2]string{`"2001:db8::1"`, `"::"`}},
	{"Enum8('a' = 1, 'b' = 2)", [2]string{"a", "2"}, [2]string{`"a"`, "2"}},
	{"LowCardinality(String)", [2]string{"low", "card"}, [2]string{`"low"`, `"card"`}}, {"LowCardinality(Nullable(String))", [2]string{"low", ""}, [2]string{`"low"`, "null"}},
	{"Nullable(Int32)", [2]string{"1", `\N`}, [2]string{"1", "null"}}, {"Nullable(DateTime64(3))", [2]string{"2024-02-29 12:00:00.5", ""}, [2]string{`"2024-02-29 12:00:00.5"`, "null"}},
	{"Array(Int32)", [2]string{`"[1,2,3]"`, "[]"}, [2]string{"[1,2,3]", "[]"}}, {"Array(Nullable(String))", [2]string{`"['a','it\'s',NULL]"`, "[]"}, [2]string{`["a","\u00e9",null]`, "[]"}},
	{"Array(Array(Float64))", [2]string{`"[[1.5,nan],[]]"`, "[]"}, [2]string{"[[1.5,2],[]]", "[[]]"}},
	{"Map(String, Int64)", [2]string{`"{'a':1,'b':2}"`, "{}"}, [2]string{`{"a":1,"b":2}`, "{}"}}, {"Map(UInt8, String)", [2]string{`"{1:'a'}"`, "{}"}, [2]string{`{"1":"a"}`, "{}"}},
	{"Tuple(Int32, String)", [2]string{`"(1,'a')"`, `"(2,'b')"`}, [2]string{`[1,"a"]`, `[2,"b"]`}}, {"Tuple(a Int32, b Nullable(String))", [2]string{`"(1,NULL)"`, `"{""a"":1}"`}, [2]string{`{"a":1,"b":"x"}`, `{"a":2,"z":[{}]}`}},
	{"SimpleAggregateFunction(sum, UInt64)", [2]string{"5", "6"}, [2]string{"5", "6"}},
}

// TestRowsAllocateNothing reads blocks of each type in each text format: once the
// buffers have their size, a row takes no allocation.
func TestRowsAllocateNothing(t *testing.T) {
	const warm, runs, rows = 4, 4, 1024
	const blocks = warm + 1 + runs // AllocsPerRun calls once more than it counts
	for _, f := range fields {
		columns := []format.Column{{Name: "v", Type: schema.MustParseType(f.typ)}, {Name: "w", Type: schema.MustParseType(f.typ), Default: true}}
		text := func(line string, values [2]string) string {
			var b strings.Builder
			for i := range blocks * rows {
				fmt.Fprintf(&b, line, values[i%2], values[(i+1)%2])
			}
			return b.String()
		}
		for name, file := range map[string]string{"csv": "v;w\n" + text("%s;%s\n", f.csv), "ndjson": text(`{"v":%s,"w":%s,"unread":[1,{"x":"\n"}]}`+"\n", f.jsons)} {
			t.Run(name+" "+f.typ, func(t *testing.T) {
				reader, err := all.Reader(name)
				if err != nil {
					t.Fatal(err)
				}
				opts := format.ReadOptions{CSV: format.CSVReadOptions{Delimiter: ';'}}
				d, err := reader.Decoder(t.Context(), format.Input{Name: name, Stream: bytes.NewReader([]byte(file))}, columns, opts)
				if err != nil {
					t.Fatal(err)
				}
				defer d.Close()
				var b block.Block
				next := func() {
					n, err := d.Next(&b, rows)
					if n != rows || err != nil || len(d.Rejected()) > 0 {
						t.Fatalf("got %d rows, %v, rejects %v", n, err, d.Rejected())
					}
				}
				for range warm {
					next()
				}
				if got := testing.AllocsPerRun(runs, next); got > 0 {
					t.Errorf("got %v allocations in %d rows, want none", got, rows)
				}
			})
		}
	}
}
