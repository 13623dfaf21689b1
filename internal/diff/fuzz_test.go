package diff_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"runtime"
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

// TestSizesThatLie has a file of a block and a row whose sizes are wrong and whose
// checksums are right. It takes no memory by them.
func TestSizesThatLie(t *testing.T) {
	head := append(make([]byte, 24), 0) // two hashes, and the size of an empty key
	tests := []struct {
		name                   string
		body, bodies, at, size uint64 // as the head, the block and the index have them
		index                  int64
	}{
		{name: "none does", index: 32},
		{name: "a body of more bytes than an int counts", body: 1<<63 - 1, index: 32},
		{name: "a body beyond the block's", body: 1, index: 32},
		{name: "bodies of four GiB", bodies: 1<<32 - 1, index: 32},
		{name: "a block elsewhere", at: 1, index: 32},
		{name: "a block of four GiB", size: 1<<32 - 1, index: 32},
		{name: "an index of less than nothing", index: -1},
		{name: "an index larger than the file", index: 1 << 40},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			heads := binary.AppendUvarint(bytes.Clone(head), tt.body<<1)
			block := binary.BigEndian.AppendUint32(nil, 1)
			for _, n := range []uint32{uint32(len(heads)), uint32(tt.bodies), 0} {
				block = binary.BigEndian.AppendUint32(block, n)
			}
			block = append(append(block, byte(diff.Zstd)), make([]byte, 8)...)
			block = append(block, heads...)
			file := binary.BigEndian.AppendUint64(bytes.Clone(block), 0)
			file = binary.BigEndian.AppendUint64(file, tt.at)
			file = binary.BigEndian.AppendUint32(file, uint32(max(tt.size, uint64(len(block)))))
			file = binary.BigEndian.AppendUint32(file, 1)
			file = mend(append(file, make([]byte, 8)...), 32)
			store := newStore()
			store.files["file"] = file
			c := diff.NewCursor(store, diff.FileInfo{Name: "file", Bytes: int64(len(file)), Index: tt.index}, diff.Range{}, 1<<20)
			defer c.Close()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			rows, err := drain(t.Context(), c)
			runtime.ReadMemStats(&after)
			if i == 0 && (rows != 1 || err != nil) || i > 0 && !fault.Is(err, fault.Invalid) {
				t.Errorf("got %d rows and %v", rows, err)
			}
			if got := after.TotalAlloc - before.TotalAlloc; got > 64<<20 {
				t.Errorf("allocated %d MiB", got>>20)
			}
		})
	}
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
		if at >= uint64(len(blocks)) {
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
