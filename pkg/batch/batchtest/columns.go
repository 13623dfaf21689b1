package batchtest

import (
	"math"
	"math/big"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/decimal256"

	"github.com/longshore/longshore/pkg/batch"
)

// Columns returns a column of every type that sources yield.
func Columns() []Column {
	return slices.Concat(integers(), numbers(), decimals(), times(), texts(), binaries(), nested())
}

func column(name string, t arrow.DataType, values []Value) Column {
	return Column{Field: arrow.Field{Name: name, Type: t, Nullable: true}, Values: values}
}

func (c Column) as(l batch.Logical) Column {
	c.Field = batch.WithLogical(c.Field, l)
	return c
}

// each makes Values of what a builder's method appends.
func each[B array.Builder, T any](appendTo func(B, T), values ...T) []Value {
	out := make([]Value, len(values))
	for i, v := range values {
		out[i] = func(b array.Builder) { appendTo(b.(B), v) }
	}
	return out
}

func integers() []Column {
	return []Column{
		column("int8", arrow.PrimitiveTypes.Int8, each((*array.Int8Builder).Append, 7, 0, -1, math.MinInt8, math.MaxInt8)),
		column("int16", arrow.PrimitiveTypes.Int16, each((*array.Int16Builder).Append, 7, 0, -1, math.MinInt16, math.MaxInt16)),
		column("int32", arrow.PrimitiveTypes.Int32, each((*array.Int32Builder).Append, 7, 0, -1, math.MinInt32, math.MaxInt32)),
		column("int64", arrow.PrimitiveTypes.Int64,
			each((*array.Int64Builder).Append, 7, 0, -1, math.MinInt64, math.MaxInt64, 1<<53+1, -(1<<53+1))),
		column("uint8", arrow.PrimitiveTypes.Uint8, each((*array.Uint8Builder).Append, 7, 0, math.MaxUint8)),
		column("uint16", arrow.PrimitiveTypes.Uint16, each((*array.Uint16Builder).Append, 7, 0, math.MaxUint16)),
		column("uint32", arrow.PrimitiveTypes.Uint32, each((*array.Uint32Builder).Append, 7, 0, math.MaxUint32)),
		column("uint64", arrow.PrimitiveTypes.Uint64,
			each((*array.Uint64Builder).Append, 7, 0, math.MaxUint64, 1<<63, math.MaxInt64)),
	}
}

func numbers() []Column {
	return []Column{
		column("bool", arrow.FixedWidthTypes.Boolean, each((*array.BooleanBuilder).Append, true, false)),
		column("float32", arrow.PrimitiveTypes.Float32, each((*array.Float32Builder).Append,
			1.5, 0, float32(math.Copysign(0, -1)), 0.1, -16777216, math.MaxFloat32, math.SmallestNonzeroFloat32,
			float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)))),
		column("float64", arrow.PrimitiveTypes.Float64, each((*array.Float64Builder).Append,
			1.5, 0, math.Copysign(0, -1), 0.1, 19.99, -0.0005, 1e21, 1e-7, 123456789012.3456, 9007199254740993,
			math.MaxFloat64, math.SmallestNonzeroFloat64, 2.2250738585072011e-308,
			math.NaN(), math.Inf(1), math.Inf(-1))),
	}
}

func decimals() []Column {
	return []Column{
		column("decimal10_2", &arrow.Decimal128Type{Precision: 10, Scale: 2}, decimals128(2, "12.50", "-0.01", "0.00", "99999999.99")),
		column("decimal38_10", &arrow.Decimal128Type{Precision: 38, Scale: 10}, decimals128(10, "1.5", "0", "-0.0000000001",
			"9999999999999999999999999999.9999999999", "-9999999999999999999999999999.9999999999", "1844674407.3709551616")),
		column("decimal76_20", &arrow.Decimal256Type{Precision: 76, Scale: 20}, decimals256(20, "1.5", "0", "-0.00000000000000000001",
			"99999999999999999999999999999999999999999999999999999999.99999999999999999999",
			"-99999999999999999999999999999999999999999999999999999999.99999999999999999999",
			"340282366920938463463374607431768211456")),
		column("decimal_text", arrow.BinaryTypes.String, each((*array.StringBuilder).Append, "12.50", "0", "-1e400",
			"3.14159265358979323846264338327950288419716939937510", "NaN", "Infinity", "-Infinity")).as(batch.DecimalText),
	}
}

func decimals128(scale int32, values ...string) []Value {
	var nums []decimal128.Num
	for _, s := range values {
		nums = append(nums, decimal128.FromBigInt(unscaled(s, scale)))
	}
	return each((*array.Decimal128Builder).Append, nums...)
}

func decimals256(scale int32, values ...string) []Value {
	var nums []decimal256.Num
	for _, s := range values {
		nums = append(nums, decimal256.FromBigInt(unscaled(s, scale)))
	}
	return each((*array.Decimal256Builder).Append, nums...)
}

// unscaled returns s·10^scale.
func unscaled(s string, scale int32) *big.Int {
	whole, fraction, _ := strings.Cut(s, ".")
	n, ok := new(big.Int).SetString(whole+fraction+strings.Repeat("0", int(scale)-len(fraction)), 10)
	if !ok {
		panic("batchtest: not a number: " + s)
	}
	return n
}
