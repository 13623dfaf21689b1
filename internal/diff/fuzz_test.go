package diff_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/zeebo/xxh3"

	"github.com/longshore/longshore/internal/diff"
	"github.com/longshore/longshore/pkg/fault"
)

// FuzzFile reads files of any content whose checksums are right, so that it gets
// behind them.
func FuzzFile(f *testing.F) {
	for _, rows := range []table{{1: "x"}, {1: "x", 2: "", 3: string(bytes.Repeat([]byte("row"), 300))}, randomTable(rand.New(rand.NewPCG(1, 2)), 30)} {
		store := newStore()
		baseline := rows.baseline(f, store, "baseline", 1).Levels[0].Files[0]
		f.Add(store.files[baseline.Name], baseline.Index, uint64(0))
		files, err := rows.sorter(f, store, "sorted", 1<<20, 4).Files(f.Context())
		if err != nil || len(files) == 0 {
			f.Fatalf("got %d files, %v", len(files), err)
		}
		f.Add(store.files[files[0].Name], files[0].Index, files[0].First)
	}
	f.Fuzz(func(t *testing.T, content []byte, index int64, from uint64) {
		store := newStore()
		store.files["file"] = mend(bytes.Clone(content), index)
		info := diff.FileInfo{Name: "file", Bytes: int64(len(content)), Index: index, Last: ^uint64(0)}
		c := diff.NewCursor(store, info, diff.Range{From: from}, 1<<20)
		defer c.Close()
		if _, err := drain(t.Context(), c); err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("got %v, want an Invalid error", err)
		}
	})
}

// mend makes the checksums of a file's index and of its blocks right.
func mend(file []byte, index int64) []byte {
	const blockHeader, indexEntry = 4*4 + 1 + 8, 8 + 8 + 4 + 4
	if index < 8 || index > int64(len(file)) {
		return file
	}
	blocks, entries := file[:int64(len(file))-index], file[int64(len(file))-index:len(file)-8]
	binary.BigEndian.PutUint64(file[len(file)-8:], xxh3.Hash(entries))
	for ; len(entries) >= indexEntry; entries = entries[indexEntry:] {
		at := binary.BigEndian.Uint64(entries[8:])
		if at > uint64(len(blocks)) {
			continue
		}
		for rest := blocks[at:]; len(rest) > blockHeader; {
			size := uint64(binary.BigEndian.Uint32(rest[4:])) + uint64(binary.BigEndian.Uint32(rest[12:]))
			if size > uint64(len(rest)-blockHeader) {
				break
			}
			end := blockHeader + int(size)
			binary.BigEndian.PutUint64(rest[17:], xxh3.Hash(rest[blockHeader:end]))
			rest = rest[end:]
		}
	}
	return file
}
