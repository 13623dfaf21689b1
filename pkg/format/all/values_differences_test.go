package all_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/schema"
)

// difference is a row of the table "Differences from ClickHouse" of
// docs/ingest-types.md.
type difference struct {
	// text, clickHouse and ours are the row's cells. The test of the page finds
	// them in it.
	text, clickHouse, ours string
	// covers reports whether the difference of a try is one of these.
	covers func(*try) bool
	// examples are tries that differ so.
	examples []try
}

func isDocumented(c *try) bool {
	return slices.ContainsFunc(differences, func(d difference) bool { return d.covers(c) })
}

// kindOf returns the kind inside Nullable and LowCardinality.
func (c *try) kind() schema.Kind { return schema.MustParseType(c.typ).Base().Kind }

// onlyOurs, onlyTheirs and both say who took the text.
func (c *try) onlyOurs() bool   { return c.ours.taken && !c.theirs.taken }
func (c *try) onlyTheirs() bool { return !c.ours.taken && c.theirs.taken }
func (c *try) both() bool       { return c.ours.taken && c.theirs.taken }

func refused() outcome              { return outcome{} }
func value(s string) outcome        { return outcome{s, true} }
func (c *try) isJSON() bool         { return c.format == "ndjson" }
func (c *try) isQuoted() bool       { return c.isJSON() && strings.HasPrefix(c.text, `"`) }
func isNumber(k schema.Kind) bool   { return k.IsInteger() || k.IsFloat() || k == schema.Decimal }
func isCompound(k schema.Kind) bool { return k == schema.Array || k == schema.Map || k == schema.Tuple }
func isClock(k schema.Kind) bool    { return k == schema.DateTime || k == schema.DateTime64 }

