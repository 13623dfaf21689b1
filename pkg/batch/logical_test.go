package batch_test

import (
	"testing"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/batch"
)

func TestLogical(t *testing.T) {
	field := arrow.Field{Name: "a", Type: arrow.BinaryTypes.String, Metadata: arrow.MetadataFrom(map[string]string{"k": "v"})}
	if got := batch.LogicalOf(field); got != batch.None {
		t.Errorf("logical of a bare field: got %q, want none", got)
	}
	marked := batch.WithLogical(field, batch.JSON)
	if got := batch.LogicalOf(marked); got != batch.JSON {
		t.Errorf("logical of a marked field: got %q, want %q", got, batch.JSON)
	}
	if got := batch.LogicalOf(field); got != batch.None {
		t.Errorf("marking changed the original: got %q, want none", got)
	}
	cleared := batch.WithLogical(marked, batch.None)
	if got := batch.LogicalOf(cleared); got != batch.None {
		t.Errorf("logical of a cleared field: got %q, want none", got)
	}
	if v, _ := cleared.Metadata.GetValue("k"); v != "v" {
		t.Errorf("other metadata: got %q, want %q", v, "v")
	}
}
