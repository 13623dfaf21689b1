package mapping_test

import (
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/mapping"
	"github.com/longshore/longshore/pkg/fault"
)

func TestTemplates(t *testing.T) {
	tests := []struct {
		template string
		want     [3]string
	}{
		{`just text`, [3]string{"just text", "just text", "just text"}},
		{`{{ first_name }} {{ last_name }}`, [3]string{"Ada Lovelace", " ", `Zoë {{ x }} 日本 \"q\"`}},
		{`{{row.first_name}}/{{  row.customer_id  }}`, [3]string{"Ada/1", "/2", "Zoë {{ x }}/3"}},
		{`{{ score }}|{{ active }}|{{ spent }}|{{ joined }}`, [3]string{
			"2.5|true|12.50|2023-11-14T22:13:20Z", "|||", "0.00001|false|-0.05|1969-12-31T23:59:59.999999Z"}},
		{`{ {{ customer_id }} }} 日`, [3]string{"{ 1 }} 日", "{ 2 }} 日", "{ 3 }} 日"}},
		{`{{ first_name | upcase }}`, [3]string{"ADA", "", "ZOË {{ X }}"}},
		{`{{ first_name | default: "nobody" }}`, [3]string{"Ada", "nobody", "Zoë {{ x }}"}},
		{`{% if active %}yes{% else %}no{% endif %}`, [3]string{"yes", "no", "no"}},
		{`{% if customer_id > 1 and score < 1 %}low{% endif %}`, [3]string{"", "", "low"}},
		{`{{ customer_id | plus: 1 }}`, [3]string{"2", "3", "4"}},
		{`{{ spent | times: 2 }}`, [3]string{"25", "0", "-0.1"}},
		{`{{ customer_id | times: 1500000 }}`, [3]string{"1500000", "3000000", "4500000"}},
		{`{{ score | times: 3000000.5 }}`, [3]string{"7500001.25", "0", "30.000005"}},
		{`{{ row["odd name"] | plus: 1 }}`, [3]string{"8", "1", "18446744073709551616"}},
		{`{{ 9007199254740993 | plus: customer_id }}`, [3]string{"9007199254740994", "9007199254740995", "9007199254740996"}},
		{`{{ customer_id | minus: 4 | divided_by: 2 }}`, [3]string{"-2", "-1", "-1"}},
		{`{{ customer_id | minus: 4 | modulo: 2 }}`, [3]string{"1", "0", "1"}},
		{`{{ customer_id | divided_by: 2 }}`, [3]string{"0", "1", "1"}},
		{`{{ customer_id | divided_by: 2.0 | round: 1 }}`, [3]string{"0.5", "1", "1.5"}},
		{`{{ customer_id | minus: 2 | abs }}`, [3]string{"1", "0", "1"}},
		{`{{ customer_id | modulo: 2 }}`, [3]string{"1", "0", "1"}},
		{`{{ score | ceil }}{{ score | floor }}`, [3]string{"32", "00", "10"}},
		{`{% assign n = spent | times: 1 %}{% if n > 12 %}much{% endif %}`, [3]string{"much", "", ""}},
		{`{{ joined | date: "%Y-%m-%d" }}`, [3]string{"2023-11-14", "", "1969-12-31"}},
		{`{% for t in tags %}<{{ t }}>{% endfor %}`, [3]string{"<new><vip>", "", ""}},
		{`{{ tags | join: "+" }}`, [3]string{"new+vip", "", ""}},
		{`{{ address.city }}`, [3]string{"Paris", "", ""}},
		{`{{ row.address }}`, [3]string{`{\"city\":\"Paris\"}`, "", `{\"city\":null}`}},
		{`{{ row["odd name"] }}`, [3]string{"7", "", "18446744073709551615"}},
		{`{% assign n = "last_name" %}{{ row[n] }}`, [3]string{"Lovelace", "", `日本 \"q\"`}},
		{`{% assign n = customer_id | times: 2 %}{{ n }}`, [3]string{"2", "4", "6"}},
		{`{% capture x %}{{ customer_id }}{% endcapture %}[{{ x }}]`, [3]string{"[1]", "[2]", "[3]"}},
		{`a {{- first_name -}} b`, [3]string{"aAdab", "ab", "aZoë {{ x }}b"}},
		{`{% raw %}{{ nothing }}{% endraw %}`, [3]string{"{{ nothing }}", "{{ nothing }}", "{{ nothing }}"}},
		{`{% comment %}{{ nothing }}{% endcomment %}.`, [3]string{".", ".", "."}},
	}
	for _, tt := range tests {
		t.Run(tt.template, func(t *testing.T) {
			fields := []def.Field{{Name: "x", Expr: def.Expr{Kind: def.FromTemplate, Template: tt.template}}}
			p, err := mapping.CompileMapping(customers, fields, variables, []string{"customer_id"})
			if err != nil {
				t.Fatal(err)
			}
			rows := customerRows(t)
			defer rows.Release()
			var want []string
			for _, w := range tt.want {
				want = append(want, `"`+w+`"`)
			}
			compare(t, p, rows, want)
			last := rows.NewSlice(2, 3)
			defer last.Release()
			compare(t, p, last, want[2:])
		})
	}
}

