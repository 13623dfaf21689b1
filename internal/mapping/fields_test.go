package mapping_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/mapping"
	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/batch/batchtest"
	"github.com/longshore/longshore/pkg/fault"
)

func TestEveryKindOfValue(t *testing.T) {
	tests := []struct {
		name, mapping, typ string
		want               [3]string
	}{
		{"column", "x: customer_id", "int64", [3]string{"1", "2", "3"}},
		{"column with nulls", "x: {column: spent}", "decimal(10, 2)", [3]string{"12.50", "null", "-0.05"}},
		{"static null", "x: {static: null}", "null", [3]string{"null", "null", "null"}},
		{"static bool", "x: {static: true}", "bool", [3]string{"true", "true", "true"}},
		{"static integer", "x: {static: 7}", "int64", [3]string{"7", "7", "7"}},
		{"static negative", "x: {static: -7}", "int64", [3]string{"-7", "-7", "-7"}},
		{"static beyond int64", "x: {static: 18446744073709551615}", "uint64", [3]string{"18446744073709551615", "18446744073709551615", "18446744073709551615"}},
		{"static float", "x: {static: 0.5}", "float64", [3]string{"0.5", "0.5", "0.5"}},
		{"static text", "x: {static: Zoë}", "utf8", [3]string{`"Zoë"`, `"Zoë"`, `"Zoë"`}},
		{"static text of digits", "x: {static: '7'}", "utf8", [3]string{`"7"`, `"7"`, `"7"`}},
		{"variable", "x: {variable: sync.run.id}", "utf8", [3]string{`"01RUN"`, `"01RUN"`, `"01RUN"`}},
		{"time", "x: {variable: sync.run.time}", "utf8", [3]string{`"2024-02-29T12:04:05.006Z"`, `"2024-02-29T12:04:05.006Z"`, `"2024-02-29T12:04:05.006Z"`}},
		{"template", `x: {template: "{{ first_name }}!"}`, "utf8", [3]string{`"Ada!"`, `"!"`, `"Zoë {{ x }}!"`}},
		{"object", "x: {object: {a: last_name, b: {object: {c: {static: 1}}}}}", "struct<a: utf8, b: struct<c: int64>>", [3]string{
			`{"a":"Lovelace","b":{"c":1}}`, `{"a":null,"b":{"c":1}}`, `{"a":"日本 \"q\"","b":{"c":1}}`}},
		{"array of one", "x: {array: [first_name]}", "list<item: utf8, nullable>", [3]string{`["Ada"]`, "[null]", `["Zoë {{ x }}"]`}},
		{"array of texts", "x: {array: [first_name, {static: a}, {variable: mode}]}", "list<item: utf8, nullable>", [3]string{
			`["Ada","a","all"]`, `[null,"a","all"]`, `["Zoë {{ x }}","a","all"]`}},
		{"array with null", "x: {array: [{static: null}, customer_id, {static: null}, {static: 5}]}", "list<item: int64, nullable>", [3]string{
			"[null,1,null,5]", "[null,2,null,5]", "[null,3,null,5]"}},
		{"array of nulls", "x: {array: [{static: null}, {static: null}]}", "list<item: null, nullable>", [3]string{"[null,null]", "[null,null]", "[null,null]"}},
		{"array of bools", "x: {array: [active, {static: true}]}", "list<item: bool, nullable>", [3]string{"[true,true]", "[null,true]", "[false,true]"}},
		{"array of decimals", "x: {array: [spent, spent]}", "list<item: decimal(10, 2), nullable>", [3]string{"[12.50,12.50]", "[null,null]", "[-0.05,-0.05]"}},
		{"array of objects", "x: {array: [{object: {n: score}}, {object: {n: {column: score}}}]}", "list<item: struct<n: float64>>", [3]string{
			`[{"n":2.5},{"n":2.5}]`, `[{"n":null},{"n":null}]`, `[{"n":0.00001},{"n":0.00001}]`}},
		{"array of arrays", "x: {array: [tags, tags]}", "list<item: list<item: utf8, nullable>, nullable>", [3]string{
			`[["new","vip"],["new","vip"]]`, "[null,null]", "[[],[]]"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := compile(t, tt.mapping)
			if got := p.Schema().Field(0).Type.String(); got != tt.typ {
				t.Errorf("got type %s, want %s", got, tt.typ)
			}
			rows := customerRows(t)
			defer rows.Release()
			compare(t, p, rows, tt.want[:])
			for i := range rows.NumRows() { // batches with an offset, and shorter than the last
				part := rows.NewSlice(i, i+1)
				compare(t, p, part, tt.want[i:i+1])
				part.Release()
			}
			none := rows.NewSlice(1, 1)
			defer none.Release()
			got, err := p.Apply(none)
			if err != nil || got.NumRows() != 0 || !got.Schema().Equal(p.Schema()) {
				t.Errorf("of no rows: got %v, %v", got, err)
			}
		})
	}
}

