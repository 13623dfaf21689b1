package export

import (
	"context"
	"runtime"

	"github.com/apache/arrow/go/v15/arrow"
	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/mapping"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
)

// chunkSize is how many encoded bytes are handed from stage to stage at a time:
// several members for compression to spread over the cores.
const chunkSize = 4 << 20

// chunksAtOnce bounds a pipeline's memory: one chunk is encoded into while
// another is compressed, and one is between them.
const chunksAtOnce = 3

// pipeline is the stages of a part, which overlap:
//
//	read ─ map ─ encode ──► compress, on all cores ─ write
type pipeline struct {
	rows       batch.Reader
	projection *mapping.Projection
	encoder    format.Encoder
	codec      compress.Codec
	meter      *run.Meter
	write      func([]byte) error // is called by one goroutine, in order
	log        *zap.Logger

	free chan []byte // buffers to encode into
}

// produced is what went through a pipeline.
type produced struct {
	rows int64
	meta []byte
}

func (p *pipeline) run(ctx context.Context) (done produced, err error) {
	p.free = make(chan []byte, chunksAtOnce)
	for range chunksAtOnce {
		p.free <- nil
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	chunks := make(chan []byte)
	encoded := make(chan error, 1)
	go func() {
		defer close(chunks)
		var err error
		defer func() {
			if value := recover(); value != nil { // one value that can't be encoded doesn't stop a worker
				p.log.Error("encoder panicked", zap.Any("panic", value), zap.Stack("stack"))
				err = fault.New(fault.Unknown, "encode: panic: %v", value)
			}
			encoded <- err
		}()
		done, err = p.encode(ctx, chunks)
	}()
	written := p.drain(chunks, stop)
	if err := <-encoded; err != nil && written == nil {
		return done, err
	}
	return done, written
}

// encode reads and encodes until the rows end.
func (p *pipeline) encode(ctx context.Context, chunks chan<- []byte) (done produced, err error) {
	buf := <-p.free
	err = batch.Each(ctx, p.rows, func(rec arrow.Record) error {
		mapped, err := p.projection.Apply(rec)
		if err != nil {
			return err
		}
		defer mapped.Release()
		if buf, err = p.encoder.Encode(buf, mapped); err != nil {
			return err
		}
		done.rows += rec.NumRows()
		p.meter.Add(rec.NumRows(), 0)
		if len(buf) < chunkSize {
			return nil
		}
		buf, err = p.pass(ctx, buf, chunks)
		return err
	})
	if err != nil {
		return done, err
	}
	if buf, done.meta, err = p.encoder.Flush(buf); err != nil {
		return done, err
	}
	_, err = p.pass(ctx, buf, chunks)
	return done, err
}

// pass hands a chunk on and returns an empty buffer for the next.
func (p *pipeline) pass(ctx context.Context, chunk []byte, chunks chan<- []byte) ([]byte, error) {
	select {
	case chunks <- chunk:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	select {
	case buf := <-p.free:
		return buf[:0], nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// drain compresses and writes chunks, and gives their buffers back. After a
// failure it stops the encoding and waits for its end.
func (p *pipeline) drain(chunks <-chan []byte, stop context.CancelCauseFunc) error {
	codec, failed := compress.NewAppender(p.codec, 0, runtime.GOMAXPROCS(0))
	if failed != nil {
		stop(failed)
	}
	var out []byte
	for chunk := range chunks {
		if failed != nil {
			continue
		}
		if len(chunk) == 0 { // the last, of a part without rows
			p.free <- chunk
			continue
		}
		if out, failed = codec.Append(out[:0], chunk); failed == nil {
			failed = p.write(out)
		}
		if failed != nil {
			stop(failed)
			continue
		}
		p.meter.Add(0, int64(len(out)))
		p.free <- chunk
	}
	return failed
}
