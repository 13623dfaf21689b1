package native

import (
	"fmt"
	"strconv"
	"strings"
)

// node is a parsed column type. A column is written as its state (of all nested types, outermost first) and
// then its data.
type node interface {
	state(c cursor) error
	data(c cursor, rows int) error
}

// fixedSizes holds the bytes per value of the types without parameters.
var fixedSizes = map[string]int{
	"UInt8": 1, "UInt16": 2, "UInt32": 4, "UInt64": 8, "UInt128": 16, "UInt256": 32,
	"Int8": 1, "Int16": 2, "Int32": 4, "Int64": 8, "Int128": 16, "Int256": 32,
	"BFloat16": 2, "Float32": 4, "Float64": 8, "Bool": 1, "Nothing": 1,
	"Date": 2, "Date32": 4, "DateTime": 4, "DateTime64": 8, "Time": 4, "Time64": 8,
	"UUID": 16, "IPv4": 4, "IPv6": 16, "Enum8": 1, "Enum16": 2,
	"Decimal32": 4, "Decimal64": 8, "Decimal128": 16, "Decimal256": 32,
	"IntervalNanosecond": 8, "IntervalMicrosecond": 8, "IntervalMillisecond": 8, "IntervalSecond": 8,
	"IntervalMinute": 8, "IntervalHour": 8, "IntervalDay": 8, "IntervalWeek": 8, "IntervalMonth": 8,
	"IntervalQuarter": 8, "IntervalYear": 8,
}

// aliases are types that are stored as another one.
var aliases = map[string]string{
	"Point":           "Tuple(Float64, Float64)",
	"Ring":            "Array(Point)",
	"LineString":      "Array(Point)",
	"MultiLineString": "Array(LineString)",
	"Polygon":         "Array(Ring)",
	"MultiPolygon":    "Array(Polygon)",
}

// parse reads a type as ClickHouse prints it.
func parse(text string) (node, error) {
	text = strings.TrimSpace(text)
	name, inner := text, ""
	if open := strings.IndexByte(text, '('); open >= 0 {
		if !strings.HasSuffix(text, ")") {
			return nil, fmt.Errorf("type %q: %w", text, ErrMalformed)
		}
		name, inner = text[:open], text[open+1:len(text)-1]
	}
	if size, ok := fixedSizes[name]; ok {
		return fixed(size), nil
	}
	if alias, ok := aliases[name]; ok {
		return parse(alias)
	}
	n, err := parseComposite(name, splitArgs(inner))
	if err != nil {
		return nil, fmt.Errorf("type %q: %w", text, err)
	}
	return n, nil
}

func parseComposite(name string, args []string) (node, error) {
	switch name {
	case "String":
		return stringNode{}, nil
	case "JSON":
		return jsonNode{}, nil
	case "FixedString":
		return parseFixedString(args)
	case "Decimal":
		return parseDecimal(args)
	case "Nullable":
		return parseOne(args, func(n node) node { return nullable{n} })
	case "Array":
		return parseOne(args, func(n node) node { return array{n} })
	case "LowCardinality":
		return parseOne(args, func(n node) node { return newLowCardinality(n) })
	case "Tuple":
		return parseTuple(args)
	case "Variant":
		nodes, err := parseAll(args)
		return variant(nodes), err
	case "Map":
		nodes, err := parseAll(args)
		return array{tuple(nodes)}, err
	case "Nested":
		n, err := parseTuple(args)
		return array{n}, err
	case "SimpleAggregateFunction":
		if len(args) < 2 {
			return nil, ErrMalformed
		}
		return parse(args[len(args)-1])
	}
	return nil, ErrType
}

func parseOne(args []string, wrap func(node) node) (node, error) {
	if len(args) != 1 {
		return nil, ErrMalformed
	}
	n, err := parse(args[0])
	if err != nil {
		return nil, err
	}
	return wrap(n), nil
}

func parseAll(args []string) ([]node, error) {
	nodes := make([]node, 0, len(args))
	for _, arg := range args {
		n, err := parse(arg)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

func parseTuple(args []string) (node, error) {
	for i, arg := range args {
		args[i] = elementType(arg)
	}
	nodes, err := parseAll(args)
	if len(nodes) == 0 && err == nil {
		return fixed(1), nil // the empty tuple is one byte per row
	}
	return tuple(nodes), err
}

func parseFixedString(args []string) (node, error) {
	if len(args) != 1 {
		return nil, ErrMalformed
	}
	size, err := strconv.Atoi(args[0])
	if err != nil || size <= 0 || size > 1<<24 {
		return nil, ErrMalformed
	}
	return fixed(size), nil
}

func parseDecimal(args []string) (node, error) {
	if len(args) == 0 {
		return nil, ErrMalformed
	}
	precision, err := strconv.Atoi(args[0])
	switch {
	case err != nil || precision < 1 || precision > 76:
		return nil, ErrMalformed
	case precision <= 9:
		return fixed(4), nil
	case precision <= 18:
		return fixed(8), nil
	case precision <= 38:
		return fixed(16), nil
	}
	return fixed(32), nil
}

// splitArgs cuts "a, b(c, d)" at its outer commas. Quoted names and enum values may hold anything.
func splitArgs(text string) []string {
	var args []string
	depth, start := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\'', '`', '"':
			i = skipQuoted(text, i)
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				args = append(args, strings.TrimSpace(text[start:i]))
				start = i + 1
			}
		}
	}
	if last := strings.TrimSpace(text[start:]); last != "" {
		args = append(args, last)
	}
	return args
}

// skipQuoted returns the index of the quote that ends the quoted text at i, or the last index of text.
func skipQuoted(text string, i int) int {
	for quote := text[i]; i+1 < len(text); {
		i++
		switch text[i] {
		case '\\':
			i++
		case quote:
			return i
		}
	}
	return len(text) - 1
}

// elementType drops the name in front of a tuple element: "a UInt8" and "`a b` UInt8" are UInt8.
func elementType(arg string) string {
	if arg == "" {
		return arg
	}
	if arg[0] == '`' || arg[0] == '"' {
		return strings.TrimSpace(arg[skipQuoted(arg, 0)+1:])
	}
	space, open := strings.IndexByte(arg, ' '), strings.IndexByte(arg, '(')
	if space >= 0 && (open < 0 || space < open) {
		return strings.TrimSpace(arg[space:])
	}
	return arg
}