// compare wants a batch to become rows of the field x.
func compare(t *testing.T, p *mapping.Projection, rec arrow.Record, want []string) {
	t.Helper()
	got, err := p.Apply(rec)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Release()
	if !got.Schema().Equal(p.Schema()) {
		t.Errorf("got %v, want %v", got.Schema(), p.Schema())
	}
	for i, line := range lines(t, got) {
		if w := `{"x":` + want[i] + "}"; line != w {
			t.Errorf("row %d of %d: got %s, want %s", i, rec.NumRows(), line, w)
		}
	}
}

// Every type's values survive as elements of an array, as they are in a column.
func TestArraysOfEveryType(t *testing.T) {
	rows := batchtest.Edges(memory.DefaultAllocator, 40)
	defer rows.Release()
	for i, f := range rows.Schema().Fields() {
		fields := []def.Field{
			{Name: "one", Expr: def.Expr{Kind: def.FromArray, Array: []def.Expr{{Kind: def.FromColumn, Column: f.Name}}}},
			{Name: "two", Expr: def.Expr{Kind: def.FromArray, Array: []def.Expr{
				{Kind: def.FromColumn, Column: f.Name}, {Kind: def.FromColumn, Column: f.Name}}}},
		}
		p, err := mapping.CompileMapping(rows.Schema(), fields, variables, nil)
		if err != nil {
			t.Fatal(err)
		}
		part := rows.NewSlice(3, 40)
		got, err := p.Apply(part)
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		elements := got.Column(1).(*array.List).ListValues()
		for row := range int(part.NumRows()) {
			for _, at := range []int{2 * row, 2*row + 1} {
				got, want := array.NewSlice(elements, int64(at), int64(at+1)), array.NewSlice(part.Column(i), int64(row), int64(row+1))
				if !array.ApproxEqual(got, want, array.WithNaNsEqual(true), array.WithAbsTolerance(0)) {
					t.Errorf("%s (%s), row %d: got %v, want %v", f.Name, f.Type, row, got, want)
				}
				got.Release()
				want.Release()
			}
		}
		if l := batch.LogicalOf(got.Schema().Field(1).Type.(*arrow.ListType).ElemField()); l != batch.LogicalOf(f) {
			t.Errorf("%s: got the mark %q, want %q", f.Name, l, batch.LogicalOf(f))
		}
		got.Release()
		part.Release()
	}
}

func TestOnlyMappedFieldsInTheirOrder(t *testing.T) {
	rows := customerRows(t)
	defer rows.Release()
	got, err := compile(t, "z: customer_id\na: {static: 1}\nm: {column: active}").Apply(rows)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Release()
	want := []string{`{"z":1,"a":1,"m":true}`, `{"z":2,"a":1,"m":null}`, `{"z":3,"a":1,"m":false}`}
	if all := lines(t, got); !slices.Equal(all, want) {
		t.Errorf("got %v, want %v", all, want)
	}
}

func TestEveryVariableHasAValue(t *testing.T) {
	for _, name := range def.Variables {
		fields := []def.Field{{Name: "x", Expr: def.Expr{Kind: def.FromVariable, Variable: name}}}
		if _, err := mapping.CompileMapping(customers, fields, variables, nil); err != nil {
			t.Error(err)
		}
	}
}

func TestCompileSaysWhatIsWrong(t *testing.T) {
	tests := []struct{ name, mapping, want string }{
		{"column", "x: nothing", `mapping.x: the model returns no column "nothing"; choose among active, address`},
		{"nested column", "x: {object: {y: {array: [nothing]}}}", `mapping.x.y[0]: the model returns no column "nothing"`},
		{"mixed array", "x: {array: [customer_id, first_name]}", "mapping.x: its elements are of different types: [0] is int64 and [1] is utf8"},
		{"mixed behind a null", "x: {array: [{static: null}, {static: 1}, {static: 0.5}]}", "[1] is int64 and [2] is float64"},
		{"mixed objects", "x: {array: [{object: {a: score}}, {object: {b: score}}]}", "different types"},
		{"empty array", "x: {array: []}", "mapping.x: an array needs elements"},
		{"template's column", `x: {template: "{{ nothing }}"}`, `mapping.x: the model returns no column "nothing"`},
		{"template's column of the row", `x: {template: "{{ row.nothing | upcase }}"}`, `the model returns no column "nothing"`},
		{"template's condition", `x: {template: "{% if nothing %}a{% endif %}"}`, `the model returns no column "nothing"`},
		{"template's loop", `x: {template: "{% for t in nothing %}{{ t }}{% endfor %}"}`, `the model returns no column "nothing"`},
		{"template's filter", `x: {template: "{{ first_name | shout }}"}`, `mapping.x: Liquid has no filter "shout"`},
		{"template's tag", `x: {template: "{% loop %}"}`, "mapping.x: Liquid error"},
		{"template's syntax", `x: {template: "{{ first_name | }}"}`, "mapping.x: Liquid error"},
		{"template's file", `x: {template: "{% include '/etc/passwd' %}"}`, "mapping.x: include is not available"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := mapping.CompileMapping(customers, parse(t, tt.mapping), variables, nil)
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}
