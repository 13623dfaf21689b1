package daemon_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	pq "github.com/parquet-go/parquet-go"
)

// sqlType is a type of PostgreSQL as the proof of mode diff uses it.
type sqlType struct {
	name string
	// literal makes a value as text that the server reads.
	literal func(*rand.Rand) string
	// fits says that a primary key can have it; ordered that rows can be cut by it.
	fits, ordered bool
	// respelt is an expression for a value that is equal but written otherwise; %s
	// is the value. Empty where there is none.
	respelt string
	// shown is what a file says of a value, as text of the server's; %s is the value.
	// Empty is the value as text.
	shown string
	// read is the type as which a file is read back; empty is the type itself.
	read string
	// parquet makes a value of a Parquet file into what JSON would say.
	parquet func(pq.Value) any
	element *sqlType // of an array
}

// text is what is compared of an expression. It is text, and not the value: -0
// and 0, 1.0 and 1.00, '1 day' and '24 hours' are equal for PostgreSQL, but a
// file shows which one it is, so the row has changed. json has no equality at all.
func (t *sqlType) text(expr string) string { return "(" + expr + ")::text" }

// written is text as a file has it.
func (t *sqlType) written(expr string) string {
	if t.shown == "" {
		return t.text(expr)
	}
	return fmt.Sprintf(t.shown, expr)
}

func (t *sqlType) readAs() string {
	if t.read == "" {
		return t.name
	}
	return t.read
}

// among makes one of a few values, so that values and keys come again.
func among(values ...string) func(*rand.Rand) string {
	return func(r *rand.Rand) string { return values[r.IntN(len(values))] }
}

// mostly makes a value by the first, and sometimes one by the second.
func mostly(usual, rare func(*rand.Rand) string) func(*rand.Rand) string {
	return func(r *rand.Rand) string {
		if r.IntN(4) == 0 {
			return rare(r)
		}
		return usual(r)
	}
}

func between(from, to int) func(*rand.Rand) string {
	return func(r *rand.Rand) string { return fmt.Sprint(from + r.IntN(to-from+1)) }
}

func digits(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + r.IntN(10))
	}
	return string(b)
}

var oddTexts = among("", " ", "a", "A", "é", "e\u0301", "日本語", "🚢", "ß", "null", "NULL", `\N`, `\.`, `"`, `say "hi"`, "it's", `C:\new\t`, "a,b;c|d~e\tf", "two\nlines",
	"two\r\nlines", " around ", "\ttab\t", "007", "-0", "NaN", "{}", "[1]", "true", "\ufeffmarked", "\x01\x7f", "{{ name }}", "<b>&amp;</b>", "line\u2028separator")

var someText = mostly(func(r *rand.Rand) string { return fmt.Sprintf("n%d %s", r.IntN(300), strings.Repeat("é", r.IntN(4))) }, oddTexts)

func someBytes(r *rand.Rand) string {
	var b strings.Builder
	b.WriteString(`\x`)
	for range r.IntN(5) {
		fmt.Fprintf(&b, "%02x", r.IntN(256))
	}
	return b.String()
}

func someUUID(r *rand.Rand) string {
	return fmt.Sprintf("%08x-0000-7abc-8def-%012x", r.Uint32(), r.IntN(16))
}

func someMoment(r *rand.Rand) string {
	return fmt.Sprintf("%d-%02d-%02d %02d:%02d:%02d.%06d", 1890+r.IntN(300), 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(2)*r.IntN(1e6))
}

func someDay(r *rand.Rand) string { return someMoment(r)[:10] }

func someClock(r *rand.Rand) string { return someMoment(r)[11:] }

