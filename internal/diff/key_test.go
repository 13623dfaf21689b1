package diff_test

import (
	"encoding/hex"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/internal/diff"
	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/batch/batchtest"
	"github.com/longshore/longshore/pkg/fault"
)

func keyOf(t testing.TB, rec arrow.Record, columns ...string) *diff.Key {
	t.Helper()
	k, err := diff.NewKey(rec.Schema(), columns)
	if err != nil {
		t.Fatal(err)
	}
	k.Bind(rec)
	return k
}

// keyEncode returns the key of every row; none of them is null.
func keyEncode(t testing.TB, rec arrow.Record, columns ...string) []string {
	t.Helper()
	k := keyOf(t, rec, columns...)
	out := make([]string, rec.NumRows())
	for i := range out {
		enc, null := k.Append([]byte("before"), i)
		if null {
			t.Fatalf("row %d: the key is null", i)
		}
		out[i] = strings.TrimPrefix(string(enc), "before")
	}
	return out
}

var keyNumbers = rowsSchema(batch.WithLogical(rowsColumn("n", arrow.BinaryTypes.String), batch.DecimalText))

// keyOfNumber returns the decimal text that the key of a number holds.
func keyOfNumber(t testing.TB, schema *arrow.Schema, number string) string {
	t.Helper()
	enc := keyEncode(t, rowsRecord(t, schema, `{"n": "`+number+`"}`), "n")[0]
	if len(number) > 100 {
		return enc
	}
	return enc[1:]
}

func TestKeyEquality(t *testing.T) {
	many := strings.Repeat("0", 400)
	tests := []struct {
		want    string
		numbers []string // all equal
	}{
		{"0", []string{"0", "-0", "+0", "0.0", "-0.000", "00", ".0", "0.", "0e5", "-0e-7"}},
		{"1", []string{"1", "1.", "1.0", "+1", "01", "10e-1", "0.1e1", "0.01E+2"}},
		{"-12.5", []string{"-12.5", "-12.50", "-012.500", "-125e-1", "-1.25e1", "-1250.0e-2"}},
		{"0.05", []string{"0.05", ".05", "0.050", "5e-2", "0.5e-1", "50e-3"}},
		{"1500", []string{"1500", "1500.00", "1.5e3", "15e2", "150e1"}},
		{"100.5", []string{"100.5", "100.50", "1005e-1"}},
		{"1e400", []string{"1e400", "1E+400", "10e399", "0.1e401", "1e0400"}},
		{"-123e-402", []string{"-123e-402", "-1.23e-400", "-0.0123e-398"}},
		{"NaN", []string{"NaN"}},
		{"Infinity", []string{"Infinity"}},
		{"-Infinity", []string{"-Infinity"}},
		{"1e99999999999", []string{"1e99999999999"}},
		{"", []string{""}},
		{".", []string{"."}},
		{"1e", []string{"1e"}},
		{" 1", []string{" 1"}},
	}
	dictionary := rowsSchema(batch.WithLogical(rowsColumn("n", rowsDictionary(arrow.BinaryTypes.String)), batch.DecimalText))
	for _, tt := range tests {
		for _, n := range tt.numbers {
			for _, schema := range []*arrow.Schema{keyNumbers, dictionary} {
				if got := keyOfNumber(t, schema, n); got != tt.want {
					t.Errorf("%q: got %q, want %q", n, got, tt.want)
				}
			}
		}
	}
	if got, want := keyOfNumber(t, keyNumbers, "1"+many), "\x051e400"; got != want {
		t.Errorf("1 with 400 zeros: got %q, want %q", got, want)
	}
	if got, want := keyOfNumber(t, keyNumbers, "0."+many+"1000"), "\x061e-401"; got != want {
		t.Errorf("400 zeros before 1: got %q, want %q", got, want)
	}
	long := strings.Repeat("7", 200) + "." + strings.Repeat("7", 200)
	if got, want := keyOfNumber(t, keyNumbers, long+"00"), "\x91\x03"+long; got != want {
		t.Errorf("a long number: got %q, want %q", got, want)
	}
}

func TestKeyFloats(t *testing.T) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, rowsSchema(rowsColumn("d", arrow.PrimitiveTypes.Float64), rowsColumn("f", arrow.PrimitiveTypes.Float32)))
	defer b.Release()
	negative := math.Copysign(0, -1)
	nan := math.Float64frombits(0xfff8000000000001)
	b.Field(0).(*array.Float64Builder).AppendValues([]float64{0, negative, math.NaN(), nan, -1}, nil)
	b.Field(1).(*array.Float32Builder).AppendValues([]float32{0, float32(negative), float32(math.NaN()), math.Float32frombits(0xffc00001), -1}, nil)
	rec := b.NewRecord()
	defer rec.Release()
	for _, column := range []string{"d", "f"} {
		keys := keyEncode(t, rec, column)
		if keys[0] != keys[1] || keys[2] != keys[3] || keys[0] == keys[4] || keys[0] == keys[2] {
			t.Errorf("%s: got %x, want -0 to be 0 and all NaN to be one", column, keys)
		}
	}
}

