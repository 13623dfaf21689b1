package clickhouse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
)

// Read implements source.Database.
func (d *database) Read(ctx context.Context, q source.Query, split source.Split) (batch.Reader, error) {
	action := "read model " + q.Name
	var slice detail
	if len(split.Detail) > 0 {
		if err := json.Unmarshal(split.Detail, &slice); err != nil {
			return nil, fault.New(fault.Invalid, "connection %s: %s: its split: %w", d.name, action, err)
		}
	}
	c, err := d.dial(ctx)
	if err != nil {
		return nil, err
	}
	m, err := d.describe(ctx, c, q, action)
	if err != nil {
		c.Close()
		return nil, err
	}
	r := &reader{db: d, client: c, action: action, model: m, blocks: make(chan arrow.Record)}
	r.start(m.selectStatement(slice.Keys))
	return r, nil
}

// reader streams one query. A goroutine decodes the next block while the
// consumer has the last one.
type reader struct {
	db     *database
	client *ch.Client
	action string
	model  *model
	cancel context.CancelFunc
	query  sync.WaitGroup

	blocks chan arrow.Record // closed at the end
	failed error             // set before blocks is closed

	block   arrow.Record // being handed out
	from    int64        // rows of block that were
	current arrow.Record
	err     error // what Next said last, to be said again
}

var _ batch.Reader = (*reader)(nil)

// start runs the query until it ends or Close cancels it.
func (r *reader) start(sql string) {
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	r.query.Go(func() {
		defer close(r.blocks)
		result := &blockResult{schema: r.model.schema}
		r.failed = r.client.Do(ctx, ch.Query{
			Body: sql, Settings: r.db.settings, Result: result,
			OnResult: func(context.Context, proto.Block) error { return r.hand(ctx, result) },
		})
	})
}

// hand gives the block to the consumer.
func (r *reader) hand(ctx context.Context, result *blockResult) error {
	arrays := result.take()
	if len(arrays) == 0 {
		return nil
	}
	select {
	case r.blocks <- array.NewRecord(r.model.schema, arrays, int64(arrays[0].Len())):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Schema implements batch.Reader.
func (r *reader) Schema() *arrow.Schema { return r.model.schema }

// Next implements batch.Reader.
func (r *reader) Next(ctx context.Context) (arrow.Record, error) {
	r.drop()
	if r.err == nil && ctx.Err() != nil {
		r.cancel()
		r.err = r.db.failure(ctx, r.action, ctx.Err(), 0)
	}
	if r.err == nil && (r.block == nil || r.from == r.block.NumRows()) {
		r.err = r.nextBlock(ctx)
	}
	if r.err != nil {
		return nil, r.err
	}
	to := min(r.from+int64(r.db.batchRows), r.block.NumRows())
	r.current = r.block.NewSlice(r.from, to)
	r.from = to
	return r.current, nil
}

func (r *reader) nextBlock(ctx context.Context) error {
	r.dropBlock()
	select {
	case block, ok := <-r.blocks:
		switch {
		case ok:
			r.block, r.from = block, 0
			return nil
		case r.failed != nil:
			return r.db.failure(ctx, r.action, r.failed, 0)
		}
		return io.EOF
	case <-ctx.Done():
		r.cancel()
		return r.db.failure(ctx, r.action, ctx.Err(), 0)
	}
}

func (r *reader) drop() {
	if r.current != nil {
		r.current.Release()
		r.current = nil
	}
}

func (r *reader) dropBlock() {
	if r.block != nil {
		r.block.Release()
		r.block = nil
	}
}

// Close implements batch.Reader. It returns when the query has been canceled.
func (r *reader) Close() error {
	r.cancel()
	for block := range r.blocks {
		block.Release()
	}
	r.query.Wait()
	r.drop()
	r.dropBlock()
	if r.err == nil || errors.Is(r.err, io.EOF) {
		r.err = fmt.Errorf("connection %s: %s: %w", r.db.name, r.action, fault.New(fault.Canceled, "the reader is closed"))
	}
	_ = r.client.Close() // a canceled query has closed it
	return nil
}
