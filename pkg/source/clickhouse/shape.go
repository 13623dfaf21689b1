package clickhouse

import (
	"math"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/batch"
)

// shape is how a type of the server becomes a type of Arrow.
type shape struct {
	arrow    arrow.DataType
	logical  batch.Logical
	nullable bool
	// column decodes it; nil where we can't.
	column column
	// cast is the function that the server must apply; empty where we decode the
	// type itself.
	cast string
}

func (s shape) field(name string) arrow.Field {
	return batch.WithLogical(arrow.Field{Name: name, Type: s.arrow, Nullable: s.nullable}, s.logical)
}

var (
	utf8Type = arrow.BinaryTypes.String
	micros   = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	nanos    = &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "UTC"}
)

// rawTypes are laid out alike on the wire and in Arrow.
var rawTypes = map[string]arrow.DataType{
	"Int8": arrow.PrimitiveTypes.Int8, "Int16": arrow.PrimitiveTypes.Int16,
	"Int32": arrow.PrimitiveTypes.Int32, "Int64": arrow.PrimitiveTypes.Int64,
	"UInt8": arrow.PrimitiveTypes.Uint8, "UInt16": arrow.PrimitiveTypes.Uint16,
	"UInt32": arrow.PrimitiveTypes.Uint32, "UInt64": arrow.PrimitiveTypes.Uint64,
	"Float32": arrow.PrimitiveTypes.Float32, "Float64": arrow.PrimitiveTypes.Float64,
	"Date32": arrow.FixedWidthTypes.Date32,
}

// shapeOf decides about a column of a result.
func shapeOf(t typeName) shape {
	if s := decoded(t); s.column != nil {
		return s
	}
	s := shape{arrow: utf8Type, column: &stringColumn{}, cast: "toString", logical: batch.Text, nullable: strings.HasPrefix(t.all, "Nullable(")}
	switch t.name {
	case "JSON", "Object", "Dynamic", "Variant", "Array", "Map", "Tuple", "Nested":
		s.cast, s.logical = "toJSONString", batch.JSON
	case "Int256", "UInt256":
		s.logical = batch.DecimalText
	case "Nullable":
		inner := shapeOf(parseType(t.arg(0)))
		s.cast, s.logical = inner.cast, inner.logical
	case "LowCardinality", "SimpleAggregateFunction":
		return shapeOf(parseType(t.arg(len(t.args) - 1)))
	case "BFloat16":
		return shape{arrow: arrow.PrimitiveTypes.Float32, column: raw(arrow.PrimitiveTypes.Float32), cast: "toFloat32", nullable: s.nullable}
	}
	if strings.HasPrefix(t.name, "Interval") {
		s.logical = batch.Interval
	}
	return s
}

// decoded is the shape of a type that we decode; its column is nil where we
// don't.
func decoded(t typeName) shape {
	if dt, ok := rawTypes[t.name]; ok {
		return shape{arrow: dt, column: raw(dt)}
	}
	switch t.name {
	case "Bool":
		return shape{arrow: arrow.FixedWidthTypes.Boolean, column: bools{}}
	case "String":
		return shape{arrow: utf8Type, column: &stringColumn{}}
	case "FixedString":
		return shape{arrow: utf8Type, column: &texts{width: t.number(0), write: writeFixedString}}
	case "UUID":
		return shape{arrow: batch.UUIDType, logical: batch.UUID, column: &fixed{t: batch.UUIDType, in: 16, out: 16, convert: convertUUID}}
	case "IPv4":
		return shape{arrow: utf8Type, logical: batch.Inet, column: &texts{width: 4, write: writeIPv4}}
	case "IPv6":
		return shape{arrow: utf8Type, logical: batch.Inet, column: &texts{width: 16, write: writeIPv6}}
	case "Enum8", "Enum16":
		return enumShape(t)
	case "Date":
		return shape{arrow: arrow.FixedWidthTypes.Date32, column: &fixed{t: arrow.FixedWidthTypes.Date32, in: 2, out: 4, convert: convertDate}}
	case "DateTime":
		return shape{arrow: micros, column: &fixed{t: micros, in: 4, out: 8, convert: convertDateTime}}
	case "DateTime64":
		return dateTime64Shape(t.number(0))
	case "Int128", "UInt128":
		dt := &arrow.Decimal256Type{Precision: 39}
		return shape{arrow: dt, column: &fixed{t: dt, in: 16, out: 32, convert: widen(t.name == "Int128")}}
	case "Decimal", "Decimal32", "Decimal64", "Decimal128", "Decimal256":
		return decimalShape(t)
	case "Nothing":
		return shape{arrow: utf8Type, column: nothing{}}
	}
	return decodedNested(t)
}

