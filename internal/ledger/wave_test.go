package ledger_test

import (
	"slices"
	"testing"

	"github.com/longshore/longshore/internal/ledger"
)

func TestWaveOfAPart(t *testing.T) {
	for _, c := range []struct {
		name  string
		waves []int
		want  []int // by part
	}{
		{"no waves", nil, []int{0, 0, 0}},
		{"one wave", []int{3}, []int{0, 0, 0}},
		{"two waves", []int{2, 3}, []int{0, 0, 1, 1, 1}},
		{"three waves", []int{1, 1, 2}, []int{0, 1, 2, 2}},
		{"an empty wave", []int{1, 0, 2}, []int{0, 2, 2}},
		{"nothing to read", []int{0, 2}, []int{1, 1}},
		{"parts that aren't counted", []int{1, 1}, []int{0, 1, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []int
			for part := range c.want {
				got = append(got, ledger.Plan{Waves: c.waves}.Wave(part))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
