package plan_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/longshore/longshore/internal/plan"
)

func TestSampler(t *testing.T) {
	sizes := func(n int, size func(i int) int64) (files []plan.File) {
		for i := range n {
			files = append(files, plan.File{Key: fmt.Sprint(i), Size: size(i)})
		}
		return files
	}
	for _, c := range []struct {
		name  string
		files []plan.File
		want  []string // key and share of the weight in percent
	}{
		{"nothing", nil, nil},
		{"empty files", sizes(9, func(int) int64 { return 0 }), nil},
		{"few files are all chosen", sizes(3, func(int) int64 { return 1 << 20 }), []string{"0 33", "1 33", "2 33"}},
		{"of many every so many", sizes(1024, func(int) int64 { return 4096 }), []string{"0 25", "256 25", "512 25", "768 25"}},
		{"of files of other sizes each by its bytes", sizes(4, func(i int) int64 { return int64(i+1) << 20 }), []string{"0 10", "1 20", "2 30", "3 40"}},
		{"a huge one is never missed", sizes(1000, func(i int) int64 {
			if i == 700 {
				return 1 << 40
			}
			return 1000
		}), []string{"0 0", "524 0", "700 100"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := plan.NewSampler(4)
			for _, f := range c.files {
				s.Add(f)
			}
			sum := int64(0)
			for _, f := range s.Files() {
				sum += f.Weight
			}
			var got []string
			for _, f := range s.Files() {
				got = append(got, fmt.Sprintf("%s %d", f.Key, (100*f.Weight+sum/2)/sum))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
