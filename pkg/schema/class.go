package schema

import "fmt"

// Class is what a text looks like: a point in the lattice of inference. Classes
// of several values are joined by Join, which is commutative, associative and
// idempotent (TestJoinIsALattice), so the order of rows doesn't matter.
//
//	                        Text
//	   ┌─────────┬────────────┼─────────┬─────────┐
//	Boolean    Float        Moment     ID      List(Class)
//	             │            │
//	          Integer        Day
//	   └─────────┴────────────┼─────────┴─────────┘
//	                        Nothing
type Class struct {
	Shape Shape
	// Negative and Large are set for an Integer below 0, and above 2^63-1. An
	// Integer of both needs 128 bits.
	Negative, Large bool
	// Huge is set for an Integer outside of 64 bits.
	Huge bool
	// Digits is how many fractional digits the seconds of a Moment have: 0, 3, 6 or 9.
	Digits int
	// Far is set for a Day outside of Date, and a Moment outside of DateTime.
	Far bool
	// Elem is what the elements of a List are.
	Elem *Class
	// Null is set where a List's element was null.
	Null bool
}

// Shape is the family of a Class.
type Shape uint8

// The shapes.
const (
	Nothing Shape = iota // null, absent, or the elements of an empty list
	Boolean
	Integer
	Float
	Day
	Moment
	ID // a UUID
	List
	Text
)

var shapeNames = [...]string{"null", "a boolean", "an integer", "a number", "a date", "a date and time", "a UUID", "an array", "text"}

// String describes the shape as in "3 of 100 values are not …".
func (s Shape) String() string {
	if int(s) < len(shapeNames) {
		return shapeNames[s]
	}
	return fmt.Sprintf("shape(%d)", uint8(s))
}

// Join returns the least class that holds the values of both.
func Join(a, b Class) Class {
	c := join(a, b)
	c.Null = a.Null || b.Null
	return c
}

func join(a, b Class) Class {
	if a.Shape > b.Shape {
		a, b = b, a
	}
	switch {
	case a.Shape == Nothing:
		return b
	case a.Shape == b.Shape:
		return joinAlike(a, b)
	case a.Shape == Integer && b.Shape == Float:
		return Class{Shape: Float}
	case a.Shape == Day && b.Shape == Moment:
		b.Far = b.Far || a.Far
		return b
	}
	return Class{Shape: Text}
}

func joinAlike(a, b Class) Class {
	a.Negative, a.Large, a.Huge = a.Negative || b.Negative, a.Large || b.Large, a.Huge || b.Huge
	a.Digits, a.Far = max(a.Digits, b.Digits), a.Far || b.Far
	if a.Shape == List {
		elem := Join(*a.Elem, *b.Elem)
		a.Elem = &elem
	}
	return a
}

// Type returns the type of a column of the class, Nullable if asked for and possible.
func (c Class) Type(nullable bool) Type {
	t := c.plainType()
	if nullable {
		return NullableOf(t)
	}
	return t
}

func (c Class) plainType() Type {
	switch c.Shape {
	case Boolean:
		return Of(Bool)
	case Integer:
		switch {
		case c.Huge && c.Negative:
			return Of(Int256)
		case c.Huge:
			return Of(UInt256)
		case c.Large && c.Negative:
			return Of(Int128)
		case c.Large:
			return Of(UInt64)
		}
		return Of(Int64)
	case Float:
		return Of(Float64)
	case Day:
		if c.Far {
			return Of(Date32)
		}
		return Of(Date)
	case Moment:
		if c.Far || c.Digits > 0 {
			return DateTime64Of(max(c.Digits, 3), "UTC")
		}
		return Type{Kind: DateTime, Zone: "UTC"}
	case ID:
		return Of(UUID)
	case List:
		return ArrayOf(c.Elem.Type(c.Elem.Null))
	}
	return Of(String)
}
