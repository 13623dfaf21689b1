package diff

import (
	"context"
	"encoding/binary"

	"github.com/zeebo/xxh3"

	"github.com/longshore/longshore/pkg/fault"
)

// Found is which rows of a baseline the result has too, as Finders said. The nil
// Found has none. It is used by one goroutine, for one comparison.
type Found struct {
	marker marker
	ranges []foundIn
	at     int // the range of the row that comes next
	next   int // its number in it

	said sum // by the Finders
	are  sum // the baseline's rows that were found
}

// foundIn is what is found in a range.
type foundIn struct {
	from uint64
	// bits has one for each row that was found; bits[1] those of rows that were found
	// a second time, by another Finder, and so on.
	bits [][]uint64
}

// Found returns what was found, by this Finder alone, in all ranges.
func (f *Finder) Found() *Found {
	out := &Found{marker: marker{salt: f.known.salt}}
	for i := range f.ranges {
		r := &f.ranges[i]
		out.ranges = append(out.ranges, foundIn{from: r.within.From, bits: [][]uint64{r.bits}})
		out.said.add(r.sum.hi, r.sum.lo)
	}
	return out
}

// FoundInfo is what must be known of a file with what a Finder found.
type FoundInfo struct {
	Name string `json:"name"`
	// Found is how many rows were.
	Found int64 `json:"found"`
	// Known is how many rows of each range were known to the Finder.
	Known []int `json:"known"`
}

// A range in such a file is bits, 8 bytes for 64 rows │ sum 16 bytes │ XXH3-64 of
// both.
const foundTail = 16 + 8

func foundSize(known int) int64 { return int64(known+63)/64*8 + foundTail }

// Save writes a file with what was found.
func (f *Finder) Save(ctx context.Context, store Store, name string) (info FoundInfo, err error) {
	file := store.Create(ctx, name)
	defer file.Abort() //nolint:errcheck // after Close it does nothing, before it another error is reported
	info = FoundInfo{Name: name, Found: f.Rows()}
	for i := range f.ranges {
		r := &f.ranges[i]
		info.Known = append(info.Known, r.rows)
		out := make([]byte, 0, foundSize(r.rows))
		for _, word := range r.bits {
			out = binary.BigEndian.AppendUint64(out, word)
		}
		out = r.sum.append(out)
		if _, err := file.Write(binary.BigEndian.AppendUint64(out, xxh3.Hash(out))); err != nil {
			return info, err
		}
	}
	return info, file.Close()
}

// OpenFound reads what several Finders found in a range, which is the i-th of
// those that they know, and begins with a hash. They had the same salt.
func OpenFound(ctx context.Context, store Store, files []FoundInfo, i int, from, salt uint64) (*Found, error) {
	out := &Found{marker: marker{salt: salt}, ranges: []foundIn{{from: from}}}
	for _, f := range files {
		if i >= len(f.Known) {
			return nil, fault.New(fault.Invalid, "read %s: it has %d ranges, not %d", f.Name, len(f.Known), i+1)
		}
		var offset int64
		for _, known := range f.Known[:i] {
			offset += foundSize(known)
		}
		data := make([]byte, foundSize(f.Known[i]))
		if err := store.Read(ctx, f.Name, offset, data); err != nil {
			return nil, err
		}
		end := len(data) - 8
		if xxh3.Hash(data[:end]) != binary.BigEndian.Uint64(data[end:]) {
			return nil, fault.New(fault.Invalid, "read %s: its checksum is wrong", f.Name)
		}
		said := sumOf(data[end-16:])
		out.said.add(said.hi, said.lo)
		out.ranges[0].add(data[:end-16])
	}
	return out, nil
}

// add adds what another Finder found.
func (f *foundIn) add(data []byte) {
	for i := range len(data) / 8 {
		word := binary.BigEndian.Uint64(data[8*i:])
		for again := 0; word != 0; again++ {
			if again == len(f.bits) {
				f.bits = append(f.bits, nil)
			}
			if short := len(data)/8 - len(f.bits[again]); short > 0 {
				f.bits[again] = append(f.bits[again], make([]uint64, short)...)
			}
			had := &f.bits[again][i]
			*had, word = *had|word, *had&word
		}
	}
}

// times returns how often a row was found.
func (f *foundIn) times(row int) (n int) {
	for n < len(f.bits) && row/64 < len(f.bits[n]) && f.bits[n][row/64]>>(row%64)&1 == 1 {
		n++
	}
	return n
}

// times returns how often the next of the baseline's rows was found: more than
// once where present rows have one key.
func (f *Found) times(h *Head) int {
	if f == nil {
		return 0
	}
	for f.at+1 < len(f.ranges) && h.Hash >= f.ranges[f.at+1].from {
		f.at, f.next = f.at+1, 0
	}
	times := f.ranges[f.at].times(f.next)
	f.next++
	if times > 0 {
		m := f.marker.mark(h)
		for range times {
			f.are.add(m.hi, m.lo)
		}
	}
	return times
}

// Check says, after the comparison, whether each row that was found is the one
// that it was taken for. Where it isn't, the comparison is worth nothing, and a
// run has to begin anew with another salt.
func (f *Found) Check() bool { return f == nil || f.said == f.are }
