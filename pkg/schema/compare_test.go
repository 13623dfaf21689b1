package schema

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func known(columns ...string) (out []Known) {
	for _, c := range columns {
		name, typ, _ := strings.Cut(c, " ")
		typ, isDefault := strings.CutSuffix(typ, " DEFAULT")
		typ, path, isPath := strings.Cut(typ, " $")
		k := Known{Name: name, Type: MustParseType(typ), Default: isDefault}
		if isPath {
			var err error
			if k.Path, err = ParsePath("$" + path); err != nil {
				panic(err)
			}
		}
		out = append(out, k)
	}
	return out
}

func TestCompare(t *testing.T) {
	table := known("id UInt64", "name String", "amount Nullable(Decimal(12, 2))", "at DateTime DEFAULT")
	tests := []struct {
		name   string
		fields string // name:type of values, in the file's order
		trial  Trial
		want   string // changes that aren't same, as "change column type likely"
		refuse string // columns
	}{
		{"the same", "id:1 name:a amount:1.5 at:2024-01-01", Trial{Rows: 3}, "", ""},
		{"another order", "at:2024-01-01 amount:1.5 name:a id:1", Trial{Rows: 3}, "", ""},
		{"a new field", "id:1 name:a amount:1.5 at:2024-01-01 note:x", Trial{Rows: 3, Unknown: []string{"note"}}, "new note Nullable(String)", ""},
		{"an optional column is gone", "id:1 name:a", Trial{Rows: 3, Missing: []string{"amount", "at"}},
			"missing amount Nullable(Decimal(12, 2)), missing at DateTime", ""},
		{"a required column is gone", "id:1 amount:1.5", Trial{Rows: 3, Missing: []string{"name"}}, "missing name String", "name"},
		{"renamed: a similar name", "id:1 names:a", Trial{Rows: 3, Unknown: []string{"names"}, Missing: []string{"name"}},
			"missing name String (names), new names Nullable(String) (name)", "name"},
		{"renamed: the same place", "id:1 who:a", Trial{Rows: 3, Unknown: []string{"who"}, Missing: []string{"name"}},
			"missing name String (who), new who Nullable(String) (name)", "name"},
		{"another field of another type", "id:1 tally:7", Trial{Rows: 3, Unknown: []string{"tally"}, Missing: []string{"name"}},
			"missing name String, new tally Nullable(Int64)", "name"},
		{"retyped", "id:a name:a", Trial{Rows: 3, Tallies: []Tally{{Unfit: 3, Row: 1, Detail: "not a number"}}}, "retyped id UInt64", "id"},
		{"an optional column retyped", "id:1 amount:x", Trial{Rows: 3, Tallies: []Tally{{}, {}, {Unfit: 2, Row: 1}, {}}}, "retyped amount Nullable(Decimal(12, 2))", "amount"},
		{"one good value", "id:a name:a", Trial{Rows: 3, Tallies: []Tally{{Fit: 1, Unfit: 2, Row: 1}}}, "", ""},
		{"a single bad row", "id:a name:a", Trial{Rows: 1, Tallies: []Tally{{Unfit: 1, Row: 1}}}, "", ""},
		{"bad values in few rows", "id:1 amount:x", Trial{Rows: 21, Tallies: []Tally{{}, {}, {Unfit: 2, Row: 9}}}, "", ""},
		{"its fields alone", "id:1", Trial{Missing: []string{"name"}}, "missing name String", "name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			values, order := map[string][]string{}, []string(nil)
			for _, f := range strings.Fields(tt.fields) {
				name, value, _ := strings.Cut(f, ":")
				values[name], order = []string{value}, append(order, name)
			}
			var got, refused []string
			for _, d := range Compare(table, inferred(1, values, order...), tt.trial) {
				if d.Change == Same {
					continue
				}
				text := fmt.Sprintf("%s %s %s", d.Change, d.Column, d.Type)
				if d.Likely != "" {
					text += " (" + d.Likely + ")"
				}
				got = append(got, text)
				if d.Refuses() {
					refused = append(refused, d.Column)
				}
			}
			if text := strings.Join(got, ", "); text != tt.want {
				t.Errorf("got %s, want %s", text, tt.want)
			}
			if text := strings.Join(refused, " "); text != tt.refuse {
				t.Errorf("refused for %q, want %q", text, tt.refuse)
			}
		})
	}
}