// someTypes are all types but numeric(p,s) and arrays.
var someTypes = []*sqlType{
	{name: "smallint", literal: mostly(between(-50, 200), among("-32768", "32767")), fits: true, ordered: true, parquet: wholeJSON},
	{name: "integer", literal: mostly(between(-50, 400), among("-2147483648", "2147483647")), fits: true, ordered: true, parquet: wholeJSON},
	{name: "bigint", literal: mostly(between(-50, 400), among("-9223372036854775808", "9223372036854775807", "9007199254740993")), fits: true, ordered: true, parquet: wholeJSON},
	{name: "oid", literal: between(0, 99), fits: true, ordered: true, parquet: func(v pq.Value) any { return uint32(v.Int32()) }},
	{name: "numeric", literal: mostly(among("0", "0.0", "1", "1.0", "1.00", "-1.50", "-1.5", "100", "1e2", "12.340", "12.34", "7.7"),
		func(r *rand.Rand) string {
			return among("NaN", "Infinity", "-Infinity", "1e40", "-1e-20", digits(r, 45)+"."+digits(r, 30), digits(r, 3)+"."+digits(r, 2))(r)
		}), fits: true, ordered: true, respelt: "%s * 1.0", parquet: textJSON},
	{name: "real", literal: mostly(among("0", "-0", "1", "0.1", "-1.5", "16777216"), among("NaN", "Infinity", "-Infinity", "3.4028235e38", "1e-45")), fits: true, ordered: true,
		respelt: "case when %[1]s = 0 then -%[1]s else %[1]s end", parquet: floatJSON},
	{name: "double precision", literal: mostly(among("0", "-0", "1", "0.1", "0.30000000000000004", "-2.5e-7", "1e21"), among("NaN", "Infinity", "-Infinity", "1.7976931348623157e308", "5e-324")),
		fits: true, ordered: true, respelt: "case when %[1]s = 0 then -%[1]s else %[1]s end", parquet: floatJSON},
	{name: "boolean", literal: among("t", "f"), fits: true, ordered: true, parquet: func(v pq.Value) any { return v.Boolean() }},
	{name: "text", literal: someText, fits: true, ordered: true, parquet: textJSON},
	{name: "varchar(12)", literal: mostly(func(r *rand.Rand) string { return "v" + digits(r, 2) }, among("", "日本", "a, b", `"`)), fits: true, ordered: true, parquet: textJSON},
	{name: "char(4)", literal: mostly(func(r *rand.Rand) string { return digits(r, 2) }, among("", "é", `","`)), fits: true, ordered: true, shown: "rpad((%s)::text, 4)", read: "text", parquet: textJSON},
	{name: "name", literal: func(r *rand.Rand) string { return "name" + digits(r, 2) }, fits: true, ordered: true, parquet: textJSON},
	{name: "bytea", literal: someBytes, fits: true, ordered: true, parquet: bytesJSON},
	{name: "uuid", literal: someUUID, fits: true, ordered: true, parquet: bytesUUID},
	{name: "date", literal: mostly(someDay, among("infinity", "-infinity", "0044-03-15 BC", "1969-12-31", "1970-01-01", "5874897-12-31", "0001-01-01")), fits: true, ordered: true, parquet: dateJSON},
	{name: "time", literal: mostly(someClock, among("24:00:00", "00:00:00")), fits: true, ordered: true, parquet: clockJSON},
	{name: "timestamp", literal: mostly(someMoment, among("infinity", "-infinity", "0044-03-15 03:04:05 BC", "1969-12-31 23:59:59.999999", "294246-12-31 23:59:59.999999")), fits: true, ordered: true, parquet: momentJSON("")},
	{name: "timestamptz", literal: mostly(func(r *rand.Rand) string { return someMoment(r) + among("+00", "-04", "+05:30")(r) }, among("infinity", "-infinity", "0044-03-15 03:04:05+00 BC", "1969-12-31 23:59:59.999999+00")),
		fits: true, ordered: true, parquet: momentJSON("Z")},
	{name: "interval", literal: among("1 day", "24 hours", "1 mon", "30 days", "00:00:00", "-1 year 2 mons", "1 year 2 mons 3 days 04:05:06.789", "-00:00:01"), ordered: true,
		respelt: "case %[1]s::text when '1 day' then '24 hours'::interval when '24:00:00' then '1 day' else %[1]s end", parquet: textJSON},
	{name: "json", literal: among(`{"a":1}`, `{ "a" : 1 }`, `[1, 2.50, null, "x"]`, `"text"`, `"say \"hi\" 日本"`, "1", "1.0", "true", "null", `{"b":{"c":[[],{}]}}`, `{}`, `[]`),
		respelt: "(%s::text || ' ')::json", shown: "nullif((%s)::jsonb::text, 'null')", read: "jsonb", parquet: documentJSON},
	{name: "jsonb", literal: among(`{"a":1}`, `{"a":1.0}`, `[1, 2.50, null, "x"]`, `"text"`, `"\n\\ 日本 🚢"`, "1", "1.0", "false", "null", `{"":""}`, `{}`, `[]`),
		shown: "nullif((%s)::jsonb::text, 'null')", parquet: documentJSON},
	{name: "inet", literal: among("10.0.0.1", "10.0.0.0/8", "::ffff:1.2.3.4", "2001:db8::1/64", "10.0.0.2"), fits: true, ordered: true, parquet: textJSON},
	{name: "cidr", literal: among("10.0.0.0/8", "2001:db8::/32", "192.168.1.1/32"), ordered: true, parquet: textJSON},
	{name: "mood", literal: among("fine", `so "so", really`, "日本"), fits: true, ordered: true, parquet: textJSON},
	{name: "pair", literal: among(`(1,"a ""b"", c")`, "(,)", "(2,x)", `(3,"")`), parquet: textJSON},
	{name: "rank", literal: between(-5, 60), fits: true, ordered: true, parquet: wholeJSON},
	{name: "point", literal: among("(1,2.5)", "(0,0)", "(-0,0)"), parquet: textJSON},
	{name: "int4range", literal: among("[1,10)", "empty", "(,5)"), parquet: textJSON},
	{name: "timetz", literal: func(r *rand.Rand) string { return someClock(r) + "+02" }, parquet: textJSON},
	{name: "money", literal: between(-500, 500), parquet: textJSON},
	{name: "varbit", literal: among("", "0", "1", "1010"), parquet: textJSON},
	{name: "macaddr", literal: among("08:00:2b:01:02:03", "08:00:2b:01:02:04"), parquet: textJSON},
	{name: "xml", literal: among("<a/>", "<b>é &amp; x</b>", "text"), parquet: textJSON},
}

