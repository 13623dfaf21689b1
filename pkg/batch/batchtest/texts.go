package batchtest

import (
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/longshore/longshore/pkg/batch"
)

// Texts is strings at which text formats break.
var Texts = []string{
	"plain", "", " ", " leading", "trailing ", "a,b", "a;b", "a|b", "a~b", "a\tb", `a"b`, `"`, `""`, `"quoted"`, "line\nbreak",
	"carriage\rreturn", "both\r\n", "\n", "NULL", "null", `\N`, `\.`, "NaN", "true", "007", "1e5", "2024-01-02", "{}", "[]",
	"naïve café", "日本語", "🚢🚢", "\uFEFFmark", "\u2028\u2029", "nul\x00byte", "\x01\x1f\x7f", `back\slash`, `\"`, "a/b",
	"<script>&amp;", "\u0085", "\u00a0", strings.Repeat("long, \"and\" wide\n", 40), "12345678", "1234567\"", "12345678\"",
	"1234567,", "1234567é", "=1+1",
}

func texts() []Column {
	appendString := (*array.StringBuilder).Append
	return []Column{
		column("utf8", arrow.BinaryTypes.String, each(appendString, Texts...)),
		column("large_utf8", arrow.BinaryTypes.LargeString, each((*array.LargeStringBuilder).Append, Texts...)),
		column("json", arrow.BinaryTypes.String, each(appendString,
			`{"a": 1, "b": [true, null, "x,\"y\""]}`, `{}`, `[]`, `[null]`, `"text"`, `-1.50e+10`, "[\n 1,\r\n\t2 ]", `"\u0000\/"`,
			`12345678901234567890.123456789`, `{"a":{"a":{"a":[[[]]]}}}`, `"日本"`, ` true `)).as(batch.JSON),
		column("enum", arrow.BinaryTypes.String, each(appendString, "new", "paid, shipped", "")).as(batch.Enum),
		column("interval", arrow.BinaryTypes.String, each(appendString, "1 year 2 mons 3 days 04:05:06.7", "-1 days")).as(batch.Interval),
		column("inet", arrow.BinaryTypes.String, each(appendString, "10.0.0.1", "fe80::/10")).as(batch.Inet),
		column("text", arrow.BinaryTypes.String, each(appendString, "(1.5,2)", "[1,10)")).as(batch.Text),
		column("dictionary", &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: arrow.BinaryTypes.String},
			labels("new", `"paid", shipped`, "")),
	}
}

func labels(values ...string) []Value {
	return each(func(b *array.BinaryDictionaryBuilder, v string) {
		if err := b.AppendString(v); err != nil {
			panic(err)
		}
	}, values...)
}

func binaries() []Column {
	values := [][]byte{{1, 2, 3}, {}, {0}, []byte("text"), {0xff, 0xfe, 0x00, '"', '\n', '\\', ','}, []byte(strings.Repeat("\xab", 300))}
	return []Column{
		column("binary", arrow.BinaryTypes.Binary, each((*array.BinaryBuilder).Append, values...)),
		column("large_binary", arrow.BinaryTypes.LargeBinary, each((*array.BinaryBuilder).Append, values...)),
		column("fixed4", &arrow.FixedSizeBinaryType{ByteWidth: 4}, each((*array.FixedSizeBinaryBuilder).Append,
			[]byte{0, 0, 0, 0}, []byte{0xde, 0xad, 0xbe, 0xef})),
		column("uuid", batch.UUIDType, each((*array.FixedSizeBinaryBuilder).Append,
			[]byte("\x01\x8f\x2b\x6c\x70\x00\x7a\xbc\x8d\xef\x01\x23\x45\x67\x89\xab"), make([]byte, 16),
			[]byte(strings.Repeat("\xff", 16)))).as(batch.UUID),
	}
}