// What is wrong with a file doesn't depend on what was added to the table
// meanwhile, if the file has none of it.
func TestIncompatibleAgreesWhateverWasAdded(t *testing.T) {
	before := known("id UInt64", "name String", "amount Nullable(Int64)")
	after := append(slices.Clone(before), known("note Nullable(String)", "tags Array(String)")...)
	trials := []Trial{
		{Rows: 9}, {Rows: 9, Missing: []string{"name"}}, {Rows: 9, Missing: []string{"amount"}},
		{Rows: 9, Tallies: []Tally{{Unfit: 9}, {}, {}}}, {Rows: 9, Tallies: []Tally{{}, {}, {Unfit: 2, Fit: 1}}},
	}
	for i, trial := range trials {
		want := trial.Incompatible(before)
		trial.Missing = append(slices.Clone(trial.Missing), "note", "tags")
		if trial.Tallies != nil {
			trial.Tallies = append(slices.Clone(trial.Tallies), Tally{}, Tally{})
		}
		if got := trial.Incompatible(after); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("trial %d: got %v, want %v", i, got, want)
		}
	}
}

func TestNewFields(t *testing.T) {
	tests := []struct {
		name    string
		columns []Known
		fields  string // paths
		unknown string
		want    string // name and path
	}{
		{"a path's name", known("id UInt64"), "$.id $.user.name $.user.age", "user", "user_name $.user.name, user_age $.user.age"},
		{"a name that is taken", known("user_name String"), "$.user_name $.user.name", "user", "user_name_2 $.user.name"},
		{"two of one name", known("id UInt64"), "$['a b'] $.a_b", "a b|a_b", "a_b $['a b'], a_b_2 $.a_b"},
		{"inside of an object with a column", known("name String $.user.name"), "$.user.name $.user.age", "user.age", "user_age $.user.age"},
		{"inside of what a column reads as a whole", known("user String"), "$.user.name", "user.name", ""},
		{"around what a column reads", known("name String $.user.name"), "$.user", "user.x", ""},
		{"a reserved name", known("id UInt64"), "$.order", "order", "order_2 $.order"},
		{"one field twice", known("id UInt64"), "$.a $.a $['b.c'] $.b.c", "a|b|b.c", "a $.a, b_c $['b.c']"},
		{"elements", known("ids Array(Int64) $.items[:].id"), "$.items[:].id $.items[:].sku", "items.sku", "items_sku $.items[:].sku"},
		{"not unknown", known("id UInt64"), "$.id $.note", "", ""},
		{"one name is no other's beginning", known("id UInt64"), "$.users $.use", "use", "use $.use"},
		{"the whole row has a column", known("row String $"), "$.a", "a", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var file Inference
			for _, text := range splitPaths(tt.fields) {
				path, err := ParsePath(text)
				if err != nil {
					t.Fatal(err)
				}
				file.Fields = append(file.Fields, Field{Name: columnName(path), Path: path, Type: Of(Int64)})
			}
			var got []string
			for _, f := range NewFields(tt.columns, file, strings.FieldsFunc(tt.unknown, func(r rune) bool { return r == '|' }), []string{"order"}) {
				got = append(got, f.Name+" "+f.Path.String())
				if !f.Type.TakesNull() {
					t.Errorf("%s is %s, which holds no null", f.Name, f.Type)
				}
			}
			if text := strings.Join(got, ", "); text != tt.want {
				t.Errorf("got %s, want %s", text, tt.want)
			}
		})
	}
}

// splitPaths cuts before each "$": names may have spaces.
func splitPaths(text string) (out []string) {
	for part := range strings.SplitSeq(text, "$") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, "$"+part)
		}
	}
	return out
}

func TestRetypedNeedsMoreThanABadRow(t *testing.T) {
	tests := []struct {
		fit, unfit, rows int64
		want             bool
	}{
		{0, 2, 2, true}, {0, 2, 20, true}, {0, 2, 21, false}, {0, 1, 1, false}, {1, 100, 101, false}, {0, 0, 5, false}, {0, 1000, 10_000, true},
	}
	for _, tt := range tests {
		if got := (Tally{Fit: tt.fit, Unfit: tt.unfit}).retyped(tt.rows); got != tt.want {
			t.Errorf("%+v: got %v", tt, got)
		}
	}
}
