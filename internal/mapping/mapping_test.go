package mapping_test

import (
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/mapping"
	"github.com/longshore/longshore/pkg/fault"
)

var result = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Int64},
	{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "age", Type: arrow.PrimitiveTypes.Int16},
}, nil)

func TestApplyPicksAndRenames(t *testing.T) {
	p, err := mapping.Compile(result, []def.ColumnChoice{{Column: "age", As: "years"}, {Column: "id"}})
	if err != nil {
		t.Fatal(err)
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, result)
	defer b.Release()
	b.Field(0).(*array.Int64Builder).Append(7)
	b.Field(1).(*array.StringBuilder).Append("Ada")
	b.Field(2).(*array.Int16Builder).Append(36)
	rec := b.NewRecord()
	defer rec.Release()
	got, err := p.Apply(rec)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Release()
	if want := "[years id]"; !got.Schema().Equal(p.Schema()) || fieldNames(got.Schema()) != want {
		t.Errorf("got %v, want %s", fieldNames(got.Schema()), want)
	}
	if got.Column(0).(*array.Int16).Value(0) != 36 || got.Column(1).(*array.Int64).Value(0) != 7 {
		t.Errorf("got %v", got)
	}
}

func TestCompileWithoutChoiceKeepsAll(t *testing.T) {
	p, err := mapping.Compile(result, nil)
	if err != nil || !p.Schema().Equal(result) {
		t.Errorf("got %v, %v", p, err)
	}
}

func TestCompileNamesTheMissingColumn(t *testing.T) {
	_, err := mapping.Compile(result, []def.ColumnChoice{{Column: "nothing"}})
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), `"nothing"`) || !strings.Contains(err.Error(), "age, id, name") {
		t.Errorf("got %v", err)
	}
}

func fieldNames(s *arrow.Schema) string {
	var out []string
	for _, f := range s.Fields() {
		out = append(out, f.Name)
	}
	return "[" + strings.Join(out, " ") + "]"
}
