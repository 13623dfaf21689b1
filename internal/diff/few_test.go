package diff_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/longshore/longshore/internal/diff"
)

// However much each of 64 sorters sorts, they leave no more files than there is
// memory to read together, with all the rows.
func TestManySortersLeaveFewFiles(t *testing.T) {
	const sorters, each, fanin, size = 64, 3000, 8, 100
	store, body := newStore(), make([]byte, size)
	var all []diff.FileInfo
	for part := range uint64(sorters) {
		s := diff.NewSorter(diff.SortConfig{Store: store, Name: fmt.Sprint("sort", part, "-"), Memory: 16 << 10, Fanin: fanin})
		for i := range uint64(each) {
			if err := s.Add(t.Context(), head(part*each+i, ""), body); err != nil {
				t.Fatal(err)
			}
		}
		files, err := s.Files(t.Context())
		if err != nil || len(files) > fanin || len(files) < 2 {
			t.Fatalf("got %d files, want 2 to %d: %v", len(files), fanin, err)
		}
		all = append(all, files...)
	}
	s := diff.NewSorter(diff.SortConfig{Store: store, Name: "few-", Memory: 1 << 20, Fanin: 40})
	rows := 0
	for _, within := range diff.Ranges(3) {
		few, err := s.Few(t.Context(), all, within)
		if err != nil || len(few) > 40 {
			t.Fatalf("got %d files of %d, want at most 40: %v", len(few), len(all), err)
		}
		merged := diff.NewMerge(diff.Open(store, few, within, 1<<20)...)
		n, err := drain(t.Context(), merged)
		if err != nil {
			t.Fatal(err)
		}
		merged.Close()
		rows += n
	}
	if rows != sorters*each {
		t.Errorf("got %d rows, want %d", rows, sorters*each)
	}
}

// What cursors that are read together hold is what they may, and a block each.
func TestMemoryOfManyCursorsIsBounded(t *testing.T) {
	const files, rows, memory, perFile = 512, 512 * 2000, 16 << 20, 80 << 10
	store := newStore()
	var all []diff.FileInfo
	for i := range uint64(files) {
		s := diff.NewSorter(diff.SortConfig{Store: store, Name: fmt.Sprint(i, "-"), Memory: 1 << 30, Fanin: 2})
		var in benchRows
		for id := range uint64(rows / files) {
			in.row(i*rows+id, 1)
			if err := s.Add(t.Context(), &in.head, in.body); err != nil {
				t.Fatal(err)
			}
		}
		one, err := s.Files(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, one...)
	}
	before, most, n := heap(), uint64(0), 0
	merged := diff.NewMerge(diff.Open(store, all, diff.Range{}, memory)...)
	defer merged.Close()
	for next(t, merged) {
		if _, err := merged.Body(); err != nil {
			t.Fatal(err)
		}
		if n++; n%(rows/20) == 0 {
			most = max(most, heap())
		}
	}
	if n != rows || most > before+memory+files*perFile {
		t.Errorf("got %d rows with %d MiB, want %d with at most %d MiB", n, (most-before)>>20, rows, (memory+files*perFile)>>20)
	}
}

// A part with few rows takes little memory, whatever it may take.
func TestFewRowsCostLittle(t *testing.T) {
	before := heap()
	store := newStore()
	s := diff.NewSorter(diff.SortConfig{Store: store, Name: "sort", Memory: 64 << 20, Fanin: 128})
	for id := range uint64(100) {
		if err := s.Add(t.Context(), head(id, "x"), []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	files, err := s.Files(t.Context())
	if err != nil || len(files) != 1 || files[0].Bytes > 10_000 {
		t.Fatalf("got files %+v, want a small one: %v", files, err)
	}
	merged := diff.NewMerge(diff.Open(store, files, diff.Range{}, 48<<20)...)
	defer merged.Close()
	if !next(t, merged) {
		t.Fatal("got no row")
	}
	// 2 MiB are the chunk that an arena begins with, and room for other things.
	if took := int64(heap()) - int64(before); took > 3<<20 {
		t.Errorf("took %d bytes for 100 rows", took)
	}
	if n, err := drain(t.Context(), merged); n != 99 || err != nil {
		t.Errorf("got %d rows more, %v", n, err)
	}
	merged.Close()
	if _, err := s.Sorted(); err != nil { // it lived until here
		t.Fatal(err)
	}
}

// crowded is a Store that counts how many read from it at a time.
type crowded struct {
	*memStore
	now, most atomic.Int64
}

func (c *crowded) Read(ctx context.Context, name string, offset int64, into []byte) error {
	n := c.now.Add(1)
	defer c.now.Add(-1)
	for {
		m := c.most.Load()
		if n <= m || c.most.CompareAndSwap(m, n) {
			break
		}
	}
	return c.memStore.Read(ctx, name, offset, into)
}

// Cursors ask for what they want ahead of time, but not all at a time; blocks are
// each asked for once, and no buffer is read that is filled anew.
func TestCursorsFetchAhead(t *testing.T) {
	store := &crowded{memStore: newStore()}
	var all []diff.FileInfo
	rows := map[uint64]string{}
	for i := range uint64(60) {
		part := table{}
		for id := range uint64(800) {
			part[i*1000+id] = fmt.Sprintf("%060d", id)
		}
		for id, body := range part {
			rows[id] = body
		}
		files, err := part.sorter(t, store, fmt.Sprint(i, "-"), 1<<30, 2).Files(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, files...)
	}
	merged := diff.NewMerge(diff.Open(store, all, diff.Range{}, 4<<20)...)
	defer merged.Close()
	var hashes []uint64
	for next(t, merged) {
		body, err := merged.Body()
		if err != nil {
			t.Fatal(err)
		}
		h := merged.Head()
		if h.Row != diff.HashRow(body) {
			t.Fatalf("row %x isn't what it was", h.Key)
		}
		hashes = append(hashes, h.Hash)
	}
	if len(hashes) != len(rows) || !slices.IsSorted(hashes) {
		t.Errorf("got %d rows, want %d in order", len(hashes), len(rows))
	}
	if most := store.most.Load(); most > 2*16 {
		t.Errorf("%d fetches at a time", most)
	}
}