var (
	wholeText   = regexp.MustCompile(`^[+-]?\d+$`)
	numberText  = regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$`)
	spacedText  = regexp.MustCompile(`"( +[^" ]*|[^" ]* +)"`)
	pointText   = regexp.MustCompile(`\d(\.\d*)?[eE]|\d\.0`)
	zeroText    = regexp.MustCompile(`^[+-]?(0+\.?0*|\.0+)[eE][+-]?\d+$`)
	secondsText = regexp.MustCompile(`^-?\d+(\.\d+)?$`)
)

// TestDifferences holds every row of the table to its examples, and the page to
// the rows.
func TestDifferences(t *testing.T) {
	page, err := os.ReadFile("../../../docs/ingest-types.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "## Differences from ClickHouse")
	table, _, _ = strings.Cut(table, "\n## ")
	if got, want := strings.Count(table, "\n|")-2, len(differences); got != want {
		t.Errorf("got %d rows in the page, want %d", got, want)
	}
	server := servertest.ClickHouse(t).HTTP
	for _, d := range differences {
		if row := fmt.Sprintf("| %s | %s | %s |", d.text, d.clickHouse, d.ours); !strings.Contains(table, row) {
			t.Errorf("the page lacks\n%s", row)
		}
		for _, want := range d.examples {
			got := try{format: want.format, typ: want.typ, text: want.text}
			tries := []try{got}
			clickHouse{t, server}.read(tries)
			readOurs(t, tries)
			if got = tries[0]; got != want {
				t.Errorf("%s %s %q: got %s, ClickHouse %s, want %s and %s", got.format, got.typ, got.text, got.ours, got.theirs, want.ours, want.theirs)
			}
			if !d.covers(&got) {
				t.Errorf("%s %s %q: not covered by %q", got.format, got.typ, got.text, d.text)
			}
		}
	}
}

var differences = []difference{
	{
		"a whole number with a point or an exponent, for an integer", "refuses it", "reads it",
		func(c *try) bool {
			if isCompound(c.kind()) {
				return c.onlyOurs() && c.isJSON() && json.Valid([]byte(c.text)) && pointText.MatchString(c.text)
			}
			want, ok := new(big.Rat).SetString(strings.TrimSpace(c.plain()))
			return c.onlyOurs() && c.kind().IsInteger() && ok && strings.ContainsAny(c.plain(), ".eE") && want.IsInt() && want.Num().String() == c.ours.value
		},
		[]try{{"csv", "Int32", "12.00", value("12"), refused()}, {"ndjson", "UInt8", `2.5e1`, value("25"), refused()}, {"ndjson", "Array(Int32)", "[1E2,-3]", value("[100,-3]"), refused()}},
	},
	{
		"spaces around a value that is no text", "refuses most", "ignores them",
		func(c *try) bool {
			if isCompound(c.kind()) {
				return c.onlyOurs() && c.isJSON() && spacedText.MatchString(c.text)
			}
			return c.onlyOurs() && c.kind() != schema.String && strings.TrimSpace(c.plain()) != c.plain()
		},
		[]try{
			{"csv", "Bool", "y ", value("true"), refused()}, {"ndjson", "Decimal(9, 2)", `"+5 "`, value("5"), refused()},
			{"ndjson", "Map(UInt8, String)", `{"1 ":"a"}`, value("{1:'a'}"), refused()},
		},
	},
	{
		"`-0` for an unsigned integer", "refuses it", "reads 0",
		func(c *try) bool {
			return c.onlyOurs() && c.kind().IsInteger() && c.ours.value == "0" && strings.HasPrefix(strings.TrimSpace(c.plain()), "-")
		},
		[]try{{"csv", "UInt8", "-0", value("0"), refused()}},
	},
	{
		"a number out of range", "wraps it around; a float is infinite", "refuses it",
		func(c *try) bool {
			return c.onlyTheirs() && isNumber(c.kind()) && !c.isWellFormed() && numberText.MatchString(c.plain()) && c.isJSONNumber()
		},
		[]try{{"csv", "UInt8", "256", refused(), value("0")}, {"ndjson", "Int8", "200", refused(), value("-56")}, {"csv", "Float64", "1e400", refused(), value("inf")}},
	},
	{
		"digits behind the scale of a Decimal", "cuts them", "refuses it",
		func(c *try) bool {
			return c.onlyTheirs() && c.kind() == schema.Decimal && !c.isWellFormed() && numberText.MatchString(c.plain()) && c.isJSONNumber()
		},
		[]try{{"csv", "Decimal(9, 2)", "1.259", refused(), value("1.25")}},
	},
	{
		"a zero with a large exponent, for a Decimal: `0e91`", "refuses it", "reads 0",
		func(c *try) bool {
			return c.onlyOurs() && c.kind() == schema.Decimal && c.ours.value == "0" && zeroText.MatchString(strings.TrimSpace(c.plain()))
		},
		[]try{{"csv", "Decimal(18, 4)", "0e91", value("0"), refused()}, {"ndjson", "Decimal(18, 4)", `"0.E91"`, value("0"), refused()}},
	},
	{
		"a part of a number: `1e`, `-`, `.`, or nothing", "reads what there is, or 0", "refuses it",
		func(c *try) bool {
			return c.onlyTheirs() && isNumber(c.kind()) && (!numberText.MatchString(c.plain()) || !c.isJSONNumber())
		},
		[]try{{"ndjson", "Decimal(9, 2)", `"12e"`, refused(), value("12")}, {"csv", "Int32", "", refused(), value("0")}, {"ndjson", "Float64", "5.", refused(), value("5")}},
	},
	{
		"a day that is not in the calendar or the range, or is written otherwise: `2023-02-29`, `2024-2-9`", "reads another day, or the nearest", "refuses it",
		func(c *try) bool {
			return c.onlyTheirs() && (c.kind() == schema.Date || c.kind() == schema.Date32) && !c.isWellFormed()
		},
		[]try{{"csv", "Date", "2023-02-29", refused(), value("2023-03-01")}, {"csv", "Date", "2299-12-31", refused(), value("2149-06-06")}, {"ndjson", "Date32", `"2024-2-9"`, refused(), value("2024-02-09")}},
	},
	{
		"a date with a time of midnight, for a Date", "refuses it", "reads the date",
		func(c *try) bool {
			return c.onlyOurs() && (c.kind() == schema.Date || c.kind() == schema.Date32) && len(c.plain()) > 10
		},
		[]try{{"csv", "Date", "2024-02-29 00:00:00", value("2024-02-29"), refused()}},
	},
	{
		"a number without quotes in JSON, for a Date, Date32 or DateTime64", "counts days, or ticks of a second", "reads it as the same text in quotes: `20240229`, or seconds",
		func(c *try) bool {
			return c.isJSON() && !c.isQuoted() && (c.kind() == schema.Date || c.kind() == schema.Date32 || c.kind() == schema.DateTime64) && secondsText.MatchString(strings.TrimSpace(c.text))
		},
		[]try{{"ndjson", "Date", "20240229", value("2024-02-29"), value("2120-12-21")}, {"ndjson", "DateTime64(3, 'UTC')", "1709210096", value("2024-02-29 12:34:56.000"), value("1970-01-20 18:46:50.096")}},
	},
	{
		"a number of seconds with other than ten digits, for a time", "guesses by the count of digits", "counts seconds or ticks",
		func(c *try) bool { return isClock(c.kind()) && secondsText.MatchString(strings.TrimSpace(c.plain())) },
		[]try{{"csv", "DateTime64(9, 'UTC')", "1709210096123", refused(), value("2024-02-29 12:34:56.123000000")}, {"csv", "DateTime64(3, 'UTC')", "17092106", value("1970-07-17 19:48:26.000"), refused()}},
	},
	{
		"a fraction of a second beyond what the type holds", "cuts it", "refuses it",
		func(c *try) bool {
			return c.onlyTheirs() && isClock(c.kind()) && strings.Contains(c.plain(), ".") && !c.isWellFormed()
		},
		[]try{{"csv", "DateTime('UTC')", "2024-02-29 12:34:56.123", refused(), value("2024-02-29 12:34:56")}},
	},
	{
		"a time out of range, or written otherwise: `2024-2-9 1:02`, `+21:00`", "reads what it can, with today's date where there is none", "refuses it",
		func(c *try) bool { return c.onlyTheirs() && isClock(c.kind()) && !c.isWellFormed() },
		[]try{{"csv", "DateTime('UTC')", "2024-2-9 1:02", refused(), value("2024-02-09 01:02:00")}, {"csv", "DateTime('UTC')", "1969-12-31 23:59:59", refused(), value("1970-01-01 00:00:00")},
			{"csv", "DateTime('UTC')", "2024-02-29T12:34:56+01:60", refused(), value("2024-02-29 10:34:56")}},
	},
	{
		"a small `t` between date and time", "refuses some", "reads it",
		func(c *try) bool { return c.onlyOurs() && isClock(c.kind()) && strings.Contains(c.plain(), "t") },
		[]try{{"ndjson", "DateTime('Europe/Madrid')", `"2106-02-07t06:28:15"`, value("2106-02-07 06:28:15"), refused()}},
	},
	{
		"a comma before the fraction of a second", "refuses it", "reads it",
		func(c *try) bool { return c.onlyOurs() && isClock(c.kind()) && strings.Contains(c.plain(), ",") },
		[]try{{"ndjson", "DateTime64(6, 'UTC')", `"2106-02-07 06:28:13,5"`, value("2106-02-07 06:28:13.500000"), refused()}, {"csv", "DateTime64(3, 'UTC')", "2024-02-29 12:34:56,123", value("2024-02-29 12:34:56.123"), refused()}},
	},
	{
		"a time that the zone's clock skips", "an hour less", "an hour more",
		func(c *try) bool {
			ours, err1 := time.Parse(time.DateTime, c.ours.value)
			theirs, err2 := time.Parse(time.DateTime, c.theirs.value)
			return strings.Contains(c.typ, "Europe/Madrid") && err1 == nil && err2 == nil && ours.Sub(theirs) == 2*time.Hour
		},
		[]try{{"csv", "DateTime('Europe/Madrid')", "2024-03-31 02:30:00", value("2024-03-31 03:30:00"), value("2024-03-31 01:30:00")}},
	},
	{
		"words for true and false: `yes`, `t`, `1` in quotes in JSON; `enabled`", "refuses the former, reads the latter", "reads the former, refuses the latter",
		func(c *try) bool { return c.kind() == schema.Bool && !c.both() },
		[]try{{"ndjson", "Bool", `"yes"`, value("true"), refused()}, {"csv", "Bool", "enabled", refused(), value("true")}},
	},
	{
		"spaces around an Enum's number", "ignores them", "refuses it, as it would with a name",
		func(c *try) bool {
			return c.onlyTheirs() && (c.kind() == schema.Enum8 || c.kind() == schema.Enum16) && strings.TrimSpace(c.plain()) != c.plain()
		},
		[]try{{"csv", "Enum8('a' = 1)", " 1", refused(), value("a")}},
	},
	{
		"an address with leading zeros, or more colons than it may have", "reads it", "refuses it",
		func(c *try) bool {
			return c.onlyTheirs() && (c.kind() == schema.IPv4 || c.kind() == schema.IPv6) && !c.isWellFormed()
		},
		[]try{{"csv", "IPv4", "01.2.3.4", refused(), value("1.2.3.4")}},
	},
	{
		"text that is not UTF-8", "keeps it", "refuses the row",
		func(c *try) bool { return c.onlyTheirs() && !utf8.ValidString(c.text) },
		[]try{{"csv", "String", "caf\xe9", refused(), value("caf\ufffd")}},
	},
	{
		"`\\N` for a String that is not Nullable, in CSV", "a text", "a null, which is refused",
		func(c *try) bool { return !c.isJSON() && c.text == `\N` },
		[]try{{"csv", "String", `\N`, refused(), value(`\N`)}},
	},
	{
		"spaces before a LowCardinality(String) in CSV", "drops them", "keeps them",
		func(c *try) bool {
			return c.both() && !c.isJSON() && strings.HasPrefix(c.typ, "LowCardinality") && strings.TrimSpace(c.ours.value) == strings.TrimSpace(c.theirs.value)
		},
		[]try{{"csv", "LowCardinality(String)", " b", value(" b"), value("b")}},
	},
	{
		"an array in JSON, for a Tuple with names", "refuses it", "reads it",
		func(c *try) bool {
			return c.onlyOurs() && c.isJSON() && c.kind() == schema.Tuple && strings.HasPrefix(strings.TrimSpace(c.text), "[")
		},
		[]try{{"ndjson", "Tuple(a Int32, b String)", `[1,"a"]`, value("(1,'a')"), refused()}},
	},
	{
		"an object or array with mistakes inside, for a String: `{\"a\"1}`", "keeps its text", "refuses the row",
		func(c *try) bool {
			return c.onlyTheirs() && c.isJSON() && (c.kind() == schema.String || c.kind() == schema.FixedString) && !json.Valid([]byte(c.text))
		},
		[]try{{"ndjson", "String", `{"a"1}`, refused(), value(`{"a"1}`)}},
	},
	{
		"a number in JSON, for a FixedString", "refuses it", "keeps its text",
		func(c *try) bool {
			return c.onlyOurs() && c.isJSON() && !c.isQuoted() && c.kind() == schema.FixedString
		},
		[]try{{"ndjson", "FixedString(4)", "12", value("12"), refused()}},
	},
	{
		"JSON inside a CSV field: `[\"a\"]`, `{\"a\":1}`, quotes around numbers", "refuses it", "reads it, as it does ClickHouse's `['a']`",
		func(c *try) bool { return c.onlyOurs() && !c.isJSON() && isCompound(c.kind()) },
		[]try{{"csv", "Array(String)", `["a"]`, value("['a']"), refused()}, {"csv", "Map(String, Int32)", `{"a":1}`, value("{'a':1}"), refused()}},
	},
	{
		"`null` for an Array in CSV", "an array of a null, where it takes nulls", "an empty array",
		func(c *try) bool { return !c.isJSON() && c.kind() == schema.Array && c.text == "null" },
		[]try{{"csv", "Array(Nullable(Float64))", "null", value("[]"), value("[NULL]")}},
	},
	{
		"`null` for an Array or Map in JSON", "refuses it", "an empty one",
		func(c *try) bool {
			return c.onlyOurs() && c.isJSON() && (c.kind() == schema.Array || c.kind() == schema.Map) && strings.TrimSpace(c.text) == "null"
		},
		[]try{{"ndjson", "Array(Nullable(Float64))", "null", value("[]"), refused()}, {"ndjson", "Map(String, Int32)", "null", value("{}"), refused()}},
	},
	{
		"something behind a row's end in JSON: `{\"a\":1}}`", "skips it", "refuses the row",
		func(c *try) bool {
			value, _, more := strings.Cut(c.text, "}")
			return c.onlyTheirs() && c.isJSON() && more && json.Valid([]byte(value))
		},
		[]try{{"ndjson", "Enum8('a' = 1, 'b' = -2)", "-2}", refused(), value("b")}},
	},
	{
		"an array with something missing or left over: `[1,,2]`, `[1]x`, `17`", "reads what it can", "refuses it",
		func(c *try) bool { return c.onlyTheirs() && isCompound(c.kind()) },
		[]try{{"csv", "Array(Int32)", "[1]x", refused(), value("[1]")}, {"csv", "Array(Int32)", "17", refused(), value("[17]")}},
	},
}
