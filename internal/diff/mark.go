package diff

import (
	"encoding/binary"
	"math/bits"

	"github.com/zeebo/xxh3"
)

// mark stands for a row: it is the XXH3-128 of the row's hash and its key. Marks
// live as long as a run, and each plan of a run has others.
type mark struct{ hi, lo uint64 }

// marker makes marks.
type marker struct {
	salt    uint64
	scratch []byte
}

func (m *marker) mark(h *Head) mark {
	m.scratch = append(append(m.scratch[:0], h.Row[:]...), h.Key...)
	sum := xxh3.Hash128Seed(m.scratch, m.salt)
	return mark{sum.Hi, sum.Lo}
}

// short is what is remembered of a row that is known.
func (m mark) short() uint32 { return uint32(m.lo) }

// sum adds marks up. Sums of the same rows are equal in whatever order they are
// added; those of others are with a probability of 2⁻¹²⁸.
type sum struct{ hi, lo uint64 }

func (s *sum) add(hi, lo uint64) {
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, lo, 0)
	s.hi, _ = bits.Add64(s.hi, hi, carry)
}

func (s sum) append(dst []byte) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(dst, s.hi), s.lo)
}

func sumOf(b []byte) sum { return sum{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])} }