// numericOf is numeric(p,s); its scale may be negative, or more than p.
func numericOf(precision, scale int) *sqlType {
	return &sqlType{
		name: fmt.Sprintf("numeric(%d,%d)", precision, scale), fits: true, ordered: true, parquet: decimalJSON(max(scale, 0)),
		literal: func(r *rand.Rand) string {
			text := among("", "-")(r) + digits(r, 1+r.IntN(precision))
			return fmt.Sprintf("%se%d", text, -scale)
		},
	}
}

func arrayOf(e *sqlType) *sqlType {
	return &sqlType{name: e.name + "[]", element: e, literal: func(r *rand.Rand) string {
		var all []string
		for range r.IntN(4) {
			value := e.literal(r)
			switch {
			case r.IntN(4) == 0, value == "null", e.name == "jsonb" && value[0] == '[': // a null document reads back as a null, a list as a dimension
				all = append(all, "NULL")
			default:
				all = append(all, `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value)+`"`)
			}
		}
		return "{" + strings.Join(all, ",") + "}"
	}}
}

func typeNamed(name string) *sqlType {
	i := slices.IndexFunc(someTypes, func(t *sqlType) bool { return t.name == name })
	return someTypes[i]
}

var (
	allTypes = func() []*sqlType {
		all := slices.Clone(someTypes)
		for _, p := range [][2]int{{9, 2}, {18, 4}, {38, 10}, {76, 20}, {90, 5}, {3, -2}, {3, 5}} {
			all = append(all, numericOf(p[0], p[1]))
		}
		for _, name := range []string{"integer", "bigint", "text", "numeric", "double precision", "real", "boolean", "bytea", "uuid", "date", "time", "timestamp",
			"timestamptz", "jsonb", "interval", "inet", "mood", "pair"} {
			all = append(all, arrayOf(typeNamed(name)))
		}
		return append(all, arrayOf(numericOf(12, 3)))
	}()
	keyTypes = slices.DeleteFunc(slices.Clone(allTypes), func(t *sqlType) bool { return !t.fits })
)

func pickOf[T any](r *rand.Rand, all []T) T { return all[r.IntN(len(all))] }
