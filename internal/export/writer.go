package export

import (
	"context"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/format"
)

const (
	// chunkSize is how many encoded bytes are handed to compression at a time:
	// several members, to spread over the cores. Where nothing compresses them, a
	// chunk is a piece as it is.
	chunkSize = 4 << 20
	// stepSize is how many bytes are encoded, about, before the next look at a
	// chunk's size; fewer near its end, but not less than leastStep.
	stepSize  = 1 << 20
	leastStep = 64 << 10
	// groupSize is the largest row group of a format that compresses by itself, in
	// bytes, as held in memory by the encoder. Each is a chunk.
	groupSize = 8 << 20
	// heldSize bounds the rows that are held with a chunk, in bytes of memory.
	heldSize = 32 << 20
)

// writer is the stages of one op, which overlap:
//
//	write: encode ──► sink: compress, on all cores ─ upload
//
// The rows of an object are one segment, unless the bytes of objects are
// limited: then each chunk is a segment by itself, so that the sink, which alone
// knows how large a chunk is as written, may set it into the next object.
type writer struct {
	out  *outputs
	sink *sink
	ctx  context.Context // ends with the sink's first failure
	stop context.CancelCauseFunc

	encoder format.Encoder // of the open segment; nil between segments
	chunk   chunk          // encoded into
	rows    int64          // in the open object, where rows are limited
	perRow  float64        // encoded bytes of a row, on average of the last ones; zero is unknown
	held    int64          // memory of the chunk's rows, in bytes

	chunks  chan chunk
	free    chan []byte // buffers to encode into; nil ones cost nothing yet
	size    int         // of a chunk that is full, in bytes
	buffers *buffers    // of that size
	// grouped is set where the encoder hands out row groups, not rows.
	grouped bool
	passed  bool          // a chunk was
	ended   chan struct{} // closed when the sink's goroutine is done
	// closed is set when chunks is. keep, written before and read after that, says
	// whether the sink's last object counts.
	closed, keep bool
	err          error // the sink's; read after ended
}

// chunk is encoded rows on their way to the sink.
type chunk struct {
	data []byte
	rows int64
	// ends is set for the last chunk of a segment, of which meta is then what the
	// frame wants to know; closes is set for the last of an object that is the
	// part's own.
	ends, closes bool
	meta         []byte
	// held is the rows themselves, where the sink may have to cut them.
	held []arrow.Record
}

func (c *chunk) release() {
	for _, rec := range c.held {
		rec.Release()
	}
	c.held = nil
}

// newWriter starts the goroutine of an op's sink; hangUp and wait end it.
func newWriter(o *outputs, op int) (*writer, error) {
	sink, err := newSink(o, op)
	if err != nil {
		return nil, err
	}
	w := &writer{
		out: o, sink: sink, grouped: o.job.format.Traits().Compresses,
		chunks: make(chan chunk), ended: make(chan struct{}),
	}
	w.bound()
	w.ctx, w.stop = context.WithCancelCause(o.ctx)
	pieceBuffers.open()
	chunkBuffers.open()
	go w.drain()
	return w, nil
}

// bound sets how many chunks there are at a time, and their size. One is encoded
// into while another is compressed. Where nothing compresses them, the sink only
// passes them on.
func (w *writer) bound() {
	w.size, w.buffers = chunkSize, chunkBuffers
	if w.out.wholePieces() {
		w.size, w.buffers = pieceSize, pieceBuffers
	}
	chunks := 1
	if w.out.job.codec != compress.None {
		chunks = 2
	}
	w.free = make(chan []byte, chunks)
	for range chunks - 1 {
		w.free <- nil
	}
}

