package native

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/ClickHouse/ch-go/proto"
)

// columns is a block with every kind of layout, written by ch-go.
func columns(rows int) []proto.InputColumn {
	var u proto.ColUInt64
	var s proto.ColStr
	fixedString := proto.ColFixedStr{Size: 3}
	lc := new(proto.ColStr).LowCardinality()
	n := new(proto.ColInt32).Nullable()
	arr := new(proto.ColStr).Array()
	arrLC := new(proto.ColStr).LowCardinality().Array()
	m := proto.NewMap[string, uint64](new(proto.ColStr), new(proto.ColUInt64))
	var u8 proto.ColUInt8
	var text proto.ColStr
	tuple := proto.ColTuple{&u8, &text}
	for i := range rows {
		u.Append(uint64(i))
		s.Append(strings.Repeat("x", i%200))
		fixedString.Append([]byte("abc"))
		lc.Append([]string{"a", "b", "c"}[i%3])
		n.Append(proto.Nullable[int32]{Set: i%2 == 0, Value: int32(i)})
		arr.Append([]string{"", "a", "bb"}[:i%4%3])
		arrLC.Append([]string{"k", "l"}[:i%3])
		m.Append(map[string]uint64{fmt.Sprint(i % 5): uint64(i)})
		u8.Append(uint8(i))
		text.Append("t")
	}
	return []proto.InputColumn{
		{Name: "u", Data: &u}, {Name: "s", Data: &s}, {Name: "fs", Data: &fixedString}, {Name: "lc", Data: lc}, {Name: "n", Data: n},
		{Name: "arr", Data: arr}, {Name: "arr_lc", Data: arrLC}, {Name: "m", Data: m}, {Name: "t", Data: tuple}, {Name: "last", Data: &u},
	}
}

// encode writes a block as a revision does, without the info of revision 0.
func encode(t testing.TB, rows, revision int) []byte {
	t.Helper()
	in := columns(rows)
	var b proto.Buffer
	block := proto.Block{Columns: len(in), Rows: rows, Info: proto.BlockInfo{BucketNum: -1}}
	var err error
	if revision == 0 {
		err = block.EncodeRawBlock(&b, revision, in)
	} else {
		err = block.EncodeBlock(&b, revision, in)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Buf
}

func TestToWireAndBack(t *testing.T) {
	for _, rows := range []int{0, 1, 3, 1000} {
		for _, revision := range []int{54453, 54460} {
			var w Walker
			plain, wire := encode(t, rows, 0), encode(t, rows, revision)
			twice := append(bytes.Clone(plain), plain...)
			got, n, err := w.ToWire(nil, twice, revision)
			if err != nil || n != len(plain) || !bytes.Equal(got, wire) {
				t.Errorf("%d rows to %d: got %d bytes of %d taken, %v; want %d", rows, revision, n, len(got), err, len(wire))
			}
			src := bufio.NewReader(bytes.NewReader(append(bytes.Clone(wire), 0xAA)))
			back, cols, m, err := w.FromWire(nil, src, revision)
			if err != nil || cols != 10 || m != rows || !bytes.Equal(back, plain) {
				t.Errorf("%d rows from %d: got %d columns, %d rows, %v", rows, revision, cols, m, err)
			}
			if next, err := src.ReadByte(); next != 0xAA || err != nil {
				t.Errorf("%d rows from %d: read past the block", rows, revision)
			}
		}
	}
}

func TestColumns(t *testing.T) {
	var w Walker
	got, err := w.Columns(encode(t, 5, 0))
	if err != nil || len(got) != 10 || got[3] != (Column{"lc", "LowCardinality(String)"}) || got[9].Name != "last" {
		t.Errorf("got %v %v", got, err)
	}
	header := AppendHeader(nil, got, 54460)
	if want := encode(t, 0, 54460); !bytes.Equal(header, want) {
		t.Errorf("header: got %q, want %q", header, want)
	}
}

func TestTruncated(t *testing.T) {
	plain, wire := encode(t, 7, 0), encode(t, 7, 54460)
	var w Walker
	for n := range plain {
		if _, _, err := w.ToWire(nil, plain[:n], 54460); !errors.Is(err, ErrMalformed) {
			t.Fatalf("to wire, %d of %d bytes: got %v", n, len(plain), err)
		}
	}
	for n := 1; n < len(wire); n++ {
		if _, _, _, err := w.FromWire(nil, bufio.NewReader(bytes.NewReader(wire[:n])), 54460); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("from wire, %d of %d bytes: got %v", n, len(wire), err)
		}
	}
}

func TestParse(t *testing.T) {
	for _, text := range []string{
		"UInt8", "Nullable(Nothing)", "Decimal(76, 20)", "DateTime64(3, 'Europe/Berlin')", "Enum8('a)' = 1, 'b\\', (' = -2)",
		"Map(LowCardinality(String), Array(Tuple(a UInt8, `b (c` Nullable(Float64))))", "Nested(a UInt8, b Array(String))", "Tuple()",
		"Variant(String, UInt64)", "MultiPolygon", "SimpleAggregateFunction(anyLast, Nullable(String))", "JSON(max_dynamic_paths=8, a.b UInt32)",
		"LowCardinality(Nullable(FixedString(16)))", "IntervalDay", "Tuple(UInt8, Tuple(x String))",
	} {
		if _, err := parse(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for text, want := range map[string]error{
		"AggregateFunction(sum, UInt64)": ErrType, "Array(Dynamic)": ErrType, "Nonsense": ErrType,
		"Array(UInt8": ErrMalformed, "Array()": ErrMalformed, "Decimal(x)": ErrMalformed, "FixedString(-1)": ErrMalformed,
	} {
		if _, err := parse(text); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", text, err, want)
		}
	}
}

// TestUnknownTypeLast moves a column that cannot be walked when it is the last one, and refuses it elsewhere.
func TestUnknownTypeLast(t *testing.T) {
	state := AppendHeader(nil, []Column{{"a", "AggregateFunction(count)"}}, 0)
	state[1] = 1
	var w Walker
	if got, n, err := w.ToWire(nil, append(state, 1, 2, 3), 54460); err != nil || n != len(state)+3 || !bytes.HasSuffix(got, []byte{0, 1, 2, 3}) {
		t.Errorf("last: got %q, %d, %v", got, n, err)
	}
	two := AppendHeader(nil, []Column{{"a", "AggregateFunction(count)"}, {"b", "UInt8"}}, 0)
	two[1] = 1
	if _, _, err := w.ToWire(nil, two, 54460); !errors.Is(err, ErrType) {
		t.Errorf("first: got %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(f, 3, 0))
	f.Add(encode(f, 3, 54460))
	f.Fuzz(func(t *testing.T, data []byte) {
		var w Walker
		w.ToWire(nil, data, 54460)
		w.Columns(data)
		out, columns, _, err := w.FromWire(nil, bufio.NewReader(bytes.NewReader(data)), 54460)
		if err == nil && columns > 0 {
			if _, n, err := w.ToWire(nil, out, 54460); err != nil || n != len(out) {
				t.Errorf("a decoded block does not encode: took %d of %d, %v", n, len(out), err)
			}
		}
		if len(out) > len(data)+step {
			t.Errorf("%d bytes made %d", len(data), len(out))
		}
	})
}
