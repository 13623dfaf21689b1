package diff_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/zeebo/xxh3"

	"github.com/longshore/longshore/internal/diff"
)

// benchRows makes rows of about 100 bytes, of which two thirds can't be compressed.
type benchRows struct {
	key, body []byte
	head      diff.Head
}

func (b *benchRows) row(id, version uint64) {
	b.key = binary.AppendUvarint(b.key[:0], id)
	var seed, sum [32]byte
	binary.BigEndian.PutUint64(seed[:], id)
	binary.BigEndian.PutUint64(seed[8:], version)
	for i := range 4 {
		binary.BigEndian.PutUint64(sum[8*i:], xxh3.HashSeed(seed[:16], uint64(i)))
	}
	b.body = append(hex.AppendEncode(b.body[:0], sum[:]), " and what all rows have alike"...)
	b.head = diff.Head{Hash: diff.HashKey(b.key), Key: b.key, Row: diff.HashRow(b.body)}
}

// benchSort sorts the rows of one part of many, as versions says.
func benchSort(b testing.TB, store diff.Store, name string, rows, memory int64, version func(id uint64) uint64) []diff.FileInfo {
	b.Helper()
	s := diff.NewSorter(diff.SortConfig{Store: store, Name: name, Memory: memory, Fanin: 128})
	var in benchRows
	for id := range uint64(rows) {
		in.row(id, version(id))
		if err := s.Add(b.Context(), &in.head, in.body); err != nil {
			b.Fatal(err)
		}
	}
	files, err := s.Files(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return files
}

func always(version uint64) func(uint64) uint64 { return func(uint64) uint64 { return version } }

func perRow(b *testing.B, rows int64) {
	b.Helper()
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.SetBytes(rows * 100)
}

// Rows become sorted files that nobody keeps.
func BenchmarkSort(b *testing.B) {
	const rows = 1_000_000
	for b.Loop() {
		benchSort(b, &discard{}, "sort", rows, 32<<20, always(1))
	}
	perRow(b, rows)
}

// Sorted files, few or many, are merged into one that nobody keeps.
func BenchmarkMerge(b *testing.B) {
	const rows = 1_000_000
	for _, files := range []int64{8, 250} {
		b.Run(fmt.Sprint("files=", files), func(b *testing.B) {
			store := newStore()
			var all []diff.FileInfo
			for i := range files {
				all = append(all, benchSort(b, store, fmt.Sprint(i, "-"), rows/files, 1<<30, always(uint64(i)))...)
			}
			for b.Loop() {
				w, err := diff.NewWriter(b.Context(), &discard{}, "merged", diff.Zstd)
				if err != nil {
					b.Fatal(err)
				}
				copyRows(b, w, diff.NewMerge(diff.Open(store, all, diff.Range{}, 32<<20)...))
			}
			perRow(b, rows)
		})
	}
}

func copyRows(b *testing.B, w *diff.Writer, rows diff.Source) {
	b.Helper()
	defer rows.Close()
	for next(b, rows) {
		body, err := rows.Body()
		if err != nil {
			b.Fatal(err)
		}
		if err := w.Add(rows.Head(), body); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := w.Close(); err != nil {
		b.Fatal(err)
	}
}

// Rows of which 1 % changed are compared with those before.
func BenchmarkCompare(b *testing.B) {
	const rows = 1_000_000
	store := newStore()
	before := benchSort(b, store, "before", rows, 1<<30, always(1))
	now := benchSort(b, store, "now", rows, 16<<20, func(id uint64) uint64 {
		if id%100 == 0 {
			return 2
		}
		return 1
	})
	for b.Loop() {
		var counts diff.Counts
		present := diff.NewMerge(diff.Open(store, now, diff.Range{}, 32<<20)...)
		baseline := diff.NewLayers(diff.NewChain(diff.Open(store, before, diff.Range{}, 16<<20)...))
		err := diff.Compare(b.Context(), present, baseline, nil, func(op diff.Op, row diff.Source) error {
			counts[op]++
			if op == diff.Unchanged {
				return nil
			}
			_, err := row.Body()
			return err
		}, func(*diff.Head) {})
		if err != nil || counts[diff.Changed] != rows/100 {
			b.Fatal(counts, err)
		}
		present.Close()
		baseline.Close()
	}
	perRow(b, rows)
}
