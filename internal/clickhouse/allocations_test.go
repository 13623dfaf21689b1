package clickhouse

import (
	"testing"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/schema"
)

var wireTypes = []string{
	"Int64", "DateTime64(3)", "Decimal(38, 10)", "String", "FixedString(4)", "UUID", "Enum8('a' = 1)", "Nullable(Float64)",
	"LowCardinality(String)", "LowCardinality(Nullable(String))", "Array(Nullable(String))", "Map(String, UInt8)", "Tuple(a Int8, b String)",
}

// TestSendingAllocatesNothing makes INSERTs of 64 and of 8,192 rows of many types: a
// row takes no allocation, and its bytes stand in the connection's buffer at once.
func TestSendingAllocatesNothing(t *testing.T) {
	few, many := sendAllocs(t, 64), sendAllocs(t, 8192)
	if many > few {
		t.Errorf("got %v allocations for 8192 rows, and %v for 64: want no more", many, few)
	}
}

func sendAllocs(t *testing.T, rows int) float64 {
	t.Helper()
	var b block.Block
	var specs []block.Spec
	for _, typ := range wireTypes {
		specs = append(specs, block.Spec{Name: typ, Type: schema.MustParseType(typ)})
	}
	b.Shape(specs)
	for i := range rows {
		for _, c := range b.Columns {
			appendSome(c, i)
		}
	}
	var out proto.Buffer
	send := func() {
		out.Reset()
		for _, c := range (Insert{Database: "d", Table: "t", Block: &b}).query(nil).Input {
			if state, ok := c.Data.(proto.StateEncoder); ok {
				state.EncodeState(&out)
			}
			c.Data.EncodeColumn(&out)
		}
	}
	send()
	if len(out.Buf) < rows*len(specs) {
		t.Fatalf("got %d bytes, want those of %d rows", len(out.Buf), rows)
	}
	return testing.AllocsPerRun(5, send)
}

// appendSome appends a value to a column of any type: lists have two elements.
func appendSome(c *block.Column, i int) {
	switch kind := c.Type.Base().Kind; {
	case kind == schema.Tuple:
		for e := range c.Elems() {
			appendSome(c.Elem(e), i)
		}
		c.EndRow()
	case c.Elems() > 0:
		for e := range 2 * c.Elems() {
			appendSome(c.Elem(e/2), i)
		}
		c.EndRow()
	case kind == schema.String || kind == schema.FixedString:
		c.AppendBytes([]byte("some")[:i%5])
	default:
		c.AppendDefault()
	}
}
