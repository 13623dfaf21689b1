package parquet

import (
	"bytes"
	"testing"
)

// Pages come back as they were, whatever their sizes, and again after that.
func TestHeldPages(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		sizes []int
	}{
		{"none", nil},
		{"an empty one", []int{0}},
		{"less than a block", []int{3, 0, 40}},
		{"just a block", []int{heldBlock - 7, 7}},
		{"a block and a byte", []int{heldBlock, 1}},
		{"many blocks", []int{100, 3*heldBlock + 5, 17, heldBlock}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var h heldPages
			for round := range 2 {
				want := []byte("before")
				for i, n := range tt.sizes {
					page := bytes.Repeat([]byte{byte(round*100 + i)}, n)
					h.add(page)
					want = append(want, page...)
				}
				if h.size != len(want)-len("before") {
					t.Errorf("got a size of %d, want %d", h.size, len(want)-len("before"))
				}
				if got := h.take([]byte("before")); !bytes.Equal(got, want) {
					t.Errorf("round %d: got %d bytes that differ, want %d", round, len(got), len(want))
				}
			}
		})
	}
}
