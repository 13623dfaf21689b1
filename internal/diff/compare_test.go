package diff_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/longshore/longshore/internal/diff"
)

// Tables change at random for several generations; each is compared with the
// baseline that the ones before made up, in several ranges and with files of all
// sizes, and the outcome is that of comparing two maps.
func TestCompareIsThatOfMaps(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 7))
			store := newStore()
			then := randomTable(r, r.IntN(3000))
			base := diff.Baseline{Levels: []diff.Level{then.level(t, store, "base", nil, 1+r.IntN(4))}}
			for generation := range 1 + r.IntN(4) {
				now := then.mutate(r, r.Float64()*r.Float64())
				got := outcome{{}, {}, {}, {}}
				memory := int64(10_000 + r.IntN(200_000))
				if r.IntN(3) == 0 {
					alone(t, &got, store, now, &base, memory)
				} else {
					spread(t, &got, store, now, &base, memory, 1+r.IntN(6), 1+r.IntN(6))
				}
				got.check(t, want(now, then))
				base.Levels = append(base.Levels, now.level(t, store, fmt.Sprint("change", generation), then, 1+r.IntN(4)))
				then = now
			}
		})
	}
}

// alone compares as one worker does that has read all rows.
func alone(t *testing.T, got *outcome, store diff.Store, now table, base *diff.Baseline, memory int64) {
	t.Helper()
	rows, err := now.sorter(t, store, "alone", memory, 3).Sorted()
	if err != nil {
		t.Fatal(err)
	}
	compare(t, got, diff.NewMerge(rows...), base.Open(store, diff.Range{}, memory))
}

// spread compares as several workers do: some sort a share of the rows each,
// then others compare a range each.
func spread(t *testing.T, got *outcome, store diff.Store, now table, base *diff.Baseline, memory int64, sorters, ranges int) {
	t.Helper()
	shares := make([]table, sorters)
	for i := range shares {
		shares[i] = table{}
	}
	for id, body := range now {
		shares[id%uint64(sorters)][id] = body
	}
	var files []diff.FileInfo
	for i, share := range shares {
		sorted, err := share.sorter(t, store, fmt.Sprintf("%d-", i), memory, 3).Files(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, sorted...)
	}
	for _, within := range diff.Ranges(ranges) {
		compare(t, got, diff.NewMerge(diff.Open(store, files, within, memory)...), base.Open(store, within, memory))
	}
}

func TestKeysThatAreThereTwice(t *testing.T) {
	store := newStore()
	s := diff.NewSorter(diff.SortConfig{Store: store, Name: "sort", Memory: 4000, Fanin: 3})
	for i := range uint64(1000) {
		for range 1 + i%100/98 { // 98 and 99 of each hundred
			if err := s.Add(t.Context(), head(i, "x"), []byte("x")); err != nil {
				t.Fatal(err)
			}
		}
	}
	rows, err := s.Sorted()
	if err != nil {
		t.Fatal(err)
	}
	var visited, twice []string
	base := diff.NewMerge()
	err = diff.Compare(t.Context(), diff.NewMerge(rows...), base, func(_ diff.Op, s diff.Source) error {
		visited = append(visited, string(s.Head().Key))
		return nil
	}, func(h *diff.Head) { twice = append(twice, string(h.Key)) })
	if err != nil || len(visited) != 1000 {
		t.Errorf("got %d visits, %v; want one for each key", len(visited), err)
	}
	slices.Sort(twice)
	var want []string
	for i := range uint64(1000) {
		if i%100 >= 98 {
			want = append(want, string(key(i)))
		}
	}
	slices.Sort(want)
	if !slices.Equal(twice, want) {
		t.Errorf("got %d keys that are there twice, want %d", len(twice), len(want))
	}
}

// Keys whose hashes are equal are different rows all the same.
func TestHashesThatCollide(t *testing.T) {
	store := newStore()
	collide := func(name string, keys ...string) diff.Source {
		w, err := diff.NewWriter(t.Context(), store, name, diff.S2)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			if err := w.Add(&diff.Head{Hash: 7, Key: []byte(k)}, []byte(k)); err != nil {
				t.Fatal(err)
			}
		}
		info, err := w.Close()
		if err != nil {
			t.Fatal(err)
		}
		return diff.NewCursor(store, info, diff.Range{From: 7, To: 8}, 1<<20)
	}
	var got []string
	err := diff.Compare(t.Context(), diff.NewMerge(collide("a", "1", "3"), collide("b", "2")), collide("c", "2", "4"),
		func(op diff.Op, s diff.Source) error {
			got = append(got, op.String()+" "+string(s.Head().Key))
			return nil
		}, func(h *diff.Head) { t.Errorf("key %s is said to be there twice", h.Key) })
	if want := []string{"added 1", "unchanged 2", "added 3", "removed 4"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
}

func TestRangesCoverAllHashes(t *testing.T) {
	for n := 1; n < 70; n++ {
		ranges := diff.Ranges(n)
		for i, r := range ranges {
			if i == 0 && r.From != 0 || i > 0 && r.From != ranges[i-1].To || (r.To == 0) != (i == n-1) {
				t.Errorf("%d ranges: got %+v", n, ranges)
			}
		}
	}
}