// write encodes rows, cut where an object ends and where a chunk may be full.
func (w *writer) write(rec arrow.Record) error {
	memory := float64(batch.Bytes(rec)) / float64(rec.NumRows())
	for from := int64(0); from < rec.NumRows(); {
		to := from + min(rec.NumRows()-from, w.step(memory))
		slice := rec.NewSlice(from, to)
		err := w.encode(slice)
		if err == nil && w.out.limit.Bytes > 0 {
			slice.Retain()
			w.chunk.held = append(w.chunk.held, slice)
			w.held += int64(memory * float64(to-from))
		}
		slice.Release()
		if err != nil {
			return err
		}
		if err := w.cut(); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// step is how many rows, of so many bytes of memory each, to encode before the
// next look at sizes.
func (w *writer) step(memory float64) int64 {
	size := int64(min(stepSize, max(w.size-len(w.chunk.data), leastStep)))
	if w.out.limit.Bytes > 0 {
		size = min(size, w.sink.unit.Load()/8)
	}
	rows := max(1, int64(float64(size)/max(memory, w.perRow, 1)))
	if w.out.limit.Rows > 0 {
		rows = min(rows, w.out.limit.Rows-w.rows)
	}
	return rows
}

func (w *writer) encode(rows arrow.Record) (err error) {
	if w.encoder == nil {
		if w.encoder, err = w.out.encoder(w.sink.unit.Load()); err != nil {
			return err
		}
	}
	w.room()
	before := len(w.chunk.data)
	if w.chunk.data, err = w.encoder.Encode(w.chunk.data, rows); err != nil {
		return err
	}
	w.chunk.rows += rows.NumRows()
	w.rows += rows.NumRows()
	if !w.grouped {
		w.perRow = float64(len(w.chunk.data)-before) / float64(rows.NumRows())
	}
	return nil
}

// room gives a chunk that becomes one of several a buffer that needn't grow.
func (w *writer) room() {
	if cap(w.chunk.data) >= w.buffers.size || len(w.chunk.data) < stepSize && !w.passed {
		return
	}
	w.chunk.data = append(w.buffers.take(w.buffers.size), w.chunk.data...)
}

// cut passes the chunk on when it is full or its object is.
func (w *writer) cut() error {
	size := int64(len(w.chunk.data))
	switch limit := w.out.limit; {
	case limit.Bytes > 0:
		// A format that compresses by itself hands out whole groups.
		if size < w.sink.unit.Load() && (size == 0 || !w.grouped) && w.held < heldSize {
			return nil
		}
		return w.end(false)
	case limit.Rows > 0 && w.rows == limit.Rows:
		return w.end(true)
	case w.grouped && size > 0, size >= int64(w.size):
		return w.pass()
	}
	return nil
}

// end passes the rest of a segment on.
func (w *writer) end(closes bool) (err error) {
	if w.encoder == nil {
		return nil
	}
	if w.chunk.data, w.chunk.meta, err = w.encoder.Flush(w.chunk.data); err != nil {
		return err
	}
	w.encoder, w.rows = nil, 0
	w.chunk.ends, w.chunk.closes = true, closes
	return w.pass()
}

// pass hands the chunk on and begins the next.
func (w *writer) pass() error {
	select {
	case w.chunks <- w.chunk:
		w.chunk, w.held, w.passed = chunk{}, 0, true
	case <-w.ctx.Done():
		return context.Cause(w.ctx)
	}
	select {
	case w.chunk.data = <-w.free:
		return nil
	case <-w.ctx.Done():
		return context.Cause(w.ctx)
	}
}

// flush ends the last object, or the part's segment.
func (w *writer) flush() error { return w.end(w.out.job.names.batched) }

// hangUp has the sink end. What it was given counts if keep is set.
func (w *writer) hangUp(keep bool) {
	if !w.closed {
		w.closed, w.keep = true, keep
		close(w.chunks)
	}
}

// wait waits for the sink's end.
func (w *writer) wait() error {
	<-w.ended
	w.stop(nil)
	w.chunk.release()
	w.giveBack()
	return w.err
}

// drain has the sink take chunks until the writer hangs up, and gives their
// buffers back.
func (w *writer) drain() {
	defer close(w.ended)
	defer pieceBuffers.close()
	defer chunkBuffers.close()
	for c := range w.chunks {
		if w.err == nil {
			w.err = contained(w.out.log, func() error { return w.sink.take(&c) })
		}
		if w.err != nil {
			w.stop(w.err)
		}
		c.release()
		w.free <- w.reusable(c.data)
	}
	if w.err == nil && w.keep {
		w.err = contained(w.out.log, w.sink.finish)
	}
	if w.err != nil || !w.keep {
		w.sink.abort()
	}
}

// encoder returns an encoder of one segment.
func (o *outputs) encoder(unit int64) (format.Encoder, error) {
	opts := o.job.opts
	opts.RowGroupBytes = groupSize
	if o.limit.Bytes > 0 {
		opts.RowGroupBytes = unit
	}
	return o.job.format.Encoder(o.schema, opts)
}
