package diff_test

import (
	"fmt"
	"testing"

	"github.com/longshore/longshore/internal/diff"
)

// TestHashVectors holds both hashes against XXH3's reference results for no
// bytes at all and seed 0.
func TestHashVectors(t *testing.T) {
	if got, want := diff.HashKey(nil), uint64(0x2d06800538d394c2); got != want {
		t.Errorf("got %x, want %x", got, want)
	}
	if got, want := fmt.Sprintf("%x", diff.HashRow(nil)), "99aa06d3014798d86001c324468d497f"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
