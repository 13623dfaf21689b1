package plan

import (
	"container/heap"
	"slices"
	"strings"
	"time"
)

// File is one version of an object to ingest.
type File struct {
	Key      string    `json:"key"`
	ETag     string    `json:"etag"`
	Size     int64     `json:"size"` // bytes, as stored
	Modified time.Time `json:"modified"`
	// Again is how often this content was replaced by another one and came back.
	Again int `json:"again,omitempty"`
	// Replaces is the ETags, as the file ledger has them, of the versions of the
	// key whose rows are removed once this one is done.
	Replaces []string `json:"replaces,omitempty"`
	// RangeBytes is how far apart the ranges are in which the file was begun; zero
	// where it wasn't begun, or as a whole.
	RangeBytes int64 `json:"range_bytes,omitempty"`
}

// before orders files by age: the oldest first, by key where they are as old.
func before(a, b File) int {
	if c := a.Modified.Compare(b.Modified); c != 0 {
		return c
	}
	return strings.Compare(a.Key, b.Key)
}

// Selection takes the oldest files of a listing, in memory that doesn't grow
// with the listing when the number of files is limited.
type Selection struct {
	limit  int // zero is unlimited
	taken  newestFirst
	left   int64 // files not taken
	size   int64 // of those, in bytes
	oldest time.Time
}

// NewSelection returns a selection of at most limit files; zero is all.
func NewSelection(limit int) *Selection { return &Selection{limit: limit} }

// Add offers a file.
func (s *Selection) Add(f File) {
	if s.limit == 0 {
		s.taken = append(s.taken, f)
		return
	}
	if len(s.taken) < s.limit {
		heap.Push(&s.taken, f)
		return
	}
	if before(f, s.taken[0]) < 0 {
		f, s.taken[0] = s.taken[0], f
		heap.Fix(&s.taken, 0)
	}
	s.left++
	s.size += f.Size
	if s.oldest.IsZero() || f.Modified.Before(s.oldest) {
		s.oldest = f.Modified
	}
}

// Files returns the files that were taken, oldest first.
func (s *Selection) Files() []File {
	files := slices.Clone([]File(s.taken))
	slices.SortFunc(files, before)
	return files
}

// Left returns how many files were not taken, their size in bytes, and when the
// oldest of them was modified.
func (s *Selection) Left() (files, size int64, oldest time.Time) { return s.left, s.size, s.oldest }

// newestFirst is a heap with the newest file on top: the first to give way.
type newestFirst []File

func (h newestFirst) Len() int           { return len(h) }
func (h newestFirst) Less(i, j int) bool { return before(h[i], h[j]) > 0 }
func (h newestFirst) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *newestFirst) Push(x any)        { *h = append(*h, x.(File)) }
func (h *newestFirst) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// Limits says how much a part takes on.
type Limits struct {
	Bytes int64 // a part is full when it has this many, as stored
	Files int   // or this many files
}

// Shares says how files are shared out to parts, by how much work each is.
type Shares struct {
	Weight func(f File) int64 // a file's work
	Most   int64              // of a part, about
	Least  int64              // of a part, as long as there are few
	Few    int                // parts, which grow from here on
}

// Share shares files out to parts that are about even, each of which takes neighbours
// in the given order: a few, or an even number, so that two workers have the same to do.
func Share(files []File, s Shares) [][]File {
	var all int64
	for _, f := range files {
		all += s.Weight(f)
	}
	n := max(over(all, s.Most), min(int64(s.Few), over(all, s.Least)), 1)
	if n > 1 {
		n += n % 2
	}
	var parts [][]File
	var before, last int64 = 0, -1
	for _, f := range files {
		weight := s.Weight(f)
		part := int64(float64(n) * (float64(before) + float64(weight)/2) / float64(max(all, 1)))
		if part != last {
			parts = append(parts, nil)
		}
		at := len(parts) - 1
		parts[at] = append(parts[at], f)
		before, last = before+weight, part
	}
	return parts
}

// over divides and rounds up.
func over(a, b int64) int64 { return (a + b - 1) / b }
