package parquet

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
	"github.com/longshore/longshore/pkg/format/textvalue"
	"github.com/longshore/longshore/pkg/schema"
)

// bulkTypes are what files hold.
func bulkTypes() []fileType {
	types := []fileType{
		{kind: fileText, physical: meta.ByteArray}, {kind: fileJSON, physical: meta.ByteArray}, {kind: fileBytes, physical: meta.FixedLenByteArray},
		{kind: fileBool, physical: meta.Boolean}, {kind: fileFloat, physical: meta.Float}, {kind: fileFloat, physical: meta.Double},
		{kind: fileDate, physical: meta.Int32}, {kind: fileUUID, physical: meta.FixedLenByteArray},
	}
	for _, physical := range []meta.Type{meta.Int32, meta.Int64} {
		for _, unsigned := range []bool{false, true} {
			types = append(types, fileType{kind: fileInt, physical: physical, unsigned: unsigned})
		}
	}
	for _, physical := range []meta.Type{meta.Int32, meta.Int64, meta.FixedLenByteArray, meta.ByteArray} {
		for _, scale := range []int{0, 2, 6} {
			types = append(types, fileType{kind: fileDecimal, physical: physical, scale: scale})
		}
	}
	for _, unit := range []arrow.TimeUnit{arrow.Millisecond, arrow.Microsecond, arrow.Nanosecond} {
		for _, utc := range []bool{false, true} {
			types = append(types, fileType{kind: fileTimestamp, physical: meta.Int64, unit: unit, utc: utc})
		}
	}
	return types
}

// wholeNumbers are those at which types end, and their neighbours.
func wholeNumbers() []int64 {
	numbers := []int64{0, 1, -1, math.MaxInt64, math.MinInt64}
	for _, at := range []int64{
		math.MaxInt8, math.MaxUint8, math.MaxInt16, math.MaxUint16, math.MaxInt32, math.MaxUint32, 99999, 9999999, 999999999, 999999999999,
		maxDate, minDate32, maxDate32, minTime64, maxTime64, 1e3 * minTime64, 1e3 * maxTime64, 1e6 * minTime64, 1e6 * maxTime64,
		1e3 * math.MaxUint32, 1e6 * math.MaxUint32, 1e18 - 1, math.MaxInt64 / 1000,
	} {
		for d := int64(-1); d <= 1; d++ {
			numbers = append(numbers, at+d, -at+d)
		}
	}
	return numbers
}

// values fills entries with n values, most of them small.
func (t *fileType) values(rnd *rand.Rand, n int) *entries {
	e := &entries{n: n, present: n}
	edges := wholeNumbers()
	one := rnd.IntN(3) // how many are at the edges: none, one, most
	lucky := rnd.IntN(n)
	for i := range n {
		v := rnd.Int64N(100) - 20
		if t.unsigned || rnd.IntN(2) == 0 {
			v = rnd.Int64N(100)
		}
		if one == 2 && rnd.IntN(4) > 0 || one == 1 && i == lucky {
			v = edges[rnd.IntN(len(edges))]
		}
		e.bits = append(e.bits, uint8(v&1))
		switch t.physical {
		case meta.Int32:
			e.w32 = append(e.w32, uint32(v))
		case meta.Float:
			e.w32 = append(e.w32, math.Float32bits(float32(v)/8))
		case meta.Int64:
			e.w64 = append(e.w64, uint64(v))
		case meta.Double:
			e.w64 = append(e.w64, math.Float64bits(float64(v)/8))
		case meta.FixedLenByteArray, meta.ByteArray:
			from := len(e.data)
			e.data = t.appendBytes(e.data, rnd, v)
			e.spans = append(e.spans, span{Start: from, End: len(e.data)})
		}
	}
	return e
}

func (t *fileType) appendBytes(b []byte, rnd *rand.Rand, v int64) []byte {
	switch {
	case t.kind == fileUUID:
		return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, uint64(v)), uint64(v))
	case t.kind != fileDecimal:
		return append(b, bytes.Repeat([]byte{byte(v)}, rnd.IntN(max(1, int(v&0xFF))+1))...)
	case rnd.IntN(8) == 0: // beyond 64 bits
		return binary.BigEndian.AppendUint64(append(b, byte(rnd.IntN(256))), uint64(v))
	case v == int64(int8(v)) && rnd.IntN(2) == 0:
		return append(b, byte(v))
	case rnd.IntN(2) == 0:
		return binary.BigEndian.AppendUint64(b, uint64(v))
	}
	sign := byte(v >> 63)
	return binary.BigEndian.AppendUint64(append(b, sign, sign, sign, sign, sign, sign, sign, sign), uint64(v))
}

// A bulk form appends what its converter does, and ends where that has a problem.
func TestBulkIsTheConverter(t *testing.T) {
	var pairs, ended int
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, from := range bulkTypes() {
		for _, name := range []string{
			"Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Nullable(Int64)", "Nullable(UInt8)", "Bool", "Float64", "Nullable(Float64)",
			"Float32", "String", "Nullable(String)", "Date", "Date32", "DateTime", "DateTime('UTC')", "DateTime64(3, 'UTC')", "DateTime64(6)",
			"DateTime64(9, 'Europe/Berlin')", "Decimal(5, 2)", "Decimal(9, 2)", "Decimal(12, 2)", "Decimal(18, 6)", "Decimal(18, 18)", "Nullable(Decimal(12, 4))",
			"Decimal(38, 4)", "Int128", "LowCardinality(String)", "SimpleAggregateFunction(sum, Int64)", "SimpleAggregateFunction(any, LowCardinality(String))",
			"Enum8('a' = 1)", "IPv4", "UUID", "FixedString(8)",
		} {
			to, err := schema.ParseType(name)
			if err != nil {
				t.Fatal(err)
			}
			all := bulkOf(from, to)
			if all == nil {
				continue
			}
			pairs++
			for range 40 {
				n := 1 + rnd.IntN(2*bulkValues)
				if judgeBulk(t, fmt.Sprintf("%s %d of %+v to %s", &from, n, from, name), all, converterOf(from, to.Base()), to, from.values(rnd, n)) < n {
					ended++
				}
			}
		}
	}
	if pairs < 150 || ended < 500 {
		t.Errorf("got %d conversions, of which %d ended early", pairs, ended)
	}
}

func judgeBulk(t *testing.T, name string, all bulk, one converter, to schema.Type, e *entries) (done int) {
	t.Helper()
	from := e.n / 3
	bulked, single := block.NewColumn("c", to), block.NewColumn("c", to)
	done = all(bulked, e, from, e.n)
	for k := from; k < from+done; k++ {
		if p := one(single, e, k); p != textvalue.OK {
			t.Fatalf("%s: value %d was appended, and has the problem %q", name, k, codeOf(p))
		}
	}
	got := block.AppendNative(nil, &block.Block{Columns: []*block.Column{bulked}})
	if want := block.AppendNative(nil, &block.Block{Columns: []*block.Column{single}}); !bytes.Equal(got, want) {
		t.Fatalf("%s: got other values than one by one", name)
	}
	if from+done < e.n {
		if p := one(single, e, from+done); p == textvalue.OK {
			t.Fatalf("%s: ended at value %d, which is none that doesn't fit", name, from+done)
		}
	}
	return from + done
}
