package batch

import (
	"math"

	"github.com/apache/arrow/go/v15/arrow"
)

// LogicalKey is the key of the field metadata that says what a column means
// where its Arrow type doesn't. Sources set it, formats obey it.
const LogicalKey = "longshore.logical"

// Logical is what a column means beyond its Arrow type. docs/types.md says what
// each format writes for it.
type Logical string

// The logical types, each with the Arrow type that carries it.
const (
	// None is a column that is what its Arrow type says.
	None Logical = ""
	// JSON is a Utf8 column whose every value is one JSON document.
	JSON Logical = "json"
	// UUID is a FixedSizeBinary(16) column, most significant byte first.
	UUID Logical = "uuid"
	// DecimalText is a Utf8 column of decimal numbers in digits, exact and of any
	// precision: "-12.50", "1e400", and also "NaN", "Infinity" and "-Infinity".
	DecimalText Logical = "decimal_text"
	// Enum is a Utf8 (or dictionary) column of labels from a fixed set.
	Enum Logical = "enum"
	// Interval is a Utf8 column of time spans as the database spells them.
	Interval Logical = "interval"
	// Inet is a Utf8 column of network addresses: "10.0.0.1", "10.0.0.0/8".
	Inet Logical = "inet"
	// Text is a Utf8 column of a type that we know only by the database's text
	// for it: "(1,2)" for a point.
	Text Logical = "text"
)

// A timestamp or date at the end of its range stands for one beyond all others,
// as PostgreSQL sends them. Text formats write infinity and -infinity.
const (
	TimestampInfinity         = arrow.Timestamp(math.MaxInt64)
	TimestampNegativeInfinity = arrow.Timestamp(math.MinInt64)
	DateInfinity              = arrow.Date32(math.MaxInt32)
	DateNegativeInfinity      = arrow.Date32(math.MinInt32)
)

// LogicalOf returns what the field's metadata says of it, or None.
func LogicalOf(field arrow.Field) Logical {
	if i := field.Metadata.FindKey(LogicalKey); i >= 0 {
		return Logical(field.Metadata.Values()[i])
	}
	return None
}

// WithLogical returns the field marked as l, its other metadata kept. None
// removes the mark.
func WithLogical(field arrow.Field, l Logical) arrow.Field {
	m := field.Metadata.ToMap()
	delete(m, LogicalKey)
	if l != None {
		m[LogicalKey] = string(l)
	}
	field.Metadata = arrow.MetadataFrom(m)
	return field
}

// UUIDType is the Arrow type of a UUID column.
var UUIDType = &arrow.FixedSizeBinaryType{ByteWidth: 16}
