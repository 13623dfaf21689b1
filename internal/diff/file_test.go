package diff_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/longshore/longshore/internal/diff"
	"github.com/longshore/longshore/pkg/fault"
)

// Whatever happens to a file, a reader finds out or returns what was written.
func TestADamagedFileIsFoundOut(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	store := newStore()
	rows := randomTable(r, 2000)
	level := rows.baseline(t, store, "whole", 1).Levels[0]
	info := level.Files[0]
	whole := store.files[info.Name]
	for i := range 300 {
		data := bytes.Clone(whole)
		switch i % 3 {
		case 0:
			data[r.IntN(len(data))] ^= 1 << r.IntN(8)
		case 1:
			data = data[:r.IntN(len(data))]
		case 2:
			at := r.IntN(len(data))
			copy(data[at:], bytes.Repeat([]byte{byte(r.Uint32())}, min(50, len(data)-at)))
		}
		if bytes.Equal(data, whole) {
			continue
		}
		store.files["damaged"] = data
		damaged := info
		damaged.Name = "damaged"
		c := diff.NewCursor(store, damaged, diff.Range{}, 1<<20)
		if n, err := drain(t.Context(), c); err == nil {
			t.Errorf("damage %d: got %d rows and no error", i, n)
		}
		c.Close()
	}
}

func drain(ctx context.Context, s diff.Source) (rows int, err error) {
	for {
		ok, err := s.Next(ctx)
		if !ok || err != nil {
			return rows, err
		}
		if _, err := s.Body(); err != nil {
			return rows, err
		}
		rows++
	}
}

func TestADamagedFileIsNamed(t *testing.T) {
	store := newStore()
	info := table{1: "x"}.baseline(t, store, "baseline", 1).Levels[0].Files[0]
	store.files[info.Name][40] ^= 1
	_, err := drain(t.Context(), diff.NewCursor(store, info, diff.Range{}, 1<<20))
	if !fault.Is(err, fault.Invalid) || !bytes.Contains([]byte(err.Error()), []byte("baseline-level-0")) {
		t.Errorf("got %v, want an error of kind Invalid that names the file", err)
	}
}

// discard is a Store that keeps nothing but how much it was given.
type discard struct{ bytes int64 }

func (d *discard) Create(context.Context, string) diff.File { return discarded{d} }

func (d *discard) Read(context.Context, string, int64, []byte) error { panic("not kept") }

type discarded struct{ *discard }

func (d discarded) Write(p []byte) (int, error) { d.bytes += int64(len(p)); return len(p), nil }
func (d discarded) Close() error                { return nil }
func (d discarded) Abort() error                { return nil }

// A hundred times as many rows as fit in memory take no more of it.
func TestMemoryIsBounded(t *testing.T) {
	const memory, rowSize = 8 << 20, 200
	s := diff.NewSorter(diff.SortConfig{Store: &discard{}, Name: "sort", Memory: memory, Fanin: 1 << 20})
	body := make([]byte, rowSize)
	r := rand.New(rand.NewPCG(3, 4))
	for i := range body {
		body[i] = byte(r.Uint32())
	}
	before, most := heap(), uint64(0)
	const rows = 100 * memory / rowSize
	for i := range uint64(rows) {
		if err := s.Add(t.Context(), head(i, ""), body); err != nil {
			t.Fatal(err)
		}
		if i%(rows/50) == 0 {
			most = max(most, heap())
		}
	}
	files, err := s.Files(t.Context())
	if err != nil || len(files) < 50 {
		t.Errorf("got %d files, %v", len(files), err)
	}
	if most > before+2*memory {
		t.Errorf("got %d MiB more of heap, want at most twice the %d MiB of the sorter", (most-before)>>20, memory>>20)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Fetches are as large as memory allows, and no larger than a range needs.
func TestCursorsFetchLittle(t *testing.T) {
	store := newStore()
	rows := table{}
	r := rand.New(rand.NewPCG(5, 6))
	for i := range uint64(40_000) {
		body := make([]byte, 100)
		for j := range body {
			body[j] = byte(r.Uint32())
		}
		rows[i] = string(body)
	}
	info := rows.baseline(t, store, "rows", 1).Levels[0].Files[0]
	for _, tt := range []struct {
		memory int64
		ranges int
		most   int
	}{{1 << 30, 1, 2}, {1 << 20, 1, 20}, {1, 1, 80}, {1 << 30, 16, 16 * 2}} {
		store.reads = 0
		n := 0
		for _, within := range diff.Ranges(tt.ranges) {
			c := diff.NewCursor(store, info, within, tt.memory)
			got, err := drain(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			n += got
			c.Close()
		}
		if n != len(rows) || store.reads > tt.most {
			t.Errorf("memory %d, %d ranges: got %d rows in %d reads, want %d in at most %d", tt.memory, tt.ranges, n, store.reads, len(rows), tt.most)
		}
	}
}
