package diff

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math/bits"
	"slices"

	"golang.org/x/sync/errgroup"
)

// SortConfig says how a Sorter sorts.
type SortConfig struct {
	// Store takes the files that don't fit in memory. Their names begin with Name.
	Store Store
	Name  string
	// Memory is how many bytes of rows are held, keys and bodies and what is kept
	// of each row besides.
	Memory int64
	// Fanin is how many files are merged into one at a time, at least 2.
	Fanin int
}

// Sorter sorts rows by the hash of their key. While one half of its memory is
// sorted and written, the other is filled.
type Sorter struct {
	cfg     SortConfig
	filling *arena
	idle    *arena // nil while it is written
	writing *errgroup.Group
	tiers   [][]FileInfo // files by how often their rows were merged; belongs to writing while there is one
	written int          // files so far, for their names
}

// NewSorter returns an empty Sorter.
func NewSorter(cfg SortConfig) *Sorter {
	return &Sorter{cfg: cfg, filling: &arena{}, idle: &arena{}}
}

// Add takes a copy of a row. Whoever wants rows in another order than that of
// their keys' hashes gives them other hashes.
func (s *Sorter) Add(ctx context.Context, h *Head, body []byte) error {
	if s.filling.size() >= s.cfg.Memory/2 {
		if err := s.spill(ctx); err != nil {
			return err
		}
	}
	s.filling.add(h, body)
	return nil
}

// spill has the full arena written while the other is filled.
func (s *Sorter) spill(ctx context.Context) error {
	if err := s.wait(); err != nil {
		return err
	}
	full := s.filling
	s.filling, s.idle = s.idle, full
	s.writing = new(errgroup.Group)
	s.writing.Go(func() error {
		defer full.reset()
		return s.write(ctx, full)
	})
	return nil
}

func (s *Sorter) wait() error {
	if s.writing == nil {
		return nil
	}
	err := s.writing.Wait()
	s.writing = nil
	return err
}

func (s *Sorter) write(ctx context.Context, a *arena) error {
	f, err := s.file(ctx, a.sorted())
	if err != nil {
		return err
	}
	return s.keep(ctx, 0, f)
}

// keep adds a file to a tier, and merges a tier that has too many.
func (s *Sorter) keep(ctx context.Context, tier int, f FileInfo) error {
	if tier == len(s.tiers) {
		s.tiers = append(s.tiers, nil)
	}
	s.tiers[tier] = append(s.tiers[tier], f)
	if len(s.tiers[tier]) < max(s.cfg.Fanin, 2) {
		return nil
	}
	f, err := s.merge(ctx, s.tiers[tier], Range{})
	if err != nil {
		return err
	}
	s.tiers[tier] = nil
	return s.keep(ctx, tier+1, f)
}

// merge writes the rows of a range of several files into one.
func (s *Sorter) merge(ctx context.Context, files []FileInfo, within Range) (FileInfo, error) {
	merged := NewMerge(Open(s.cfg.Store, files, within, s.cfg.Memory/2)...)
	defer merged.Close()
	return s.file(ctx, merged)
}

// Few returns files with the same rows of a range, at most Fanin of them: where
// there are more, it merges the smallest. So the memory of a cursor over each is
// bounded, however many wrote files.
func (s *Sorter) Few(ctx context.Context, files []FileInfo, within Range) ([]FileInfo, error) {
	files = slices.DeleteFunc(slices.Clone(files), func(f FileInfo) bool { return !within.overlaps(f) })
	most := max(s.cfg.Fanin, 2)
	for len(files) > most {
		slices.SortFunc(files, func(a, b FileInfo) int { return cmp.Compare(a.Bytes, b.Bytes) })
		n := min(most, len(files)-most+1)
		f, err := s.merge(ctx, files[:n], within)
		if err != nil {
			return nil, err
		}
		files = append(files[n:], f)
	}
	return files, nil
}

// file writes rows in order.
func (s *Sorter) file(ctx context.Context, rows Source) (FileInfo, error) {
	w, err := NewWriter(ctx, s.cfg.Store, fmt.Sprintf("%s%05d", s.cfg.Name, s.written), S2)
	if err != nil {
		return FileInfo{}, err
	}
	s.written++
	defer w.Abort() //nolint:errcheck // after Close it does nothing, before it another error is reported
	for {
		ok, err := rows.Next(ctx)
		if err != nil {
			return FileInfo{}, err
		}
		if !ok {
			return w.Close()
		}
		body, err := rows.Body()
		if err != nil {
			return FileInfo{}, err
		}
		if err := w.Add(rows.Head(), body); err != nil {
			return FileInfo{}, err
		}
	}
}

// Files writes what is in memory and returns all files, at most Fanin of them.
// The Sorter is then empty.
func (s *Sorter) Files(ctx context.Context) ([]FileInfo, error) {
	if len(s.filling.rows) > 0 {
		if err := s.spill(ctx); err != nil {
			return nil, err
		}
	}
	if err := s.wait(); err != nil {
		return nil, err
	}
	files, err := s.Few(ctx, slices.Concat(s.tiers...), Range{})
	s.tiers = nil
	return files, err
}

// Sorted returns all rows in order, for a result that one worker looks at alone:
// what is in memory isn't written. Its cursors hold as many bytes as the Sorter
// did. The Sorter takes no more rows.
func (s *Sorter) Sorted() ([]Source, error) {
	if err := s.wait(); err != nil {
		return nil, err
	}
	files := slices.Concat(s.tiers...)
	return append(Open(s.cfg.Store, files, Range{}, s.cfg.Memory/2), s.filling.sorted()), nil
}

// Stop waits for what is being written, after an error elsewhere.
func (s *Sorter) Stop() { _ = s.wait() }

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
	a    *arena
	at   int
	head Head
}

// Next implements Source.
func (s *arenaSource) Next(context.Context) (bool, error) {
	s.at++
	if s.at >= len(s.a.order) {
		return false, nil
	}
	r := &s.a.rows[s.a.order[s.at].row]
	s.head = Head{Hash: r.hash, Key: s.a.key(r), Row: r.row}
	return true, nil
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
