package mysql

import (
	"database/sql/driver"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/fault"
)

// shape is what a column becomes.
type shape struct {
	t       arrow.DataType
	logical batch.Logical
	// decode returns what appends one value, never a null, to the builder.
	decode func(array.Builder) appender
	// scale is how many digits of a second a moment or a time has.
	scale int64
}

// appender appends one value as the driver gives it: int64, float32, float64,
// or bytes. The error is a *valueError.
type appender func(driver.Value) error

// field is nullable whatever the server says: it calls the null side of some
// joins NOT NULL, and a date of zeros in a column without nulls is a null here.
func (s shape) field(name string) arrow.Field {
	return batch.WithLogical(arrow.Field{Name: name, Type: s.t, Nullable: true}, s.logical)
}

var (
	utf8Type = arrow.BinaryTypes.String
	micros   = &arrow.TimestampType{Unit: arrow.Microsecond}
	microsTZ = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
)

// shapes is the types that have one form, as the driver spells them.
var shapes = map[string]shape{
	"TINYINT":            {t: arrow.PrimitiveTypes.Int8, decode: integers[int8]},
	"SMALLINT":           {t: arrow.PrimitiveTypes.Int16, decode: integers[int16]},
	"MEDIUMINT":          {t: arrow.PrimitiveTypes.Int32, decode: integers[int32]},
	"INT":                {t: arrow.PrimitiveTypes.Int32, decode: integers[int32]},
	"BIGINT":             {t: arrow.PrimitiveTypes.Int64, decode: integers[int64]},
	"UNSIGNED TINYINT":   {t: arrow.PrimitiveTypes.Uint8, decode: integers[uint8]},
	"UNSIGNED SMALLINT":  {t: arrow.PrimitiveTypes.Uint16, decode: integers[uint16]},
	"UNSIGNED MEDIUMINT": {t: arrow.PrimitiveTypes.Uint32, decode: integers[uint32]},
	"UNSIGNED INT":       {t: arrow.PrimitiveTypes.Uint32, decode: integers[uint32]},
	"UNSIGNED BIGINT":    {t: arrow.PrimitiveTypes.Uint64, decode: integers[uint64]},
	"YEAR":               {t: arrow.PrimitiveTypes.Uint16, decode: integers[uint16]},
	"BIT":                {t: arrow.PrimitiveTypes.Uint64, decode: bitFields},
	"FLOAT":              {t: arrow.PrimitiveTypes.Float32, decode: float32s},
	"DOUBLE":             {t: arrow.PrimitiveTypes.Float64, decode: float64s},
	"DATE":               {t: arrow.FixedWidthTypes.Date32, decode: dates},
	"DATETIME":           {t: micros, decode: moments},
	"TIMESTAMP":          {t: microsTZ, decode: moments},
	"TIME":               {t: utf8Type, logical: batch.Text, decode: texts},
	"ENUM":               {t: utf8Type, logical: batch.Enum, decode: texts},
	"SET":                {t: utf8Type, logical: batch.Text, decode: texts},
	"JSON":               {t: utf8Type, logical: batch.JSON, decode: texts},
	"NULL":               {t: utf8Type, decode: texts},
}

func init() {
	for _, name := range []string{"CHAR", "VARCHAR", "TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT"} {
		shapes[name] = shape{t: utf8Type, decode: texts}
	}
	for _, name := range []string{"BINARY", "VARBINARY", "TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB"} {
		shapes[name] = shape{t: arrow.BinaryTypes.Binary, decode: binaries}
	}
}

// unknownScale is the server's word for as many digits as there are.
const unknownScale = 31

// shapeOf looks at column i of a result. The error is Invalid for a type that
// we can't read.
func shapeOf(rows driver.Rows, i int, name string) (shape, error) {
	typeName, precision, scale := describeType(rows, i)
	switch typeName {
	case "DECIMAL":
		return decimalShape(max(precision, scale, 1), scale), nil
	case "GEOMETRY":
		return shape{}, refused(name, typeName, "ST_AsText(%[1]s), or ST_AsBinary(%[1]s)")
	case "DATETIME", "TIMESTAMP", "TIME":
		if scale == unknownScale { // the client library would cut them off
			return shape{}, refused(name, typeName+" of unknown precision", "CAST(%s AS "+strings.Replace(typeName, "TIMESTAMP", "DATETIME", 1)+"(6))")
		}
	}
	s, ok := shapes[typeName]
	if !ok {
		return shape{}, refused(name, typeName, "CAST(%s AS CHAR)")
	}
	s.scale = scale
	return s, nil
}

func describeType(rows driver.Rows, i int) (name string, precision, scale int64) {
	if r, ok := rows.(driver.RowsColumnTypeDatabaseTypeName); ok {
		name = r.ColumnTypeDatabaseTypeName(i)
	}
	if r, ok := rows.(driver.RowsColumnTypePrecisionScale); ok {
		precision, scale, _ = r.ColumnTypePrecisionScale(i)
	}
	return name, precision, scale
}

func refused(name, typeName, instead string) error {
	return fault.WithRemedy(fault.New(fault.Invalid, "the column %q is of the type %s, which isn't supported", name, typeName),
		"select "+instead, quoteName(name))
}

func decimalShape(precision, scale int64) shape {
	if precision > 38 {
		t := &arrow.Decimal256Type{Precision: int32(precision), Scale: int32(scale)}
		return shape{t: t, decode: decimals256(t)}
	}
	t := &arrow.Decimal128Type{Precision: int32(precision), Scale: int32(scale)}
	return shape{t: t, decode: decimals128(t)}
}
