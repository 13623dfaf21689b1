package diff_test

import (
	"testing"

	"github.com/longshore/longshore/internal/diff"
)

// Nothing is allocated for a row, nor for a block of them, once the buffers are
// as large as they get: only for a file, and for each fetch of many blocks.
func TestSortAndCompareAllocateNothing(t *testing.T) {
	const rows = 400_000
	store := newStore()
	files := benchSort(t, store, "now", rows, 16<<20, always(1))
	before := benchSort(t, store, "before", rows, 1<<30, always(2))
	open := func() diff.Source { return diff.NewMerge(diff.Open(store, files, diff.Range{}, 32<<20)...) }
	var in benchRows
	var id uint64

	sorter := diff.NewSorter(diff.SortConfig{Store: &discard{}, Name: "sort", Memory: 16 << 20, Fanin: 1 << 20})
	merge := open()
	defer merge.Close()
	compared := 0
	for _, tt := range []struct {
		name string
		per  float64 // allocations of 1000 rows
		do   func()
	}{
		{"Sorter.Add", 3, func() { // files are written meanwhile, one more or less
			id++
			in.row(id, 1)
			if err := sorter.Add(t.Context(), &in.head, in.body); err != nil {
				t.Fatal(err)
			}
		}},
		{"Writer.Add with S2", 0.2, addTo(t, diff.S2)},
		{"Writer.Add with Zstd", 0.2, addTo(t, diff.Zstd)},
		{"Merge.Next", 1, func() { // blocks are fetched meanwhile, likewise
			if !next(t, merge) {
				t.Fatal("there are no more rows")
			}
			if _, err := merge.Body(); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		const warm, measured = 200_000, 100_000
		for range warm {
			tt.do()
		}
		if got := testing.AllocsPerRun(1, func() {
			for range measured {
				tt.do()
			}
		}) / (measured / 1000); got > tt.per {
			t.Errorf("%s: got %.2f allocations for 1000 rows, want at most %.2f", tt.name, got, tt.per)
		}
	}

	got := testing.AllocsPerRun(1, func() {
		present, baseline := open(), diff.NewLayers(diff.Open(store, before, diff.Range{}, 32<<20)...)
		defer present.Close()
		defer baseline.Close()
		err := diff.Compare(t.Context(), present, baseline, nil, func(diff.Op, diff.Source) error { compared++; return nil }, func(*diff.Head) {})
		if err != nil {
			t.Fatal(err)
		}
	})
	if per := got / (rows / 1000); compared != 2*rows || per > 1 {
		t.Errorf("Compare: got %.2f allocations for 1000 rows, of which %d were compared", per, compared)
	}
}

// addTo returns what adds a row to a file that nobody keeps.
func addTo(t *testing.T, codec diff.Codec) func() {
	t.Helper()
	w, err := diff.NewWriter(t.Context(), &discard{}, "written", codec)
	if err != nil {
		t.Fatal(err)
	}
	var in benchRows
	var id uint64
	return func() {
		id++
		in.row(id, 1)
		if err := w.Add(&in.head, in.body); err != nil {
			t.Fatal(err)
		}
	}
}
