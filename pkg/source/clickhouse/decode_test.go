package clickhouse

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
)

// sampleTypes are the types of sampleBlock, one column each.
var sampleTypes = []string{
	"Int64", "String", "Nullable(Decimal(9, 2))", "LowCardinality(Nullable(String))", "Array(Nullable(String))",
	"Map(String, UInt8)", "Tuple(a Int8, b Array(LowCardinality(String)))", "Enum8('a' = 1)", "Bool", "UUID", "DateTime64(3)", "IPv6",
	"FixedString(3)", "Nullable(Nothing)",
}

// sampleBlock is two rows as a server sends them.
func sampleBlock() []byte {
	var b proto.Buffer
	column := func(i int) { b.PutString(fmt.Sprint("c", i)); b.PutString(sampleTypes[i]) }
	strings := func(values ...string) {
		for _, v := range values {
			b.PutString(v)
		}
	}
	dictionary := func(values ...string) {
		b.PutInt64(ownDictionary)
		b.PutInt64(int64(len(values)))
		strings(values...)
		b.PutInt64(2)
		b.PutRaw([]byte{1, 0})
	}
	put := []func(){
		func() { b.PutInt64(1); b.PutInt64(-1) },
		func() { strings("one", "žluť") },
		func() { b.PutRaw([]byte{0, 1}); b.PutInt32(-150); b.PutInt32(0) },
		func() { b.PutInt64(sharedDictionaries); dictionary("", "low") },
		func() { b.PutUInt64(0); b.PutUInt64(2); b.PutRaw([]byte{0, 1}); strings("x", "") },
		func() { b.PutUInt64(1); b.PutUInt64(1); strings("k"); b.PutRaw([]byte{7}) },
		func() {
			b.PutInt64(sharedDictionaries)
			b.PutRaw([]byte{1, 2})
			b.PutUInt64(1)
			b.PutUInt64(2)
			dictionary("p", "q")
		},
		func() { b.PutRaw([]byte{1, 1}) },
		func() { b.PutRaw([]byte{1, 0}) },
		func() { b.PutRaw(bytes.Repeat([]byte{0xab}, 32)) },
		func() { b.PutInt64(1); b.PutInt64(-1) },
		func() { b.PutRaw(bytes.Repeat([]byte{0x20}, 32)) },
		func() { b.PutRaw([]byte("ab\x00cde")) },
		func() { b.PutRaw([]byte{1, 1, '0', '0'}) },
	}
	for i, p := range put {
		column(i)
		p()
	}
	return b.Buf
}

func decodeBlock(b []byte) (*blockResult, error) {
	result := &blockResult{}
	err := result.DecodeResult(proto.NewReader(bytes.NewReader(b)), protocolVersion, proto.Block{Columns: len(sampleTypes), Rows: 2})
	return result, err
}

func TestDecodeBlock(t *testing.T) {
	result, err := decodeBlock(sampleBlock())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"[1 -1]", `["one" "žluť"]`, "[{18446744073709551466 -1} (null)]", `["low" (null)]`, `[[] ["x" (null)]]`, "[{[\"k\"] [7]} {[] []}]",
		`{[1 2] [["q"] ["p"]]}`, `["a" "a"]`, "[true false]", "", "[1000 -1000]", "", `["ab" "cde"]`, "[(null) (null)]",
	}
	for i, column := range result.take() {
		if got := fmt.Sprint(column); want[i] != "" && got != want[i] {
			t.Errorf("%s: got %s, want %s", sampleTypes[i], got, want[i])
		}
	}
}

// TestTruncatedBlock cuts a block at every byte: each must be an error.
func TestTruncatedBlock(t *testing.T) {
	whole := sampleBlock()
	for n := range whole {
		if _, err := decodeBlock(whole[:n]); err == nil {
			t.Fatalf("cut at byte %d of %d: no error", n, len(whole))
		}
	}
}

func FuzzDecodeBlock(f *testing.F) {
	f.Add(sampleBlock())
	f.Fuzz(func(t *testing.T, b []byte) {
		result, err := decodeBlock(b)
		if err != nil {
			return
		}
		for _, column := range result.take() {
			for i := range column.Len() {
				_ = column.ValueStr(i)
			}
		}
	})
}

