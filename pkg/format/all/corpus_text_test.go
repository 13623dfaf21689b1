package all_test

import (
	"fmt"
	"strings"
)

func csvFiles() []written {
	wide := make([]string, 100_000)
	for i := range wide {
		wide[i] = fmt.Sprintf("c%d", i)
	}
	const ab, abc = "a Int32; b String", "a Int32; b String; c Nullable(Int32)"
	return []written{
		hand("csv/quotes.csv", "delimiters, quotes and line feeds inside of quotes", ab, "", "a,b\n1,\"x, \"\"y\"\"\nz\"\n2,\"\"\n3,\"\"\"\"\n4,\"é\r\n\"\n"),
		hand("csv/quotes-wrong.csv", "quotes in the middle, behind their end, and without one", ab, "", "a,b\n1,x\"y\n2,\"x\"y\n3,\"x\" \n4,ok\n5,\"open\n6,ok\n"),
		hand("csv/quote-at-the-end.csv", "the last field ends with the file", ab, "", "a,b\n1,\"x\""),
		hand("csv/single-quotes.csv", "another quote, and one that is no quote then", ab, "quote='", "a,b\n1,'x,''y'''\n2,\"z\"\n"),
		hand("csv/escapes.csv", "quotes are escaped, not doubled", ab, `escape=\`, "a,b\n1,\"x\\\"y\\\\\"\n2,\"\\\n\"\n3,\"a\"\n"),
		hand("csv/ragged.csv", "more and fewer fields than the header", abc, "", "a,b,c\n1\n1,x\n2,y,3\n4,z,5,6\n"),
		hand("csv/ragged-padded.csv", "fewer fields end in nulls, more are refused", abc, "pad", "a,b,c\n1\n1,x\n2,y,3\n4,z,5,6\n"),
		hand("csv/bom.csv", "a byte order mark before a quoted name", ab, "", "\ufeff\"a\",b\n1,x\n"),
		hand("csv/utf16-le.csv", "UTF-16 with a byte order mark", ab, "", "\xff\xfea\x00,\x00b\x00\n\x001\x00,\x00x\x00\n\x00"),
		hand("csv/utf16-be-bare.csv", "UTF-16 without a byte order mark", ab, "", "\x00a\x00,\x00b\x00\n\x001\x00,\x00x\x00\n"),
		hand("csv/latin1.csv", "letters of Latin-1 in some rows", ab, "", "a,b\n1,caf\xe9\n2,plain\n3,\"na\xefve\"\n"),
		hand("csv/semicolon.csv", "semicolons, and commas as decimal points", "", "", "id;price;note\n1;1,50;a\n2;2,75;b\n"),
		hand("csv/tab.csv", "tabs", "", "", "id\tprice\n1\t1.50\n2\t\n"),
		hand("csv/pipe.csv", "pipes", "", "", "id|day\n1|2024-02-29\n2|2024-03-01\n"),
		hand("csv/tilde.csv", "tildes", "", "", "id~flag\n1~true\n2~false\n"),
		hand("csv/one-column.csv", "one column, where a blank line is a null", "", "", "word\none\n\ntwo\n"),
		hand("csv/header-twice.csv", "two fields of one name: the first is read", ab, "", "a,b,a\n1,x,9\n"),
		hand("csv/header-twice-inferred.csv", "two fields of one name are two columns", "", "", "a,a,b\n1,x,y\n"),
		hand("csv/header-none.csv", "no header: fields are in the columns' order", ab, "", "1,x\n2,y\n"),
		hand("csv/header-none-inferred.csv", "no header: columns get numbers", "", "", "1,x\n2,y\n"),
		hand("csv/header-renamed.csv", "none of the names is a column's", ab, "", "id,word\n1,x\n"),
		hand("csv/header-spaces.csv", "spaces around names", ab, "", " a , b \n1, x \n"),
		hand("csv/header-alone.csv", "no rows", ab, "", "a,b\n"),
		hand("csv/empty.csv", "no bytes", ab, "", ""),
		hand("csv/blank-lines.csv", "blank lines, also before the header", ab, "", "\n\r\na,b\n\n1,x\n\r\n2,y\n\n"),
		hand("csv/crlf.csv", "lines end in CRLF, and one in LF alone", ab, "", "a,b\r\n1,x\r\n2,y\n3,\"z\"\r\n"),
		hand("csv/cr-alone.csv", "lines end in carriage returns alone", ab, "", "a,b\r1,x\r2,y\r"),
		hand("csv/nul.csv", "bytes of zero in a text and in a number", ab, "", "a,b\n1,x\x00y\n\x002,z\n"),
		hand("csv/nulls.csv", "every way to write a null, and what isn't one", "a Nullable(Int32); b Nullable(String); c String; d Int32 DEFAULT", "", "a,b,c,d\n,,,\n\\N,\\N,\"\",\\N\n1,\"\",\"\\N\",2\nNULL,null,x,3\n"),
		hand("csv/null-text.csv", "a null text of the file's own", "a Nullable(Int32); b Nullable(String)", "null=NA", "a,b\nNA,NA\n1,\"NA\"\n,\\N\n"),
		hand("csv/numbers.csv", "numbers at the limits of their types, and beyond", "i Int8; u UInt64; f Float64; d Decimal(9, 2)", "",
			"i,u,f,d\n127,18446744073709551615,1.7976931348623157e308,9999999.99\n-128,0,-0,-0.01\n128,1,1,1\n1,-1,1,1\n1,1,1e309,1\n1,1,1,0.001\n1,1,1,10000000\n1.0,1e3,nan,1e2\n"),
		hand("csv/nested.csv", "arrays, maps and tuples as ClickHouse and as JSON write them", "a Array(Nullable(Float64)); m Map(UInt8, String); t Tuple(x Int8, y String)", "delimiter=;",
			"a;m;t\n[1,NULL,nan];{1:'a',2:'b'};(1,'x')\n\"[1,null]\";\"{\"\"1\"\":\"\"a\"\"}\";\"{\"\"x\"\":1,\"\"y\"\":\"\"z\"\"}\"\n;;(1,'x')\n[1;{};(1,'x')\n[];{};(1)\n"),
		hand("csv/parquet-in-disguise.csv", "Parquet under a text's name", ab, "", "PAR1\x15\x04\x15\x10\x15\x14\x4c\x15\x02"),
		hand("csv/json-in-disguise.csv", "NDJSON under CSV's name: no row is one of the table", ab, "", "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n"),
		hand("csv/header-latin1.csv", "a name that is not UTF-8", ab, "", "a\xf1o,palabra\n1,x\n"),
		hand("csv/noise.csv", "bytes that are no text", ab, "", "\x80\x91\xfe\x00\x12\x9c\xaa\xbb\n\x00\xff\n"),
		hand("csv/long-line.csv", "a line longer than a row may be, and one that is just so long", ab, "longest=200000",
			"a,b\n1,x\n2,"+strings.Repeat("y", 200_000)+"\n3,"+strings.Repeat("z", 200_000-3)+"\n4,x\n"),
		hand("csv/long-quote.csv", "a quote whose end is too far away", ab, "longest=100000", "a,b\n1,\"x\n"+strings.Repeat("2,y\n", 30_000)+"3,\"z\"\n"),
		hand("csv/100k-columns.csv", "a hundred thousand columns", "c0 Int32; c99999 String", "", strings.Join(wide, ",")+"\n1"+strings.Repeat(",", 99_999)+"x\n"),
	}
}

func ndjsonFiles() []written {
	const deep = 513
	return []written{
		hand("ndjson/limits.ndjson", "numbers at the limits of their types, and beyond", "i Nullable(Int64); u Nullable(UInt64); f Nullable(Float64); d Nullable(Decimal(76, 2)); t Nullable(Int256)", "",
			`{"i":9223372036854775807,"u":18446744073709551615,"f":1.7976931348623157e308}`+"\n"+`{"i":-9223372036854775808,"f":5e-324}`+"\n"+
				`{"d":12345678901234567890123456789012345678901234567890.25,"t":-57896044618658097711785492504343953926634992332820282019728792003956564819968}`+"\n"+
				`{"i":9223372036854775808}`+"\n"+`{"u":-1}`+"\n"+`{"f":1e999}`+"\n"+`{"i":1.5}`+"\n"+`{"i":1e3,"u":2.0,"f":-0,"d":-0}`+"\n"),
		hand("ndjson/not-numbers.ndjson", "what JSON doesn't take for numbers", "a Float64", "",
			"{\"a\":NaN}\n{\"a\":Infinity}\n{\"a\":01}\n{\"a\":.5}\n{\"a\":5.}\n{\"a\":+1}\n{\"a\":0x10}\n{\"a\":1e}\n{\"a\":-}\n{\"a\":\"NaN\"}\n{\"a\":\"-inf\"}\n{\"a\":1}\n"),
		hand("ndjson/strings.ndjson", "escapes, surrogates, and controls in strings", "a String", "",
			`{"a":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\u0000"}`+"\n"+`{"a":"\ud83d"}`+"\n"+`{"a":"\ude00\ud83d"}`+"\n"+`{"a":"\x"}`+"\n"+`{"a":"\u12"}`+"\n"+"{\"a\":\"\t\"}\n{\"a\":\"é😀\x7f\u2028\"}\n{\"a\":\"\xff\"}\n{\"a\":\"\xed\xa0\x80\"}\n{\"a\":\"open\n{\"a\":\"last\"}"),
		hand("ndjson/duplicates.ndjson", "keys given twice, the same and escaped", "a Int32; b Nullable(Int32)", "",
			`{"a":1,"a":1}`+"\n"+`{"a":1,"\u0061":2}`+"\n"+`{"a":1,"x":{"y":1,"y":2}}`+"\n"+`{"a":1,"z":1,"z":2}`+"\n"+`{"a":2}`+"\n"),
		hand("ndjson/escaped-keys.ndjson", "keys whose content looks like another key's text", "", "",
			`{"a\\n":1,"b\"c":2}`+"\n"+`{"a\\n":3,"b\"c":4}`+"\n"+`{"a\n":5}`+"\n"+`{"b"c":6}`+"\n"),
		hand("ndjson/syntax.ndjson", "what isn't strictly JSON", "a Nullable(Int32)", "",
			"{\"a\":1,}\n{\"a\":1}}\n{\"a\":1} {\"a\":2}\n{'a':1}\n{a:1}\n{\"a\" 1}\n{\"a\":1 // no\n{\"a\":tru}\n{\"a\":nul}\n{\"a\":\n[1]\n\"a\"\n7\nnull\n{}\n \t{ \"a\" : 2 } \r\n"),
		hand("ndjson/lines.ndjson", "empty lines, CRLF, a byte order mark, and no end of the last line", "a Int32", "", "\ufeff{\"a\":1}\r\n\r\n\n  \n{\"a\":2}\n{\"a\":3}"),
		hand("ndjson/cr-alone.ndjson", "lines end in carriage returns alone", "a Int32", "", "{\"a\":1}\r{\"a\":2}\r"),
		hand("ndjson/array.json", "one array of objects, over lines", "a Int32", "", "[\n  {\"a\":1},\n  {\"a\":2}\n]\n"),
		hand("ndjson/pretty.json", "an object over lines: none is a row", "a Int32", "", "{\n  \"a\": 1\n}\n"),
		hand("ndjson/depth.ndjson", "nested as deep as may be, and deeper", "a String", "",
			`{"a":`+strings.Repeat("[", deep-2)+strings.Repeat("]", deep-2)+"}\n"+`{"a":`+strings.Repeat("[", deep)+strings.Repeat("]", deep)+"}\n"+`{"a":"","z":`+strings.Repeat(`{"z":`, 2000)+"1"+strings.Repeat("}", 2000)+"}\n"+`{"a":`+strings.Repeat("[", 100_000)+"\n"+`{"a":"x"}`+"\n"),
		hand("ndjson/paths.ndjson", "values inside of objects and arrays", "city Nullable(String) $.user.address.city; ids Array(Nullable(Int32)) $.items[:].id; tags Array(Array(String)) $.items[:].tags[:]; row String $", "",
			`{"user":{"address":{"city":"Oslo"}},"items":[{"id":1,"tags":["a","b"]},{"tags":[]}]}`+"\n"+`{"user":null,"items":[]}`+"\n"+`{"user":{"address":7},"items":[]}`+"\n"+`{"user":{},"items":{"id":1}}`+"\n"+`{"user":{},"items":[{"id":"x","tags":null}]}`+"\n"+`{"user":{}}`+"\n"),
		hand("ndjson/kinds.ndjson", "values of another kind than the column", "s String; b Bool; n Int8; a Array(Int8)", "",
			`{"s":1.50,"b":"yes","n":"7","a":[1]}`+"\n"+`{"s":{"x": 1},"b":1,"n":true,"a":[]}`+"\n"+`{"s":true,"b":false,"n":7,"a":null}`+"\n"+`{"s":"","b":"x","n":[7],"a":7}`+"\n"+`{"s":null,"b":null,"n":null,"a":{}}`+"\n"),
		hand("ndjson/inference.ndjson", "fields that appear late, change, and nest", "", "",
			`{"id":1,"at":"2024-02-29T12:00:00Z","user":{"name":"a"},"tags":["x"]}`+"\n"+`{"id":2.5,"at":"2024-03-01T12:00:00.5Z","user":{"name":null},"extra":[1,2]}`+"\n"),
		hand("ndjson/not-times.ndjson", "texts that look like times, and are none", "", "", "{\"a\":\"1900-10-01 0:00:00,0\",\"b\":\"2024-02-29T12:00:00+16:00\",\"c\":1,\"c\":2}\n{\"a\":\"2024-02-29 12:00:00\",\"b\":\"2024-02-29T12:00:00Z\"}\n"),
		hand("ndjson/long-row.ndjson", "a row longer than it may be", "a String", "longest=100000", `{"a":"x"}`+"\n"+`{"a":"`+strings.Repeat("y", 100_000)+"\"}\n"+`{"a":"z"}`+"\n"),
		hand("ndjson/empty.ndjson", "no bytes", "a Int32", "", ""),
		hand("ndjson/many-keys.ndjson", "more keys than are remembered, none of them a column's", "a Int32", "", "{\"a\":1"+manyKeys(3000)+"}\n{\"b\":0"+manyKeys(3000)+",\"a\":2}\n"),
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"k%d":%d`, i, i)
	}
	return b.String()
}