// A column's text is the same whether Liquid is asked or not.
func TestLiquidAgreesWithConcatenation(t *testing.T) {
	rows := customerRows(t)
	defer rows.Release()
	for _, f := range customers.Fields() {
		if f.Name == "tags" || f.Name == "address" || f.Name == "odd name" {
			continue // Liquid's own
		}
		plain := "{{ " + f.Name + " }}"
		fields := []def.Field{
			{Name: "plain", Expr: def.Expr{Kind: def.FromTemplate, Template: plain}},
			{Name: "liquid", Expr: def.Expr{Kind: def.FromTemplate, Template: plain + "{% if true %}{% endif %}"}},
		}
		p, err := mapping.CompileMapping(customers, fields, variables, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.Apply(rows)
		if err != nil {
			t.Fatal(err)
		}
		for i := range int(got.NumRows()) {
			if a, b := got.Column(0).ValueStr(i), got.Column(1).ValueStr(i); a != b {
				t.Errorf("%s: got %q by concatenation, %q by Liquid", f.Name, a, b)
			}
		}
		got.Release()
	}
}

func TestTemplateErrorsNameRowAndField(t *testing.T) {
	template := `x: {object: {y: {template: "{{ 10 | divided_by: zero }}"}}}`
	template = strings.Replace(template, "{{ 10 |", "{% assign zero = customer_id | minus: 2 | floor %}{{ 10 |", 1)
	tests := []struct {
		name, template, want string
		key                  []string
	}{
		{"one key", template, "mapping.x.y: row with customer_id=2: Liquid error", []string{"customer_id"}},
		{"composite key", template, "row with customer_id=2, first_name=null: ", []string{"customer_id", "first_name"}},
		{"no key", template, "row with number 2 of its batch (the model has no primary_key): ", nil},
		{"wrong value", `x: {template: "{{ last_name | plus: 1 }}"}`, "mapping.x: row with customer_id=1: Liquid error", []string{"customer_id"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := mapping.CompileMapping(customers, parse(t, tt.template), variables, tt.key)
			if err != nil {
				t.Fatal(err)
			}
			rows := customerRows(t)
			defer rows.Release()
			_, err = p.Apply(rows)
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestCheckLocatesTemplates(t *testing.T) {
	flaws := mapping.Check(parse(t, `
a: {template: "{{ any | upcase }}"}
b: {object: {c: {array: [{template: "{{ any | shout }}"}]}}}
d:
  template: "{% if any %}"
`))
	if len(flaws) != 2 {
		t.Fatalf("got %v, want two", flaws)
	}
	for i, want := range []struct {
		line int
		text string
	}{{6, `mapping.b.c[0]: Liquid has no filter "shout"`}, {8, "mapping.d: Liquid error"}} {
		if got := flaws[i]; got.At.Line != want.line || got.At.File != "syncs/s.yaml" || !strings.HasPrefix(got.Err.Error(), want.text) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}
