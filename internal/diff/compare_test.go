package diff_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/longshore/longshore/internal/diff"
)

// Tables change at random for many generations, a little or a lot; each is
// compared with the baseline that the ones before made up, in several ranges and
// with files of all sizes, and the outcome is that of comparing two maps.
func TestCompareIsThatOfMaps(t *testing.T) {
	most, fewest, recalled := 0, 1<<30, 0
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 7))
			store := newStore()
			then := randomTable(r, r.IntN(3000))
			base := then.baseline(t, store, "base", 1+r.IntN(4))
			share := r.Float64() * r.Float64() * r.Float64()
			for i := range 1 + r.IntN(12) {
				now := then.mutate(r, share*r.Float64())
				if r.IntN(20) == 0 {
					now = randomTable(r, r.IntN(100))
				}
				g := generation{tb: t, store: store, name: fmt.Sprint("run", i), before: base, memory: int64(10_000 + r.IntN(200_000))}
				if r.IntN(4) > 0 {
					g.knows = int64(1 + r.IntN(20_000))
				}
				got := outcome{{}, {}, {}, {}}
				if r.IntN(3) == 0 {
					base = g.alone(&got, now)
				} else {
					base = g.spread(&got, now, 1+r.IntN(6), 1+r.IntN(6))
				}
				got.check(t, want(now, then))
				recalled += g.recalled
				most, fewest = max(most, len(base.Levels)), min(fewest, len(base.Levels))
				then = now
			}
		})
	}
	if most < 3 || fewest > 1 || recalled == 0 {
		t.Errorf("the baselines had %d to %d levels, and %d rows were compared without their bodies: the test says little", fewest, most, recalled)
	}
}

// generation is a run, and the baseline before it.
type generation struct {
	tb     testing.TB
	store  diff.Store
	name   string
	before *diff.Baseline
	memory int64
	// recalled is how many rows were compared without their bodies.
	recalled int
	knows    int64 // bytes of memory for what is known of the baseline; zero for none
}

// salt is that of the generation's marks.
const salt = 5

// find returns what finds rows in the baseline, nil where nothing is known of it.
func (g *generation) find(ranges int) *diff.Known {
	g.tb.Helper()
	if g.knows == 0 {
		return nil
	}
	known, err := diff.Learn(g.tb.Context(), g.store, g.before, ranges, salt, g.knows)
	if err != nil {
		g.tb.Fatal(err)
	}
	return known
}

// alone compares as one worker does that has read all rows.
func (g *generation) alone(got *outcome, now table) *diff.Baseline {
	g.tb.Helper()
	var found *diff.Found
	if known := g.find(3); known != nil {
		finder := known.NewFinder()
		now, found = now.find(finder), finder.Found()
	}
	rows, err := now.sorter(g.tb, g.store, g.name+"alone", g.memory, 3).Sorted()
	if err != nil {
		g.tb.Fatal(err)
	}
	return g.next(got, []diff.FileInfo{g.compare(got, diff.Range{}, rows, found)})
}

// spread compares as several workers do: some sort a share of the rows each,
// then others compare a range each.
func (g *generation) spread(got *outcome, now table, sorters, ranges int) *diff.Baseline {
	g.tb.Helper()
	shares := make([]table, sorters)
	for i := range shares {
		shares[i] = table{}
	}
	for id, body := range now {
		shares[id%uint64(sorters)][id] = body
	}
	var files []diff.FileInfo
	var found []diff.FoundInfo
	known := g.find(ranges)
	for i, share := range shares {
		if known != nil {
			finder := known.NewFinder()
			share = share.find(finder)
			info, err := finder.Save(g.tb.Context(), g.store, fmt.Sprintf("%s-%d-found", g.name, i))
			if err != nil {
				g.tb.Fatal(err)
			}
			found = append(found, info)
		}
		sorted, err := share.sorter(g.tb, g.store, fmt.Sprintf("%s-%d-", g.name, i), g.memory, 3).Files(g.tb.Context())
		if err != nil {
			g.tb.Fatal(err)
		}
		files = append(files, sorted...)
	}
	var level []diff.FileInfo
	for i, within := range diff.Ranges(ranges) {
		in, err := diff.OpenFound(g.tb.Context(), g.store, found, i, within.From, salt)
		if err != nil {
			g.tb.Fatal(err)
		}
		level = append(level, g.compare(got, within, diff.Open(g.store, files, within, g.memory), in))
	}
	return g.next(got, level)
}

// compare compares a range, and writes its file of the next level.
func (g *generation) compare(got *outcome, within diff.Range, rows []diff.Source, found *diff.Found) diff.FileInfo {
	g.tb.Helper()
	keep := g.before.Keep()
	layers := g.before.OpenHeads(g.store, within, keep, g.memory)
	w, err := diff.NewLevelWriter(g.tb.Context(), g.store, fmt.Sprintf("%s-level-%x", g.name, within.From), keep, layers, false)
	if err != nil {
		g.tb.Fatal(err)
	}
	g.recall(got, compare(g.tb, got, diff.NewMerge(rows...), layers, found, w))
	info, err := w.Close()
	if err != nil {
		g.tb.Fatal(err)
	}
	return info
}

// recall reads the bodies of rows that were compared without.
func (g *generation) recall(got *outcome, bare []bareRow) {
	g.tb.Helper()
	if len(bare) == 0 {
		return
	}
	g.recalled += len(bare)
	var hashes []uint64
	for _, row := range bare {
		hashes = append(hashes, diff.HashKey(key(row.id)))
	}
	rows := g.before.OpenSome(g.store, hashes, g.memory)
	defer rows.Close()
	for _, row := range bare {
		for next(g.tb, rows) && !bytes.Equal(rows.Head().Key, key(row.id)) {
		}
		body, err := rows.Body()
		if err != nil {
			g.tb.Fatal(err)
		}
		got[row.op][row.id] = string(body)
	}
}

func (g *generation) next(got *outcome, level []diff.FileInfo) *diff.Baseline {
	keep := g.before.Keep()
	return &diff.Baseline{
		Levels:  append(g.before.Levels[:keep:keep], diff.Level{Run: g.name, Files: level}),
		Changes: int64(len(got[diff.Added]) + len(got[diff.Changed]) + len(got[diff.Removed])),
	}
}

// The rows of a baseline are written again a few times only, however many runs
// there are, and its levels are few.
func TestLevelsAreFewAndCheap(t *testing.T) {
	const base, runs = 1_000_000, 500
	for _, changes := range []int64{1, 100, 5000} {
		rows := []int64{base}
		written, most := int64(0), 0
		for range runs {
			b := diff.Baseline{Changes: changes}
			for _, n := range rows {
				b.Levels = append(b.Levels, diff.Level{Files: []diff.FileInfo{{Rows: n}}})
			}
			keep := b.Keep()
			level := changes
			for _, n := range rows[keep:] {
				level += n
			}
			if keep == 0 {
				level = base
			}
			rows = append(rows[:keep:keep], level)
			written += level
			most = max(most, len(rows))
		}
		t.Logf("%d changes a run: at most %d levels, %.1f rows written for each that changed", changes, most, float64(written)/float64(changes*runs))
		if most > 12 || written > 12*changes*runs {
			t.Errorf("%d changes a run: got %d levels, and %d rows written in %d runs", changes, most, written, runs)
		}
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
	err = diff.Compare(t.Context(), diff.NewMerge(rows...), base, nil, func(_ diff.Op, s diff.Source) error {
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
	err := diff.Compare(t.Context(), diff.NewMerge(collide("a", "1", "3"), collide("b", "2")), collide("c", "2", "4"), nil,
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
