package diff

import (
	"bytes"
	"cmp"
	"context"
	"math/bits"
	"slices"
)

// arena is rows in memory.
type arena struct {
	chunks [][]byte // keys and bodies; all but the last are full
	bytes  int64    // in chunks
	rows   []arenaRow
	order  []arenaOrder
	count  []int32
}

type arenaRow struct {
	hash  uint64
	row   RowHash
	chunk uint32
	at    uint32 // of the key; the body stands behind it
	key   uint32 // bytes
	body  uint32
}

type arenaOrder struct {
	hash uint64
	row  int32
}

// arenaChunk is how many bytes an arena grows by.
const arenaChunk = 1 << 20

// overhead is what a row takes besides its bytes.
const overhead = 8 + 16 + 16 + 16

func (a *arena) size() int64 { return a.bytes + int64(len(a.rows))*overhead }

func (a *arena) add(h *Head, body []byte) {
	need := len(h.Key) + len(body)
	last := len(a.chunks) - 1
	if last < 0 || cap(a.chunks[last])-len(a.chunks[last]) < need {
		a.grow(need)
		last = len(a.chunks) - 1
	}
	chunk := a.chunks[last]
	a.rows = append(a.rows, arenaRow{
		hash: h.Hash, row: h.Row, chunk: uint32(last), at: uint32(len(chunk)), key: uint32(len(h.Key)), body: uint32(len(body)),
	})
	a.chunks[last] = append(append(chunk, h.Key...), body...)
	a.bytes += int64(need)
}

// grow begins the next chunk: one of an earlier filling, where it is large enough.
func (a *arena) grow(need int) {
	n := len(a.chunks)
	if n < cap(a.chunks) {
		if old := a.chunks[:n+1][n]; cap(old) >= need {
			a.chunks = append(a.chunks, old[:0])
			return
		}
	}
	a.chunks = append(a.chunks, make([]byte, 0, max(need, arenaChunk)))
}

// reset empties the arena and keeps its memory, but for chunks of single large rows.
func (a *arena) reset() {
	for i, c := range a.chunks {
		if cap(c) > arenaChunk {
			a.chunks[i] = nil
		}
	}
	a.chunks, a.rows, a.bytes = a.chunks[:0], a.rows[:0], 0
}

// sorted returns the rows in order. First they are dealt by the leading bits of
// their hashes, of which all values are as likely; then little is left to sort.
func (a *arena) sorted() Source {
	n := len(a.rows)
	shift := 64 - max(bits.Len(uint(n))-3, 0)
	deal := func(hash uint64) int { return int(hash >> shift) }
	a.count = append(a.count[:0], make([]int32, 1<<(64-shift)+1)...)
	for i := range a.rows {
		a.count[deal(a.rows[i].hash)+1]++
	}
	for i := 1; i < len(a.count); i++ {
		a.count[i] += a.count[i-1]
	}
	a.order = slices.Grow(a.order[:0], n)[:n]
	at := slices.Clone(a.count[:len(a.count)-1])
	for i := range a.rows {
		d := deal(a.rows[i].hash)
		a.order[at[d]] = arenaOrder{a.rows[i].hash, int32(i)}
		at[d]++
	}
	for i := 1; i < len(a.count); i++ {
		slices.SortFunc(a.order[a.count[i-1]:a.count[i]], a.compare)
	}
	return &arenaSource{a: a, at: -1}
}

func (a *arena) compare(x, y arenaOrder) int {
	if c := cmp.Compare(x.hash, y.hash); c != 0 {
		return c
	}
	return bytes.Compare(a.key(&a.rows[x.row]), a.key(&a.rows[y.row]))
}

func (a *arena) key(r *arenaRow) []byte {
	return a.chunks[r.chunk][r.at : r.at+r.key : r.at+r.key]
}

// arenaSource is the rows of an arena in order.
type arenaSource struct {
	a       *arena
	at      int
	head    Head
	touched byte // means nothing
}

// Next implements Source.
func (s *arenaSource) Next(context.Context) (bool, error) {
	s.at++
	if s.at >= len(s.a.order) {
		return false, nil
	}
	s.touch()
	r := &s.a.rows[s.a.order[s.at].row]
	s.head = Head{Hash: r.hash, Key: s.a.key(r), Row: r.row}
	return true, nil
}

// touch has the processor fetch the rows that come soon. They stand anywhere in
// memory: waiting for each would take longer than all else that is done with it.
func (s *arenaSource) touch() {
	const soon = 8
	if s.at+2*soon >= len(s.a.order) {
		return
	}
	s.touched += byte(s.a.rows[s.a.order[s.at+2*soon].row].key)
	r := &s.a.rows[s.a.order[s.at+soon].row]
	if chunk := s.a.chunks[r.chunk]; int(r.at) < len(chunk) { // not behind it, as an empty row may be
		s.touched += chunk[r.at]
	}
}

// Head implements Source.
func (s *arenaSource) Head() *Head { return &s.head }

// Body implements Source.
func (s *arenaSource) Body() ([]byte, error) {
	r := &s.a.rows[s.a.order[s.at].row]
	from := r.at + r.key
	return s.a.chunks[r.chunk][from : from+r.body : from+r.body], nil
}

// Close implements Source.
func (s *arenaSource) Close() {}
