package schema

import "testing"

func inferred(rows int64, columns map[string][]string, order ...string) Inference {
	inf := Inference{Rows: rows}
	for _, name := range order {
		var s Sample
		for i, text := range columns[name] {
			if text == "" {
				s.Null(1)
				continue
			}
			s.Add(int64(i+1), Classify(text), text)
		}
		inf.Fields = append(inf.Fields, s.Field(FieldPath(name), InferOptions{}))
	}
	return inf
}

func TestMerge(t *testing.T) {
	one := inferred(2, map[string][]string{"id": {"1", "2"}, "price": {"1", "2"}, "day": {"2024-01-01", ""}, "note": {"a", "b"}}, "id", "price", "day", "note")
	two := inferred(1, map[string][]string{"id": {"3"}, "price": {"2.5"}, "day": {"soon"}, "extra": {"7"}}, "id", "price", "day", "extra")
	got := Merge(one, two)
	want := []struct{ name, typ string }{
		{"id", "Int64"}, {"price", "Float64"}, {"day", "Nullable(String)"}, {"note", "Nullable(String)"}, {"extra", "Nullable(Int64)"},
	}
	if len(got.Fields) != len(want) || got.Rows != 3 {
		t.Fatalf("got %d fields of %d rows: %+v", len(got.Fields), got.Rows, got.Fields)
	}
	for i, w := range want {
		if f := got.Fields[i]; f.Name != w.name || f.Type.String() != w.typ {
			t.Errorf("got %s %s, want %s %s (%s)", f.Name, f.Type, w.name, w.typ, f.Why)
		}
	}
	if why := got.Fields[0].Why; why != "all 3 values are an integer" {
		t.Errorf("got evidence %q", why)
	}
	if len(got.Fields[1].Conflicts) == 0 || len(got.Fields[0].Conflicts) != 0 {
		t.Errorf("got conflicts %v and %v", got.Fields[1].Conflicts, got.Fields[0].Conflicts)
	}
	if reversed := Merge(two, one); len(reversed.Fields) != len(want) {
		t.Errorf("the other way round: got %d fields", len(reversed.Fields))
	}
	if len(one.Fields) != 4 || one.Fields[3].Type.String() != "String" {
		t.Error("merging changed its input")
	}
}