func FuzzTypeName(f *testing.F) {
	for _, s := range sampleTypes {
		f.Add(s)
	}
	f.Add("Tuple(`a b` Enum8('x\\'' = 1, 'y''' = 2), Array(Decimal(76, 3)))")
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 200 {
			return // the server nests no deeper
		}
		if shape := shapeOf(parseType(s)); shape.column == nil || shape.arrow == nil {
			t.Errorf("%q has no shape", s)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, sql := range []string{"SELECT 1 -- x", "SELECT '", "WITH `a` AS (SELECT 1) SELECT 2 \"\\", "select ((", "SELECT 1 /*", "SELECT 1 # x", "SELECT 1 ORDER BY 1 LIMIT 1;#!"} {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		s, err := parse(sql)
		if err != nil {
			return
		}
		if !strings.HasPrefix(sql, s.sql) || s.sql == "" {
			t.Fatalf("got %q of %q", s.sql, sql)
		}
		if again, err := parse(s.sql); err != nil || again != s {
			t.Fatalf("got %+v, %v again, want %+v", again, err, s)
		}
	})
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, sql, want string
		limited         bool
	}{
		{"plain", "SELECT 1 ; -- x\n;", "SELECT 1", false},
		{"strings", `SELECT 'it\'s; -- LIMIT' AS "order by", 1 AS ` + "`limit`", `SELECT 'it\'s; -- LIMIT' AS "order by", 1 AS ` + "`limit`", false},
		{"order", "SELECT 1 AS a ORDER BY a /* ; */", "SELECT 1 AS a ORDER BY a", false},
		{"limit", "WITH 1 AS x SELECT x LIMIT 5", "WITH 1 AS x SELECT x LIMIT 5", true},
		{"inside", "SELECT * FROM (SELECT 1 ORDER BY 1 LIMIT 1)", "SELECT * FROM (SELECT 1 ORDER BY 1 LIMIT 1)", false},
		{"hash comment", "SELECT 1 # ORDER BY 1", "SELECT 1", false},
	} {
		s, err := parse(c.sql)
		if err != nil || s.sql != c.want || s.limited != c.limited {
			t.Errorf("%s: got %+v, %v", c.name, s, err)
		}
	}
	for _, sql := range []string{"", "INSERT INTO t SELECT 1", "/* SELECT */ DROP TABLE t"} {
		if _, err := parse(sql); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: got %v, want an invalid statement", sql, err)
		}
	}
}

func TestEnumLabels(t *testing.T) {
	got := parseType(`Enum16('a\'b' = -1, 'c,(d' = 300, 'e''f' = 2)`).labels()
	for number, want := range map[int16]string{-1: "a'b", 300: "c,(d", 2: "e'f"} {
		if got[number] != want {
			t.Errorf("%d: got %q, want %q", number, got[number], want)
		}
	}
}

// TestCutKeys has few values and many equal ones.
func TestCutKeys(t *testing.T) {
	for _, c := range []struct {
		name   string
		sample []string
		want   int
	}{
		{"even", []string{"1", "2", "3", "4", "5", "6", "7", "8"}, 4},
		{"one value", []string{"1", "1", "1", "1"}, 1},
		{"two values", []string{"1", "1", "1", "2"}, 2},
		{"none", nil, 1},
	} {
		cuts := cutKeys("k", "Int64", c.sample, 4)
		if len(cuts) != c.want {
			t.Errorf("%s: got %d cuts, want %d", c.name, len(cuts), c.want)
		}
	}
}

// TestNaNAndNullKeysAreRead cuts a column of which most compare with nothing.
func TestNaNAndNullKeysAreRead(t *testing.T) {
	server := servertest.ClickHouse(t)
	db, err := Driver{}.Open(t.Context(), source.Config{Name: "shop", URL: "clickhouse://" + server.Native})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const rows = 300_000
	q := source.Query{
		Name: "orders", PartitionColumn: "k",
		SQL: fmt.Sprintf("SELECT multiIf(number %% 3 = 0, nan, number %% 3 = 1, NULL, toFloat64(number)) AS k FROM numbers(%d)", rows),
	}
	splits, err := db.Split(t.Context(), q, 3)
	if err != nil {
		t.Fatal(err)
	}
	total, lengths := int64(0), []int64{}
	for _, s := range splits.Splits {
		r, err := db.Read(t.Context(), q, s)
		if err != nil {
			t.Fatal(err)
		}
		n := int64(0)
		for rec, err := r.Next(t.Context()); err == nil; rec, err = r.Next(t.Context()) {
			n += rec.NumRows()
			_ = rec.Column(0).(*array.Float64)
		}
		r.Close()
		lengths, total = append(lengths, n), total+n
	}
	if total != rows || len(lengths) < 2 || slices.Contains(lengths, 0) {
		t.Errorf("got splits of %v rows, %d together; want %d", lengths, total, rows)
	}
}
