package diff

import (
	"context"
	"math/bits"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// Known is the rows of a baseline in little memory, five bytes each: enough to
// tell that a row is among them, so that it needn't be sorted and carried to the
// comparison. It never changes, and may be used by several goroutines.
//
//	hash of the key, leading bits ─► where in prints ─► prints of about four rows, one of which is the row's
//
// A print is a part of a mark. So a row may be taken for another; the comparison
// finds that out: see Found.Check.
type Known struct {
	salt   uint64
	width  uint64 // of each range; zero where there is one
	ranges []knownRange
}

// knownRange is the rows whose keys have hashes in a range, in order.
type knownRange struct {
	within Range
	shift  int
	starts []uint32 // of the prints that each value of the leading bits has; one more at the end
	prints []uint32
}

// knownBytes is what a row that is known takes, and rowsPerStart on average how
// many share a start.
const (
	knownBytes   = 4 + 4/rowsPerStart
	rowsPerStart = 4
)

// Learn reads a baseline. Of each of n Ranges it holds as much as memory has room
// for, in bytes; rows beyond that aren't known. Marks depend on the salt.
func Learn(ctx context.Context, store Store, b *Baseline, n int, salt uint64, memory int64) (*Known, error) {
	ranges := Ranges(n)
	k := &Known{salt: salt, width: ranges[0].To, ranges: make([]knownRange, n)}
	room := int(memory / int64(n) / knownBytes)
	readers := min(runtime.GOMAXPROCS(0), n)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for i, r := range ranges {
		k.ranges[i] = newKnownRange(r, b.Rows, room)
		group.Go(func() error {
			rows := b.OpenHeads(store, r, len(b.Levels), memory/int64(readers))
			defer rows.Close()
			return k.ranges[i].learn(ctx, rows, &marker{salt: salt}, room)
		})
	}
	return k, group.Wait()
}

// newKnownRange has room for a range of a baseline of so many rows.
func newKnownRange(r Range, rows int64, room int) knownRange {
	last := r.To - r.From - 1 // the last hash's distance from the first, also where To is zero
	share, _ := bits.Mul64(uint64(rows), last)
	expected := min(int(share)+int(share)/64+64, room) // hashes aren't quite even
	shift := bits.Len64(last) - max(bits.Len(uint(expected/rowsPerStart))-1, 0)
	return knownRange{
		within: r, shift: shift,
		starts: make([]uint32, last>>shift+2),
		prints: make([]uint32, 0, expected),
	}
}

func (k *knownRange) learn(ctx context.Context, rows Source, m *marker, room int) error {
	start := 0 // up to which starts are known
	for len(k.prints) < room {
		more, err := rows.Next(ctx)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		h := rows.Head()
		for at := k.start(h.Hash); start <= at; start++ {
			k.starts[start] = uint32(len(k.prints))
		}
		k.prints = append(k.prints, m.mark(h).short())
	}
	for ; start < len(k.starts); start++ {
		k.starts[start] = uint32(len(k.prints))
	}
	return nil
}

func (k *knownRange) start(hash uint64) int { return int((hash - k.within.From) >> k.shift) }

// Bytes returns how much memory the rows take.
func (k *Known) Bytes() (n int64) {
	for i := range k.ranges {
		n += 4 * int64(cap(k.ranges[i].starts)+cap(k.ranges[i].prints))
	}
	return n
}

// rangeOf returns the range that a hash is in.
func (k *Known) rangeOf(hash uint64) int {
	if k.width == 0 {
		return 0
	}
	return int(hash / k.width)
}
