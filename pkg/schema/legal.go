package schema

import (
	"slices"
	"strings"
)

// illegal says why ClickHouse refuses the type, or nothing. The types inside
// are checked already.
func (t Type) illegal() string {
	e := t.Elem(0)
	switch t.Kind {
	case Nullable:
		if e.Kind == Nullable || e.Kind == LowCardinality {
			return "Nullable can't hold " + e.Kind.String() + ": LowCardinality(Nullable(T)) is the order"
		}
		if !e.CanBeNullable() {
			return "Nullable can't hold " + e.Kind.String()
		}
	case LowCardinality:
		if in := e.Base(); e.Kind == LowCardinality || !in.CanBeLowCardinality() {
			return "LowCardinality can't hold " + in.Kind.String()
		}
	case Map:
		if e.IsNullable() || e.Base().Kind.isCompound() || e.Base().Kind.IsFloat() {
			return "the key of a Map can't be " + e.String()
		}
	}
	return ""
}

func (k Kind) isCompound() bool { return k == Array || k == Map || k == Tuple }

// CanBeLowCardinality reports whether ClickHouse knows LowCardinality(t).
func (t Type) CanBeLowCardinality() bool {
	switch t.Kind {
	case Decimal, DateTime64, Enum8, Enum16, Array, Map, Tuple, LowCardinality, SimpleAggregateFunction, Unset:
		return false
	}
	return true
}

// unsupported is what ClickHouse knows and Longshore doesn't, with a way out.
var unsupported = map[string]string{
	"JSON":              "use String, which keeps the JSON text, or one column per path",
	"Object":            "use String, which keeps the JSON text, or one column per path",
	"Dynamic":           "use String, which keeps the JSON text",
	"Variant":           "use String, which keeps the JSON text",
	"Nested":            "use Array columns, one per path",
	"AggregateFunction": "use SimpleAggregateFunction, or a materialized view on the table",
	"BFloat16":          "use Float32",
	"Time":              "use String or Int32",
	"Time64":            "use String or Decimal",
	"Nothing":           "",
	"Point":             "use Tuple(Float64, Float64)",
	"Ring":              "use Array(Tuple(Float64, Float64))",
	"LineString":        "use Array(Tuple(Float64, Float64))",
	"Polygon":           "use Array(Array(Tuple(Float64, Float64)))",
	"MultiPolygon":      "use Array(Array(Array(Tuple(Float64, Float64))))",
}

func explainUnknown(name string) string {
	for known, way := range unsupported {
		if strings.EqualFold(known, name) {
			if way != "" {
				way = ": " + way
			}
			return "type " + known + " is not supported" + way
		}
	}
	msg := "unknown type " + name
	if near := nearestKind(name); near != "" {
		msg += ", did you mean " + near + "?"
	}
	return msg
}

// nearestKind returns the type whose name is fewest edits away, if few enough.
func nearestKind(name string) string {
	names := append([]string{"Decimal32", "Decimal64", "Decimal128", "Decimal256"}, kindNames[1:]...)
	return Nearest(name, names)
}

// Nearest returns the name that is fewest edits away from another, if few enough.
func Nearest(name string, names []string) string {
	names = slices.Sorted(slices.Values(names))
	best, fewest := "", len(name)/2+1
	for _, n := range names {
		if d := distance(strings.ToLower(name), strings.ToLower(n)); d < fewest {
			best, fewest = n, d
		}
	}
	return best
}

// distance counts the letters inserted, removed, changed or swapped with their
// neighbour between a and b.
func distance(a, b string) int {
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, above, row = above, row, before
		row[0] = i
		for j := 1; j <= len(b); j++ {
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1])
			if a[i-1] != b[j-1] {
				row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+1)
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
