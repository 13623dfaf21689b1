package mapping_test

import (
	"slices"
	"testing"

	"github.com/longshore/longshore/internal/mapping"
)

func TestNoTwoCarriedFieldsHaveOneName(t *testing.T) {
	carried, _ := mapping.Carry(parse(t, `x.y: first_name
x: {object: {y: first_name, '"y"': last_name}}
list[0]: first_name
list: {array: [first_name]}
'"x"': first_name
`))
	seen := map[string]bool{}
	for _, f := range carried {
		if seen[f.Name] {
			t.Errorf("two fields are called %s", f.Name)
		}
		seen[f.Name] = true
	}
	if len(seen) != 6 {
		t.Errorf("got %d names, want 6", len(seen))
	}
}

// A row that was carried becomes what it would have become at once, but for the
// variables, which are those of the run that writes it.
func TestACarriedRowIsTheSame(t *testing.T) {
	fields := parse(t, `id: customer_id
name: {template: "{{ first_name | upcase }} {{ last_name }}"}
plain: {template: "{{ first_name }}"}
kind: {static: person}
none: {static: null}
op: {variable: op}
at: {object: {run: {variable: sync.run.id}, home: {object: {tags: tags}}, list: {array: [first_name, {variable: mode}, {static: x}]}}}
`)
	carried, assembled := mapping.Carry(fields)
	var names []string
	for _, f := range carried {
		names = append(names, f.Name)
	}
	if want := []string{"id", "name", "plain", "kind", "none", "at.home.tags", "at.list[0]", "at.list[2]"}; !slices.Equal(names, want) {
		t.Errorf("got carried fields %v, want %v", names, want)
	}
	rows := customerRows(t)
	defer rows.Release()
	project := func(p *mapping.Projection, err error) *mapping.Projection {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	whole := project(mapping.CompileMapping(customers, fields, variables, nil))
	first := project(mapping.CompileMapping(customers, carried, mapping.Variables{}, nil))
	second := project(mapping.CompileMapping(first.Schema(), assembled, variables, nil))
	want, err := whole.Apply(rows)
	if err != nil {
		t.Fatal(err)
	}
	defer want.Release()
	kept, err := first.Apply(rows)
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Release()
	got, err := second.Apply(kept)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Release()
	if !got.Schema().Equal(want.Schema()) {
		t.Errorf("got %v, want %v", got.Schema(), want.Schema())
	}
	if got, want := lines(t, got), lines(t, want); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
