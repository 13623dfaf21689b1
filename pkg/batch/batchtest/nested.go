package batchtest

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

func nested() []Column {
	integer, text := arrow.PrimitiveTypes.Int64, arrow.BinaryTypes.String
	pair := arrow.StructOf(
		arrow.Field{Name: "id", Type: integer, Nullable: true},
		arrow.Field{Name: `na"me`, Type: text, Nullable: true},
	)
	return []Column{
		column("list_int64", arrow.ListOf(integer), []Value{list(i64(1), i64(2)), list(), list(nil), list(i64(-1), nil, i64(1<<62))}),
		column("list_utf8", arrow.ListOf(text), []Value{list(str("a"), str(`b,"c"`)), list(), list(str("")), list(nil), list(str("null"))}),
		column("list_timestamptz", arrow.ListOf(arrow.FixedWidthTypes.Timestamp_us), []Value{list(stamp(0), nil), list(stamp(-1))}),
		column("list_list", arrow.ListOf(arrow.ListOf(integer)), []Value{
			list(list(i64(1)), list(), nil), list(), list(list(nil)),
		}),
		column("large_list", arrow.LargeListOf(text), []Value{list(str("a"), nil), list()}),
		column("fixed_list", arrow.FixedSizeListOf(2, integer), []Value{list(i64(1), i64(2)), list(i64(3), nil)}),
		column("struct", pair, []Value{record(i64(1), str("x")), record(nil, str("")), record(i64(2), nil), record(nil, nil)}),
		column("list_struct", arrow.ListOf(pair), []Value{list(record(i64(1), str("x")), nil), list()}),
		column("map_utf8", arrow.MapOf(text, integer), []Value{
			mapping(str("a"), i64(1), str(`b"`), nil), mapping(), mapping(str(""), i64(2)),
		}),
		column("map_int64", arrow.MapOf(integer, arrow.ListOf(text)), []Value{mapping(i64(7), list(str("x"))), mapping()}),
	}
}

func i64(v int64) Value  { return func(b array.Builder) { b.(*array.Int64Builder).Append(v) } }
func str(v string) Value { return func(b array.Builder) { b.(*array.StringBuilder).Append(v) } }

func stamp(v arrow.Timestamp) Value {
	return func(b array.Builder) { b.(*array.TimestampBuilder).Append(v) }
}

// put appends v, where nil is a null.
func (v Value) put(b array.Builder) {
	if v == nil {
		b.AppendNull()
		return
	}
	v(b)
}

// list is a list of any kind.
func list(elements ...Value) Value {
	return func(b array.Builder) {
		l := b.(array.ListLikeBuilder)
		appendTo(l)
		for _, v := range elements {
			v.put(l.ValueBuilder())
		}
	}
}

// appendTo begins a value that isn't null.
func appendTo(b array.Builder) { b.(interface{ Append(bool) }).Append(true) }

// record is a struct.
func record(fields ...Value) Value {
	return func(b array.Builder) {
		s := b.(*array.StructBuilder)
		s.Append(true)
		for i, v := range fields {
			v.put(s.FieldBuilder(i))
		}
	}
}

// mapping is a map: keys and items take turns.
func mapping(pairs ...Value) Value {
	return func(b array.Builder) {
		m := b.(*array.MapBuilder)
		m.Append(true)
		for i := 0; i < len(pairs); i += 2 {
			pairs[i].put(m.KeyBuilder())
			pairs[i+1].put(m.ItemBuilder())
		}
	}
}
