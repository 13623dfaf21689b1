package clickhouse

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/ClickHouse/ch-go/proto"
)

// repeated is a column of so many times the same two values, as a server sends it.
type repeated struct {
	typ    string
	values func(b *proto.Buffer, n int) // n values
}

// eachTwo puts the bytes of two values by turns.
func eachTwo(one, two []byte) func(*proto.Buffer, int) {
	return func(b *proto.Buffer, n int) {
		for i := range n {
			b.PutRaw([2][]byte{one, two}[i%2])
		}
	}
}

func someTexts(b *proto.Buffer, n int) {
	eachTwo([]byte("\x05a text"[:6]), []byte("\x06žluť"))(b, n)
}

// nullsBefore puts the mask of a column in which each second value is null.
func nullsBefore(values func(*proto.Buffer, int)) func(*proto.Buffer, int) {
	return func(b *proto.Buffer, n int) {
		eachTwo([]byte{0}, []byte{1})(b, n)
		values(b, n)
	}
}

// twoEach puts where the elements of lists of two end, and then the elements.
func twoEach(values ...func(*proto.Buffer, int)) func(*proto.Buffer, int) {
	return func(b *proto.Buffer, n int) {
		for i := range n {
			b.PutUInt64(uint64(2 * (i + 1)))
		}
		for _, put := range values {
			put(b, 2*n)
		}
	}
}

func lowCardinalityTexts(b *proto.Buffer, n int) {
	b.PutInt64(sharedDictionaries)
	b.PutInt64(ownDictionary)
	b.PutInt64(2)
	b.PutString("")
	b.PutString("low")
	b.PutInt64(int64(n))
	eachTwo([]byte{0}, []byte{1})(b, n)
}

var repeatedColumns = []repeated{
	{"Int64", eachTwo(make([]byte, 8), bytes.Repeat([]byte{0xff}, 8))},
	{"Bool", eachTwo([]byte{1}, []byte{0})},
	{"String", someTexts},
	{"FixedString(4)", eachTwo([]byte("ab\x00\x00"), []byte("abcd"))},
	{"UUID", eachTwo(make([]byte, 16), bytes.Repeat([]byte{0xab}, 16))},
	{"IPv4", eachTwo([]byte{1, 2, 3, 4}, []byte{255, 0, 0, 1})},
	{"IPv6", eachTwo(make([]byte, 16), bytes.Repeat([]byte{0x20}, 16))},
	{"Enum8('a' = 1, 'b' = 2)", eachTwo([]byte{1}, []byte{2})},
	{"Date", eachTwo([]byte{0, 1}, []byte{1, 0})},
	{"DateTime", eachTwo(make([]byte, 4), []byte{1, 2, 3, 4})},
	{"DateTime64(3)", eachTwo(make([]byte, 8), []byte{1, 2, 3, 4, 5, 0, 0, 0})},
	{"Decimal(9, 2)", eachTwo(make([]byte, 4), []byte{1, 2, 3, 0xff})},
	{"Decimal(76, 20)", eachTwo(make([]byte, 32), bytes.Repeat([]byte{0xff}, 32))},
	{"Int128", eachTwo(make([]byte, 16), bytes.Repeat([]byte{0xff}, 16))},
	{"Nullable(Decimal(18, 4))", nullsBefore(eachTwo(make([]byte, 8), []byte{1, 2, 3, 4, 5, 0, 0, 0}))},
	{"Nullable(String)", nullsBefore(someTexts)},
	{"LowCardinality(String)", lowCardinalityTexts},
	{"LowCardinality(Nullable(String))", lowCardinalityTexts},
	{"Array(Nullable(String))", twoEach(nullsBefore(someTexts))},
	{"Map(String, UInt8)", twoEach(someTexts, eachTwo([]byte{1}, []byte{2}))},
	{"Tuple(a Int8, b String)", func(b *proto.Buffer, n int) { eachTwo([]byte{1}, []byte{2})(b, n); someTexts(b, n) }},
}

// TestDecodingDoesNotAllocate decodes blocks of each type: one of 8,192 rows takes
// no more allocations than one of an eighth, but for slices that grow.
func TestDecodingDoesNotAllocate(t *testing.T) {
	const rows, growing = 8192, 8
	for _, c := range repeatedColumns {
		t.Run(c.typ, func(t *testing.T) {
			few, many := decodeAllocs(t, c, rows/8), decodeAllocs(t, c, rows)
			if many > few+growing {
				t.Errorf("got %v allocations in %d rows, and %v in %d: want no more", many, rows, few, rows/8)
			}
		})
	}
}

func decodeAllocs(t *testing.T, c repeated, rows int) float64 {
	t.Helper()
	var b proto.Buffer
	b.PutString("c")
	b.PutString(c.typ)
	c.values(&b, rows)
	result := &blockResult{}
	in := bytes.NewReader(nil)
	r := proto.NewReader(in)
	decode := func() {
		in.Reset(b.Buf)
		if err := result.DecodeResult(r, protocolVersion, proto.Block{Columns: 1, Rows: rows}); err != nil {
			t.Fatal(err)
		}
		got := result.take()
		if len(got) != 1 || got[0].Len() != rows || in.Len() > 0 {
			t.Fatal(fmt.Sprint("got another block than was sent: ", got))
		}
	}
	decode()
	return testing.AllocsPerRun(4, decode)
}
