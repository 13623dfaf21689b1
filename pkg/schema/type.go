package schema

import (
	"slices"
	"strconv"
	"strings"
)

// Type is a ClickHouse type with its parameters. The zero Type is no type. A
// Type is a value: nobody changes its slices once it is made.
type Type struct {
	Kind Kind
	// Precision is a Decimal's digits, 1 to 76, or the fractional digits of a
	// DateTime64's seconds, 0 to 9.
	Precision int
	// Scale is how many of a Decimal's digits are fractional.
	Scale int
	// Length is the bytes of a FixedString.
	Length int
	// Zone is the IANA name of a DateTime's or DateTime64's time zone. Empty is
	// the server's, which decoders take for UTC.
	Zone string
	// Values is the names and numbers of an Enum, by number.
	Values []EnumValue
	// Elems is the types inside: one in Array, Nullable, LowCardinality and
	// SimpleAggregateFunction, key and value in Map, any number in Tuple.
	Elems []Type
	// Names is the names of a Tuple's elements, or nil.
	Names []string
	// Function is the function of a SimpleAggregateFunction, as it is spelled.
	Function string
}

// EnumValue is one name of an Enum and its number.
type EnumValue struct {
	Name   string
	Number int16
}

// Of returns the type of a kind without parameters.
func Of(k Kind) Type { return Type{Kind: k} }

// NullableOf returns Nullable(t), or t where it is nullable already or can't be.
// LowCardinality(T) becomes LowCardinality(Nullable(T)).
func NullableOf(t Type) Type {
	switch {
	case t.IsNullable() || !t.CanBeNullable():
		return t
	case t.Kind == LowCardinality:
		return Type{Kind: LowCardinality, Elems: []Type{NullableOf(t.Elems[0])}}
	}
	return Type{Kind: Nullable, Elems: []Type{t}}
}

// ArrayOf returns Array(t).
func ArrayOf(t Type) Type { return Type{Kind: Array, Elems: []Type{t}} }

// DecimalOf returns Decimal(precision, scale).
func DecimalOf(precision, scale int) Type {
	return Type{Kind: Decimal, Precision: precision, Scale: scale}
}

// DateTime64Of returns DateTime64(precision, zone).
func DateTime64Of(precision int, zone string) Type {
	return Type{Kind: DateTime64, Precision: precision, Zone: zone}
}

// IsZero reports whether t is no type at all.
func (t Type) IsZero() bool { return t.Kind == Unset }

// Elem returns the i-th type inside t, or the zero Type.
func (t Type) Elem(i int) Type {
	if i < len(t.Elems) {
		return t.Elems[i]
	}
	return Type{}
}

// IsNullable reports whether a value of t may be null.
func (t Type) IsNullable() bool {
	switch t.Kind {
	case Nullable:
		return true
	case LowCardinality, SimpleAggregateFunction:
		return t.Elem(0).IsNullable()
	}
	return false
}

// TakesNull reports whether a null has a place in a column of t: t is Nullable,
// or an Array or Map, in which a null is no elements.
func (t Type) TakesNull() bool {
	k := t.Base().Kind
	return t.IsNullable() || k == Array || k == Map
}

// CanBeNullable reports whether ClickHouse knows Nullable(t), or t is so already.
func (t Type) CanBeNullable() bool {
	switch t.Kind {
	case Array, Map, Tuple, Unset, SimpleAggregateFunction:
		return t.IsNullable()
	}
	return true
}

// Base returns t without Nullable, LowCardinality and SimpleAggregateFunction
// around it: the type of its values.
func (t Type) Base() Type {
	for t.Kind == Nullable || t.Kind == LowCardinality || t.Kind == SimpleAggregateFunction {
		t = t.Elem(0)
	}
	return t
}

// FixedSize returns the bytes of every value of t in ClickHouse's memory and
// wire format, or 0 where values differ in size or have several buffers.
func (t Type) FixedSize() int {
	switch t.Kind {
	case FixedString:
		return t.Length
	case Decimal:
		return decimalSize(t.Precision)
	case SimpleAggregateFunction:
		return t.Elem(0).FixedSize()
	}
	return fixedSizes[t.Kind]
}

func decimalSize(precision int) int {
	switch {
	case precision <= 9:
		return 4
	case precision <= 18:
		return 8
	case precision <= 38:
		return 16
	}
	return 32
}

// Equal reports whether t and u are the same type, parameters and names included.
func (t Type) Equal(u Type) bool {
	return t.Kind == u.Kind && t.Precision == u.Precision && t.Scale == u.Scale && t.Length == u.Length &&
		t.Zone == u.Zone && t.Function == u.Function &&
		slices.Equal(t.Values, u.Values) && slices.Equal(t.Names, u.Names) && slices.EqualFunc(t.Elems, u.Elems, Type.Equal)
}

// String returns the type as ClickHouse spells it in DESCRIBE TABLE.
func (t Type) String() string { return string(t.AppendText(nil)) }

// AppendText appends String to dst.
func (t Type) AppendText(dst []byte) []byte {
	dst = append(dst, t.Kind.String()...)
	switch t.Kind {
	case Decimal:
		dst = append(dst, '(')
		dst = strconv.AppendInt(dst, int64(t.Precision), 10)
		dst = append(dst, ", "...)
		dst = strconv.AppendInt(dst, int64(t.Scale), 10)
		dst = append(dst, ')')
	case FixedString:
		dst = append(dst, '(')
		dst = strconv.AppendInt(dst, int64(t.Length), 10)
		dst = append(dst, ')')
	case DateTime:
		if t.Zone != "" {
			dst = append(appendQuoted(append(dst, '('), t.Zone), ')')
		}
	case DateTime64:
		dst = append(dst, '(')
		dst = strconv.AppendInt(dst, int64(t.Precision), 10)
		if t.Zone != "" {
			dst = appendQuoted(append(dst, ", "...), t.Zone)
		}
		dst = append(dst, ')')
	case Enum8, Enum16:
		dst = t.appendEnum(dst)
	case Array, Map, Tuple, Nullable, LowCardinality, SimpleAggregateFunction:
		dst = t.appendElems(dst)
	}
	return dst
}

func (t Type) appendEnum(dst []byte) []byte {
	dst = append(dst, '(')
	for i, v := range t.Values {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(appendQuoted(dst, v.Name), " = "...)
		dst = strconv.AppendInt(dst, int64(v.Number), 10)
	}
	return append(dst, ')')
}

func (t Type) appendElems(dst []byte) []byte {
	dst = append(dst, '(')
	if t.Kind == SimpleAggregateFunction {
		dst = append(append(dst, t.Function...), ", "...)
	}
	for i, e := range t.Elems {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		if t.Names != nil {
			dst = append(append(dst, quoteIdentifier(t.Names[i])...), ' ')
		}
		dst = e.AppendText(dst)
	}
	return append(dst, ')')
}

// appendQuoted appends s as ClickHouse's string literal.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '\'')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\'', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case 0:
			dst = append(dst, '\\', '0')
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '\'')
}

// quoteIdentifier returns name as it stands in SQL: bare where it can be.
func quoteIdentifier(name string) string {
	if isIdentifier(name) {
		return name
	}
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(name) + "`"
}

func isIdentifier(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isWord(s[i]) || (i == 0 && s[i] >= '0' && s[i] <= '9') {
			return false
		}
	}
	return s != ""
}

func isWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
