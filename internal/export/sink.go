package export

import (
	"runtime"
	"sync/atomic"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/compress"
)

// sink compresses an op's chunks and sets them into objects, one object after
// the other. It is used by one goroutine.
type sink struct {
	out   *outputs
	op    int
	codec *compress.Appender
	body  []byte // of a chunk as written; where nothing compresses it, the chunk's own

	open *target   // nil between objects
	done []segment // of objects before it
	last int       // number of the part's last object

	// Where bytes are limited: how large a chunk should be, in encoded bytes, which
	// the writer reads. It follows what compression makes of them.
	unit         atomic.Int64
	raw, written int64
}

// unitsPerObject is about how many chunks an object has whose bytes are limited:
// on average half a chunk's size stays unused.
const unitsPerObject = 8

func newSink(o *outputs, op int) (*sink, error) {
	codec, err := compress.NewAppender(o.job.codec, 0, runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, err
	}
	s := &sink{out: o, op: op, codec: codec}
	s.unit.Store(s.unitOf(1))
	return s, nil
}

// unitOf returns the size of a chunk where compression makes one byte of ratio.
func (s *sink) unitOf(ratio float64) int64 {
	largest := float64(chunkSize)
	if s.out.job.format.Traits().Compresses {
		largest = groupSize
	}
	return max(int64(min(float64(s.out.limit.Bytes)/unitsPerObject*ratio, largest)), 1)
}

// take writes a chunk.
func (s *sink) take(c *chunk) error {
	if err := s.compress(c.data); err != nil {
		return err
	}
	if s.out.limit.Bytes == 0 {
		return s.write(c)
	}
	s.raw, s.written = s.raw+int64(len(c.data)), s.written+int64(len(s.body))
	s.unit.Store(s.unitOf(float64(s.raw) / float64(max(s.written, 1))))
	return s.fit(c)
}

func (s *sink) compress(data []byte) (err error) {
	if s.out.job.codec == compress.None {
		s.body = data
		return nil
	}
	if s.body = s.body[:0]; cap(s.body) > chunkBuffers.size {
		s.body = nil
	}
	if len(data) > 0 {
		s.body, err = s.codec.Append(s.body, data)
	}
	return err
}

// fit sets a chunk, which is a whole segment, into the open object or, when that
// would grow beyond the limit, into the next. A chunk that no object has room
// for is cut, down to single rows.
func (s *sink) fit(c *chunk) error {
	alone := layout{frame: s.out.frame, codec: s.codec}
	size, err := alone.sizeWith(int64(len(s.body)), c.rows, c.meta)
	if err != nil {
		return err
	}
	if size > s.out.limit.Bytes && c.rows > 1 {
		return s.halve(c)
	}
	if s.open != nil {
		if size, err = s.open.whole.sizeWith(int64(len(s.body)), c.rows, c.meta); err != nil {
			return err
		}
		if size > s.out.limit.Bytes {
			if err := s.close(); err != nil {
				return err
			}
		}
	}
	return s.write(c)
}

// halve encodes the rows of a chunk anew as two.
func (s *sink) halve(c *chunk) error {
	for _, held := range halves(c.held) {
		half := chunk{held: held, ends: true}
		err := s.reencode(&half)
		if err == nil {
			err = s.compress(half.data)
		}
		if err == nil {
			err = s.fit(&half)
		}
		half.release()
		if err != nil {
			return err
		}
	}
	if c.closes && s.open != nil {
		return s.close()
	}
	return nil
}

func (s *sink) reencode(c *chunk) error {
	encoder, err := s.out.encoder(s.unit.Load())
	if err != nil {
		return err
	}
	for _, rec := range c.held {
		if c.data, err = encoder.Encode(c.data, rec); err != nil {
			return err
		}
		c.rows += rec.NumRows()
	}
	c.data, c.meta, err = encoder.Flush(c.data)
	return err
}

// halves cuts rows, of which there are at least two, in the middle. Each half is
// released by the caller.
func halves(held []arrow.Record) (out [2][]arrow.Record) {
	if len(held) == 1 {
		rows := held[0].NumRows()
		return [2][]arrow.Record{{held[0].NewSlice(0, rows/2)}, {held[0].NewSlice(rows/2, rows)}}
	}
	for i, rec := range held {
		rec.Retain()
		half := i * 2 / len(held)
		out[half] = append(out[half], rec)
	}
	return out
}

// write sets the chunk whose bytes are in body into the open object.
func (s *sink) write(c *chunk) (err error) {
	if s.open == nil {
		if s.open, err = s.out.target(s); err != nil {
			return err
		}
	}
	if err := s.open.write(s.body, c); err != nil {
		return err
	}
	s.out.part.Meter.Add(0, int64(len(s.body)))
	if c.closes {
		return s.close()
	}
	return nil
}

// close ends the open object, or the part's share of it.
func (s *sink) close() error {
	seg, err := s.open.finish()
	if err != nil {
		return err
	}
	s.open = nil
	s.done = append(s.done, seg)
	return nil
}

func (s *sink) finish() error {
	if s.open == nil {
		return nil
	}
	return s.close()
}

// abort waits for uploads of an object that isn't finished. Why it isn't is
// reported already.
func (s *sink) abort() {
	if s.open != nil {
		_ = s.open.asm.wait()
	}
}
