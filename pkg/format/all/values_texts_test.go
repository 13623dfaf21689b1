package all_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
)

// valueTypes is the types whose texts are compared.
var valueTypes = []string{
	"Int8", "UInt8", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "Int128", "UInt128", "Int256", "UInt256", "Float32", "Float64",
	"Decimal(9, 2)", "Decimal(18, 4)", "Decimal(38, 10)", "Decimal(76, 20)", "Bool", "Date", "Date32", "DateTime('UTC')",
	"DateTime('Europe/Madrid')", "DateTime64(0, 'Europe/Madrid')", "DateTime64(3, 'UTC')", "DateTime64(6, 'UTC')", "DateTime64(9, 'UTC')",
	"UUID", "IPv4", "IPv6", "Enum8('a' = 1, 'b' = -2)", "Enum16('a' = 1, 'b' = -2)", "String", "FixedString(4)", "LowCardinality(String)",
	"Nullable(Int32)", "Nullable(Date)", "LowCardinality(Nullable(String))",
	"Array(Int32)", "Array(String)", "Array(Nullable(Float64))", "Array(Date)", "Array(Array(UInt8))",
	"Map(String, Int32)", "Map(UInt8, String)", "Tuple(Int32, String)", "Tuple(a Int32, b String)",
}

// seeds is texts of a type, or of those whose name begins so.
var seeds = []struct {
	types string
	texts []string
}{
	{"DateTime", []string{"2024-02-29 12:34:56", "2024-02-29T12:34:56Z", "2024-02-29 12:34:56.123", "2024-02-29 12:34:56.123456789", "2024-02-29", "20240229",
		"1709210096", "1709210096.5", "1709210096123", "2024-02-29T12:34:56+01:00", "2024-02-29 12:34:56 +0100", "1969-12-31 23:59:59",
		"2106-02-07 06:28:15", "2024-02-29 12:34", "0000-00-00 00:00:00", "2024-10-27 02:30:00", "2024-03-31 02:30:00"}},
	{"Date Nullable(Date", []string{"2024-02-29", "2023-02-29", "1970-01-01", "2149-06-06", "2149-06-07", "20240229", "2024/02/29", "1900-01-01", "2299-12-31",
		"19000", "2024-2-9", "2024-02-29 00:00:00", "2024-02-29 12:00:00"}},
	{"Bool", []string{"true", "false", "t", "F", "Yes", "no", "y", "on", "OFF", "1", "0", "True", "TRUE", "enabled"}},
	{"UUID", []string{"0a0b0c0d-0000-4000-8000-0123456789ab", "0a0b0c0d0000400080000123456789ab", "0A0B0C0D-0000-4000-8000-0123456789AB"}},
	{"IPv4", []string{"1.2.3.4", "255.255.255.255", "0.0.0.0", "01.2.3.4"}},
	{"IPv6", []string{"2001:db8::1", "::", "::ffff:1.2.3.4", "1.2.3.4", "fe80::1", "2001:0db8:0000:0000:0000:0000:0000:0001"}},
	{"Enum", []string{"a", "b", "1", "-2", "3"}},
	{"String FixedString LowCardinality", []string{"", "text", "é", "a b", "x,y", "12", `\N`, "null", `tab\t`, "[1]", `{"a":1}`}},
	{"Array(Int32", []string{"[]", "[1]", "[1,2,-3]", "[ 1 , 2 ]", "[2147483648]", "['1','2']", "1"}},
	{"Array(Date", []string{"[]", "['2024-02-29']", "['2024-02-29','1970-01-01']", "[19000]"}},
	{"Array(Array", []string{"[]", "[[1],[]]", "[[1,2],[255]]", "[1]"}},
	{"Array(String", []string{"[]", "['a']", "['a','b']", `['it''s']`, `['it\'s','\\','\n','\t\0']`, `["a","b"]`, `["\u00e9"]`, `['\d\x41']`, "[a]"}},
	{"Array(Nullable", []string{"[1.5,null]", "[1.5,NULL]", "[nan,inf,-inf]", "[null]", "[1e3]", "['1']"}},
	{"Map(String", []string{"{}", "{'a':1}", "{'a':1,'b':-2}", `{"a":1}`, "{ 'a' : 1 }"}},
	{"Map(UInt8", []string{"{}", "{1:'a'}", "{1:'a',2:'b'}", `{"1":"a"}`, "{'1':'a'}"}},
	{"Tuple", []string{"(1,'a')", `[1,"a"]`, "(1,'a',2)", "(1)", "( 1 , 'a' )", `{"a":1,"b":"x"}`}},
	{"", []string{"0", "1", "-1", "127", "128", "-128", "-129", "255", "256", "32767", "65536", "2147483647", "-2147483648", "4294967296",
		"9223372036854775807", "-9223372036854775808", "18446744073709551615", "18446744073709551616", "170141183460469231731687303715884105727",
		"57896044618658097711785492504343953926634992332820282019728792003956564819967", "1.5", "12.00", "1e3", "1.25e2", "-0", "+5", "007", " 7",
		"0.01", "9999999.99", "123456789.123456789", "1e-3", "1e400", "nan", "inf", "-Infinity", "3.4e38", "0x10", "1_000", ".5", "5.", "1e", "1e+2"}},
}

func seedsOf(typ string) []string {
	for _, s := range seeds {
		for _, begins := range strings.Split(s.types, " ") {
			if strings.HasPrefix(typ, begins) {
				return s.texts
			}
		}
	}
	return nil
}

// randomTexts is texts of a type, most of them with a slip or two: CSV fields, or
// JSON values of one line.
func randomTexts(rng *rand.Rand, name, typ string, n int) []string {
	texts := seedsOf(typ)
	var out []string
	for range n {
		s := texts[rng.IntN(len(texts))]
		for range rng.IntN(3) {
			s = slip(rng, s)
		}
		if name == "ndjson" {
			s = asJSON(rng, s)
		}
		out = append(out, s)
	}
	return out
}

// slip changes, adds or removes a byte.
func slip(rng *rand.Rand, s string) string {
	const alphabet = "0123456789+-.eE:TZ/_,xabfnt '[]{}()\\"
	at, c := rng.IntN(len(s)+1), string(alphabet[rng.IntN(len(alphabet))])
	switch {
	case at == len(s) || rng.IntN(3) == 0:
		return s[:at] + c + s[at:]
	case rng.IntN(2) == 0:
		return s[:at] + s[at+1:]
	}
	return s[:at] + c + s[at+1:]
}

// asJSON puts a text into quotes, unless it is JSON already. Some that aren't stay.
func asJSON(rng *rand.Rand, s string) string {
	if json.Valid([]byte(s)) && rng.IntN(2) == 0 || rng.IntN(10) == 0 && s != "" {
		return s
	}
	quoted, _ := json.Marshal(strings.ToValidUTF8(s, "?"))
	return string(quoted)
}
