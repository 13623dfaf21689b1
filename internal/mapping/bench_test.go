package mapping_test

import (
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/mapping"
)

const manyRows = 10_000

func manyCustomers(t testing.TB) arrow.Record {
	t.Helper()
	few := customerRows(t)
	defer few.Release()
	columns := make([]arrow.Array, few.NumCols())
	for i := range columns {
		one := make([]arrow.Array, manyRows)
		for n := range one {
			one[n] = array.NewSlice(few.Column(i), int64(n%3), int64(n%3+1))
		}
		all, err := array.Concatenate(one, memory.DefaultAllocator)
		if err != nil {
			t.Fatal(err)
		}
		columns[i] = all
	}
	return array.NewRecord(customers, columns, manyRows)
}

func project1(t testing.TB, e def.Expr) *mapping.Projection {
	t.Helper()
	p, err := mapping.CompileMapping(customers, []def.Field{{Name: "x", Expr: e}}, variables, []string{"customer_id"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const fullName = "{{ first_name }} {{ last_name }}"

// Nothing that Liquid isn't needed for allocates by the row.
func TestAllocationsDontGrowWithRows(t *testing.T) {
	rows := manyCustomers(t)
	defer rows.Release()
	type test struct {
		name string
		expr def.Expr
	}
	tests := []test{
		{"column", def.Expr{Kind: def.FromColumn, Column: "spent"}},
		{"static", def.Expr{Kind: def.FromStatic, Static: "shop"}},
		{"variable", def.Expr{Kind: def.FromVariable, Variable: "sync.id"}},
		{"concatenation", def.Expr{Kind: def.FromTemplate, Template: fullName}},
		{"array", def.Expr{Kind: def.FromArray, Array: []def.Expr{{Kind: def.FromColumn, Column: "score"}, {Kind: def.FromStatic, Static: 0.5}}}},
		{"object", def.Expr{Kind: def.FromObject, Object: []def.Field{
			{Name: "a", Expr: def.Expr{Kind: def.FromColumn, Column: "tags"}}, {Name: "b", Expr: def.Expr{Kind: def.FromTemplate, Template: fullName}},
		}}},
	}
	for _, f := range customers.Fields() {
		if _, nested := f.Type.(arrow.NestedType); !nested && f.Name != "odd name" { // those are Liquid's
			tests = append(tests, test{"text of " + f.Name, def.Expr{Kind: def.FromTemplate, Template: "<{{ " + f.Name + " }}>"}})
		}
	}
	for _, tt := range tests {
		p := project1(t, tt.expr)
		if n := testing.AllocsPerRun(3, func() { apply(t, p, rows) }); n > 100 {
			t.Errorf("%s: got %v allocations for %d rows", tt.name, n, manyRows)
		}
	}
}

func apply(t testing.TB, p *mapping.Projection, rows arrow.Record) {
	t.Helper()
	got, err := p.Apply(rows)
	if err != nil {
		t.Fatal(err)
	}
	got.Release()
}

// The same texts, without and with Liquid.
func BenchmarkTemplate(b *testing.B) {
	rows := manyCustomers(b)
	defer rows.Release()
	for _, c := range []struct{ name, template string }{{"concatenation", fullName}, {"liquid", fullName + "{% if true %}{% endif %}"}} {
		b.Run(c.name, func(b *testing.B) {
			p := project1(b, def.Expr{Kind: def.FromTemplate, Template: c.template})
			b.ReportAllocs()
			for b.Loop() {
				apply(b, p, rows)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/manyRows, "ns/row")
		})
	}
}
