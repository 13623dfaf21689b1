package text_test

import (
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/batch/batchtest"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format/text"
)

// TestFirstValues shows one value of each type in both styles.
func TestFirstValues(t *testing.T) {
	want := map[string][2]string{ // plain, JSON
		"int64":          {"7", "7"},
		"bool":           {"true", "true"},
		"float64":        {"1.5", "1.5"},
		"decimal10_2":    {"12.50", "12.50"},
		"decimal76_20":   {"1.50000000000000000000", "1.50000000000000000000"},
		"decimal_text":   {"12.50", "12.50"},
		"date":           {"2024-02-29", `"2024-02-29"`},
		"time64_us":      {"01:01:01.000001", `"01:01:01.000001"`},
		"timestamp_us":   {"2024-01-02 03:04:05.125000", `"2024-01-02T03:04:05.125000"`},
		"timestamptz_ms": {"2024-01-02T03:04:05.125Z", `"2024-01-02T03:04:05.125Z"`},
		"utf8":           {"plain", `"plain"`},
		"json":           {`{"a": 1, "b": [true, null, "x,\"y\""]}`, `{"a":1,"b":[true,null,"x,\"y\""]}`},
		"dictionary":     {"new", `"new"`},
		"binary":         {`\x010203`, `"\\x010203"`},
		"uuid":           {"018f2b6c-7000-7abc-8def-0123456789ab", `"018f2b6c-7000-7abc-8def-0123456789ab"`},
		"list_utf8":      {`["a","b,\"c\""]`, `["a","b,\"c\""]`},
		"struct":         {`{"id":1,"na\"me":"x"}`, `{"id":1,"na\"me":"x"}`},
		"map_int64":      {`{"7":["x"]}`, `{"7":["x"]}`},
	}
	for _, c := range batchtest.Columns() {
		texts, ok := want[c.Field.Name]
		if !ok {
			continue
		}
		rec := c.Build(memory.DefaultAllocator)
		for i, newColumn := range []func(arrow.Field) (*text.Column, error){text.NewPlain, text.NewJSON} {
			col, err := newColumn(c.Field)
			if err != nil {
				t.Fatal(err)
			}
			col.Bind(rec.Column(0))
			if got := string(col.Append(nil, 0)); got != texts[i] {
				t.Errorf("%s: got %s, want %s", c.Field.Name, got, texts[i])
			}
			if col.IsNull(0) || !col.IsNull(1) {
				t.Errorf("%s: got null %t and %t, want false and true", c.Field.Name, col.IsNull(0), col.IsNull(1))
			}
		}
		rec.Release()
		delete(want, c.Field.Name)
	}
	for name := range want {
		t.Errorf("there is no column %s to try", name)
	}
}

func TestObjectRefuses(t *testing.T) {
	id := arrow.Field{Name: "id", Type: arrow.PrimitiveTypes.Int64}
	for name, fields := range map[string][]arrow.Field{
		"nothing":        {},
		"one name twice": {id, batch.WithLogical(id, batch.Text)},
		"a duration":     {{Name: "d", Type: arrow.FixedWidthTypes.Duration_s}},
	} {
		if _, err := text.NewObject(arrow.NewSchema(fields, nil)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got error %v, want one of kind invalid", name, err)
		}
	}
}
