package compress

import (
	"sync"
	"sync/atomic"

	"github.com/longshore/longshore/pkg/fault"
)

// blockSize is how much data goes into one member, in bytes: large enough that
// starting afresh costs less than one percent in size, small enough that one
// piece of an object keeps several cores busy.
const blockSize = 1 << 20

// Appender compresses data into members. It keeps its memory between calls and
// is used by one goroutine; its own goroutines end before Append returns.
type Appender struct {
	codec   Codec
	workers []memberWriter
	outs    [][]byte // one per block, reused
}

// memberWriter makes members. It is used by one goroutine.
type memberWriter interface {
	// member appends src, compressed, as a complete member.
	member(dst, src []byte) ([]byte, error)
}

// NewAppender returns an Appender that works on up to the given number of cores.
// A level of 0 is the codec's default. The error is Invalid where the codec can
// only be read, or doesn't know the level.
func NewAppender(codec Codec, level, cores int) (*Appender, error) {
	level, err := codec.level(level)
	if err != nil {
		return nil, err
	}
	a := &Appender{codec: codec}
	if codec == None {
		return a, nil
	}
	for range max(cores, 1) {
		w, err := newMemberWriter(codec, level)
		if err != nil {
			return nil, fault.New(fault.Invalid, "%s level %d: %w", codec, level, err)
		}
		a.workers = append(a.workers, w)
	}
	return a, nil
}

func newMemberWriter(codec Codec, level int) (memberWriter, error) {
	if codec == Gzip {
		return newGzipWriter(level)
	}
	return newZstdWriter(level)
}

// level returns the level to use where the given one is asked for.
func (c Codec) level(level int) (int, error) {
	if !c.Writes() {
		return 0, fault.New(fault.Invalid, "%s is only read: compress with gzip, zstd or none", c)
	}
	lowest, normal, highest := c.Levels()
	if level == 0 {
		return normal, nil
	}
	if level < lowest || level > highest {
		return 0, fault.New(fault.Invalid, "%s has no level %d: want %d to %d", c, level, lowest, highest)
	}
	return level, nil
}

// Levels returns the codec's levels of compression, from the fastest to the
// smallest, and the one that is used unless told otherwise. All are 0 where
// there is no choice.
func (c Codec) Levels() (lowest, normal, highest int) {
	switch c {
	case Gzip:
		return 1, gzipNormal, 9
	case Zstd:
		return 1, 1, 22
	}
	return 0, 0, 0
}

// Append appends src, compressed, as one or more complete members. What it
// appends depends on src, codec and level alone. An empty src is an empty member,
// so that an object of nothing else is a valid file. None appends src itself.
func (a *Appender) Append(dst, src []byte) ([]byte, error) {
	if a.codec == None {
		return append(dst, src...), nil
	}
	blocks := max((len(src)+blockSize-1)/blockSize, 1)
	if blocks == 1 || len(a.workers) == 1 {
		return a.serial(dst, src, blocks)
	}
	if err := a.parallel(src, blocks); err != nil {
		return dst, err
	}
	for _, out := range a.outs[:blocks] {
		dst = append(dst, out...)
	}
	return dst, nil
}

func (a *Appender) serial(dst, src []byte, blocks int) (_ []byte, err error) {
	for i := range blocks {
		if dst, err = a.workers[0].member(dst, block(src, i)); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// parallel compresses each block of src into the entry of outs with its number.
func (a *Appender) parallel(src []byte, blocks int) error {
	for len(a.outs) < blocks {
		a.outs = append(a.outs, nil)
	}
	var (
		wg    sync.WaitGroup
		next  atomic.Int64
		fails = make([]error, min(len(a.workers), blocks))
	)
	for k := range fails {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < blocks && fails[k] == nil; i = int(next.Add(1)) - 1 {
				a.outs[i], fails[k] = a.workers[k].member(a.outs[i][:0], block(src, i))
			}
		})
	}
	wg.Wait()
	for _, err := range fails {
		if err != nil {
			return err
		}
	}
	return nil
}

func block(src []byte, i int) []byte { return src[i*blockSize : min((i+1)*blockSize, len(src))] }

// Member appends src, compressed, as Append of a new Appender does. It suits
// what is compressed once: an object's opening, a manifest.
func Member(dst, src []byte, codec Codec, level int) ([]byte, error) {
	a, err := NewAppender(codec, level, 1)
	if err != nil {
		return dst, err
	}
	return a.Append(dst, src)
}
