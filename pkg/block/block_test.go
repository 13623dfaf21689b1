package block

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/longshore/longshore/pkg/schema"
)

// TestTruncateTakesRowsBack appends rows, takes some back, also half-made ones,
// and wants the bytes of a column that never had them.
func TestTruncateTakesRowsBack(t *testing.T) {
	for _, tt := range fills {
		for keep := range 4 {
			t.Run(fmt.Sprintf("%s keeps %d", tt.typ, keep), func(t *testing.T) {
				typ := schema.MustParseType(tt.typ)
				c, want := NewColumn("c", typ), NewColumn("c", typ)
				tt.fill(c)
				tt.fill(want)
				c.Truncate(keep)
				for i := range c.Elems() {
					c.Elem(i).AppendDefault() // an element of a row that isn't ended
				}
				c.Truncate(keep)
				if got := c.Rows(); got != min(keep, 3) {
					t.Fatalf("got %d rows, want %d", got, keep)
				}
				for i := range c.Rows() {
					if got, want := c.AppendText(nil, i), want.AppendText(nil, i); !bytes.Equal(got, want) {
						t.Errorf("row %d: got %s, want %s", i, got, want)
					}
				}
				c.Reset()
				tt.fill(c)
				if got, want := c.AppendNative(nil), want.AppendNative(nil); !bytes.Equal(got, want) {
					t.Errorf("after reset: got % x, want % x", got, want)
				}
			})
		}
	}
}

func TestOptionalColumns(t *testing.T) {
	tests := []struct {
		typ     string
		nulls   [3]bool
		wire    string
		omitted bool
	}{
		{"UInt8", [3]bool{}, "UInt8", false},
		{"UInt8", [3]bool{true}, "Nullable(UInt8)", false},
		{"UInt8", [3]bool{true, true, true}, "Nullable(UInt8)", true},
		{"LowCardinality(String)", [3]bool{}, "LowCardinality(String)", false},
		{"LowCardinality(String)", [3]bool{false, true}, "LowCardinality(Nullable(String))", false},
		{"Array(UInt8)", [3]bool{false, true}, "Array(UInt8)", false},
		{"Array(UInt8)", [3]bool{true, true, true}, "Array(UInt8)", true},
		{"Nullable(UInt8)", [3]bool{true, true, true}, "Nullable(UInt8)", false},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.typ, tt.nulls), func(t *testing.T) {
			var b Block
			b.Shape([]Spec{{Name: "n", Type: schema.Of(schema.UInt8)}, {Name: "c", Type: schema.MustParseType(tt.typ), Optional: true}})
			c := b.Columns[1]
			appendRow := func(null bool) {
				b.Columns[0].AppendUint8(1)
				switch {
				case null:
					c.AppendNull()
				case c.kind == schema.UInt8:
					c.AppendUint8(1)
				case c.kind == schema.Array:
					c.Elem(0).AppendUint8(1)
					c.EndRow()
				default:
					c.AppendString("v")
				}
			}
			for _, null := range tt.nulls {
				appendRow(null)
			}
			appendRow(true)
			appendRow(false)
			b.Truncate(3)
			if got := c.WireType().String(); got != tt.wire {
				t.Errorf("got wire type %s, want %s", got, tt.wire)
			}
			if got := len(b.Sent(nil)) == 1; got != tt.omitted {
				t.Errorf("got omitted %v, want %v", got, tt.omitted)
			}
			readBack(t, tt.wire, c)
		})
	}
}

func TestShapeKeepsBuffers(t *testing.T) {
	specs := []Spec{{Name: "a", Type: schema.Of(schema.UInt8)}}
	var b Block
	b.Shape(specs)
	first := b.Columns[0]
	first.AppendUint8(1)
	b.Shape(specs)
	if b.Columns[0] != first || b.Rows() != 0 {
		t.Errorf("same specs: got new columns or %d rows", b.Rows())
	}
	specs[0].Type = schema.Of(schema.UInt16)
	b.Shape(specs)
	if b.Columns[0] == first {
		t.Errorf("other type: column kept")
	}
}

func TestWholeBlock(t *testing.T) {
	var b Block
	b.Shape([]Spec{{Name: "id", Type: schema.Of(schema.UInt16)}, {Name: "s", Type: schema.Of(schema.String)}})
	b.Columns[0].AppendUint16(258)
	b.Columns[1].AppendString("hi")
	want := "\x02\x01\x02id\x06UInt16\x02\x01\x01s\x06String\x02hi"
	if got := string(AppendNative(nil, &b)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDictionaryKeyWidths(t *testing.T) {
	for _, n := range []int{1, 255, 256, 257, 65536, 65537, 70000} {
		c := NewColumn("c", schema.MustParseType("LowCardinality(UInt32)"))
		for i := range n {
			c.AppendUint32(uint32(i))
		}
		c.AppendUint32(0)
		readBack(t, "LowCardinality(UInt32)", c)
		if got, want := c.keys[n], uint32(0); got != want {
			t.Errorf("%d values: got key %d for the first again, want %d", n, got, want)
		}
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	for _, tt := range fills {
		c := NewColumn("c", schema.MustParseType(tt.typ))
		b := &Block{Columns: []*Column{c}}
		var dst []byte
		run := func() {
			b.Reset()
			tt.fill(c)
			dst = AppendNative(dst[:0], b)
		}
		run()
		budget := 0.0
		if tt.typ == "String" {
			budget = 3 // made by the test
		}
		if got := testing.AllocsPerRun(10, run); got > budget && !bytes.Contains([]byte(tt.typ), []byte("FixedString")) {
			t.Errorf("%s: %v allocations, want %v", tt.typ, got, budget)
		}
	}
}

func BenchmarkAppendLowCardinality(b *testing.B) {
	c := NewColumn("c", schema.MustParseType("LowCardinality(String)"))
	words := [][]byte{[]byte("click"), []byte("view"), []byte("purchase"), []byte("refund")}
	for i := 0; b.Loop(); i++ {
		c.AppendBytes(words[i&3])
		if i&0xFFFF == 0 {
			c.Reset()
		}
	}
}

// TestOmit leaves a Nullable column out of one block, and not of the next.
func TestOmit(t *testing.T) {
	var b Block
	specs := []Spec{{Name: "a", Type: schema.MustParseType("Int8")}, {Name: "b", Type: schema.MustParseType("Nullable(Int8)")}}
	b.Shape(specs)
	b.Columns[1].Omit()
	b.Columns[0].AppendInt(1)
	b.Columns[1].AppendNull()
	if sent := b.Sent(nil); len(sent) != 1 || sent[0].Name != "a" {
		t.Errorf("got %d columns sent, want a alone", len(sent))
	}
	b.Shape(specs)
	if sent := b.Sent(nil); len(sent) != 2 {
		t.Errorf("got %d columns sent of the next block, want both", len(sent))
	}
}
