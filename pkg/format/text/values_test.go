package text_test

import (
	"encoding/json"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/decimal256"

	"github.com/longshore/longshore/pkg/format/text"
)

func TestAppendInt(t *testing.T) {
	check := func(v int64) {
		if got, want := string(text.AppendInt([]byte("x"), v)), "x"+strconv.FormatInt(v, 10); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for p := int64(1); p > 0 && p <= math.MaxInt64/10; p *= 10 {
		for _, v := range []int64{p - 1, p, p + 1, -p, 1 - p} {
			check(v)
		}
	}
	for _, v := range []int64{math.MinInt64, math.MaxInt64} {
		check(v)
	}
	if got, want := string(text.AppendUint(nil, math.MaxUint64)), "18446744073709551615"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestAppendFloat64 compares with the shortest text by strconv, which JavaScript
// layout changes only in where it uses an exponent.
func TestAppendFloat64(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	values := []float64{0, math.Copysign(0, -1), 0.1, 1e-3, 1e-4, 1e-5, 5e-4, 1e-6, 1e-7, 1e11, 1e15, 1e20, 1e21, math.MaxFloat64, 1e22,
		math.SmallestNonzeroFloat64, 99999999999.9999, 0.00005, 0.1 + 0.2, 1 << 53, 2.5, -2.5, 100, -0.001}
	for range 50000 {
		values = append(values, math.Float64frombits(r.Uint64()), float64(r.IntN(1e9))/1e4, r.Float64(), -float64(r.IntN(1e9))/100)
	}
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		layout := byte('f')
		if abs := math.Abs(v); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
			layout = 'e'
		}
		if got, want := string(text.AppendFloat64(nil, v)), strconv.FormatFloat(v, layout, -1, 64); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
}

func TestAppendDecimal(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20000 {
		n := new(big.Int).Rand(mathRand{r}.Rand(), new(big.Int).Lsh(big.NewInt(1), uint(1+r.IntN(250))))
		if r.IntN(2) == 0 {
			n.Neg(n)
		}
		scale := r.IntN(77)
		if got, want := string(text.AppendDecimal256(nil, decimal256.FromBigInt(n), int32(scale))), point(n, scale); got != want {
			t.Fatalf("256 bits, scale %d: got %s, want %s", scale, got, want)
		}
		if n.BitLen() > 126 {
			n.Rsh(n, uint(n.BitLen()-126))
		}
		if got, want := string(text.AppendDecimal128(nil, decimal128.FromBigInt(n), int32(scale))), point(n, scale); got != want {
			t.Fatalf("128 bits, scale %d: got %s, want %s", scale, got, want)
		}
	}
	if got, want := string(text.AppendDecimal128(nil, decimal128.FromI64(12), -3)), "12000"; got != want {
		t.Errorf("scale -3: got %s, want %s", got, want)
	}
	if got, want := string(text.AppendDecimal128(nil, decimal128.FromI64(0), -3)), "0"; got != want {
		t.Errorf("zero, scale -3: got %s, want %s", got, want)
	}
}

// point writes n·10^-scale the slow way.
func point(n *big.Int, scale int) string {
	digits := new(big.Int).Abs(n).String()
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale+1-len(digits)) + digits
	}
	if scale > 0 {
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if n.Sign() < 0 {
		return "-" + digits
	}
	return digits
}

func TestAppendTimestamp(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 50000 {
		// year 1 to 9999
		us := -62135596800_000000 + r.Int64N(315537897600_000000)
		want := time.UnixMicro(us).UTC().Format("2006-01-02T15:04:05.000000Z")
		want = strings.Replace(want, ".000000Z", "Z", 1)
		if got := string(text.AppendTimestamp(nil, us, arrow.Microsecond, 'T', true)); got != want {
			t.Fatalf("%d µs: got %s, want %s", us, got, want)
		}
		day, _ := time.Parse(time.DateOnly, want[:10])
		if got := string(text.AppendDate(nil, int32(day.Unix()/86400))); got != want[:10] {
			t.Fatalf("date: got %s, want %s", got, want[:10])
		}
	}
	for _, tt := range []struct {
		v    int64
		unit arrow.TimeUnit
		want string
	}{
		{math.MaxInt64, arrow.Microsecond, "infinity"},
		{math.MinInt64, arrow.Microsecond, "-infinity"},
		{math.MaxInt64, arrow.Nanosecond, "2262-04-11 23:47:16.854775807"},
		{math.MinInt64, arrow.Nanosecond, "1677-09-21 00:12:43.145224192"},
		{253402300800, arrow.Second, "10000-01-01 00:00:00"},
		{-62135596801, arrow.Second, "0001-12-31 23:59:59 BC"},
		{-63517996800000, arrow.Millisecond, "0044-03-13 00:00:00 BC"},
		{1, arrow.Millisecond, "1970-01-01 00:00:00.001"},
		{-1, arrow.Nanosecond, "1969-12-31 23:59:59.999999999"},
	} {
		if got := string(text.AppendTimestamp(nil, tt.v, tt.unit, ' ', false)); got != tt.want {
			t.Errorf("%d in %s: got %s, want %s", tt.v, tt.unit, got, tt.want)
		}
	}
}

