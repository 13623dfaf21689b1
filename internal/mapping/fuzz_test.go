package mapping

import (
	"regexp"
	"sync"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/pkg/fault"
)

var twoColumns = arrow.NewSchema([]arrow.Field{
	{Name: "a", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "b_1", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
}, nil)

func twoRows() arrow.Record {
	b := array.NewRecordBuilder(memory.DefaultAllocator, twoColumns)
	defer b.Release()
	b.Field(0).(*array.StringBuilder).AppendValues([]string{"é {{", ""}, []bool{true, false})
	b.Field(1).(*array.Int64Builder).AppendValues([]int64{-7, 0}, []bool{true, false})
	return b.NewRecord()
}

// Whatever is taken for text and columns alone, Liquid takes for the same.
func FuzzConcatenationIsLiquid(f *testing.F) {
	for _, s := range []string{
		"", "x", "{{a}}", "{{ a }} {{ row.b_1 }}", "{{{ a }}", "{{ a }}}", "{ {{ a }} }", "{{ a }}-}}", "%}{{ a }}", "{{ a }}{%", "{{\na\t}}", "{{ row }}",
		"{{ a }}{{", "{{ nil }}", "{{ a-}} b", "}}{{ a }}{{ b_1 }}", "{{ a | upcase }}", "{% raw %}{{ a }}{% endraw %}", "{{ row. a }}", "\x00{{ a }}\xff",
		"{%{{ a }}%}", "{{ a }}\n\n {{ b_1 }}\r\n",
	} {
		f.Add(s)
	}
	rows := twoRows()
	c := compiler{result: twoColumns, key: newRowKey(twoColumns, nil)}
	f.Fuzz(func(t *testing.T, source string) {
		parsed, err := parseTemplate(source)
		if err != nil {
			return
		}
		pieces, ok := c.plain(source)
		if !ok {
			return
		}
		row, err := newLiquidRow(twoColumns, source)
		if err != nil {
			t.Fatal(err)
		}
		got, err := (&concatenation{pieces: pieces}).of(rows)
		if err != nil {
			t.Fatal(err)
		}
		want, err := (&liquidText{template: parsed, row: row, key: c.key}).of(rows)
		if err != nil {
			t.Fatal(err)
		}
		if !array.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", source, got, want)
		}
	})
}

// FuzzTemplate has any template over every kind of column: it is refused when it
// is compiled, fails a row, or makes a text of each.
func FuzzTemplate(f *testing.F) {
	for _, source := range []string{
		"{{ a }}", "{{ row }}", "{{ tags | join: ',' | upcase }}", "{% for tag in tags %}{{ forloop.index }}{{ tag }}{% endfor %}", "{{ id | plus: 1 | divided_by: 0 }}",
		"{% if spent > 1 %}{{ at | date: '%Y-%m' }}{% else %}{% cycle 'a', 'b' %}{% endif %}", "{% case id %}{% when 1 %}x{% endcase %}", "{{ place.city | slice: -1, 5 }}",
		"{% assign x = id | times: 2 %}{{ x }}", "{% tablerow t in tags cols: 0 %}{% endtablerow %}", "{% capture y %}{{ score }}{% endcapture %}{{ y | split: '' | last }}",
		"{% raw %}{{ {% endraw %}", "{% comment %}{% endcomment %}", "{{ a | truncate: -1 }}{{ tags[9] }}{{ tags.first }}{{ a | sort | map: 'b' }}", "{% include 'x' %}", "{% break %}",
	} {
		f.Add(source)
	}
	rows := everyKind()
	f.Fuzz(func(t *testing.T, source string) {
		if longLoop.MatchString(source) {
			return
		}
		fields := []def.Field{{Name: "x", Expr: def.Expr{Kind: def.FromTemplate, Template: source}}}
		p, err := CompileMapping(rows.Schema(), fields, Variables{}, []string{"id"})
		if err == nil {
			var got arrow.Record
			if got, err = p.Apply(rows); err == nil {
				if got.NumRows() != rows.NumRows() {
					t.Errorf("%q: got %d rows, want %d", source, got.NumRows(), rows.NumRows())
				}
				got.Release()
			}
		}
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: got %v, want an Invalid error", source, err)
		}
	})
}

// longLoop finds ranges of large numbers: a template may say how much it prints.
var longLoop = regexp.MustCompile(`[0-9]{5}|[0-9]e`)

// everyKind is two rows with a column of each kind that Liquid tells apart.
func everyKind() arrow.Record {
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64},
		{Name: "a", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "score", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "spent", Type: &arrow.Decimal128Type{Precision: 10, Scale: 2}, Nullable: true},
		{Name: "at", Type: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, Nullable: true},
		{Name: "tags", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true},
		{Name: "place", Type: arrow.StructOf(arrow.Field{Name: "city", Type: arrow.BinaryTypes.String, Nullable: true}), Nullable: true},
	}, nil))
	defer b.Release()
	for _, row := range []string{
		`{"id": 7, "a": "é {{", "score": 2.5, "spent": "12.50", "at": "2024-02-29T13:04:05Z", "tags": ["new", "vip"], "place": {"city": "Paris"}}`,
		`{"id": -1}`,
	} {
		if err := b.UnmarshalJSON([]byte(row)); err != nil {
			panic(err) // the rows are fixed
		}
	}
	return b.NewRecord()
}

// Parts of a run compile and map at the same time.
func TestProjectionsShareNothing(t *testing.T) {
	fields := []def.Field{
		{Name: "x", Expr: def.Expr{Kind: def.FromTemplate, Template: `{{ a | upcase | default: "none" }}{% assign n = b_1 | plus: 1 %}{{ n }}`}},
		{Name: "y", Expr: def.Expr{Kind: def.FromStatic, Static: "s"}},
	}
	rows := twoRows()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			p, err := CompileMapping(twoColumns, fields, Variables{}, nil)
			if err != nil {
				t.Error(err)
				return
			}
			for range 50 {
				got, err := p.Apply(rows)
				if err != nil {
					t.Error(err)
					return
				}
				if x := got.Column(0).ValueStr(0) + got.Column(0).ValueStr(1); x != "É {{-6none1" {
					t.Errorf("got %s", x)
				}
				got.Release()
			}
		})
	}
	all.Wait()
}
