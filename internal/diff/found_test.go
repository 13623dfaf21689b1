package diff_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/diff"
	"github.com/longshore/longshore/pkg/fault"
)

// learn knows all rows of a table, in two ranges.
func learn(t *testing.T, store diff.Store, rows table, memory int64) (*diff.Baseline, *diff.Known) {
	t.Helper()
	b := rows.baseline(t, store, "base", 3)
	b.Rows = int64(len(rows))
	known, err := diff.Learn(t.Context(), store, b, 2, salt, memory)
	if err != nil {
		t.Fatal(err)
	}
	return b, known
}

func tableOf(rows int) table {
	t := table{}
	for id := range uint64(rows) {
		t[id] = fmt.Sprint("row ", id)
	}
	return t
}

// As many rows are known as memory has room for, and no row is found that the
// baseline hasn't.
func TestAsMuchIsKnownAsFits(t *testing.T) {
	then := tableOf(10_000)
	now := tableOf(10_000)
	for id := range uint64(100) {
		now[id] = "another"
		now[id+20_000] = "new"
	}
	for _, tt := range []struct {
		name            string
		memory          int64
		fewest, most    int // that are found
		memoryMost      int64
		leftOverAtLeast int
	}{
		{"all", 1 << 20, 9900, 9900, 80_000, 200},
		{"half", 25_000, 4500, 5000, 30_000, 5000},
		{"none", 1, 0, 0, 1000, 10_100},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, known := learn(t, newStore(), then, tt.memory)
			f := known.NewFinder()
			rest := now.find(f)
			if n := int(f.Rows()); n < tt.fewest || n > tt.most || len(rest)+n != len(now) {
				t.Errorf("found %d rows and left %d, want %d to %d found", n, len(rest), tt.fewest, tt.most)
			}
			for id := range uint64(100) {
				if rest[id] != "another" || rest[id+20_000] != "new" {
					t.Fatalf("row %d was found, and the baseline hasn't it", id)
				}
			}
			if known.Bytes() > tt.memoryMost {
				t.Errorf("it takes %d bytes, want at most %d", known.Bytes(), tt.memoryMost)
			}
		})
	}
}

// Rows with one key are told of, whether one Finder, two or three came upon them,
// and whether their other columns are the same or not.
func TestFoundKeysThatAreThereTwice(t *testing.T) {
	then := tableOf(1000)
	store := newStore()
	b, known := learn(t, store, then, 1<<20)
	var files []diff.FoundInfo
	var sorted []diff.FileInfo
	for i, share := range []table{then, {7: then[7], 8: "another"}, {7: then[7]}} {
		f := known.NewFinder()
		rest := share.find(f)
		if i == 0 {
			again := table{9: then[9]}.find(f)
			if len(again) != 1 {
				t.Error("a row was found twice by one Finder")
			}
			rest[9] = again[9]
		}
		info, err := f.Save(t.Context(), store, fmt.Sprint("found", i))
		if err != nil {
			t.Fatal(err)
		}
		more, err := rest.sorter(t, store, fmt.Sprint("sorted", i), 1<<20, 8).Files(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		files, sorted = append(files, info), append(sorted, more...)
	}
	var twice []string
	var counts diff.Counts
	for i, within := range diff.Ranges(2) {
		found, err := diff.OpenFound(t.Context(), store, files, i, within.From, salt)
		if err != nil {
			t.Fatal(err)
		}
		now, was := diff.NewMerge(diff.Open(store, sorted, within, 1<<20)...), b.Open(store, within, 1<<20)
		err = diff.Compare(t.Context(), now, was, found, func(op diff.Op, _ diff.Source) error {
			counts[op]++
			return nil
		}, func(h *diff.Head) { twice = append(twice, string(h.Key)) })
		if err != nil || !found.Check() {
			t.Errorf("got %v, check %v", err, found.Check())
		}
	}
	slices.Sort(twice)
	if want := []string{string(key(7)), string(key(8)), string(key(9))}; !slices.Equal(twice, want) {
		t.Errorf("got keys %q that are there twice, want %q", twice, want)
	}
	if counts[diff.Unchanged] != 1000 || counts.Present() != 1000 {
		t.Errorf("got %v, want one visit for each key", counts)
	}
}

func TestADamagedFileOfFoundRowsIsFoundOut(t *testing.T) {
	store := newStore()
	_, known := learn(t, store, tableOf(1000), 1<<20)
	info, err := known.NewFinder().Save(t.Context(), store, "found")
	if err != nil {
		t.Fatal(err)
	}
	store.files["found"][3] ^= 1
	_, err = diff.OpenFound(t.Context(), store, []diff.FoundInfo{info}, 0, 0, salt)
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "found") {
		t.Errorf("got %v, want that file found is damaged", err)
	}
	if _, err := diff.OpenFound(t.Context(), store, []diff.FoundInfo{info}, 1, 0, salt); err != nil {
		t.Errorf("the other range: got %v", err)
	}
}
