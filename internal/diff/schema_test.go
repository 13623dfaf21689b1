package diff_test

import (
	"testing"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/internal/diff"
	"github.com/longshore/longshore/pkg/batch"
)

func TestCompareSchemas(t *testing.T) {
	text, i64 := arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64
	column := rowsColumn
	stamp := func(unit arrow.TimeUnit, zone string) arrow.DataType {
		return &arrow.TimestampType{Unit: unit, TimeZone: zone}
	}
	as := func(l batch.Logical, t arrow.DataType) arrow.Field { return batch.WithLogical(column("a", t), l) }
	decimal := func(precision, scale int32) arrow.DataType {
		return &arrow.Decimal128Type{Precision: precision, Scale: scale}
	}
	tests := []struct {
		name   string
		before []arrow.Field
		now    []arrow.Field
		want   string
	}{
		{"all at once", []arrow.Field{column("a", text), column("c", i64), column("d", i64)}, []arrow.Field{column("d", text), column("b", i64), column("a", text)},
			"column b is new, column c is gone, column d was int64 and is utf8"},
		{"wider", []arrow.Field{column("a", arrow.PrimitiveTypes.Int32)}, []arrow.Field{column("a", i64)}, ""},
		{"narrower", []arrow.Field{column("a", i64)}, []arrow.Field{column("a", arrow.PrimitiveTypes.Int32)}, ""},
		{"precision", []arrow.Field{column("a", decimal(10, 2))}, []arrow.Field{column("a", decimal(12, 2))}, ""},
		{"zone", []arrow.Field{column("a", stamp(arrow.Second, "UTC"))}, []arrow.Field{column("a", stamp(arrow.Second, "Europe/Berlin"))}, ""},
		{"enum", []arrow.Field{column("a", text)}, []arrow.Field{as(batch.Enum, text)}, ""},
		{"list width", []arrow.Field{column("a", arrow.ListOf(arrow.PrimitiveTypes.Int8))}, []arrow.Field{column("a", arrow.LargeListOf(i64))}, ""},
		{"unsigned", []arrow.Field{column("a", i64)}, []arrow.Field{column("a", arrow.PrimitiveTypes.Uint64)}, "column a was int64 and is uint64"},
		{"scale", []arrow.Field{column("a", decimal(10, 2))}, []arrow.Field{column("a", decimal(10, 3))}, "column a was decimal(10, 2) and is decimal(10, 3)"},
		{"unit", []arrow.Field{column("a", stamp(arrow.Second, ""))}, []arrow.Field{column("a", stamp(arrow.Millisecond, ""))},
			"column a was timestamp[s] and is timestamp[ms]"},
		{"zone or none", []arrow.Field{column("a", stamp(arrow.Second, ""))}, []arrow.Field{column("a", stamp(arrow.Second, "UTC"))},
			"column a was timestamp[s] and is timestamp[s, tz=UTC]"},
		{"float width", []arrow.Field{column("a", arrow.PrimitiveTypes.Float32)}, []arrow.Field{column("a", arrow.PrimitiveTypes.Float64)},
			"column a was float32 and is float64"},
		{"mark", []arrow.Field{column("a", text)}, []arrow.Field{as(batch.JSON, text)}, "column a was utf8 and is utf8 (json)"},
		{"uuid", []arrow.Field{as(batch.UUID, batch.UUIDType)}, []arrow.Field{column("a", batch.UUIDType)},
			"column a was fixed_size_binary[16] (uuid) and is fixed_size_binary[16]"},
		{"binary", []arrow.Field{column("a", text)}, []arrow.Field{column("a", arrow.BinaryTypes.Binary)}, "column a was utf8 and is binary"},
		{"field of a struct", []arrow.Field{column("a", arrow.StructOf(column("x", i64)))}, []arrow.Field{column("a", arrow.StructOf(column("y", i64)))},
			"column a was struct<x: int64> and is struct<y: int64>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := diff.CompareSchemas(arrow.NewSchema(tt.before, nil), arrow.NewSchema(tt.now, nil))
			if got := c.String(); got != tt.want || c.None() != (tt.want == "") {
				t.Errorf("got %q, none %t, want %q", got, c.None(), tt.want)
			}
		})
	}
}