// decodedNested is decoded for types that are made of types.
func decodedNested(t typeName) shape {
	inner := func(i int) shape { return decoded(parseType(t.arg(i))) }
	switch t.name {
	case "Nullable":
		s := inner(0)
		s.nullable = true
		if s.column != nil {
			s.column = &nullable{s.column}
		}
		return s
	case "LowCardinality":
		return lowCardinalityShape(t)
	case "SimpleAggregateFunction":
		return inner(1)
	case "Array":
		element := inner(0)
		if element.column == nil {
			return shape{}
		}
		dt := arrow.ListOfField(element.field("item"))
		return shape{arrow: dt, column: &list{dt, element.column}}
	case "Map":
		key, value := inner(0), inner(1)
		if key.column == nil || value.column == nil {
			return shape{}
		}
		dt := arrow.MapOf(key.arrow, value.arrow)
		dt.SetItemNullable(value.nullable)
		entry := &tuple{dt.Elem(), []column{key.column, value.column}}
		return shape{arrow: dt, column: &list{dt, entry}}
	case "Tuple":
		return tupleShape(t)
	}
	return shape{}
}

func tupleShape(t typeName) shape {
	fields := make([]arrow.Field, len(t.args))
	columns := make([]column, len(t.args))
	seen := map[string]bool{}
	for i, arg := range t.args {
		name, rest := named(arg, i+1)
		s := decoded(parseType(rest))
		if s.column == nil || seen[name] {
			return shape{}
		}
		seen[name] = true
		fields[i], columns[i] = s.field(name), s.column
	}
	if len(fields) == 0 {
		return shape{}
	}
	dt := arrow.StructOf(fields...)
	return shape{arrow: dt, column: &tuple{dt, columns}}
}

func lowCardinalityShape(t typeName) shape {
	inner := parseType(t.arg(0))
	canBeNull := inner.name == "Nullable"
	if canBeNull {
		inner = parseType(inner.arg(0))
	}
	s := decoded(inner)
	s.nullable = canBeNull
	if s.column != nil {
		s.column = &lowCardinality{dictionary: s.column, nullable: canBeNull}
	}
	return s
}

func enumShape(t typeName) shape {
	width := 1
	if t.name == "Enum16" {
		width = 2
	}
	return shape{arrow: utf8Type, logical: batch.Enum, column: &texts{width: width, write: writeLabel(t.labels())}}
}

// dateTime64Shape keeps the digits of the fraction: microseconds hold six, and
// nanoseconds, whose range ends in 2262 as the server's does, hold nine.
func dateTime64Shape(digits int) shape {
	if digits < 0 || digits > 9 {
		return shape{}
	}
	dt, most := micros, 6
	if digits > 6 {
		dt, most = nanos, 9
	}
	factor := int64(math.Pow10(most - digits))
	return shape{arrow: dt, column: &fixed{t: dt, in: 8, out: 8, convert: multiply(factor)}}
}

// decimalShape takes Decimal(P, S), as the server always spells it in results.
func decimalShape(t typeName) shape {
	precision, scale := int32(t.number(0)), int32(t.number(1))
	if t.name != "Decimal" {
		return shape{}
	}
	var dt arrow.DataType = &arrow.Decimal128Type{Precision: precision, Scale: scale}
	switch {
	case precision < 1 || precision > 76:
		return shape{}
	case precision <= 9:
		return shape{arrow: dt, column: &fixed{t: dt, in: 4, out: 16, convert: widen(true)}}
	case precision <= 18:
		return shape{arrow: dt, column: &fixed{t: dt, in: 8, out: 16, convert: widen(true)}}
	case precision > 38:
		dt = &arrow.Decimal256Type{Precision: precision, Scale: scale}
	}
	return shape{arrow: dt, column: raw(dt)}
}