func TestKeyComposite(t *testing.T) {
	schema := rowsSchema(rowsColumn("region", arrow.BinaryTypes.String), rowsColumn("id", arrow.PrimitiveTypes.Int64), rowsColumn("other", arrow.BinaryTypes.String))
	rec := rowsRecord(t, schema, `{"region": "eu", "id": 7}`, `{"region": "a", "id": 1, "other": "bc"}`, `{"region": "ab", "id": 1, "other": "c"}`, `{"region": null, "id": 7}`)
	k := keyOf(t, rec, "id", "region")
	enc, null := k.Append(nil, 0)
	if got, want := hex.EncodeToString(enc), "0e026575"; got != want || null {
		t.Errorf("got %s, null %t, want %s: for ever", got, null, want)
	}
	if got, null := k.Append([]byte("x"), 3); string(got) != "x" || !null {
		t.Errorf("got %q, null %t, want x, true", got, null)
	}
	if got, want := k.Text(enc), "id=7, region=eu"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := k.Sample(0), "id=7, region=eu"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := k.Sample(3), "id=7, region=null"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, rubbish := range []string{"", "\x0e", "\x0e\x02e", "\x0e\x02eux", "\x80"} {
		if got, want := k.Text([]byte(rubbish)), hex.EncodeToString([]byte(rubbish)); got != want {
			t.Errorf("%q: got %q, want %q", rubbish, got, want)
		}
	}
	both := keyEncode(t, rec.NewSlice(1, 3), "region", "other")
	if both[0] == both[1] {
		t.Errorf("got %q twice", both[0])
	}
	want := []diff.KeyColumn{{Name: "id", Kind: "int"}, {Name: "region", Kind: "text"}}
	if got := k.Kinds(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestKeyOfEveryType has every type that can be a key in one, and asks for the
// text of each value in two ways.
func TestKeyOfEveryType(t *testing.T) {
	for _, c := range batchtest.Columns() {
		rec := c.Build(memory.DefaultAllocator).NewSlice(1, int64(2*len(c.Values)))
		k, err := diff.NewKey(rec.Schema(), []string{c.Field.Name})
		if _, nested := c.Field.Type.(arrow.NestedType); nested {
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.Field.Name) {
				t.Errorf("%s: got %v, want Invalid", c.Field.Name, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		k.Bind(rec)
		for row := range int(rec.NumRows()) {
			enc, null := k.Append(nil, row)
			if null != rec.Column(0).IsNull(row) {
				t.Errorf("%s row %d: got null %t", c.Field.Name, row, null)
			}
			text := k.Text(enc)
			if null {
				text = c.Field.Name + "=null"
			}
			sample := k.Sample(row)
			if !strings.HasPrefix(text, c.Field.Name+"=") || sample != text && batch.LogicalOf(c.Field) != batch.DecimalText && sample != c.Field.Name+"=-0" {
				t.Errorf("%s row %d: got %q and %q", c.Field.Name, row, text, sample)
			}
		}
	}
}

func TestKeySampleQuotes(t *testing.T) {
	rec := rowsRecord(t, rowsSchema(rowsColumn("a", arrow.BinaryTypes.String)),
		`{"a": "x"}`, `{"a": ""}`, `{"a": "null"}`, `{"a": null}`, `{"a": "1, b=2"}`, `{"a": " x"}`, `{"a": "x\n"}`, `{"a": "é"}`)
	k := keyOf(t, rec, "a")
	for i, want := range []string{`a=x`, `a=""`, `a="null"`, `a=null`, `a="1, b=2"`, `a=" x"`, `a="x\n"`, `a=é`} {
		if got := k.Sample(i); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestKeyRefuses(t *testing.T) {
	i64 := arrow.PrimitiveTypes.Int64
	schema := rowsSchema(rowsColumn("a", i64), rowsColumn("l", arrow.ListOf(i64)), rowsColumn("none", arrow.Null), rowsColumn("b", i64), rowsColumn("b", i64),
		rowsColumn("m", arrow.FixedWidthTypes.MonthInterval))
	tests := []struct {
		name    string
		columns []string
		want    string
	}{
		{"none", nil, "no columns"},
		{"missing", []string{"a", "x"}, `"x"`},
		{"missing says which there are", []string{"x"}, `"a", "l"`},
		{"twice", []string{"b"}, `"b"`},
		{"list", []string{"l"}, "list"},
		{"null", []string{"none"}, "null"},
		{"interval", []string{"m"}, "interval"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := diff.NewKey(schema, tt.columns); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want Invalid with %s", err, tt.want)
			}
		})
	}
}

func TestKeyAllocatesNothing(t *testing.T) {
	rec := batchtest.Edges(memory.DefaultAllocator, 64)
	defer rec.Release()
	k := keyOf(t, rec, "int64", "float64", "decimal_text", "utf8", "dictionary", "uuid")
	dst := make([]byte, 0, 1<<16)
	keys := 0
	allocs := testing.AllocsPerRun(100, func() {
		dst, keys = dst[:0], 0
		for i := range int(rec.NumRows()) {
			var null bool
			if dst, null = k.Append(dst, i); !null {
				keys++
			}
		}
	})
	if allocs != 0 || keys < 10 {
		t.Errorf("got %v allocations for %d keys, want none for 10 or more", allocs, keys)
	}
}

func BenchmarkKeyAppend(b *testing.B) {
	rec := batchtest.Shop(memory.DefaultAllocator, 1, 8192)
	k := keyOf(b, rec, "id")
	dst, row := make([]byte, 0, 64), 0
	for b.Loop() {
		dst, _ = k.Append(dst[:0], row&8191)
		diff.HashKey(dst)
		row++
	}
}
