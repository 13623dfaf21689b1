package csv

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/longshore/longshore/pkg/format"
)

// A blank line is no row of a file that is refused, as it is none of another.
func TestBlankLinesOfARefusedFile(t *testing.T) {
	why := []format.ColumnError{{Code: "x", Detail: "y"}}
	_, rejects, _ := decodeAll(t, strings.NewReader("id,name\n1,a\n\n\r\n2,b\n\n"), columnsOf("id Int64; name String"), format.ReadOptions{Refuse: why}, 10)
	if got, want := strings.Join(show(rejects), ", "), `1 2 8 "1,a" : x, 2 5 15 "2,b" : x`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A column that is found by name alone doesn't change how other files are read:
// whether a line is a header, and which field is whose where there is none.
func TestAColumnThatIsFoundByNameAlone(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
		missing    string
	}{
		{"with a header", "note,id,name\nx,1,a\n", []string{"1|a|x|NULL|NULL"}, "[m1 m2]"},
		{"a header without it", "id,name\n1,a\n", []string{"1|a|NULL|NULL|NULL"}, "[note m1 m2]"},
		{"no header", "1,a\n2,b\n", []string{"1|a|NULL|NULL|NULL", "2|b|NULL|NULL|NULL"}, "[note m1 m2]"},
		{"a header of which half is known", "id,who,what,name\n1,x,y,a\n", []string{"1|a|NULL|NULL|NULL"}, "[note m1 m2]"},
	}
	columns := columnsOf("id Int64; name String; note Nullable(String); m1 Nullable(String); m2 Nullable(String)")
	for i := range columns[2:] {
		columns[2+i].ByName = true
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows, rejects, facts := decodeAll(t, strings.NewReader(tt.text), columns, format.ReadOptions{}, 10)
			if !slices.Equal(rows, tt.want) || fmt.Sprint(facts.Missing) != tt.missing {
				t.Errorf("got %q, missing %v, rejects %v", rows, facts.Missing, show(rejects))
			}
		})
	}
}