// TestEveryDay compares each day of the years 1 to 10,100 with package time, and
// the same days four million years later.
func TestEveryDay(t *testing.T) {
	const far, farYears = 10000 * 146097, 10000 * 400 // whole eras, beyond 30 bits of days
	day := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	for n := int32(-719162); n < 2970000; n++ {
		want := day.AppendFormat(nil, "2006-01-02")
		if got := text.AppendDate(nil, n); string(got) != string(want) {
			t.Fatalf("day %d: got %s, want %s", n, got, want)
		}
		day = day.AddDate(0, 0, 1)
	}
	for _, n := range []int32{0, 59, 60, 365, 11016, -1} {
		near, distant := string(text.AppendDate(nil, n)), string(text.AppendDate(nil, n+far))
		year, err := strconv.Atoi(near[:4])
		if want := strconv.Itoa(year+farYears) + near[4:]; err != nil || distant != want {
			t.Errorf("day %d: got %s, want %s", n+far, distant, want)
		}
	}
}

func TestAppendTime(t *testing.T) {
	for _, tt := range []struct {
		v    int64
		unit arrow.TimeUnit
		want string
	}{
		{0, arrow.Second, "00:00:00"},
		{86399, arrow.Second, "23:59:59"},
		{86400_000000, arrow.Microsecond, "24:00:00"},
		{11045_000006, arrow.Microsecond, "03:04:05.000006"},
		{-3020399_000000, arrow.Microsecond, "-838:59:59"},
		{36000000, arrow.Second, "10000:00:00"},
		{360000, arrow.Second, "100:00:00"},
		{-1, arrow.Millisecond, "-00:00:00.001"},
	} {
		if got := string(text.AppendTime(nil, tt.v, tt.unit)); got != tt.want {
			t.Errorf("%d %s: got %s, want %s", tt.v, tt.unit, got, tt.want)
		}
	}
}

func TestAppendBytes(t *testing.T) {
	if got, want := string(text.AppendHex(nil, []byte{0, 0xab, 0xff})), `\x00abff`; got != want {
		t.Errorf("hex: got %s, want %s", got, want)
	}
	id := []byte("\x01\x8f\x2b\x6c\x70\x00\x7a\xbc\x8d\xef\x01\x23\x45\x67\x89\xab")
	if got, want := string(text.AppendUUID(nil, id)), "018f2b6c-7000-7abc-8def-0123456789ab"; got != want {
		t.Errorf("uuid: got %s, want %s", got, want)
	}
}

func TestAppendJSONNumber(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"0", "0"}, {"-12.50", "-12.50"}, {"1e400", "1e400"}, {"1E+05", "1E+05"}, {"NaN", `"NaN"`}, {"-Infinity", `"-Infinity"`},
		{"007", `"007"`}, {".5", `".5"`}, {"5.", `"5."`}, {"+5", `"+5"`}, {"", `""`}, {"-", `"-"`}, {"1e", `"1e"`}, {"1 ", `"1 "`},
	} {
		if got := string(text.AppendJSONNumber(nil, []byte(tt.in))); got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.in, got, tt.want)
		}
	}
}

// FuzzJSONString holds that encoding/json reads every string back, with U+FFFD
// for what isn't UTF-8 as it does itself.
func FuzzJSONString(f *testing.F) {
	for _, s := range []string{"", "plain", "12345678\"", "é", "\xff", "ab\xc3", "\x00\x1f\"\\\n\r\t\b\f", "日本\xed\xa0\x80語", "1234567\xf0\x9f\x9a\xa2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := text.AppendJSONString([]byte("x"), []byte(s))
		if !utf8.Valid(out) {
			t.Fatalf("%q: %q isn't UTF-8", s, out)
		}
		var got string
		if err := json.Unmarshal(out[1:], &got); err != nil {
			t.Fatalf("%q: %q: %v", s, out, err)
		}
		if want := string([]rune(s)); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

// FuzzJSONDocument holds that what encoding/json takes for a document is copied
// as that document, and that everything else becomes a string.
func FuzzJSONDocument(f *testing.F) {
	for _, s := range []string{`{"a": [1, 2.5e-3, "\u00e9\"", {}], "b":null}`, "[ ]", ` "x" `, "tru", "[1,]", `{"a":1,}`, `{"a"}`, "1 2", "", `"\x"`,
		"\"\n\"", "[\n1\n]\n", `{"a":{"b":[[[]]]}}`, "01", "-", "\"\xff\"", "[1,2]]", "{", `"abc`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		out := text.AppendJSONDocument(nil, []byte(doc))
		if !json.Valid(out) || !utf8.Valid(out) || strings.ContainsAny(string(out), "\n\r") {
			t.Fatalf("%q: %q isn't JSON on a line", doc, out)
		}
		if !json.Valid([]byte(doc)) {
			var s string
			if err := json.Unmarshal(out, &s); err != nil || s != string([]rune(doc)) {
				t.Fatalf("%q isn't JSON: got %s (%v), want its text as a string", doc, out, err)
			}
			return
		}
		var compact strings.Builder
		compactJSON(t, &compact, doc)
		if want := string([]rune(compact.String())); string(out) != want {
			t.Fatalf("got %s, want %s", out, want)
		}
	})
}
