package ingest

import (
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/schema"
)

func inferredOrders() *Preview {
	p := &Preview{Reference: plan.File{Key: "in/1.csv"}, Format: "csv"}
	for _, name := range []string{"id", "price", "note"} {
		p.Inference.Fields = append(p.Inference.Fields, schema.Field{
			Name: name, Path: schema.FieldPath(name), Type: schema.Of(schema.Int64), Evidence: schema.Evidence{Why: "all 2 values are an integer"},
		})
	}
	return p
}

func TestColumnsAreRevised(t *testing.T) {
	p := inferredOrders()
	err := p.revise(Revision{
		Rename: map[string]string{"price": "cost", "note": "price"}, Types: map[string]string{"price": "Decimal(12, 2)"}, Drop: []string{"id"},
	})
	if err != nil {
		t.Fatal(err)
	}
	text := p.Definition("lake", "s3://b/in/*")
	for _, want := range []string{"    `cost` Decimal(12, 2) `json:$.price`,\n    `price` Int64 `json:$.note`\n\n", "\n# Left out: id. ", "\nIMPORT_ON_NEW_COLUMN ignore\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("got no %q in\n%s", want, text)
		}
	}
	if why := p.Inference.Fields[0].Why; why != "as you chose; Int64 was inferred: all 2 values are an integer" {
		t.Errorf("got evidence %q", why)
	}
	if text := inferredOrders().Definition("lake", "s3://b/in/*"); strings.Contains(text, "IMPORT_ON_NEW_COLUMN") {
		t.Errorf("nothing was left out, and the policy is written:\n%s", text)
	}
}

func TestRevisionsThatCanNotBe(t *testing.T) {
	tests := []struct {
		name     string
		revision Revision
		want     string
	}{
		{"a typo", Revision{Rename: map[string]string{"prize": "x"}}, "no column prize was inferred, did you mean price?"},
		{"nothing near", Revision{Drop: []string{"customer"}}, "no column customer was inferred; there are id, price, note"},
		{"an unknown type", Revision{Types: map[string]string{"id": "Strin"}}, "did you mean String?"},
		{"a name that is taken", Revision{Rename: map[string]string{"price": "id"}}, "two columns are called id"},
		{"a reserved name", Revision{Rename: map[string]string{"price": "c__error"}}, "the name c__error is reserved"},
		{"no name", Revision{Rename: map[string]string{"price": "a`b"}}, "is no name of a column"},
		{"nothing left", Revision{Drop: []string{"id", "price", "note"}}, "no column is left"},
		{"all mistakes at once", Revision{Drop: []string{"nota"}, Types: map[string]string{"prices": "Int8"}}, "did you mean price?; no column nota was inferred, did you mean note?"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := inferredOrders().revise(tt.revision)
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}
