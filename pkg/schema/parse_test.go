package schema

import (
	"strings"
	"testing"

	"github.com/longshore/longshore/pkg/fault"
)

func TestParseTypeSpelling(t *testing.T) {
	tests := []struct{ in, want string }{
		{"Bool", "Bool"},
		{" Int8 ", "Int8"},
		{"UInt256", "UInt256"},
		{"Decimal(10,2)", "Decimal(10, 2)"},
		{"Decimal(76, 76)", "Decimal(76, 76)"},
		{"Decimal(5)", "Decimal(5, 0)"},
		{"Decimal", "Decimal(10, 0)"},
		{"Decimal32(3)", "Decimal(9, 3)"},
		{"Decimal256(20)", "Decimal(76, 20)"},
		{"FixedString( 16 )", "FixedString(16)"},
		{"DateTime", "DateTime"},
		{"DateTime('Europe/Madrid')", "DateTime('Europe/Madrid')"},
		{"DateTime64", "DateTime64(3)"},
		{"DateTime64(9,'UTC')", "DateTime64(9, 'UTC')"},
		{"Enum8('b'=2,'a' = 1)", "Enum8('a' = 1, 'b' = 2)"},
		{"Enum('x', 'y')", "Enum8('x' = 1, 'y' = 2)"},
		{"Enum('x' = 1000)", "Enum16('x' = 1000)"},
		{`Enum8('it\'s' = -1, 'a''b' = 0)`, `Enum8('it\'s' = -1, 'a\'b' = 0)`},
		{"Array(Array(Nullable(String)))", "Array(Array(Nullable(String)))"},
		{"Map(String, Array(UInt64))", "Map(String, Array(UInt64))"},
		{"Map(LowCardinality(String),Float64)", "Map(LowCardinality(String), Float64)"},
		{"Tuple(String, UInt8)", "Tuple(String, UInt8)"},
		{"Tuple(a String, `b c` UInt8)", "Tuple(a String, `b c` UInt8)"},
		{"Tuple(Int32 Int32, s Tuple(x Float64))", "Tuple(Int32 Int32, s Tuple(x Float64))"},
		{"LowCardinality(Nullable(FixedString(2)))", "LowCardinality(Nullable(FixedString(2)))"},
		{"SimpleAggregateFunction(sum, UInt64)", "SimpleAggregateFunction(sum, UInt64)"},
		{"INTEGER", "Int32"},
		{"varchar(255)", "String"},
		{"Nullable(IPv6)", "Nullable(IPv6)"},
		{"boolean", "Bool"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			got, err := ParseType(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			again, err := ParseType(got.String())
			if err != nil || !again.Equal(got) {
				t.Errorf("parse of %s again: got %v, %v", got, again, err)
			}
		})
	}
}

func TestParseTypeErrors(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", "position 1: a type expected"},
		{"Strin", "did you mean String?"},
		{"Array(Unit64)", "position 7: unknown type Unit64, did you mean UInt64?"},
		{"JSON", "type JSON is not supported: use String"},
		{"Object('json')", "type Object is not supported"},
		{"Array(String", `position 13: ")" expected`},
		{"String)", `")" after the type`},
		{"Decimal(77, 2)", "precision from 1 to 76"},
		{"Decimal(5, 6)", "scale from 0 to 5"},
		{"DateTime64(10)", "precision from 0 to 9"},
		{"DateTime('Mars/Olympus')", "unknown time zone"},
		{"FixedString(0)", "length from 1"},
		{"Nullable(Array(String))", "Nullable can't hold Array"},
		{"Nullable(LowCardinality(String))", "LowCardinality(Nullable(T)) is the order"},
		{"LowCardinality(Decimal(3, 1))", "LowCardinality can't hold Decimal"},
		{"Map(Nullable(String), String)", "the key of a Map"},
		{"Enum8('a' = 1, 'a' = 2)", "there already"},
		{"Enum8('a' = 200)", "a number from -128 to 127"},
		{"Enum8('a", "closing quote"},
		{"Tuple(a String, UInt8)", "names for some"},
		{strings.Repeat("Array(", 100) + "UInt8" + strings.Repeat(")", 100), "nested more than"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			_, err := ParseType(tt.in)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want %q in it", err, tt.want)
			}
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("got kind %v, want invalid", fault.KindOf(err))
			}
		})
	}
}

func FuzzParseType(f *testing.F) {
	for _, s := range []string{"Tuple(a Array(Nullable(DateTime64(3, 'UTC'))), b Enum8('x' = 1))", "Map(String, Decimal(76, 3))", "Enum('\\'')", "LowCardinality("} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseType(text)
		if err != nil {
			return
		}
		again, err := ParseType(got.String())
		if err != nil || !again.Equal(got) {
			t.Fatalf("%q: %s does not parse back: %v", text, got, err)
		}
	})
}
