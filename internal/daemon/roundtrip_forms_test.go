package daemon_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// notRead marks a type that DuckDB has not.
var notRead = reading{as: "-"}

func withT(text string) string { return strings.Replace(text, " ", "T", 1) }

// bitsOf makes the bits of a float, for texts of floats differ between programs.
func bitsOf(x, width string) string {
	return fmt.Sprintf("if(isNaN(assumeNotNull(%[1]s)), 'NaN', toString(reinterpretAsUInt%[2]s(assumeNotNull(%[1]s))))", x, width)
}

func bits64(text string) string {
	if text == "NaN" {
		return text
	}
	return strconv.FormatUint(math.Float64bits(float(text, 64)), 10)
}

func bits32(text string) string {
	if text == "NaN" {
		return text
	}
	return strconv.FormatUint(uint64(math.Float32bits(float32(float(text, 32)))), 10)
}

func float(text string, width int) float64 {
	f, err := strconv.ParseFloat(text, width)
	if err != nil {
		panic(err) // a literal of this test
	}
	return f
}

// float64InDuck is DuckDB's text of a float, by its value.
func float64InDuck(text string) string { return duckFloat(float(text, 64)) }

func float32InDuck(text string) string { return duckFloat(float(text, 32)) }

// duckFloat spells as DuckDB does: like Python's repr.
func duckFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 0):
		return strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(f, 'g', -1, 64), "+"))
	}
	layout := byte('f')
	if exp := math.Log10(math.Abs(f)); f != 0 && (exp < -4 || exp >= 16) {
		layout = 'e'
	}
	text := strconv.FormatFloat(f, layout, -1, 64)
	if layout == 'f' && !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// sixDigits is how ClickHouse spells DateTime64(6).
func sixDigits(text string) string {
	if !strings.Contains(text, ".") {
		text += ".000000"
	}
	return text
}

func zonedSixDigits(text string) string {
	return sixDigits(strings.Replace(strings.TrimSuffix(text, "Z"), "T", " ", 1))
}

// trimmedFraction is how DuckDB spells a time.
func trimmedFraction(text string) string {
	if strings.Contains(text, ".") {
		text = strings.TrimRight(text, "0")
	}
	return text
}

// microsOf compares instants as the number of microseconds since 1970 that is in
// the file, so that DuckDB's spelling of far years doesn't matter. Of the two
// infinities it takes only the greater number for one, as docs/types.md has them.
var microsOf = numberOf("epoch_us(%s)", func(t time.Time) int64 { return t.UnixMicro() }, math.MinInt64)

// daysOf is microsOf for dates.
var daysOf = numberOf("(%s - date '1970-01-01')", func(t time.Time) int64 { return t.Unix() / 86400 }, math.MinInt32)

func numberOf(expr string, number func(time.Time) int64, least int64) reading {
	return reading{expr: "case when isinf(%s) then %s::varchar else " + expr + "::varchar end", want: func(text string) string {
		switch text {
		case "infinity":
			return text
		case "-infinity":
			return strconv.FormatInt(least, 10)
		}
		return strconv.FormatInt(number(instant(text)), 10)
	}}
}

// hexOf reads text by its bytes, for DuckDB's client drops a byte order mark.
var hexOf = reading{expr: "lower(hex(encode(%s)))", want: func(text string) string { return hex.EncodeToString([]byte(text)) }}

// unpadded is how ClickHouse spells a decimal.
func unpadded(text string) string {
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// instant understands the texts of docs/types.md by Go's calendar.
func instant(text string) time.Time {
	text, bc := strings.CutSuffix(text, " BC")
	text = strings.Replace(strings.TrimSuffix(text, "Z"), "T", " ", 1)
	year, rest, _ := strings.Cut(text, "-")
	layout := "01-02 15:04:05.999999"
	if len(rest) == len("01-02") {
		layout = "01-02"
	}
	t, err := time.Parse(layout, rest)
	if err != nil {
		t, err = time.Parse("2006-"+layout, "2000-"+rest) // 29 February
	}
	y, err2 := strconv.Atoi(year)
	if err != nil || err2 != nil {
		panic(text) // a literal of this test
	}
	if bc {
		y = 1 - y
	}
	return time.Date(y, t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// documentInJSON is a document that stands inline: without white space, and with
// ClickHouse's reading of a text as such.
func documentInJSON(text string) string {
	var s string
	if json.Unmarshal([]byte(text), &s) == nil && strings.HasPrefix(text, `"`) {
		return s
	}
	var buf bytes.Buffer
	if err := json.Compact(&buf, []byte(text)); err != nil {
		panic(err) // a literal of this test
	}
	return buf.String()
}

// listOf reads an array of ClickHouse's. With an expression each element x
// becomes text, of which element says what it is for the element's own text.
func listOf(t, expr string, element func(string) string) reading {
	if expr == "" {
		return reading{as: "Array(" + t + ")", expr: "toJSONString(%s)"}
	}
	return reading{
		as: "Array(" + t + ")", expr: "toJSONString(arrayMap(x -> if(x is null, null, " + expr + "), %s))", want: eachText(element),
	}
}

// jsonList is listOf for DuckDB.
func jsonList(expr string, element func(string) string) reading {
	if expr == "" {
		return reading{expr: "to_json(%s)::varchar"}
	}
	r := reading{expr: "to_json(list_transform(%s, x -> " + expr + "))::varchar"}
	if element != nil {
		r.want = eachText(element)
	}
	return r
}

func asIs(text string) string { return text }

// eachText makes an array of texts of an array, nulls kept.
func eachText(element func(string) string) func(string) string {
	return func(text string) string {
		var raw []json.RawMessage
		if err := json.Unmarshal([]byte(text), &raw); err != nil {
			panic(err) // a literal of this test
		}
		out := make([]*string, len(raw))
		for i, r := range raw {
			s := string(r)
			if s == "null" {
				continue
			}
			if r[0] == '"' {
				_ = json.Unmarshal(r, &s) // it was just read
			}
			s = element(s)
			out[i] = &s
		}
		all, err := json.Marshal(out)
		if err != nil {
			panic(err)
		}
		return string(all)
	}
}
