package ingest

import (
	"cmp"
	"context"
	"errors"
	"io"
	"sync"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
)

// appendsAtOnce is how many chunks of a file are on their way to the server
// while the next is decoded.
const appendsAtOnce = 1

// appender sends the chunks of one file, from its record's checkpoint on.
type appender struct {
	*partWriter
	job    *job
	file   plan.File
	rec    *clickhouse.FileRecord // of what was decoded; the decoding goroutine's
	free   chan *block.Block
	stored *checkpoint

	format            string // of the file, by name
	fields, delimiter string // of a CSV file that has rejects

	chunkRows int64
	refused   bool // all rows go to quarantine
	// check is asked before a chunk is sent. Its error ends the sending.
	check func(j *job, d format.Decoder, consumed int, b *block.Block) error
}

func newAppender(w *partWriter, j *job, f plan.File, rec *clickhouse.FileRecord) *appender {
	a := &appender{partWriter: w, job: j, file: f, rec: rec, free: make(chan *block.Block, appendsAtOnce+1)}
	for range cap(a.free) {
		a.free <- blocks.Get().(*block.Block)
	}
	a.stored = newCheckpoint(*rec)
	return a
}

// blocks are those that no file uses: their buffers have grown to what chunks take.
var blocks = sync.Pool{New: func() any { return new(block.Block) }}

// release gives the blocks back, of which none is on its way any more.
func (a *appender) release() {
	for len(a.free) > 0 {
		blocks.Put(<-a.free)
	}
}

func (a *appender) send(ctx context.Context, decoder format.Decoder) error {
	if err := a.skip(ctx, decoder); err != nil {
		return err
	}
	group, sending := errgroup.WithContext(ctx)
	group.SetLimit(appendsAtOnce)
	err := a.decode(sending, decoder, group)
	if sent := group.Wait(); sent != nil {
		return sent // the cause of err, if there is one
	}
	if errors.Is(err, run.ErrHalted) {
		return cmp.Or(a.record(ctx, a.stored.all()), err) // it is gone on with from here
	}
	return err
}

// trial decodes the first chunk alone, for what the check says of it.
func (a *appender) trial(ctx context.Context, decoder format.Decoder) error {
	b := <-a.free
	defer func() { a.free <- b }()
	consumed, err := decoder.Next(b, int(a.chunkRows))
	if err == nil || errors.Is(err, io.EOF) {
		if err = a.check(a.job, decoder, consumed, b); err == nil && a.rec.Error != "" { // by definitions that are lost
			err = &turn{refused: refusal{{Code: codeRefused, Detail: a.rec.Error}}}
		}
	}
	return a.job.blame(ctx, a.file, err)
}

// skip reads past the rows that are stored, by the checkpoint of an earlier
// attempt. Whichever columns they were decoded with, they are as many rows.
func (a *appender) skip(ctx context.Context, decoder format.Decoder) error {
	b := <-a.free
	defer func() { a.free <- b }()
	for left := a.rec.Rows + a.rec.Quarantined; left > 0; {
		consumed, err := decoder.Next(b, int(min(left, a.chunkRows)))
		if errors.Is(err, io.EOF) {
			err = fault.New(fault.Invalid, "the file ends %d rows before its checkpoint", left)
		}
		if err != nil {
			return a.job.blame(ctx, a.file, err)
		}
		left -= int64(consumed)
	}
	return nil
}

func (a *appender) decode(ctx context.Context, decoder format.Decoder, group *errgroup.Group) error {
	counted := decoder.Facts().Bytes
	for chunk := a.rec.Chunks; ; chunk++ {
		if err := cmp.Or(ctx.Err(), a.halted(ctx)); err != nil {
			return err
		}
		b := <-a.free // at most appendsAtOnce are away
		consumed, err := decoder.Next(b, int(a.chunkRows))
		if errors.Is(err, io.EOF) {
			a.leftOut(decoder.Facts().Unknown)
			return nil
		}
		if err != nil {
			return a.job.blame(ctx, a.file, err)
		}
		if err := a.check(a.job, decoder, consumed, b); err != nil {
			return err
		}
		rejected := decoder.Rejected()
		if len(rejected) > 0 {
			if err := a.quarantine(ctx, chunk, rejected, decoder.Facts()); err != nil {
				return err
			}
		}
		a.rec.Rows += int64(b.Rows())
		a.rec.Quarantined += int64(len(rejected))
		a.rec.Chunks, a.rec.Bytes = chunk+1, decoder.Facts().Bytes
		bytes := a.rec.Bytes - counted
		counted = a.rec.Bytes
		decoded := *a.rec
		group.Go(func() error {
			err := a.append(ctx, decoded, b)
			a.meter.Add(int64(consumed), bytes)
			a.free <- b
			if err != nil {
				return err
			}
			return a.reached(ctx, decoded)
		})
	}
}

// append sends the last chunk that a record counts.
func (a *appender) append(ctx context.Context, rec clickhouse.FileRecord, b *block.Block) error {
	if b.Rows() == 0 {
		return nil
	}
	return a.job.house.Append(ctx, clickhouse.Insert{
		Table: a.job.ds.Name, Block: b, Token: token(rec, rec.Chunks-1, roomRows), File: rec.FileID(),
	})
}

// leftOut tells of fields that no column reads: their values are not in the
// table. Where that is wanted it is told once in a run.
func (a *appender) leftOut(fields []string) {
	if len(fields) == 0 || a.refused {
		return
	}
	level := zap.WarnLevel
	if a.job.ds.Import.OnNewColumn == def.IgnoreColumn {
		if level = zap.InfoLevel; !a.ingest.first(a.run) {
			return
		}
	}
	a.log.Log(level, "fields without a column are left out; add them to SCHEMA", zap.String("run", string(a.run.ID)),
		zap.String("datasource", a.job.ds.Name), zap.String("key", a.file.Key), zap.Strings("fields", fields[:min(len(fields), 20)]))
}

// first reports whether it is asked for the first time about a run.
func (i *Ingest) first(r ledger.Run) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.told[r.Subject.Name] == r.ID {
		return false
	}
	i.told[r.Subject.Name] = r.ID
	return true
}
