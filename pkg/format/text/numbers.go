package text

import (
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/decimal256"
)

// numberValue returns the renderer of a boolean or number, or nil.
func numberValue(s style, t arrow.DataType) value {
	switch t := t.(type) {
	case *arrow.BooleanType:
		return &booleans{}
	case *arrow.Int8Type:
		return &integers[int8]{of: func(a arrow.Array) []int8 { return a.(*array.Int8).Int8Values() }}
	case *arrow.Int16Type:
		return &integers[int16]{of: func(a arrow.Array) []int16 { return a.(*array.Int16).Int16Values() }}
	case *arrow.Int32Type:
		return &integers[int32]{of: func(a arrow.Array) []int32 { return a.(*array.Int32).Int32Values() }}
	case *arrow.Int64Type:
		return &integers[int64]{of: func(a arrow.Array) []int64 { return a.(*array.Int64).Int64Values() }}
	case *arrow.Uint8Type:
		return &naturals[uint8]{of: func(a arrow.Array) []uint8 { return a.(*array.Uint8).Uint8Values() }}
	case *arrow.Uint16Type:
		return &naturals[uint16]{of: func(a arrow.Array) []uint16 { return a.(*array.Uint16).Uint16Values() }}
	case *arrow.Uint32Type:
		return &naturals[uint32]{of: func(a arrow.Array) []uint32 { return a.(*array.Uint32).Uint32Values() }}
	case *arrow.Uint64Type:
		return &naturals[uint64]{of: func(a arrow.Array) []uint64 { return a.(*array.Uint64).Uint64Values() }}
	case *arrow.Float32Type:
		return &floats32{json: s.json}
	case *arrow.Float64Type:
		return &floats64{json: s.json}
	case *arrow.Decimal128Type:
		return &decimals128{scale: t.Scale}
	case *arrow.Decimal256Type:
		return &decimals256{scale: t.Scale}
	}
	return nil
}

type booleans struct {
	bits   []byte
	offset int
}

func (v *booleans) bind(arr arrow.Array) {
	data := arr.Data()
	v.bits, v.offset = data.Buffers()[1].Bytes(), data.Offset()
}

func (v *booleans) append(dst []byte, i int) []byte {
	if i += v.offset; v.bits[i>>3]>>(i&7)&1 != 0 {
		return append(dst, "true"...)
	}
	return append(dst, "false"...)
}

type integers[T int8 | int16 | int32 | int64] struct {
	of     func(arrow.Array) []T
	values []T
}

func (v *integers[T]) bind(arr arrow.Array) { v.values = v.of(arr) }

func (v *integers[T]) append(dst []byte, i int) []byte { return AppendInt(dst, int64(v.values[i])) }

type naturals[T uint8 | uint16 | uint32 | uint64] struct {
	of     func(arrow.Array) []T
	values []T
}

func (v *naturals[T]) bind(arr arrow.Array) { v.values = v.of(arr) }

func (v *naturals[T]) append(dst []byte, i int) []byte { return AppendUint(dst, uint64(v.values[i])) }

type floats64 struct {
	json   bool
	values []float64
}

func (v *floats64) bind(arr arrow.Array) { v.values = arr.(*array.Float64).Float64Values() }

func (v *floats64) append(dst []byte, i int) []byte {
	f := v.values[i]
	if v.json && !(math.Abs(f) <= math.MaxFloat64) {
		return append(AppendFloat64(append(dst, '"'), f), '"')
	}
	return AppendFloat64(dst, f)
}

type floats32 struct {
	json   bool
	values []float32
}

func (v *floats32) bind(arr arrow.Array) { v.values = arr.(*array.Float32).Float32Values() }

func (v *floats32) append(dst []byte, i int) []byte {
	f := v.values[i]
	if v.json && !(math.Abs(float64(f)) <= math.MaxFloat32) {
		return append(AppendFloat32(append(dst, '"'), f), '"')
	}
	return AppendFloat32(dst, f)
}

type decimals128 struct {
	scale  int32
	values []decimal128.Num
}

func (v *decimals128) bind(arr arrow.Array) { v.values = arr.(*array.Decimal128).Values() }

func (v *decimals128) append(dst []byte, i int) []byte {
	return AppendDecimal128(dst, v.values[i], v.scale)
}

type decimals256 struct {
	scale  int32
	values []decimal256.Num
}

func (v *decimals256) bind(arr arrow.Array) { v.values = arr.(*array.Decimal256).Values() }

func (v *decimals256) append(dst []byte, i int) []byte {
	return AppendDecimal256(dst, v.values[i], v.scale)
}
