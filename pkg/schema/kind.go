package schema

// Kind is the constructor of a type: what a Type is before its parameters.
type Kind uint8

// The kinds. Names are ClickHouse's.
const (
	// Unset is the kind of the zero Type, which no column has.
	Unset Kind = iota
	Bool
	Int8
	Int16
	Int32
	Int64
	Int128
	Int256
	UInt8
	UInt16
	UInt32
	UInt64
	UInt128
	UInt256
	Float32
	Float64
	// Decimal has a Precision up to 76 and a Scale.
	Decimal
	String
	// FixedString has a Length.
	FixedString
	Date
	Date32
	// DateTime counts seconds; it may have a Zone.
	DateTime
	// DateTime64 counts ticks of 10^-Precision seconds; it may have a Zone.
	DateTime64
	UUID
	IPv4
	IPv6
	// Enum8 and Enum16 have Values.
	Enum8
	Enum16
	// Array has one element type.
	Array
	// Map has two element types, key and value.
	Map
	// Tuple has element types, with Names or without.
	Tuple
	// Nullable has one element type.
	Nullable
	// LowCardinality has one element type, which may be Nullable.
	LowCardinality
	// SimpleAggregateFunction has a Function and one element type, and is stored
	// and sent like that type.
	SimpleAggregateFunction
)

var kindNames = [...]string{
	"Unset", "Bool",
	"Int8", "Int16", "Int32", "Int64", "Int128", "Int256",
	"UInt8", "UInt16", "UInt32", "UInt64", "UInt128", "UInt256",
	"Float32", "Float64", "Decimal", "String", "FixedString",
	"Date", "Date32", "DateTime", "DateTime64", "UUID", "IPv4", "IPv6", "Enum8", "Enum16",
	"Array", "Map", "Tuple", "Nullable", "LowCardinality", "SimpleAggregateFunction",
}

// fixedSizes is the bytes of a value, by kind; zero where it isn't the kind's alone.
var fixedSizes = [len(kindNames)]int{
	Bool: 1, Int8: 1, Int16: 2, Int32: 4, Int64: 8, Int128: 16, Int256: 32,
	UInt8: 1, UInt16: 2, UInt32: 4, UInt64: 8, UInt128: 16, UInt256: 32,
	Float32: 4, Float64: 8, Date: 2, Date32: 4, DateTime: 4, DateTime64: 8,
	UUID: 16, IPv4: 4, IPv6: 16, Enum8: 1, Enum16: 2,
}

// String returns ClickHouse's name of the kind.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "Unset"
}

// IsInteger reports whether k is one of Int8 to UInt256.
func (k Kind) IsInteger() bool { return k >= Int8 && k <= UInt256 }

// IsSigned reports whether k is one of Int8 to Int256.
func (k Kind) IsSigned() bool { return k >= Int8 && k <= Int256 }

// IsFloat reports whether k is Float32 or Float64.
func (k Kind) IsFloat() bool { return k == Float32 || k == Float64 }

// IsTime reports whether k is a date or a point in time.
func (k Kind) IsTime() bool { return k >= Date && k <= DateTime64 }

// kindsByName maps exact names and, in lower case, the SQL aliases that
// ClickHouse takes in any case.
var kindsByName = func() map[string]Kind {
	m := make(map[string]Kind, len(kindNames))
	for k := Bool; int(k) < len(kindNames); k++ {
		m[k.String()] = k
	}
	return m
}()

var aliases = map[string]Kind{
	"bool": Bool, "boolean": Bool,
	"tinyint": Int8, "byte": Int8, "smallint": Int16, "int": Int32, "integer": Int32, "bigint": Int64,
	"float": Float32, "real": Float32, "double": Float64,
	"decimal": Decimal, "numeric": Decimal, "dec": Decimal,
	"text": String, "varchar": String, "char": String, "blob": String, "binary": FixedString,
	"date": Date, "date32": Date32, "datetime": DateTime, "datetime32": DateTime, "timestamp": DateTime, "datetime64": DateTime64,
	"inet4": IPv4, "inet6": IPv6,
}
