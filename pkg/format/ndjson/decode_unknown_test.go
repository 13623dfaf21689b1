package ndjson

import (
	"fmt"
	"strings"
	"testing"

	"github.com/longshore/longshore/pkg/format"
)

// A field counts as unknown once it is in a row that is JSON, fit or not: what
// stands in a broken line may be no field, and Infer doesn't look there either.
func TestUnknownFieldsAreThoseOfJSONRows(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"in a row", `{"id":1,"a":2}`, "[a]"},
		{"in a row that doesn't fit", `{"id":"x","a":2}`, "[a]"},
		{"in a row with a key twice", `{"id":1,"a":2,"a":3}`, "[a]"},
		{"in a broken line", `{"id":1,"a":2`, "[]"},
		{"in a broken line, and then in a row", `{"id":1,"a":2` + "\n" + `{"id":1,"a":2}`, "[a]"},
		{"in a row, and then in a broken line", `{"id":1,"a":2}` + "\n" + `{"b":1,"a":2` + "\n" + `{"id":1,"a":2}`, "[a]"},
		{"inside of an object of a broken line", `{"id":1,"at":{"hour":1}}` + "\n" + `{"id":1,"at":{"hour":1,"day":2}` + "\n" + `{"id":2,"at":{"hour":1}}`, "[]"},
	}
	columns := columnsOf("id Int64; hour Nullable(Int64) $.at.hour")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, maxRows := range []int{1, 100} {
				rows, _, facts := decodeAll(t, strings.NewReader(tt.text), columns, format.ReadOptions{}, maxRows)
				if got := fmt.Sprint(facts.Unknown); got != tt.want {
					t.Errorf("%d rows at a time: got unknown %s, want %s; rows %q", maxRows, got, tt.want, rows)
				}
			}
		})
	}
}
