package schema

import (
	"slices"
	"strings"
	"testing"

	"github.com/longshore/longshore/pkg/fault"
)

func TestParsePath(t *testing.T) {
	f := func(name string) Step { return Step{Field: name} }
	each := Step{Kind: StepEach}
	tests := []struct {
		in   string
		want Path
		name string
		text string
	}{
		{"$", RowPath(), "", "$"},
		{"$.a", Path{f("a")}, "a", "$.a"},
		{"$.a.b_c", Path{f("a"), f("b_c")}, "a.b_c", "$.a.b_c"},
		{"$.items[:].id", Path{f("items"), each, f("id")}, "items.id", "$.items[:].id"},
		{"$.items[:]", Path{f("items"), each}, "items", "$.items[:]"},
		{"$['a b'].c", Path{f("a b"), f("c")}, "a b.c", "$['a b'].c"},
		{`$.["a.b"]`, Path{f("a.b")}, "a.b", "$['a.b']"},
		{"$.m[:][:]", Path{f("m"), each, each}, "m", "$.m[:][:]"},
		{"$.año", Path{f("año")}, "año", "$.año"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			got, err := ParsePath(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, tt.want) || got.Name() != tt.name || got.String() != tt.text {
				t.Errorf("got %v %q %q, want %v %q %q", got, got.Name(), got.String(), tt.want, tt.name, tt.text)
			}
		})
	}
}

func TestParsePathErrors(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", `"$" expected`},
		{"a.b", `"$" expected`},
		{"$a", `position 2: "." or "[" expected`},
		{"$.", "a field's name expected"},
		{"$.a..b", "a field's name expected"},
		{"$.a[0]", "[:] expected"},
		{"$[:]", "a row is no array"},
		{"$['a", "bracket without its end"},
	}
	for _, tt := range tests {
		_, err := ParsePath(tt.in)
		if err == nil || !strings.Contains(err.Error(), tt.want) || !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: got %v, want invalid with %q", tt.in, err, tt.want)
		}
	}
}

// FuzzParsePath: a path's text means the same path.
func FuzzParsePath(f *testing.F) {
	for _, s := range []string{"$", "$.a.b", "$.items[:].id", "$.a[:][:]", `$.` + "`a b`", `$["a\\"b"].c`, "$.[:]", "$.a[0]", "$..", "a.b", "$.é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParsePath(text)
		if err != nil {
			return
		}
		again, err := ParsePath(got.String())
		if err != nil || !slices.Equal(again, got) {
			t.Fatalf("%q: %s does not parse back: %v", text, got, err)
		}
		got.Name()
		got.Arrays()
	})
}
