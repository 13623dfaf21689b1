package ingest

import (
	"fmt"
	"testing"

	"github.com/longshore/longshore/internal/plan"
)

func TestASampleIsSpreadOverTheListing(t *testing.T) {
	for _, total := range []int{0, 1, 4, 5, 17, 1000} {
		var s spread
		for i := range total {
			s.add(plan.File{Key: fmt.Sprint(i), Size: int64(i)}, 4)
		}
		if got := len(s.files); got > 4 || got < min(total, 2) {
			t.Errorf("%d of %d files", got, total)
		}
		for i := 1; i < len(s.files); i++ {
			gap := s.files[i].Size - s.files[i-1].Size
			if gap <= 0 || gap != s.files[1].Size-s.files[0].Size {
				t.Errorf("of %d files: uneven %v", total, s.files)
			}
		}
		if total > 4 && s.files[len(s.files)-1].Size < int64(total)/2 {
			t.Errorf("of %d files: only the beginning: %v", total, s.files)
		}
	}
}
