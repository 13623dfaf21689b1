package mapping

import (
	"sync"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/internal/def"
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
