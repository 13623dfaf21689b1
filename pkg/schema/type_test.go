package schema

import "testing"

func TestTypeFacts(t *testing.T) {
	tests := []struct {
		in       string
		nullable bool
		base     string
		size     int
	}{
		{"UInt8", false, "UInt8", 1},
		{"Nullable(Int256)", true, "Int256", 0},
		{"LowCardinality(Nullable(String))", true, "String", 0},
		{"LowCardinality(String)", false, "String", 0},
		{"Decimal(9, 1)", false, "Decimal(9, 1)", 4},
		{"Decimal(18, 1)", false, "Decimal(18, 1)", 8},
		{"Decimal(38, 1)", false, "Decimal(38, 1)", 16},
		{"Decimal(39, 1)", false, "Decimal(39, 1)", 32},
		{"FixedString(7)", false, "FixedString(7)", 7},
		{"DateTime64(3)", false, "DateTime64(3)", 8},
		{"SimpleAggregateFunction(max, Date)", false, "Date", 2},
		{"Array(UInt8)", false, "Array(UInt8)", 0},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			typ := MustParseType(tt.in)
			if got := typ.IsNullable(); got != tt.nullable {
				t.Errorf("IsNullable: got %v, want %v", got, tt.nullable)
			}
			if got := typ.Base().String(); got != tt.base {
				t.Errorf("Base: got %s, want %s", got, tt.base)
			}
			if got := typ.FixedSize(); got != tt.size {
				t.Errorf("FixedSize: got %d, want %d", got, tt.size)
			}
		})
	}
}

func TestNullableOf(t *testing.T) {
	tests := []struct{ in, want string }{
		{"String", "Nullable(String)"},
		{"Nullable(String)", "Nullable(String)"},
		{"LowCardinality(String)", "LowCardinality(Nullable(String))"},
		{"Array(String)", "Array(String)"},
	}
	for _, tt := range tests {
		if got := NullableOf(MustParseType(tt.in)).String(); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.in, got, tt.want)
		}
	}
}
