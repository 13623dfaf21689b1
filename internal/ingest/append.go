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

// appendsAtOnce is how many chunks of a file the server is storing while the next
// is decoded and sent.
const appendsAtOnce = 1

// blocksAtOnce is how many blocks a file has in memory: one that is decoded, one
// that is sent, and one between them.
const blocksAtOnce = 3

// appender sends the chunks of one file, from its record's checkpoint on.
type appender struct {
	*partWriter
	job    *job
	file   plan.File
	rec    *clickhouse.FileRecord // of the chunks that were decoded; the decoding goroutine's
	free   chan *block.Block
	stored *checkpoint

	format            string // of the file, by name
	fields, delimiter string // of a CSV file that has rejects

	cut     cut
	refused bool // all rows go to quarantine
	// preceding is set for a range whose rows the decoder counts from its beginning.
	preceding preceding
	// check is asked about a block before its chunk is stored. Its error ends the sending.
	check func(j *job, d format.Decoder, consumed int, b *block.Block) error
}

func newAppender(w *partWriter, j *job, f plan.File, rec *clickhouse.FileRecord, c cut) *appender {
	return &appender{partWriter: w, job: j, file: f, rec: rec, cut: c, stored: newCheckpoint(*rec)}
}

// blocks are those that no file uses: their buffers have grown to what blocks take.
var blocks = sync.Pool{New: func() any { return new(block.Block) }}

// stock returns n blocks.
func stock(n int) chan *block.Block {
	free := make(chan *block.Block, n)
	for range n {
		free <- blocks.Get().(*block.Block)
	}
	return free
}

// release gives blocks back, of which none is on its way any more.
func release(free chan *block.Block) {
	for len(free) > 0 {
		blocks.Put(<-free)
	}
}

func (a *appender) send(ctx context.Context, decoder format.Decoder) error {
	if err := a.skip(ctx, decoder); err != nil {
		return err
	}
	group, sending := errgroup.WithContext(ctx)
	group.SetLimit(appendsAtOnce + 1)
	err := a.decode(sending, decoder, group)
	if sent := group.Wait(); sent != nil {
		return sent // the cause of err, if there is one
	}
	if errors.Is(err, run.ErrHalted) {
		return cmp.Or(a.record(ctx, a.stored.all()), err) // it is gone on with from here
	}
	return err
}

// trial decodes the first block alone, for what the check says of it.
func (a *appender) trial(ctx context.Context, decoder format.Decoder) error {
	b := <-a.free
	defer func() { a.free <- b }()
	consumed, err := decoder.Next(b, int(a.cut.rows))
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
		consumed, err := decoder.Next(b, int(min(left, a.cut.rows)))
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

// decode decodes one chunk after the other, while what was decoded is sent.
func (a *appender) decode(ctx context.Context, decoder format.Decoder, group *errgroup.Group) error {
	for more := true; more; {
		if err := cmp.Or(ctx.Err(), a.halted(ctx)); err != nil {
			return err
		}
		d := a.deliver(ctx, group)
		var err error
		more, err = a.chunk(ctx, decoder, d)
		if close(d.blocks); err != nil {
			return err
		}
	}
	a.leftOut(decoder.Facts().Unknown)
	return nil
}

// chunk decodes a chunk, block by block, and has it be stored. There are more
// unless the file ends. The record counts a chunk as a whole: one that is left half
// way is none.
func (a *appender) chunk(ctx context.Context, decoder format.Decoder, d *delivery) (more bool, err error) {
	rec, counted := *a.rec, decoder.Facts().Bytes
	var bad *rejects
	more = true
	for n := 0; n < a.cut.blocks && !bad.full(a.cut); n++ {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		b := <-a.free
		consumed, err := decoder.Next(b, int(a.cut.rows))
		if err == nil {
			err = a.check(a.job, decoder, consumed, b)
		}
		if err != nil {
			a.free <- b
		}
		if errors.Is(err, io.EOF) {
			if more = false; n == 0 {
				a.rec.Lines = decoder.Facts().Lines // which blank ones may have ended
				return more, nil
			}
			break
		}
		if err != nil {
			return false, a.job.blame(ctx, a.file, err)
		}
		rejected := decoder.Rejected()
		facts := decoder.Facts()
		if bad, err = a.gather(ctx, bad, rejected, facts); err != nil {
			a.free <- b
			return false, err
		}
		rec.Rows += int64(b.Rows())
		rec.Quarantined += int64(len(rejected))
		d.blocks <- piece{b, a.rec.FileID(), int64(consumed), facts.Bytes - counted}
		counted = facts.Bytes
	}
	if err := a.quarantine(ctx, rec.Chunks, bad); err != nil {
		return false, err
	}
	facts := decoder.Facts()
	rec.Chunks, rec.Bytes, rec.Lines = rec.Chunks+1, facts.Bytes, facts.Lines
	*a.rec, d.whole = rec, true
	if more { // else that the file is done is about to be recorded
		d.after = func(ctx context.Context) error { return a.reached(ctx, rec) }
	}
	return more, nil
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
