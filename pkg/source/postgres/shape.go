package postgres

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/batch"
)

// shape is how a type of the server becomes a type of Arrow.
type shape struct {
	arrow   arrow.DataType
	logical batch.Logical
	// cast is appended to the column's name so that the server sends something
	// that we decode: "::text". Empty where we decode the type itself.
	cast string
	// column makes a decoder.
	column func(memory.Allocator) column
}

// field is the shape as a field of a schema. Any column may hold nulls: the
// server doesn't say which of a result's can't.
func (s shape) field(name string) arrow.Field {
	return batch.WithLogical(arrow.Field{Name: name, Type: s.arrow, Nullable: true}, s.logical)
}

// The numbers of built-in types; they are part of the protocol.
const (
	oidBool        = 16
	oidBytea       = 17
	oidName        = 19
	oidInt8        = 20
	oidInt2        = 21
	oidInt4        = 23
	oidText        = 25
	oidOID         = 26
	oidJSON        = 114
	oidCIDR        = 650
	oidFloat4      = 700
	oidFloat8      = 701
	oidUnknown     = 705
	oidInet        = 869
	oidBPChar      = 1042
	oidVarchar     = 1043
	oidDate        = 1082
	oidTime        = 1083
	oidTimestamp   = 1114
	oidTimestampTZ = 1184
	oidInterval    = 1186
	oidNumeric     = 1700
	oidUUID        = 2950
	oidJSONB       = 3802
)

// builtin returns the shape of a type that every server knows and we decode.
func builtin(oid uint32, typmod int32) (shape, bool) {
	switch oid {
	case oidBool:
		return shape{arrow: arrow.FixedWidthTypes.Boolean, column: newBools}, true
	case oidInt2:
		return shape{arrow: arrow.PrimitiveTypes.Int16, column: newFixed16}, true
	case oidInt4:
		return shape{arrow: arrow.PrimitiveTypes.Int32, column: newFixed32(arrow.PrimitiveTypes.Int32)}, true
	case oidInt8:
		return shape{arrow: arrow.PrimitiveTypes.Int64, column: newFixed64(arrow.PrimitiveTypes.Int64)}, true
	case oidOID:
		return shape{arrow: arrow.PrimitiveTypes.Uint32, column: newFixed32(arrow.PrimitiveTypes.Uint32)}, true
	case oidFloat4:
		return shape{arrow: arrow.PrimitiveTypes.Float32, column: newFixed32(arrow.PrimitiveTypes.Float32)}, true
	case oidFloat8:
		return shape{arrow: arrow.PrimitiveTypes.Float64, column: newFixed64(arrow.PrimitiveTypes.Float64)}, true
	case oidTime:
		return shape{arrow: arrow.FixedWidthTypes.Time64us, column: newFixed64(arrow.FixedWidthTypes.Time64us)}, true
	case oidDate:
		return shape{arrow: arrow.FixedWidthTypes.Date32, column: newDates}, true
	case oidTimestamp:
		return timestampShape(&arrow.TimestampType{Unit: arrow.Microsecond}), true
	case oidTimestampTZ:
		return timestampShape(&arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}), true
	case oidNumeric:
		return numericShape(typmod), true
	case oidUUID:
		return shape{arrow: batch.UUIDType, logical: batch.UUID, column: newUUIDs}, true
	}
	return builtinBytes(oid)
}

// builtinBytes is builtin for types of variable length.
func builtinBytes(oid uint32) (shape, bool) {
	switch oid {
	case oidText, oidVarchar, oidBPChar, oidName, oidUnknown:
		return textShape(batch.None), true
	case oidBytea:
		return shape{arrow: arrow.BinaryTypes.Binary, column: newBytes(arrow.BinaryTypes.Binary)}, true
	case oidJSON:
		return textShape(batch.JSON), true
	case oidJSONB:
		return shape{arrow: arrow.BinaryTypes.String, logical: batch.JSON, column: newJSONB}, true
	case oidInet, oidCIDR:
		return shape{arrow: arrow.BinaryTypes.String, logical: batch.Inet, column: newNetworks}, true
	case oidInterval:
		return castShape(batch.Interval), true
	}
	return shape{}, false
}

func timestampShape(t arrow.DataType) shape { return shape{arrow: t, column: newTimestamps(t)} }

// textShape is for types whose binary form is their text.
func textShape(l batch.Logical) shape {
	return shape{arrow: arrow.BinaryTypes.String, logical: l, column: newBytes(arrow.BinaryTypes.String)}
}

// castShape is for types that the server turns into text for us.
func castShape(l batch.Logical) shape {
	s := textShape(l)
	s.cast = "::text"
	return s
}

// listShape is for one-dimensional arrays of the given element.
func listShape(element shape) shape {
	item := element.field("item")
	t := arrow.ListOfField(item)
	return shape{
		arrow:  t,
		cast:   element.listCast(),
		column: func(mem memory.Allocator) column { return newList(mem, t, element.column(mem)) },
	}
}

func (s shape) listCast() string {
	if s.cast == "" {
		return ""
	}
	return s.cast + "[]"
}

// numericShape depends on the type's modifier, which holds precision and scale:
// numeric(10,2). Without one a column holds numbers of any size.
func numericShape(typmod int32) shape {
	const header = 4
	if typmod < header {
		return decimalTextShape()
	}
	precision := (typmod - header) >> 16 & 0xffff
	scale := (typmod - header) & 0x7ff
	if scale >= 1<<10 { // eleven bits with a sign
		scale -= 1 << 11
	}
	precision = max(precision, scale)
	if scale < 0 { // numeric(3,-2) holds 12300
		precision, scale = precision-scale, 0
	}
	switch {
	case precision <= 38:
		t := &arrow.Decimal128Type{Precision: precision, Scale: scale}
		return shape{arrow: t, column: newDecimal128s(t)}
	case precision <= 76:
		t := &arrow.Decimal256Type{Precision: precision, Scale: scale}
		return shape{arrow: t, column: newDecimal256s(t)}
	}
	return decimalTextShape()
}

func decimalTextShape() shape {
	return shape{arrow: arrow.BinaryTypes.String, logical: batch.DecimalText, column: newDecimalTexts}
}
