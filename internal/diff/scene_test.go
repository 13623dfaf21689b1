package diff_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/longshore/longshore/internal/diff"
)

// memStore is a Store in memory.
type memStore struct {
	mu    sync.Mutex
	files map[string][]byte // guarded by mu
	reads int               // guarded by mu
}

func newStore() *memStore { return &memStore{files: map[string][]byte{}} }

func (m *memStore) Create(_ context.Context, name string) diff.File {
	return &memoryFile{store: m, name: name}
}

func (m *memStore) Read(ctx context.Context, name string, offset int64, into []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	data, ok := m.files[name]
	if !ok || offset < 0 || offset+int64(len(into)) > int64(len(data)) {
		return fmt.Errorf("no bytes %d to %d of %s", offset, offset+int64(len(into)), name)
	}
	copy(into, data[offset:])
	return nil
}

type memoryFile struct {
	bytes.Buffer
	store *memStore
	name  string
}

func (f *memoryFile) Close() error {
	f.store.mu.Lock()
	defer f.store.mu.Unlock()
	f.store.files[f.name] = f.Bytes()
	return nil
}

func (f *memoryFile) Abort() error { return nil }

// table is rows by their key.
type table map[uint64]string

func key(id uint64) []byte { return binary.AppendUvarint(nil, id) }

func head(id uint64, body string) *diff.Head {
	return &diff.Head{Hash: diff.HashKey(key(id)), Key: key(id), Row: diff.HashRow([]byte(body))}
}

func randomTable(r *rand.Rand, rows int) table {
	t := table{}
	for range rows {
		t[r.Uint64N(uint64(rows)*2)] = randomBody(r)
	}
	return t
}

func randomBody(r *rand.Rand) string {
	n := r.IntN(60)
	if r.IntN(500) == 0 {
		n = 200_000 // longer than a block
	}
	return string(bytes.Repeat([]byte{byte('a' + r.IntN(26))}, n))
}

// mutate returns a table of which a share of the rows was changed, removed and added.
func (t table) mutate(r *rand.Rand, share float64) table {
	out := maps.Clone(t)
	for id := range t {
		if r.Float64() >= share {
			continue
		}
		switch r.IntN(3) {
		case 0:
			out[id] = randomBody(r)
		case 1:
			delete(out, id)
		case 2:
			out[r.Uint64()] = randomBody(r)
		}
	}
	return out
}

// find returns the rows that aren't found in a baseline.
func (t table) find(f *diff.Finder) table {
	rest := table{}
	for ids := range slices.Chunk(slices.Collect(maps.Keys(t)), 7) {
		var heads []diff.Head
		for _, id := range ids {
			heads = append(heads, *head(id, t[id]))
		}
		found := make([]bool, len(ids))
		f.Find(heads, found)
		for i, id := range ids {
			if !found[i] {
				rest[id] = t[id]
			}
		}
	}
	return rest
}

// sorter sorts the table's rows in a memory so small that there are many files.
func (t table) sorter(tb testing.TB, store diff.Store, name string, memory int64, fanin int) *diff.Sorter {
	tb.Helper()
	s := diff.NewSorter(diff.SortConfig{Store: store, Name: name, Memory: memory, Fanin: fanin})
	for id, body := range t {
		if err := s.Add(tb.Context(), head(id, body), []byte(body)); err != nil {
			tb.Fatal(err)
		}
	}
	return s
}

// baseline is a table as a run makes it its baseline, in n files.
func (t table) baseline(tb testing.TB, store diff.Store, name string, n int) *diff.Baseline {
	tb.Helper()
	g := generation{tb: tb, store: store, name: name, before: &diff.Baseline{}, memory: 1 << 20}
	out := outcome{{}, {}, {}, {}}
	return g.spread(&out, t, 1, n)
}

func next(tb testing.TB, s diff.Source) bool {
	tb.Helper()
	ok, err := s.Next(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return ok
}

// outcome is the rows of each op.
type outcome [4]table

func want(now, then table) outcome {
	out := outcome{{}, {}, {}, {}}
	for id, body := range now {
		was, had := then[id]
		switch {
		case !had:
			out[diff.Added][id] = body
		case was != body:
			out[diff.Changed][id] = body
		default:
			out[diff.Unchanged][id] = body
		}
	}
	for id, body := range then {
		if _, has := now[id]; !has {
			out[diff.Removed][id] = body
		}
	}
	return out
}

// bareRow is a row that stands in the baseline alone, and was compared without
// its body.
type bareRow struct {
	op diff.Op
	id uint64
}

// compare collects what Compare says, and checks its order. It returns the rows
// whose bodies it doesn't know.
func compare(tb testing.TB, out *outcome, now diff.Source, then *diff.Layers, found *diff.Found, level *diff.LevelWriter) (bare []bareRow) {
	tb.Helper()
	defer now.Close()
	defer then.Close()
	var last diff.Head
	err := diff.Compare(tb.Context(), now, then, found, func(op diff.Op, row diff.Source) error {
		h := row.Head()
		id, n := binary.Uvarint(h.Key)
		if n != len(h.Key) || h.Hash != diff.HashKey(h.Key) || h.Hash < last.Hash {
			tb.Fatalf("got a row with key %x and hash %x after %x", h.Key, h.Hash, last.Hash)
		}
		if err := level.Visit(op, h, row.Body); err != nil || op == diff.Gone {
			return err
		}
		if _, again := out[op][id]; again {
			tb.Fatalf("row %d came twice", id)
		}
		last = diff.Head{Hash: h.Hash}
		body, err := row.Body()
		if err != nil && row == diff.Source(then) && strings.Contains(err.Error(), "has no bodies") {
			bare = append(bare, bareRow{op, id})
			err = nil
		}
		out[op][id] = string(body)
		return err
	}, func(h *diff.Head) { tb.Fatalf("key %x is said to be there twice", h.Key) })
	if err != nil {
		tb.Fatal(err)
	}
	if !found.Check() {
		tb.Error("rows that were found aren't those of the baseline")
	}
	return bare
}

func (o *outcome) check(tb testing.TB, want outcome) {
	tb.Helper()
	for op := diff.Added; op <= diff.Unchanged; op++ {
		if !maps.Equal(o[op], want[op]) {
			tb.Errorf("%s: got %d rows, want %d; ids that differ: %v", op, len(o[op]), len(want[op]), different(o[op], want[op]))
		}
	}
}

func different(a, b table) (ids []uint64) {
	for id, body := range a {
		if other, ok := b[id]; !ok || other != body {
			ids = append(ids, id)
		}
	}
	for id := range b {
		if _, ok := a[id]; !ok {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids[:min(len(ids), 10)]
}
