package ledger

import (
	"slices"
	"testing"
)

// Listings of parts are in the order of their numbers, however many there are.
func TestPartNamesSort(t *testing.T) {
	numbers := []int{0, 1, 9, 10, 99_999, 100_000, 100_001, 999_999, 1_000_000, 999_999_999}
	var names []string
	for _, n := range numbers {
		name := partName(n)
		if got, err := parsePartName(name); err != nil || got != n {
			t.Errorf("%s: got %d, %v; want %d", name, got, err, n)
		}
		names = append(names, name)
	}
	if !slices.IsSorted(names) {
		t.Errorf("got %v", names)
	}
	if _, err := parsePartName("b1.json"); err == nil {
		t.Error("b1.json is taken for a part")
	}
}
