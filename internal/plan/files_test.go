package plan_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/plan"
)

func at(minute int) time.Time { return time.Date(2024, 1, 1, 0, minute, 0, 0, time.UTC) }

func keys(files []plan.File) string {
	out := ""
	for _, f := range files {
		out += f.Key
	}
	return out
}

func TestSelectionTakesTheOldest(t *testing.T) {
	s := plan.NewSelection(3)
	for i, key := range []string{"e", "b", "d", "a", "c"} {
		s.Add(plan.File{Key: key, Modified: at(map[string]int{"a": 1, "b": 2, "c": 3, "d": 3, "e": 9}[key]), Size: int64(10 + i)})
	}
	if got := keys(s.Files()); got != "abc" {
		t.Errorf("got %s, want abc", got)
	}
	files, size, oldest := s.Left()
	if files != 2 || size != 10+12 || !oldest.Equal(at(3)) {
		t.Errorf("got %d files of %d bytes since %v, want d and e", files, size, oldest)
	}
}

func TestSelectionWithoutLimitTakesAll(t *testing.T) {
	s := plan.NewSelection(0)
	for i := range 1000 {
		s.Add(plan.File{Key: fmt.Sprint(i), Modified: at(1000 - i)})
	}
	got := s.Files()
	if left, _, _ := s.Left(); len(got) != 1000 || left != 0 || got[0].Key != "999" {
		t.Errorf("got %d files from %s on, %d left", len(got), got[0].Key, left)
	}
}

func TestShare(t *testing.T) {
	sized := func(n int, size int64) (files []plan.File) {
		for range n {
			files = append(files, plan.File{Size: size})
		}
		return files
	}
	tests := []struct {
		name  string
		files []plan.File
		want  string // how many files each part has
	}{
		{"none", nil, "[]"},
		{"little is one part", sized(9, 1), "[9]"},
		{"some are a few parts", sized(30, 1), "[7 8 7 8]"},
		{"many are as few as can be, even, and an even number", sized(1100, 1), "[92 91 92 92 91 92 92 91 92 92 91 92]"},
		{"a large one has its own", append(sized(10, 1), append(sized(1, 1000), sized(10, 1)...)...), "[10 1 10]"},
		{"empty ones are a part", sized(3, 0), "[3]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := []int{}
			for _, part := range plan.Share(tt.files, plan.Shares{Weight: func(f plan.File) int64 { return f.Size }, Most: 100, Least: 10, Few: 4}) {
				got = append(got, len(part))
			}
			if fmt.Sprint(got) != tt.want {
				t.Errorf("got %v, want %s", got, tt.want)
			}
		})
	}
}

func TestCutter(t *testing.T) {
	file := func(key string, size int64) plan.File { return plan.File{Key: key, Size: size} }
	tests := []struct {
		name  string
		files []plan.File
		want  string
	}{
		{"none", nil, "[]"},
		{"neighbours share a part", []plan.File{file("a", 4), file("b", 6), file("c", 1)}, "[ab c]"},
		{"a large one has its own", []plan.File{file("a", 1), file("b", 99), file("c", 1)}, "[a b c]"},
		{"files are limited too", []plan.File{file("a", 0), file("b", 0), file("c", 0), file("d", 0)}, "[abc d]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			c := plan.Cutter{Limits: plan.Limits{Bytes: 10, Files: 3}}
			for _, f := range tt.files {
				if full := c.Add(f); full != nil {
					got = append(got, keys(full))
				}
			}
			if rest := c.Rest(); rest != nil {
				got = append(got, keys(rest))
			}
			if fmt.Sprint(got) != tt.want {
				t.Errorf("got %v, want %s", got, tt.want)
			}
		})
	}
}
